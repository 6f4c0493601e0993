import pytest
import torch

from openstl_seqinterp.methods import simvp_motion as module
from openstl_seqinterp.methods.simvp_motion import SimVP_Motion_Model, follow, local_motion, move
from openstl_seqinterp.motion.slots import read_slots
from openstl_seqinterp.motion.warp import rigid_flow

SMALL = {"in_shape": [8, 3, 36, 36], "hid_S": 4, "hid_T": 8, "N_S": 2, "N_T": 2, "model_type": "gSTA", "mlp_ratio": 2.0}
SHIFT = [[0.0, 0.6, -0.4], [0.0, -0.3, 0.8]]
CLOSE = 3e-5  # what fp32 knows of positions in 36 pixels, see motion/test_warp.py


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
        torch.testing.assert_close(model()(x), expected, atol=CLOSE, rtol=0)


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
    # Where there is little to see, errors are weighed by up to 1 / DARK = 1e3 before they are compared with the prior:
    # rounding shows as thousandths of a pixel.
    torch.testing.assert_close(step(x.flip(1)), step(x), atol=0.01, rtol=0)


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
    other, network = x.clone(), stirred()
    other[:, [1, 3, 6], 0] = torch.rand(2, 3, 36, 36, generator=torch.Generator().manual_seed(0))
    # The network itself reads zeros there, for which the data set sees; what it says is the same both times here.
    said = []
    network.network.register_forward_hook(lambda module, inputs, output: said.append(output) or said[0])
    with torch.no_grad():
        predicted = network(x)
        assert predicted.shape == (2, 1, 1, 36, 36)
        torch.testing.assert_close(network(other), predicted)
    assert len(said) == 2


def test_a_prediction_stays_within_the_bounds_of_its_images_and_gain(moving):
    x, _ = moving(SHIFT)
    network = stirred()
    with torch.no_grad():
        for parameter in (network.follow, *network.tone.network[-1].parameters()):
            parameter.zero_()  # neither the local motion nor the curve of tones has bounds of its own
        predicted = network(x)
    # Weights sum to one; the log gain is at most 0.05 for each of at most four steps.
    assert predicted.min() >= 0
    assert predicted.max() <= x[:, :, :1].max() * torch.exp(torch.tensor(0.05 * 4)) + 1e-5


def test_what_the_network_adds_is_at_most_four_pixels_and_five_per_cent_a_step(moving):
    x, _ = moving(SHIFT)
    network = model()
    with torch.no_grad():
        network.network.dec.readout.bias[:3] = torch.tensor([1e3, 0.0, 1e3])  # to the right, and gain
        predicted = network(x)
    offset = torch.arange(8) - 3
    weight = torch.softmax(torch.where(offset != 0, -1.5 * offset.abs(), -torch.inf), dim=0) * torch.exp(0.05 * offset)
    column = (torch.arange(36) + 4 * offset[:, None]).clamp(0, 35)
    images = torch.stack([x[:, slot, :1, :, column[slot]] for slot in range(8)], dim=1)
    expected = (weight.view(1, 8, 1, 1, 1) * images).sum(dim=1, keepdim=True)
    torch.testing.assert_close(predicted, expected, atol=2 * CLOSE, rtol=0)


def test_gradients_reach_every_weight(moving):
    x, y = moving(SHIFT)
    network = stirred().train()
    (network(x) - y).square().mean().backward()
    gradients = {name: parameter.grad for name, parameter in network.named_parameters()}
    assert [name for name, gradient in gradients.items() if gradient is None] == []
    # A bias before GroupNorm or BatchNorm has no effect on what follows, nor have readouts that are not read.
    weights = [name for name in gradients if name.endswith("weight")]
    assert {"network.dec.readout.weight", "network.enc.enc.0.conv.conv.weight"} <= {*weights}
    for name in ("follow", *weights):
        assert gradients[name].abs().max() > 0, name


def test_local_motion_is_finite_whatever_the_images():
    slots = read_slots(torch.rand(4, 8, 3, 36, 36, generator=torch.Generator().manual_seed(0)))
    wild = slots._replace(
        images=slots.images * 1e4, observed=torch.ones(4, 8, dtype=torch.bool), offset=slots.offset * 4
    )
    assert local_motion(wild).isfinite().all()


@pytest.mark.parametrize("sign", [-1, 1])
def test_local_motion_stays_within_bounds_whatever_least_squares_find(moving, monkeypatch, sign):
    x, _ = moving(SHIFT)
    monkeypatch.setattr(module, "motion_left", lambda *_, **__: torch.full((2, 4, 1, 1), sign * 1e6))
    bounds = torch.tensor([0.6, 9, 9, 0.3])  # radians, a quarter of 36 pixels, log gain
    assert torch.equal(local_motion(read_slots(x)), (sign * bounds).view(4, 1, 1).expand(2, 4, 36, 36))
