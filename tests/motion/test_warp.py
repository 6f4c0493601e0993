import cv2
import numpy as np
import pytest
import torch

from openstl_seqinterp.data.simulate import affine_maps
from openstl_seqinterp.motion.warp import flow_grid, motion_grid, rigid_flow, rigid_motion, warp

# A position is a fraction of half the image in fp32, after some 20 roundings to 2**-24: at 26 pixels it is within 2e-5
# of a pixel, and so are the values of an image in [0, 1], whose slopes are at most 1.
CLOSE = 2e-5
# OpenCV may round positions to 1/32 of a pixel (it did until version 5): half of that in x and in y.
OPENCV = 1 / 32 + CLOSE


def image(height=20, width=26, seed=0):
    """A smooth image that is black within 4 pixels of its border, float32 (H, W)."""
    noise = np.zeros((height, width), np.float32)
    noise[5:-5, 5:-5] = np.random.default_rng(seed).random((height - 10, width - 10), np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 1.0)
    framed = np.zeros_like(smooth)
    framed[4:-4, 4:-4] = smooth[4:-4, 4:-4]
    return framed


def tensor(array):
    return torch.from_numpy(np.ascontiguousarray(array))[None, None]


def moved(array, velocity, steps=1.0):
    motion = rigid_motion(torch.tensor([velocity]), torch.tensor([steps]))
    return warp(tensor(array), motion_grid(motion, array.shape)).numpy()[0, 0]


@pytest.mark.parametrize("velocity", [(0.2, 1.3, -0.7), (-0.5, 0.0, 2.2), (1.1, 0.4, 0.6)])
def test_affine_warps_are_those_of_opencv(velocity):
    picture = image()
    about_centre = rigid_motion(torch.tensor([velocity]))[0].numpy().astype(float)
    shift = np.eye(3)
    shift[:2, 2] = (picture.shape[1] - 1) / 2, (picture.shape[0] - 1) / 2
    matrix = (shift @ about_centre @ np.linalg.inv(shift))[:2]
    expected = cv2.warpAffine(picture, matrix, picture.shape[::-1], flags=cv2.INTER_LINEAR)
    np.testing.assert_allclose(moved(picture, velocity), expected, atol=OPENCV)


def test_the_identity_changes_nothing():
    np.testing.assert_allclose(moved(image(), (0.0, 0.0, 0.0)), image(), atol=CLOSE)


@pytest.mark.parametrize(("x", "y"), [(3, 0), (0, -2), (-1, 4)])
def test_whole_pixel_shifts_are_exact(x, y):
    np.testing.assert_allclose(moved(image(), (0.0, x, y)), np.roll(image(), (y, x), (0, 1)), atol=CLOSE)


def test_a_quarter_turn_is_that_of_numpy():
    square = image(22, 22)  # y points down, so a positive angle turns clockwise
    np.testing.assert_allclose(moved(square, (np.pi / 2, 0.0, 0.0)), np.rot90(square, -1), atol=CLOSE)


def test_steps_of_a_motion_add_up():
    velocity = torch.tensor([[0.3, 1.0, -2.0]])
    product = rigid_motion(velocity, 2.5) @ rigid_motion(velocity, -1.0)
    torch.testing.assert_close(product, rigid_motion(velocity, 1.5), atol=CLOSE, rtol=0)


def test_the_exponential_map_is_that_of_torch():
    velocity = torch.tensor([[0.3, 1.0, -2.0], [0.0, 0.5, 0.5], [-2.0, 0.0, 1.0]])
    rotation, x, y = velocity.unbind(1)
    zero = torch.zeros_like(x)
    rows = [torch.stack(row, -1) for row in ([zero, -rotation, x], [rotation, zero, y], [zero] * 3)]
    expected = torch.linalg.matrix_exp(torch.stack(rows, -2))
    torch.testing.assert_close(rigid_motion(velocity), expected, atol=CLOSE, rtol=0)


def test_a_rotation_is_that_of_the_simulation():
    grid = motion_grid(rigid_motion(torch.tensor([[0.2, 0.0, 0.0]])), (36, 36))
    maps = affine_maps(np.array([0.2]), np.zeros((1, 2)), 36).float()
    expected = torch.nn.functional.affine_grid(maps, [1, 1, 36, 36], align_corners=False)
    torch.testing.assert_close(grid, expected, atol=CLOSE, rtol=0)


def test_flow_warps_are_those_of_opencv():
    picture = image()
    rng = np.random.default_rng(1)
    flow = cv2.GaussianBlur(rng.normal(0, 6, (*picture.shape, 2)).astype(np.float32), (0, 0), 2.0)
    x, y = np.meshgrid(*(np.arange(size, dtype=np.float32) for size in picture.shape[::-1]))
    expected = cv2.remap(picture, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    grid = flow_grid(torch.from_numpy(flow).movedim(-1, 0)[None])
    np.testing.assert_allclose(warp(tensor(picture), grid).numpy()[0, 0], expected, atol=OPENCV)


def test_the_derivative_by_the_motion_is_that_of_finite_differences():
    picture = tensor(image()).double()
    weights = torch.from_numpy(np.random.default_rng(2).random(picture.shape))

    def loss(velocity):
        grid = motion_grid(rigid_motion(velocity), picture.shape[-2:])
        return (warp(picture, grid).double() * weights).sum()

    velocity = torch.tensor([[0.21, 0.37, -0.43]], requires_grad=True)
    (gradient,) = torch.autograd.grad(loss(velocity), velocity)
    for index in range(3):
        change = torch.zeros(1, 3)
        change[0, index] = 1e-2
        slope = (loss(velocity + change) - loss(velocity - change)) / 2e-2
        assert gradient[0, index].item() == pytest.approx(slope.item(), rel=0.1, abs=0.1)


def test_positions_keep_their_precision_under_autocast():
    picture, velocity = tensor(image()), torch.tensor([[0.1, 0.26, 0.13]])
    plain = warp(picture, motion_grid(rigid_motion(velocity), picture.shape[-2:]))
    with torch.autocast("cpu", torch.bfloat16):
        mixed = warp(picture, motion_grid(rigid_motion(velocity), picture.shape[-2:]))
    torch.testing.assert_close(mixed, plain, atol=CLOSE, rtol=0)


def test_the_flow_of_one_velocity_everywhere_is_that_of_its_motion():
    velocity, size = torch.tensor([[0.2, 0.7, -0.4]]), (9, 14)
    image = torch.rand(1, 2, *size, generator=torch.Generator().manual_seed(0))
    flow = rigid_flow(velocity.view(1, 3, 1, 1).expand(1, 3, *size), torch.tensor([-2.0]))
    # What the motion brings here in two steps comes from where two steps back lead to.
    torch.testing.assert_close(
        warp(image, flow_grid(flow)),
        warp(image, motion_grid(rigid_motion(velocity, 2.0), size)),
        atol=2 * CLOSE,
        rtol=0,
    )


def test_positions_that_are_no_numbers_do_no_harm():
    """The derivative of grid_sample reads beyond its memory there, which ends the process now and then."""
    image = torch.rand(1, 1, 6, 6)
    flow = torch.zeros(1, 2, 6, 6, requires_grad=True)
    scale = torch.ones(6, 6)
    scale[2, 3] = torch.nan
    moved = warp(image, flow_grid(flow * scale))
    moved.sum().backward()
    assert moved.isfinite().all()
    assert flow.grad.isfinite().sum() >= 2 * 35
