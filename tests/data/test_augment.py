"""Augmented training cases, against the plain ones."""

from itertools import product

import numpy as np
import pytest
import torch

from openstl_seqinterp.data.augment import SIDE
from openstl_seqinterp.data.dataset import TaskDataset
from openstl_seqinterp.data.sequences import SequenceSet
from openstl_seqinterp.protocols import INFILL, ONE_SIDED


def _dataset(protocol, side, **how):
    """Two sequences of 12 random images, height ``side``, width ``side + 7``."""
    frames = np.random.default_rng(0).integers(1, 256, (2, 12, 2, side, side + 7), np.uint8)
    sequences = SequenceSet.stacked(frames, np.ones((2, 12), bool))
    tasks = protocol.training_tasks(np.ones(12, bool))
    return TaskDataset("set", protocol, sequences, tasks, **how)


@pytest.mark.parametrize("crop", [False, True])
@pytest.mark.parametrize("protocol", [ONE_SIDED, INFILL], ids=lambda each: each.name)
def test_inputs_and_targets_are_mirrored_and_cut_alike(protocol, crop):
    side = SIDE + 3 if crop else 20
    plain, augmented = _dataset(protocol, side), _dataset(protocol, side, augment=True, crop=crop, seed=5)
    mirrored, places = set(), set()
    for number in range(12):
        (x, y), (seen, target) = plain[number], augmented[number]
        assert seen.shape[-2:] == target.shape[-2:] == ((SIDE, SIDE) if crop else (side, side + 7))
        flips = [axes for axes in ([], [-1], [-2], [-2, -1]) if _place(y.flip(axes), target)]
        assert len(flips) == 1, "the target is part of one mirrored image"
        (axes,), (top, left) = flips, _place(y.flip(flips[0]), target)
        mirrored.add(tuple(axes))
        places.add((top, left))
        height, width = target.shape[-2:]
        expected = x.flip(axes)[..., top : top + height, left : left + width]
        hidden = torch.zeros(len(x), dtype=torch.bool)
        if protocol.masked:
            hidden = seen[:, -2].amax(dim=(-2, -1)) < x[:, -2, 0, 0]
            expected = torch.where(hidden.view(-1, 1, 1, 1), 0, expected)
            expected[:, -1] = x[:, -1, :height, :width]  # the offset, of hidden images too
        torch.testing.assert_close(seen, expected, rtol=0, atol=0)
    assert len(mirrored) == 4
    assert len(places) > 6 if crop else places == {(0, 0)}


def _place(whole, part):
    """Where ``part`` lies in ``whole``: the top and left; None if nowhere."""
    height, width = part.shape[-2:]
    for top, left in product(*(range(a - b + 1) for a, b in zip(whole.shape[-2:], (height, width), strict=True))):
        if torch.equal(whole[..., top : top + height, left : left + width], part):
            return top, left
    return None


def test_what_else_is_missing_is_nothing_a_run_of_three_or_every_second():
    dataset = _dataset(INFILL, 8, augment=True)
    kinds = {"one": 0, "three": 0, "second": 0}
    for number in range(160):
        x, _ = dataset[number]
        offset = x[:, -1, 0, 0].int().tolist()
        shown = {o for o, seen in zip(offset, x[:, -2, 0, 0].tolist(), strict=True) if seen}
        runs = [{o for o in offset if not first <= o <= first + 2} for first in (0, -1, -2)]
        others = {o for o in offset if o}
        kind = (
            "one"
            if shown == others
            else "second"
            if shown == {o for o in offset if o % 2}
            else "three"
            if shown in runs
            else None
        )
        assert kind, (offset, shown)
        kinds[kind] += 1
    # Half and a quarter each; four standard deviations of 160 draws, and runs of three that leave nothing are none.
    assert 55 < kinds["one"] < 106
    assert min(kinds.values()) > 15


def test_a_case_is_augmented_in_the_same_way_whenever_it_is_read():
    dataset = _dataset(INFILL, 20, augment=True, seed=1)
    one, batch = dataset[7], dataset.__getitems__([3, 7, 7 + len(dataset)])
    for mine, again in zip(one, batch[1], strict=True):
        assert torch.equal(mine, again)
    assert any(not torch.equal(dataset[7 + epoch * len(dataset)][1], one[1]) for epoch in range(1, 9)), (
        "another epoch draws anew"
    )
