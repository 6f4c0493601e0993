"""The contents of ``seqinterp_infill`` batches: the images, which are observed, and their times."""

from __future__ import annotations

from typing import NamedTuple

import torch

from ..protocols import INFILL


class Slots(NamedTuple):
    """Images (B, S, C, H, W), zero where not observed; ``observed`` bool (B, S); ``offset`` (B, S) in images.

    ``offset`` is the time from the target: negative before it, rising or falling, and a fraction if the target lies
    between two images. Slots are one image apart, or more where the images between them are missing.
    """

    images: torch.Tensor
    observed: torch.Tensor
    offset: torch.Tensor


def read_slots(x: torch.Tensor) -> Slots:
    """Split a batch (B, S, C + 2, H, W) of `INFILL`."""
    return Slots(*INFILL.split(x.float()))


def in_time(slots: Slots) -> Slots:
    """The same slots in time order."""
    order = slots.offset.argsort(dim=1)
    images = slots.images.gather(1, order[..., None, None, None].expand_as(slots.images))
    return Slots(images, slots.observed.gather(1, order), slots.offset.gather(1, order))


class Neighbours(NamedTuple):
    """Each observed image, ``second``, and the previous observed one, ``first``: int64 (P,) slots of ``sequence``.

    ``steps`` (P,) is the time from the first to the second, in images; it is negative where slots run backwards.
    """

    sequence: torch.Tensor
    first: torch.Tensor
    second: torch.Tensor
    steps: torch.Tensor

    def sum(self, values: torch.Tensor, count: int) -> torch.Tensor:
        """The sums (count, ...) of ``values`` (P, ...) over each sequence."""
        return values.new_zeros(count, *values.shape[1:]).index_add(0, self.sequence, values)


def neighbours(slots: Slots) -> Neighbours:
    """All pairs of neighbouring observed images: no observed image lies between the two."""
    place = torch.arange(slots.observed.shape[1], device=slots.observed.device)
    latest = torch.where(slots.observed, place, -1).cummax(dim=1).values
    before = torch.cat([torch.full_like(latest[:, :1], -1), latest[:, :-1]], dim=1)
    sequence, second = torch.nonzero(slots.observed & (before >= 0), as_tuple=True)
    first = before[sequence, second]
    return Neighbours(sequence, first, second, slots.offset[sequence, second] - slots.offset[sequence, first])
