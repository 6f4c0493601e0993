import pytest
import torch
from torch import nn

from openstl_seqinterp import device
from openstl_seqinterp.errors import UserError


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({"avx512_bf16": True}, "bf16-mixed"),
        ({"amx_bf16": True}, "bf16-mixed"),
        ({"avx512_f": True}, "32-true"),
        ({}, "32-true"),
    ],
)
def test_a_cpu_that_computes_in_bf16_gets_it(monkeypatch, flags, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: flags, raising=False)
    assert device.precision("auto", "cpu") == expected


@pytest.mark.parametrize(("able", "expected"), [(True, "bf16-mixed"), (False, "32-true")])
def test_a_gpu_that_computes_in_bf16_gets_it(monkeypatch, able, expected):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: able)
    assert device.precision("auto", "gpu") == expected


def test_a_wish_is_granted_except_half_precision_on_a_cpu():
    assert device.precision("32", "gpu") == "32-true"
    assert device.precision("bf16", "cpu") == "bf16-mixed"
    assert device.precision("16", "gpu") == "16-mixed"
    with pytest.raises(UserError, match="needs a GPU"):
        device.precision("16", "cpu")


@pytest.mark.parametrize(
    ("wish", "there", "expected"), [("cuda", True, "gpu"), ("cuda", False, "cpu"), ("cpu", True, "cpu")]
)
def test_the_gpu_is_taken_where_it_is_wanted_and_there(monkeypatch, wish, there, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert device.accelerator(wish) == expected


class _Method(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(nn.BatchNorm2d(1), nn.Dropout(0.5))

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = (self.model(x) - y).square().mean()
        self.log("train_loss", loss)
        return loss


def test_timing_a_step_changes_neither_weights_nor_random_states():
    method = _Method()
    before = {name: value.clone() for name, value in method.state_dict().items()}
    state = torch.get_rng_state()
    batch = (torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(0)), torch.zeros(2, 1, 8, 8))
    assert 0 < device.seconds_per_step(method, batch, "cpu", "32-true") < float("inf")
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, before[name]) for name, value in method.state_dict().items())
    assert all(parameter.grad is None for parameter in method.parameters())


@pytest.mark.parametrize("size", [(18, 18), (34, 34), (32, 40)])
def test_the_derivative_of_a_dilated_convolution_in_bf16_is_that_in_fp32(size):
    torch.manual_seed(0)
    convolution = torch.nn.Conv2d(8, 8, 7, padding=9, groups=8, dilation=3)
    network = torch.nn.Sequential(torch.nn.Conv2d(2, 8, 1), convolution).to(memory_format=torch.channels_last)
    x, weight = torch.rand(2, 2, *size), torch.rand(2, 8, *size)
    (network(x) * weight).mean().backward()
    expected = convolution.weight.grad.clone()
    device.dilated_in_full(network)
    network.zero_grad()
    with torch.autocast("cpu", torch.bfloat16):
        (network(x) * weight).mean().backward()
    torch.testing.assert_close(convolution.weight.grad, expected, rtol=0.02, atol=1e-4)
