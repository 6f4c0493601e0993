"""Metrics per image, on whole batches: predictions and truths (N, C, H, W) in [0, 1] give float64 (N,).

A metric is a function and a row of `METRICS`. MSE and MAE are summed over the pixels of an image, as OpenSTL counts
them. SSIM and PSNR are of predictions clipped to [0, 1], as OpenSTL does, with a data range of 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch.nn.functional import mse_loss

_WINDOW = 7
_SMALL = 96  # pixels a side: measured, see `_window_means`
_PIXELS = 2**20  # of images whose SSIM is computed at a time, for which some 60 bytes a pixel are taken


def mse(predictions: torch.Tensor, truths: torch.Tensor) -> torch.Tensor:
    """Squared error, summed over the pixels of an image."""
    return mse_loss(predictions, truths, reduction="none").flatten(1).sum(dim=1).double()


def mae(predictions: torch.Tensor, truths: torch.Tensor) -> torch.Tensor:
    """Absolute error, summed over the pixels of an image."""
    return (predictions - truths).flatten(1).abs_().sum(dim=1).double()


def psnr(predictions: torch.Tensor, truths: torch.Tensor) -> torch.Tensor:
    """Peak signal-to-noise ratio in dB; infinite for an exact prediction."""
    return -10 * torch.log10(mse_loss(predictions, truths, reduction="none").flatten(1).mean(dim=1).double())


def ssim(predictions: torch.Tensor, truths: torch.Tensor) -> torch.Tensor:
    """Structural similarity (Wang et al., 2004) as scikit-image computes it by default: a uniform 7x7 window,
    sample covariance, the mean over all windows inside the image, over channels. Computed in fp32.

    torchmetrics' SSIM has neither the sample covariance nor this border, so its values differ.
    Raises ValueError for images smaller than the window.
    """
    height, width = truths.shape[-2:]
    if min(height, width) < _WINDOW:
        raise ValueError(f"SSIM needs images of at least {_WINDOW}x{_WINDOW} pixels, got {(height, width)}")
    count = max(1, _PIXELS // (height * width))
    x, y = (images.float().reshape(-1, height, width).split(count) for images in (predictions, truths))
    values = torch.cat([_ssim(*part) for part in zip(x, y, strict=True)])
    return values.view(truths.shape[:-2]).mean(dim=1, dtype=torch.float64)


def _ssim(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The SSIM (N,) of images (N, H, W).

    By the sum and the difference of both images, in whose means and variances the formula has its simplest form, with
    four means of a window instead of five.
    """
    planes = x.new_empty(4, *x.shape)
    torch.add(x, y, out=planes[0])
    torch.sub(x, y, out=planes[1])
    torch.mul(planes[:2], planes[:2], out=planes[2:])
    means = _window_means(planes.flatten(0, 1)).unflatten(0, (4, len(x))).flatten(2)
    squares = means[:2].square_()
    (a, b), (p, q) = squares, means[2:].sub_(squares)
    sample = _WINDOW**2 / (_WINDOW**2 - 1)
    c1, c2 = 2 * 0.01**2, 2 * 0.03**2 / sample
    a.add_(c1)
    p.add_(c2)
    return ((a - b).mul_(p - q)).div_((a + b).mul_(p + q)).mean(dim=1)


def _window_means(images: torch.Tensor) -> torch.Tensor:
    """The mean (N, H - 6, W - 6) of every window inside images (N, H, W).

    In small images sums of neighbours are fastest as products with matrices of ones and zeros, whose work for a pixel
    grows with the side of the image; in larger ones as sums along one axis after the other.
    """
    height, width = images.shape[1:]
    if max(height, width) > _SMALL:
        return images.unfold(1, _WINDOW, 1).sum(-1).unfold(2, _WINDOW, 1).sum(-1) / _WINDOW**2
    across, down = _windows(images, width).mT / _WINDOW**2, _windows(images, height)
    return down.expand(len(images), -1, -1) @ (images @ across)


def _windows(like: torch.Tensor, length: int) -> torch.Tensor:
    """A matrix (length - 6, length) whose product with a line of pixels is their sum in every window."""
    return like.new_ones(length, length).tril(_WINDOW - 1).triu()[: length - _WINDOW + 1]


class Metric(NamedTuple):
    """A ``function`` of predictions and truths (N, C, H, W) to float64 (N,), and how tables name and print it.

    ``clipped`` says that it takes predictions clipped to [0, 1], ``windowed`` that it looks at more than single pixels.
    """

    function: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    label: str
    format: str
    clipped: bool = False
    windowed: bool = False


METRICS: dict[str, Metric] = {
    "mse": Metric(mse, "MSE", ".2f"),
    "mae": Metric(mae, "MAE", ".1f"),
    "ssim": Metric(ssim, "SSIM", ".3f", clipped=True, windowed=True),
    "psnr": Metric(psnr, "PSNR", ".1f", clipped=True),
}


def per_image(predictions: torch.Tensor, truths: torch.Tensor) -> dict[str, torch.Tensor]:
    """Every metric of `METRICS` for every image. Raises ValueError where the shapes differ: nothing is broadcast.

    Pixels without a value, NaN in ``truths``, take no part; to SSIM, which sees neighbourhoods, they are exact.
    """
    if predictions.shape != truths.shape or truths.ndim != 4:
        raise ValueError(
            f"predictions {tuple(predictions.shape)} and truths {tuple(truths.shape)} must both be (N, C, H, W)"
        )
    empty = truths.isnan()
    if empty.any():
        truths, predictions = truths.nan_to_num(), predictions.masked_fill(empty, 0)
    clipped = predictions.clamp(0, 1)
    values = {
        name: metric.function(clipped if metric.clipped else predictions, truths) for name, metric in METRICS.items()
    }
    if empty.any():
        values["psnr"] = values["psnr"] + 10 * (~empty).flatten(1).double().mean(dim=1).log10()
    return values
