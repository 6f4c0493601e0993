"""Metrics per image, on whole batches: predictions and truths (N, C, H, W) in [0, 1] give float64 (N,).

MSE and MAE are summed over the pixels of an image, as OpenSTL counts them. SSIM and PSNR take predictions clipped
to [0, 1], as OpenSTL does, and a data range of 1.
"""

from __future__ import annotations

import torch
from torchmetrics.functional.image import peak_signal_noise_ratio

METRICS = ("mse", "mae", "ssim", "psnr")
_WINDOW = 7


def ssim(predictions: torch.Tensor, truths: torch.Tensor) -> torch.Tensor:
    """Structural similarity (Wang et al., 2004) as scikit-image computes it by default: a uniform 7x7 window,
    sample covariance, the mean over all windows inside the image, over channels.

    torchmetrics' SSIM has neither the sample covariance nor this border, so its values differ.
    Raises ValueError for images smaller than the window.
    """
    if min(truths.shape[-2:]) < _WINDOW:
        raise ValueError(f"SSIM needs images of at least {_WINDOW}x{_WINDOW} pixels, got {tuple(truths.shape[-2:])}")
    # In fp32 the values of a window differ from those in fp64 by 1e-6 of the constants; sums along one axis after the
    # other are far faster than pooling.
    x, y = predictions.float(), truths.float()
    mean_x, mean_y, mean_squares, mean_xy = (_window_mean(image) for image in (x, y, x * x + y * y, x * y))
    sample = _WINDOW**2 / (_WINDOW**2 - 1)
    squares, product = mean_x**2 + mean_y**2, mean_x * mean_y
    c1, c2 = 0.01**2, 0.03**2
    numerator = (2 * product + c1) * (2 * sample * (mean_xy - product) + c2)
    denominator = (squares + c1) * (sample * (mean_squares - squares) + c2)
    return (numerator / denominator).flatten(1).mean(1, dtype=torch.float64)


def _window_mean(images: torch.Tensor) -> torch.Tensor:
    rows = images.unfold(-2, _WINDOW, 1).sum(-1)
    return rows.unfold(-1, _WINDOW, 1).sum(-1) / _WINDOW**2


def per_image(predictions: torch.Tensor, truths: torch.Tensor) -> dict[str, torch.Tensor]:
    """Every metric of `METRICS` for every image. Raises ValueError where the shapes differ: nothing is broadcast."""
    if predictions.shape != truths.shape or truths.ndim != 4:
        raise ValueError(
            f"predictions {tuple(predictions.shape)} and truths {tuple(truths.shape)} must both be (N, C, H, W)"
        )
    error, clipped = (predictions - truths).flatten(1), predictions.clamp(0, 1)
    return {
        "mse": error.square().sum(1, dtype=torch.float64),
        "mae": error.abs().sum(1, dtype=torch.float64),
        "ssim": ssim(clipped, truths),
        "psnr": peak_signal_noise_ratio(
            clipped.double(), truths.double(), data_range=1.0, reduction="none", dim=(1, 2, 3)
        ),
    }
