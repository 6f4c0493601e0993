import pytest
import torch

from openstl_seqinterp.methods import local_motion as module
from openstl_seqinterp.methods.local_motion import follow, motions, move
from openstl_seqinterp.motion.slots import read_slots
from openstl_seqinterp.motion.warp import rigid_flow

SHIFT = [[0.0, 0.6, -0.4], [0.0, -0.3, 0.8]]


def step(x):
    """The local flow of one step (B, 2, H, W)."""
    _, motion = motions(read_slots(x))
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


@pytest.mark.parametrize("kind", [0, 1], ids=["rigid", "local"])
def test_images_that_follow_a_motion_lie_on_the_target(moving, kind):
    x, y = moving([[0.15, 0.5, -0.4]], gain=0.97)
    slots = read_slots(x)
    with torch.no_grad():
        moved = move(slots.images, *follow(slots.offset, motions(slots)[kind]))
    for slot in (0, 2, 4, 7):
        # Warps blur; the unmoved image is the measure of what there was to do.
        assert (moved[:, slot] - y[:, 0]).square().mean() < 0.02 * (x[:, slot, :1] - y[:, 0]).square().mean()


def test_nothing_moves_where_nothing_is_observed(moving):
    x, _ = moving(SHIFT, missing=(0, 1, 2, 4, 5, 6))
    assert not any(motion.any() for motion in motions(read_slots(x)))


def test_local_motion_is_finite_whatever_the_images():
    slots = read_slots(torch.rand(4, 8, 3, 36, 36, generator=torch.Generator().manual_seed(0)))
    wild = slots._replace(
        images=slots.images * 1e4, observed=torch.ones(4, 8, dtype=torch.bool), offset=slots.offset * 4
    )
    assert all(motion.isfinite().all() for motion in motions(wild))


@pytest.mark.parametrize("sign", [-1, 1])
def test_local_motion_stays_within_bounds_whatever_least_squares_find(moving, monkeypatch, sign):
    x, _ = moving(SHIFT)
    monkeypatch.setattr(module, "motion_left", lambda *_, **__: torch.full((2, 4, 1, 1), sign * 1e6))
    bounds = torch.tensor([0.6, 9, 9, 0.3])  # radians, a quarter of 36 pixels, log gain
    for motion in motions(read_slots(x)):
        assert torch.equal(motion, (sign * bounds).view(4, 1, 1).expand(2, 4, 36, 36))


def test_the_motion_of_the_whole_image_is_the_same_at_every_pixel_and_that_of_the_sequence(moving):
    velocity = [[0.12, 0.5, -0.4], [-0.2, -0.6, 0.1]]
    x, _ = moving(velocity, gain=0.95)
    rigid, _ = motions(read_slots(x))
    torch.testing.assert_close(rigid, rigid[..., :1, :1].expand_as(rigid))
    # Three Gauss-Newton steps, from zero: what is left of a shift shrinks by a few times in each.
    torch.testing.assert_close(rigid[:, 0, 0, 0], torch.tensor(velocity)[:, 0], atol=0.01, rtol=0)
    torch.testing.assert_close(rigid[:, 1:3, 0, 0], torch.tensor(velocity)[:, 1:], atol=0.05, rtol=0)
