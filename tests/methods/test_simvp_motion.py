import numpy as np
import pytest
import torch

from openstl_seqinterp.evaluation.baselines import BASELINES
from openstl_seqinterp.methods.frame_blend import as_motion_has_it
from openstl_seqinterp.methods.motion_frames import FRAMES, HYPOTHESES, read_frames
from openstl_seqinterp.methods.simvp_motion import SimVP_Motion, SimVP_Motion_Model
from openstl_seqinterp.motion.slots import read_slots
from openstl_seqinterp.protocols import INFILL

SMALL = {"hid_S": 4, "hid_T": 8, "N_S": 2, "N_T": 2, "model_type": "gSTA", "mlp_ratio": 2.0}
SHIFT = [[0.0, 0.6, -0.4], [0.0, -0.3, 0.8]]
ROUNDING = 1e-5  # sums of a few float32 in [0, 1], and logarithms of weights
# OpenCV reads at positions that are multiples of 1/32 of a pixel, torch anywhere: half of that, along x and along y.
QUANTISED = 2 / 64


def model(seed=0, size=(36, 36), **settings):
    torch.manual_seed(seed)
    return SimVP_Motion_Model([8, 3, *size], **{**SMALL, **settings}).eval()


def stirred(seed=0, **settings):
    """A model whose every weight is away from where it began."""
    network = model(seed, **settings)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
    return network


def scene(height, width, channels=1, count=8):
    """Images float32 (T, C, H, W) of a smooth pattern that drifts and turns faster and faster."""
    rng = np.random.default_rng(0)
    waves = rng.uniform(0.05, 0.5, (12, 2)), rng.uniform(0, 6, (12, channels))
    y, x = np.mgrid[:height, :width]
    images = []
    for time in range(count):
        right, down = x - 0.8 * time - 0.05 * time**2, y + 0.5 * time
        phase = waves[0][:, 0, None, None] * right + waves[0][:, 1, None, None] * down
        images.append([np.sin(phase + waves[1][:, [c], None]).mean(axis=0) for c in range(channels)])
    low, high = np.min(images), np.max(images)
    return ((np.array(images) - low) / (high - low)).astype(np.float32)


def read(images, target, missing=()):
    """A batch of one for the image at ``target``, and the known images by their offsets."""
    offset = np.arange(len(images)) - target
    observed = ~np.isin(np.arange(len(images)), [int(np.ceil(target)) if target == int(target) else -1, *missing])
    x = INFILL.inputs(images, observed, offset.astype(np.float32))
    known = {float(o): image for o, image, seen in zip(offset, images, observed, strict=True) if seen}
    return torch.from_numpy(x)[None], known


CASES = {
    "one missing": (3, ()),
    "three missing": (3, (2, 4)),
    "every second": (3, (1, 5, 7)),
    "one known before": (1, ()),
    "at the end": (7, ()),
    "at the start": (0, ()),
    "between two": (3.25, ()),
    "one known image": (3, (0, 1, 2, 4, 5, 7)),
}


@pytest.mark.parametrize("denoise", [True, False])
@pytest.mark.parametrize(("target", "missing"), CASES.values(), ids=CASES)
def test_before_training_it_equals_motion(target, missing, denoise):
    x, known = read(scene(40, 48), target, missing)
    # As the filler chooses: the nearest two on each side, or four on one.
    expected = BASELINES["motion"].predict(known, 0.0) if len(known) > 1 else next(iter(known.values()))
    network = model(denoise=denoise)
    with torch.no_grad():
        np.testing.assert_allclose(network(x)[0, 0], expected, atol=ROUNDING, rtol=0)
        np.testing.assert_allclose(as_motion_has_it(network.predict(x).frames)[0, 0], expected, atol=ROUNDING, rtol=0)


@pytest.mark.parametrize(("height", "width", "channels"), [(16, 20, 1), (37, 46, 3), (101, 90, 2), (208, 230, 3)])
def test_before_training_it_equals_motion_at_any_size_and_number_of_channels(height, width, channels):
    x, known = read(scene(height, width, channels), 3)
    with torch.no_grad():
        predicted = model(denoise=False)(x)[0, 0]
    np.testing.assert_allclose(predicted, BASELINES["motion"].predict(known, 0.0), atol=ROUNDING, rtol=0)


def test_where_it_learns_it_reads_the_same_images():
    images = scene(40, 48)
    x, _ = read(images, 3)
    network = model()
    with torch.no_grad():
        expected = network(x)
    steepest = max(np.abs(np.diff(images, axis=axis)).max() for axis in (2, 3))
    # Frames that `motion` does not blend have a weight of 1 / 8000 each where gradients are wanted.
    torch.testing.assert_close(network(x).detach(), expected, atol=QUANTISED * steepest + 3 / 8000, rtol=0)


def test_the_content_of_unobserved_slots_does_not_matter(moving):
    x, _ = moving(SHIFT, missing=(1, 6))
    other, network = x.clone(), stirred()
    other[:, [1, 3, 6], 0] = torch.rand(2, 3, 36, 36, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        predicted = network(x)
        assert predicted.shape == (2, 1, 1, 36, 36)
        torch.testing.assert_close(network(other), predicted)


def test_the_order_in_which_slots_are_read_does_not_matter(moving):
    x, _ = moving(SHIFT, missing=(6,))
    network = stirred(denoise=False)
    with torch.no_grad():
        torch.testing.assert_close(network(x.flip(1)), network(x))


def test_frames_that_are_not_there_have_no_weight():
    x, _ = read(scene(36, 36), 7)
    frames = read_frames(read_slots(x))
    there = frames.prior[0].flatten(1).exp().amax(dim=1) > 0
    assert there.tolist() == [True, *[False] * (HYPOTHESES - 1), True, False]
    assert frames.source.shape == (1, FRAMES, 2)


def test_what_the_network_adds_is_at_most_four_pixels_and_as_many_a_step(moving):
    x, _ = moving([[0.0, 0.0, 0.0]], size=40)
    network = model(denoise=False)
    expected = {}
    with torch.no_grad():
        network.bias[HYPOTHESES] = 10.0  # the image before, as it is: one step back
        for plane in (1, 3):
            network.network.dec.readout.bias[plane] = 1e3
            expected[plane] = network(x)[0, 0, 0]
            network.network.dec.readout.bias[plane] = 0.0
    column = torch.arange(40)
    np.testing.assert_allclose(expected[1], x[0, 2, 0][:, (column + 4).clamp(max=39)], atol=1e-3)
    np.testing.assert_allclose(expected[3], x[0, 2, 0][:, (column - 4).clamp(min=0)], atol=1e-3)


def test_without_reach_displacements_stay(moving):
    x, _ = moving(SHIFT)
    network = model(reach=0.0)
    with torch.no_grad():
        expected = network(x)
        network.network.dec.readout.bias[1:5] = 1e3
        assert torch.equal(network(x), expected)


def test_gradients_reach_every_weight(moving):
    x, y = moving(SHIFT)
    network = stirred().train()
    predicted = network.predict(x)
    ((predicted.image - y).square().mean() + predicted.log_variance.mean()).backward()
    gradients = {name: parameter.grad for name, parameter in network.named_parameters()}
    # There is no clipped noise, so the curve of tones is not in use.
    unused = {name for name, gradient in gradients.items() if gradient is None or not gradient.any()}
    # A bias before GroupNorm or BatchNorm has no effect on what follows.
    weights = {name for name in gradients if name.endswith("weight") and not name.startswith("tone")}
    assert {"network.dec.readout.weight", "network.enc.enc.0.conv.conv.weight"} <= weights
    assert not unused & {"bias", *weights}


def test_the_log_variance_learns_the_error_and_leaves_the_image_alone(moving):
    method = SimVP_Motion(**{**SMALL, "in_shape": [8, 3, 36, 36], "dataname": "seqinterp_infill", "metrics": ["mse"]})
    x, y = moving(SHIFT)
    method.log = lambda *_, **__: None
    weights = [method.model.network.dec.readout.bias, method.model.bias]
    optimizer = torch.optim.Adam([weights[0]], 0.1)
    noisy = y + 0.1 * torch.randn(y.shape, generator=torch.Generator().manual_seed(0))
    for _ in range(60):
        optimizer.zero_grad()
        method.training_step((x, noisy), 0).backward()
        weights[0].grad[:5] = 0
        optimizer.step()
    with torch.no_grad():
        predicted = method.model.predict(x)
    error = (predicted.image - noisy).square().mean()
    assert predicted.log_variance.exp().mean().item() == pytest.approx(error.item(), rel=0.1)


def test_it_is_finite_whatever_the_images_and_times():
    x = torch.rand(3, 8, 3, 36, 36, generator=torch.Generator().manual_seed(0))
    x[0, :, 1] = 0  # nothing is observed
    x[1, :, 0] = 0.5  # flat
    with torch.no_grad():
        assert stirred()(x).isfinite().all()
