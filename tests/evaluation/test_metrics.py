import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from openstl_seqinterp.evaluation import metrics
from openstl_seqinterp.evaluation.metrics import METRICS, per_image, ssim

seeds = st.integers(0, 2**32)
sizes = st.integers(7, 40)
channels = st.sampled_from([1, 3])

# fp32 rounds to within u = 2**-24. A mean over a window is 7 + 7 sums, so it is off by 14 u of the mean square of the
# sum of two images, at most 4; SSIM divides two such errors by the variance, 0.3 and more where images are random.
SSIM_ERROR = 2 * 14 * 2**-24 * 4 / 0.3
# torch sums in four cascades of 16 terms, however many there are: about 64 u. Adding up 2.8 million one by one loses
# 1e-4 and more.
SUM_ERROR = 100 * 2**-24


def random_pair(seed, shape):
    """Truths in [0, 1] and predictions that leave that range here and there, as a network's may."""
    rng = np.random.default_rng(seed)
    truths = rng.random((2, *shape))
    return truths + rng.normal(0, rng.uniform(0.01, 0.5), truths.shape), truths


def scikit_image(predictions, truths):
    return [structural_similarity(p, t, data_range=1, channel_axis=0) for p, t in zip(predictions, truths, strict=True)]


@given(seeds, channels, sizes, sizes)
def test_ssim_is_scikit_images(seed, count, height, width):
    predictions, truths = random_pair(seed, (count, height, width))
    found = ssim(torch.from_numpy(predictions), torch.from_numpy(truths))
    np.testing.assert_allclose(found, scikit_image(predictions, truths), atol=SSIM_ERROR)


@given(seeds, channels, sizes, sizes)
def test_ssim_and_psnr_clip_predictions_as_openstl_does(seed, count, height, width):
    predictions, truths = random_pair(seed, (count, height, width))
    found = per_image(torch.from_numpy(predictions), torch.from_numpy(truths))
    clipped = predictions.clip(0, 1)
    np.testing.assert_allclose(found["ssim"], scikit_image(clipped, truths), atol=SSIM_ERROR)
    expected = [peak_signal_noise_ratio(t, p, data_range=1) for t, p in zip(truths, clipped, strict=True)]
    np.testing.assert_allclose(found["psnr"], expected, rtol=1e-9)


@given(seeds, channels, sizes, sizes)
def test_mse_and_mae_are_summed_over_the_pixels_of_each_image(seed, count, height, width):
    predictions, truths = random_pair(seed, (count, height, width))
    found = per_image(torch.from_numpy(predictions), torch.from_numpy(truths))
    np.testing.assert_allclose(found["mse"], ((predictions - truths) ** 2).sum(axis=(1, 2, 3)), rtol=1e-9)  # fp64
    np.testing.assert_allclose(found["mae"], np.abs(predictions - truths).sum(axis=(1, 2, 3)), rtol=1e-9)


@pytest.mark.parametrize("shape", [(3, 1, 36, 36), (2, 3, 90, 130), (1, 3, 720, 1280)])
@pytest.mark.parametrize("offset", [0.1, 0.0])
def test_fp32_is_as_good_as_fp64_however_large_the_image(shape, offset):
    rng = np.random.default_rng(0)
    truths = rng.random(shape, np.float32) * np.float32(0.8)
    predictions = truths + np.float32(offset) + rng.normal(0, 1e-3, shape).astype(np.float32)
    found = per_image(torch.from_numpy(predictions), torch.from_numpy(truths))
    error = predictions.astype(float) - truths
    left = predictions.clip(0, 1).astype(float) - truths
    np.testing.assert_allclose(found["mse"], (error**2).sum(axis=(1, 2, 3)), rtol=SUM_ERROR)
    np.testing.assert_allclose(found["mae"], np.abs(error).sum(axis=(1, 2, 3)), rtol=SUM_ERROR)
    decibel = -10 * np.log10((left**2).mean(axis=(1, 2, 3)))
    np.testing.assert_allclose(found["psnr"], decibel, atol=10 / np.log(10) * SUM_ERROR)
    clipped = predictions.clip(0, 1).astype(float)
    np.testing.assert_allclose(found["ssim"], scikit_image(clipped, truths.astype(float)), atol=SSIM_ERROR)


def test_images_are_taken_in_parts_or_all_at_once(monkeypatch):
    images, truths = (torch.rand(7, 2, 9, 11, generator=torch.Generator().manual_seed(seed)) for seed in (0, 1))
    whole = ssim(images, truths)
    sizes, function = [], metrics._ssim
    monkeypatch.setattr(metrics, "_ssim", lambda x, y: sizes.append(len(x)) or function(x, y))
    monkeypatch.setattr(metrics, "_PIXELS", 3 * 9 * 11)
    # Parts may be added up in another order.
    torch.testing.assert_close(ssim(images, truths), whole, rtol=0, atol=2 * SSIM_ERROR)
    assert sizes == [3, 3, 3, 3, 2]  # of seven images with two channels


def test_no_image_has_no_value():
    assert all(values.shape == (0,) for values in per_image(torch.rand(0, 1, 8, 8), torch.rand(0, 1, 8, 8)).values())


@pytest.mark.parametrize("name", ["n6", "n3"])
def test_ssim_is_scikit_images_on_simulated_digits(data_root, name):
    # Mostly black images: variances near 0, where a careless formula cancels.
    with np.load(data_root / "seqinterp" / f"{name}-test.npz") as test:
        truths, clean = (test["frames"][:25, 0] / np.float32(255)), test["clean"][:25, 0]
    found = per_image(torch.from_numpy(clean), torch.from_numpy(truths))["ssim"]
    np.testing.assert_allclose(found, scikit_image(clean.astype(float), truths.astype(float)), atol=SSIM_ERROR)


def test_every_metric_has_a_float64_value_for_each_image():
    found = per_image(torch.rand(5, 3, 9, 8), torch.rand(5, 3, 9, 8))
    assert list(found) == list(METRICS)
    assert all(values.shape == (5,) and values.dtype == torch.float64 for values in found.values())


@pytest.mark.parametrize(
    ("predictions", "truths"),
    [
        pytest.param((4, 1, 8, 8), (1, 1, 8, 8), id="one truth for all"),
        pytest.param((4, 1, 8, 8), (4, 3, 8, 8), id="one channel for all"),
        pytest.param((4, 1, 8, 9), (4, 1, 8, 8), id="other size"),
        pytest.param((1, 8, 8), (1, 8, 8), id="no batch"),
        pytest.param((2, 4, 1, 8, 8), (2, 4, 1, 8, 8), id="sequences"),
    ],
)
def test_shapes_that_differ_are_refused(predictions, truths):
    with pytest.raises(ValueError, match=r"must both be \(N, C, H, W\)"):
        per_image(torch.zeros(predictions), torch.zeros(truths))


@pytest.mark.parametrize("size", [(6, 20), (20, 6)])
def test_images_smaller_than_the_window_are_refused(size):
    with pytest.raises(ValueError, match="at least 7x7"):
        per_image(torch.zeros(1, 1, *size), torch.zeros(1, 1, *size))
