import math

import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d, fold

from openstl_seqinterp import host
from openstl_seqinterp.methods.predformer import (
    FULL,
    SPACE,
    TIME,
    TYPES,
    Attention,
    GatedBlock,
    PredFormer,
    PredFormer_Model,
    blocks,
    sinusoid,
)

TINY = {"patch_size": 6, "embed_dim": 8, "num_heads": 2, "mlp_ratio": 2.0, "depth": 12}


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize("model_type", TYPES)
def test_it_has_as_many_weights_as_the_papers_network_for_moving_mnist(model_type):
    assert count(GatedBlock(FULL, 256, 8, 4.0, 0.0, 0.0)) == 1_052_672
    with torch.device("meta"):  # nothing is computed
        assert count(PredFormer_Model((10, 1, 64, 64), model_type)) == 25_297_728


def test_blocks_follow_each_other_as_the_type_says():
    orders = {name: blocks(name, 12) for name in TYPES}
    assert orders == {
        "Full": "F" * 12,
        "FacST": "S" * 6 + "T" * 6,
        "FacTS": "T" * 6 + "S" * 6,
        "BinaryTS": "TS" * 6,
        "BinaryST": "ST" * 6,
        "TripletTST": "TST" * 4,
        "TripletSTS": "STS" * 4,
        "QuadrupletTSST": "TSST" * 3,
        "QuadrupletSTTS": "STTS" * 3,
    }
    assert blocks("tripletsts", 3) == "STS"  # in any case, as the host's
    with pytest.raises(ValueError, match="depth is 4, expected a multiple of 3 for model_type TripletTST"):
        blocks("TripletTST", 4)


def test_attention_is_that_of_pytorch():
    torch.manual_seed(0)
    ours, theirs = Attention(16, 4, 0.0), nn.MultiheadAttention(16, 4, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(ours.qkv.weight)
        theirs.in_proj_bias.zero_()
        theirs.out_proj.load_state_dict(ours.proj.state_dict())
        x = torch.rand(2, 5, 16)
        torch.testing.assert_close(ours(x), theirs(x, x, x)[0])


@pytest.mark.parametrize("over", [FULL, SPACE, TIME])
def test_a_block_attends_over_time_over_space_or_over_both(over):
    torch.manual_seed(0)
    block = GatedBlock(over, 8, 2, 2.0, 0.0, 0.0)
    tokens = torch.rand(2, 3, 4, 8, requires_grad=True)
    block(tokens)[0, 1, 2, 0].backward()
    seen = tokens.grad.abs().sum(dim=-1) > 0
    expected = torch.zeros(2, 3, 4, dtype=torch.bool)
    if over == FULL:
        expected[0] = True
    elif over == SPACE:
        expected[0, 1] = True
    else:
        expected[0, :, 2] = True
    assert torch.equal(seen, expected)


def test_the_position_code_has_the_sines_and_cosines_of_its_paper():
    code = sinusoid(50, 6)
    for position in (0, 7, 49):
        for pair in range(3):
            angle = position / 10000 ** (2 * pair / 6)
            # An angle of up to 49, rounded to 2**-24 of it, is off by some 3e-6.
            assert code[position, 2 * pair].item() == pytest.approx(math.sin(angle), abs=1e-5)
            assert code[position, 2 * pair + 1].item() == pytest.approx(math.cos(angle), abs=1e-5)


def test_patches_are_cut_and_put_back_as_convolutions_do():
    torch.manual_seed(0)
    model = PredFormer_Model((2, 3, 12, 18), "Full", **TINY)
    caught = {}
    model.embed.register_forward_hook(lambda module, x, tokens: caught.update(tokens=tokens))
    model.head.register_forward_hook(lambda module, x, drawn: caught.update(drawn=drawn))
    x = torch.rand(1, 2, 3, 12, 18)
    with torch.no_grad():
        y = model(x)
        tokens = conv2d(x[0], model.embed.weight.view(8, 3, 6, 6), model.embed.bias, stride=6)
        torch.testing.assert_close(caught["tokens"][0], tokens.flatten(2).mT)
        torch.testing.assert_close(y[0], fold(caught["drawn"][0].mT, (12, 18), kernel_size=6, stride=6))


@pytest.mark.parametrize("model_type", TYPES)
def test_frames_become_frames_and_gradients_reach_every_weight(model_type):
    torch.manual_seed(0)
    model = PredFormer_Model((4, 1, 12, 12), model_type, **TINY, drop=0.1, drop_path=0.1)
    x = torch.rand(3, 4, 1, 12, 12)
    y = model(x)
    assert y.shape == x.shape
    y.square().mean().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name


@pytest.mark.parametrize("wanted", [2, 4, 10])
def test_it_predicts_as_many_frames_as_asked(wanted):
    common = {"dataname": "seqinterp", "metrics": ["mse", "mae"], "model_type": "FacTS", "pre_seq_length": 4}
    method = PredFormer(in_shape=[4, 1, 12, 12], **TINY, **common, aft_seq_length=wanted).eval()
    x = torch.rand(1, 4, 1, 12, 12)
    with torch.no_grad():
        predicted, once = host.predict(method, x), method.model(x)
        assert predicted.shape == (1, wanted, 1, 12, 12)
        torch.testing.assert_close(predicted[:, :4], once[:, :wanted])
        if wanted > 4:  # it reads its own predictions
            torch.testing.assert_close(predicted[:, 4:8], method.model(once))
