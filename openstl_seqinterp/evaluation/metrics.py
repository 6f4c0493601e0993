"""Metrics per image, on whole batches: predictions and truths (N, C, H, W) in [0, 1] give float64 (N,).

MSE and MAE are summed over the pixels of an image, as OpenSTL counts them. SSIM and PSNR take predictions clipped
to [0, 1], as OpenSTL does, and a data range of 1.
"""

from __future__ import annotations

import torch
from torch.nn.functional import avg_pool2d
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
    x, y = predictions.double(), truths.double()
    mean_x, mean_y, mean_xx, mean_yy, mean_xy = (
        avg_pool2d(image, _WINDOW, stride=1) for image in (x, y, x * x, y * y, x * y)
    )
    sample = _WINDOW**2 / (_WINDOW**2 - 1)
    var_x, var_y = sample * (mean_xx - mean_x**2), sample * (mean_yy - mean_y**2)
    covariance = sample * (mean_xy - mean_x * mean_y)
    c1, c2 = 0.01**2, 0.03**2
    numerator = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    denominator = (mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2)
    return (numerator / denominator).flatten(1).mean(1)


def per_image(predictions: torch.Tensor, truths: torch.Tensor) -> dict[str, torch.Tensor]:
    """Every metric of `METRICS` for every image. Raises ValueError where the shapes differ: nothing is broadcast."""
    if predictions.shape != truths.shape or truths.ndim != 4:
        raise ValueError(
            f"predictions {tuple(predictions.shape)} and truths {tuple(truths.shape)} must both be (N, C, H, W)"
        )
    predictions, truths = predictions.double(), truths.double()
    error = (predictions - truths).flatten(1)
    clipped = predictions.clamp(0, 1)
    return {
        "mse": error.square().sum(1),
        "mae": error.abs().sum(1),
        "ssim": ssim(clipped, truths),
        "psnr": peak_signal_noise_ratio(clipped, truths, data_range=1.0, reduction="none", dim=(1, 2, 3)),
    }
