import pytest
import torch

from openstl_seqinterp.methods.simvp_motion import SimVP_Motion_Model, follow, local_motion, move
from openstl_seqinterp.motion.slots import read_slots
from openstl_seqinterp.motion.warp import rigid_flow

SMALL = {"in_shape": [8, 3, 36, 36], "hid_S": 4, "hid_T": 8, "N_S": 2, "N_T": 2, "model_type": "gSTA", "mlp_ratio": 2.0}
SHIFT = [[0.0, 0.6, -0.4], [0.0, -0.3, 0.8]]


def model(seed=0):
    torch.manual_seed(seed)
    return SimVP_Motion_Model(**SMALL).eval()


def stirred(seed=0):
    """A model whose every weight is away from where it began."""
    network = model(seed)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
    return network


def test_before_training_it_blends_the_images_where_they_are(moving):
    x, _ = moving(SHIFT)
    distance = (torch.arange(8) - 3).abs().float()
    weight = torch.softmax(torch.where(distance > 0, -1.5 * distance, -torch.inf), dim=0)
    expected = (weight.view(1, 8, 1, 1, 1) * x[:, :, :1]).sum(dim=1, keepdim=True)
    with torch.no_grad():
        torch.testing.assert_close(model()(x), expected, atol=1e-5, rtol=0)


def step(x):
    """The local flow of one step (B, 2, H, W)."""
    motion = local_motion(read_slots(x))
    return rigid_flow(motion[:, :3], torch.ones(len(x)))


def test_local_motion_finds_a_known_shift_where_there_is_something_to_see(moving):
    x, y = moving(SHIFT)
    flow = step(x)
    seen = y[:, 0, 0] > 0.3
    for sequence, (_, right, down) in enumerate(SHIFT):
        found = flow[sequence][:, seen[sequence]].median(dim=1).values
        assert found[0].item() == pytest.approx(right, abs=0.05)
        assert found[1].item() == pytest.approx(down, abs=0.05)


def test_local_motion_is_the_same_whichever_way_slots_are_read(moving):
    x, _ = moving(SHIFT, missing=(6,))
    torch.testing.assert_close(step(x.flip(1)), step(x), atol=1e-3, rtol=0)


def test_local_motion_tells_apart_what_moves_in_different_ways(moving):
    """The left half of one sequence, the right half of another."""
    x, y = moving([[0.0, 0.8, 0.0], [0.0, -0.8, 0.0]], size=72)
    left = torch.arange(72) < 36
    flow = step(torch.where(left, x[:1], x[1:]))[0]
    for part, sequence, right in ((slice(0, 30), 0, 0.8), (slice(42, 72), 1, -0.8)):
        seen = y[sequence, 0, 0, :, part] > 0.3
        assert flow[0, :, part][seen].median().item() == pytest.approx(right, abs=0.15)


def test_images_that_follow_the_local_motion_lie_on_the_target(moving):
    x, y = moving([[0.15, 0.5, -0.4]], gain=0.97)
    slots = read_slots(x)
    with torch.no_grad():
        moved = move(slots, *follow(slots, local_motion(slots)))
    for slot in (0, 2, 4, 7):
        # Warps blur; the unmoved image is the measure of what there was to do.
        assert (moved[:, slot] - y[:, 0]).square().mean() < 0.02 * (x[:, slot, :1] - y[:, 0]).square().mean()


def test_nothing_moves_where_nothing_is_observed(moving):
    x, _ = moving(SHIFT, missing=(0, 1, 2, 4, 5, 6))
    assert not local_motion(read_slots(x)).any()


def test_the_content_of_unobserved_slots_does_not_matter(moving):
    x, _ = moving(SHIFT, missing=(1, 6))
    network = stirred()
    with torch.no_grad():
        predicted = network(x)
        assert predicted.shape == (2, 1, 1, 36, 36)
        # The network reads zeros there, whoever built the batch; what is drawn from never includes them.
        weights = []
        network.network.register_forward_hook(lambda module, inputs, output: weights.append(inputs[0]))
        network(x)
    assert not weights[0][:, [1, 3, 6], :1].any()


def test_a_prediction_stays_within_the_bounds_of_its_images_and_gain(moving):
    x, _ = moving(SHIFT)
    network = stirred()
    with torch.no_grad():
        for parameter in (network.follow, *network.tone.network[-1].parameters()):
            parameter.zero_()  # neither the local motion nor the curve of tones has bounds of its own
        predicted = network(x)
    # Weights sum to one; the log gain is at most 0.05 for each of at most four steps.
    assert predicted.min() >= 0
    assert predicted.max() <= x[:, :, :1].max() * torch.exp(torch.tensor(0.05 * 4)) + 1e-6


def test_gradients_reach_every_weight(moving):
    x, y = moving(SHIFT)
    network = stirred().train()
    (network(x) - y).square().mean().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        # A bias before GroupNorm or BatchNorm has no effect on what follows, nor have readouts that are not read.
        if name in ("follow", "network.dec.readout.weight", "network.enc.enc.0.conv.conv.weight"):
            assert parameter.grad.abs().max() > 0, name


def test_local_motion_stays_within_bounds_whatever_the_images():
    slots = read_slots(torch.rand(4, 8, 3, 36, 36, generator=torch.Generator().manual_seed(0)))
    wild = slots._replace(
        images=slots.images * 1e4, observed=torch.ones(4, 8, dtype=torch.bool), offset=slots.offset * 4
    )
    motion = local_motion(wild)
    assert motion.isfinite().all()
    assert (motion.abs() <= torch.tensor([0.6, 9, 9, 0.3]).view(4, 1, 1) + 1e-6).all()
