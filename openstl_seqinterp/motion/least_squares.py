"""The motion between images by least squares (Lucas and Kanade, 1981), of whole images or of windows."""

from __future__ import annotations

import torch
from torch.nn.functional import avg_pool2d

from .slots import Neighbours

DARK = 1e-3  # a negligible standard deviation of noise
PARAMETERS = 4  # of a motion: rotation in radians, shift x and y in pixels, log gain, each per step
STRIDE = 4  # of windows, in pixels
_PRIOR = (0.03, 0.2, 0.2, 0.02)  # standard deviation of one update of each


def motion_left(
    pairs: Neighbours,
    moved: torch.Tensor,
    destination: torch.Tensor,
    count: int,
    *,
    window: int | None = None,
    weight: torch.Tensor | None = None,
    inside: torch.Tensor | None = None,
) -> torch.Tensor:
    """The motion per step (count, 4, h, w) that remains between ``moved`` and ``destination`` (P, C, H, W).

    One Gauss-Newton step for all pairs of a sequence at once, each weighted by its error (noisy pairs weigh less) and
    by ``weight`` (P,); pixels that are not ``inside`` (P, 1, H, W), 1 or 0, do not count. The slopes are those of both
    images, as in efficient second-order minimisation (Benhimane and Malis, 2004). Without a ``window`` there is one
    motion of the whole image, (h, w) = (1, 1); with one, there is a motion per window of that many pixels (a multiple
    of `STRIDE`), one every `STRIDE` pixels. All rotate about the centre of the image. Without texture, the motion is
    zero.
    """
    height, width = moved.shape[-2:]
    mean, error = (moved + destination) / 2, destination - moved
    down, right = torch.gradient(mean, dim=(2, 3))
    y = torch.arange(height, device=moved.device).view(-1, 1) - (height - 1) / 2
    x = torch.arange(width, device=moved.device) - (width - 1) / 2
    steps = pairs.steps.view(-1, 1, 1, 1)
    terms = torch.stack([*(steps * slope for slope in (right * y - down * x, -right, -down, mean)), error], dim=1)
    if inside is not None:
        terms = terms * inside[:, None]
    trust = 1 / (error.square().mean(dim=(1, 2, 3)) + DARK**2)
    if weight is not None:
        trust = trust * weight
    if window is None:
        flat = terms.flatten(2)
        system = pairs.sum(trust.view(-1, 1, 1) * (flat @ flat.mT), count)[:, None, None]
    else:
        one, other = torch.triu_indices(PARAMETERS + 1, PARAMETERS + 1, device=moved.device)
        trusted = trust.view(-1, 1, 1, 1, 1) * terms
        # Row by row of the triangle: the products are large, and each is computed once.
        rows = [(trusted[:, row : row + 1] * terms[:, row:]).sum(dim=2) for row in range(PARAMETERS + 1)]
        summed = torch.cat([pairs.sum(products, count) for products in rows], dim=1)
        sums = avg_pool2d(summed, window, STRIDE, (window - STRIDE) // 2) * window**2
        system = sums.new_empty(count, *sums.shape[2:], PARAMETERS + 1, PARAMETERS + 1)
        system[..., one, other] = system[..., other, one] = sums.movedim(1, -1)
    ridge = torch.diag(moved.new_tensor(_PRIOR) ** -2)
    return torch.linalg.solve(system[..., :-1, :-1] + ridge, system[..., :-1, -1]).movedim(-1, 1)
