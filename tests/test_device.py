from itertools import accumulate, chain, cycle

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from openstl_seqinterp import device, speedups
from openstl_seqinterp.config import resolve
from openstl_seqinterp.errors import UserError
from openstl_seqinterp.experiment import SeqInterpExperiment


@pytest.fixture
def cpu(monkeypatch):
    """Sets what the CPU says of itself, and how long a product of matrices takes on it in fp32 and in bf16."""

    def configure(flags, seconds=(1, 1)):
        # A product is timed by two looks at the clock, in fp32 and bf16 by turns.
        ticks = accumulate(chain.from_iterable(cycle([(0, seconds[0]), (0, seconds[1])])))
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: flags, raising=False)
        monkeypatch.setattr(device.time, "process_time", lambda: next(ticks))
        device._fast_in_bf16.cache_clear()

    yield configure
    device._fast_in_bf16.cache_clear()


@pytest.mark.parametrize("flag", ["avx512_bf16", "amx_bf16"])
@pytest.mark.parametrize(("seconds", "expected"), [((2, 1), "bf16-mixed"), ((1, 2), "32-true")])
def test_a_cpu_that_is_faster_in_bf16_gets_it(cpu, flag, seconds, expected):
    cpu({flag: True}, seconds)
    assert device.precision("auto", "cpu") == expected


@pytest.mark.parametrize("flags", [{"avx512_f": True}, {}])
def test_a_cpu_that_does_not_know_bf16_computes_in_fp32(cpu, flags):
    cpu(flags, (2, 1))
    assert device.precision("auto", "cpu") == "32-true"


@pytest.mark.parametrize(("able", "expected"), [(True, "bf16-mixed"), (False, "32-true")])
def test_a_gpu_that_computes_in_bf16_gets_it(monkeypatch, able, expected):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: able)
    assert device.precision("auto", "gpu") == expected


def test_a_request_is_granted_except_half_precision_on_a_cpu():
    assert device.precision("32", "gpu") == "32-true"
    assert device.precision("bf16", "cpu") == "bf16-mixed"
    assert device.precision("16", "gpu") == "16-mixed"
    with pytest.raises(UserError, match="needs a GPU"):
        device.precision("16", "cpu")


@pytest.mark.parametrize(
    ("requested", "there", "expected"), [("cuda", True, "gpu"), ("cuda", False, "cpu"), ("cpu", True, "cpu")]
)
def test_the_gpu_is_taken_where_it_is_wanted_and_there(monkeypatch, requested, there, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert device.accelerator(requested) == expected


def gradients(network, x, weight):
    """The output, and the derivative of a weighted mean of it by everything that it depends on."""
    x = x.clone().requires_grad_()
    y = network(x)
    derivatives = torch.autograd.grad((y * weight).mean(), [x, *network.parameters()])
    return y.detach(), *derivatives


@given(
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    kernel=st.sampled_from([1, 3, 5, 7]),
    step=st.sampled_from([2, 3, (3, 1)]),
)
def test_a_prepared_dilated_convolution_computes_the_same(size, kernel, step):
    torch.manual_seed(0)
    down, across = (step, step) if isinstance(step, int) else step
    convolution = nn.Conv2d(
        4, 4, kernel, padding=(down * (kernel // 2), across * (kernel // 2)), groups=4, dilation=(down, across)
    )
    network = nn.Sequential(nn.Conv2d(2, 4, 1), convolution)
    x, weight = torch.rand(2, 2, *size), torch.rand(2, 4, *size)
    expected = gradients(network, x, weight)
    names = list(network.state_dict())
    speedups.prepare(network, "cpu", "32-true")
    assert type(convolution) is not nn.Conv2d
    assert list(network.state_dict()) == names
    for found, before in zip(gradients(network, x, weight), expected, strict=True):
        # The longest sums, the derivatives of the weights, have 2 * 40 * 40 terms, each rounded to 2**-24.
        torch.testing.assert_close(found, before, rtol=0, atol=3200 * 2**-24 * float(before.abs().max()))


@pytest.mark.parametrize(
    "options",
    [
        {"padding": 0, "dilation": 3},
        {"padding": 6, "dilation": 3},
        {"padding": 2, "dilation": 2, "stride": 2},
        {"padding": 2, "dilation": 2, "padding_mode": "reflect"},
        {"padding": "same", "dilation": 2},
        {"padding": 1, "dilation": 1},
        {"padding": 2, "dilation": 2, "groups": 1},
    ],
    ids=str,
)
def test_any_other_convolution_is_left_as_it_is(options):
    convolution = nn.Conv2d(4, 4, 3, **{"groups": 4, **options})
    speedups.prepare(nn.Sequential(convolution), "cpu", "32-true")
    assert type(convolution) is nn.Conv2d


@pytest.mark.parametrize(("library", "expected"), [("glibc", [(-4, 0), (-1, 2**31 - 1)]), ("", [])])
def test_memory_is_kept_where_the_c_library_is_glibc(monkeypatch, library, expected):
    settings = []

    class Library:
        def mallopt(self, parameter, value):
            settings.append((parameter, value))

    monkeypatch.setattr(speedups.platform, "libc_ver", lambda: (library, ""))
    monkeypatch.setattr(speedups.ctypes, "CDLL", lambda name: Library())
    speedups.keep_freed_memory()
    assert settings == expected


def subnormals_are_zero():
    return bool(torch.tensor(torch.finfo(torch.float32).tiny) / 2 == 0)


@pytest.mark.skipif(not torch.set_flush_denormal(False), reason="this CPU cannot count subnormal numbers as zero")
def test_subnormal_numbers_are_zero_within_a_block_only():
    found = [subnormals_are_zero()]
    with speedups.subnormals_as_zero():
        with speedups.subnormals_as_zero():
            found.append(subnormals_are_zero())
        found.append(subnormals_are_zero())
    found.append(subnormals_are_zero())
    assert found == [False, True, True, False]


@pytest.mark.skipif(not torch.set_flush_denormal(False), reason="this CPU cannot count subnormal numbers as zero")
def test_training_and_scoring_count_subnormal_numbers_as_zero(tiny, small_root, tmp_path):
    (tmp_path / "tiny.py").write_text(tiny)
    command = ["-m", "SimVP", "-c", str(tmp_path / "tiny.py"), "--data_root", str(small_root), "--test_sets", "n3"]
    experiment = SeqInterpExperiment(resolve([*command, "--res_dir", str(tmp_path), "--no_display_method_info"]))
    found = []
    experiment.method.register_forward_hook(
        lambda *_: found.append((experiment.trainer.state.fn, subnormals_are_zero()))
    )
    experiment.train()
    experiment.test()
    assert set(found) == {("fit", True), ("predict", True)}
    assert not subnormals_are_zero()


@pytest.mark.parametrize("size", [(18, 18), (34, 34), (32, 40)])
def test_the_derivative_of_a_dilated_convolution_in_bf16_is_that_in_fp32(size):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(2, 8, 1), nn.Conv2d(8, 8, 7, padding=9, groups=8, dilation=3))
    x, weight = torch.rand(2, 2, *size), torch.rand(2, 8, *size)
    expected = gradients(network, x, weight)
    speedups.prepare(network, "cpu", "bf16-mixed")
    with torch.autocast("cpu", torch.bfloat16):
        found = gradients(network, x, weight)
    for one, other in zip(found, expected, strict=True):
        # bf16 rounds to 2**-9 what goes into a layer, its weights and what comes out of it, forwards and backwards.
        torch.testing.assert_close(one.float(), other, rtol=0, atol=6 * 2**-9 * float(other.abs().max()))


@pytest.mark.parametrize(
    ("on", "precision", "expected"),
    [("cpu", "32-true", True), ("cpu", "bf16-mixed", True), ("gpu", "bf16-mixed", True), ("gpu", "32-true", False)],
)
def test_weights_are_laid_out_as_the_device_likes_them(on, precision, expected):
    network = nn.Sequential(nn.Conv2d(2, 8, 3))
    before = network[0].weight.detach().clone()
    speedups.prepare(network, on, precision)
    assert network[0].weight.is_contiguous(memory_format=torch.channels_last) == expected
    assert torch.equal(network[0].weight, before)
