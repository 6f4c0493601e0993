import numpy as np
import pytest
import torch
from torch import nn

from openstl_seqinterp import host
from openstl_seqinterp.methods.predformer import PredFormer_Infill
from openstl_seqinterp.methods.simvp_infill import SimVP_Infill
from openstl_seqinterp.methods.target_slot import REDRAWN, TargetSlot
from openstl_seqinterp.protocols import INFILL

NETWORKS = {
    SimVP_Infill: {"hid_S": 4, "hid_T": 8, "N_S": 2, "N_T": 2, "mlp_ratio": 2.0, "model_type": "gSTA"},
    PredFormer_Infill: {"patch_size": 6, "embed_dim": 8, "num_heads": 2, "depth": 3, "model_type": "TripletTST"},
}


def batch(target, reverse=False):
    """Eight frames of which ``target`` is missing, as ``seqinterp_infill`` gives them, read in time or against it."""
    frames = np.random.default_rng(0).random((8, 1, 12, 12), np.float32)
    order = np.arange(8)[::-1] if reverse else np.arange(8)
    return torch.from_numpy(INFILL.inputs(frames[order], order != target, order - target))[None]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("target", [0, 3, 7])
def test_the_image_of_the_targets_slot_counts(target, reverse):
    x = torch.cat([batch(target, reverse), batch(7 - target, reverse)])
    places = torch.tensor([target, 7 - target])
    slots = 7 - places if reverse else places
    network = nn.Identity()
    drawn = torch.rand_like(x)
    drawn[:, :, -1] = x[:, :, -1]
    network.forward = lambda _: drawn
    predicted = TargetSlot(network)(x)
    assert torch.equal(predicted[:, 0], torch.stack([drawn[0, slots[0], :1], drawn[1, slots[1], :1]]))


@pytest.mark.parametrize("method", NETWORKS)
def test_both_draw_one_image_from_both_sides(method):
    torch.manual_seed(0)
    common = {"dataname": "seqinterp_infill", "metrics": ["mse"], "pre_seq_length": 8, "aft_seq_length": 1}
    built = method(in_shape=[8, 3, 12, 12], **NETWORKS[method], **common)
    x = batch(3).requires_grad_()
    predicted = host.predict(built, x)
    assert predicted.shape == (1, 1, 1, 12, 12)
    predicted.square().mean().backward()
    assert all(x.grad[0, slot].abs().max() > 0 for slot in range(8))
    assert all(parameter.grad.abs().max() > 0 for parameter in built.parameters())


def test_no_slot_belongs_to_a_time_between_two_images():
    observed = np.arange(12) != 5
    assert REDRAWN.context(observed, 5.0) == INFILL.context(observed, 5)
    assert REDRAWN.context(observed, 4.5) is None
