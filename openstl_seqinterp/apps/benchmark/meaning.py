"""What a leaderboard says, in sentences: each is made of its rows, and left out where these are not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ...evaluation.records import FLOOR

_MOVES = (
    "SimVP_Motion",
    "LatentAffine",
)  # they read images along a motion; all others draw them, MMVP from moved features
_BOTH_SIDES = (*_MOVES, "SimVP_Infill", "PredFormer_Infill")
FROM_ONE_SIDE = {"SimVP_Infill": "SimVP:gSTA", "PredFormer_Infill": "PredFormer:QuadrupletTSST"}  # the same network
_FEWEST = 5  # methods of which a correlation is said


def kind(name: str) -> str:
    """How a method, whatever its network, makes the missing image."""
    if _is_of(_MOVES, name):
        return "moves pixels, from both sides"
    return "draws, from both sides" if _is_of(_BOTH_SIDES, name) else "draws, from one side"


def _is_of(methods: Sequence[str], name: str) -> bool:
    return name.partition(":")[0] in methods


def meaning(errors: Mapping[str, float], untrained: Mapping[str, float], weights: Mapping[str, int]) -> Iterator[str]:
    """Sentences about the MSE of methods, of baselines, and about how many weights the former have, by their names."""
    order = sorted(errors, key=errors.__getitem__)
    drawing = [name for name in order if not _is_of(_MOVES, name)]
    one_side = [name for name in order if not _is_of(_BOTH_SIDES, name)]
    if order and (floor := untrained.get(FLOOR)):
        least = f"{order[0]} has the least error, {errors[order[0]] / floor:.2f} times the floor"
        said = f"Of {len(order)} trained methods {least}"
        if len(order) == 1:
            said = (
                f"{order[0]}, which alone was trained, has {errors[order[0]] / floor:.2f} times the error of the floor"
            )
        if drawing and drawing[0] != order[0]:
            said += f"; of those that draw the missing image {drawing[0]} has, {errors[drawing[0]] / floor:.1f} times"
        yield f"{said}."
    if sides := list(_sides(errors)):
        yield f"Reading both sides of the missing image instead of one: {'; '.join(sides)}."
    if {"SimVP_Motion", "SimVP_Infill"} <= errors.keys():
        yield (
            "Moving pixels instead of drawing them, from both sides, both by a gSTA: "
            f"{_against(errors, 'SimVP_Motion', 'SimVP_Infill')}."
        )
    if "motion" in untrained and order:
        better = [name for name in order if errors[name] < untrained["motion"]]
        which = f": {', '.join(better)}" if 0 < len(better) <= _FEWEST else ""
        how = f"{len(better)} of the {len(order)}{which}" if better else "none"
        yield f"`motion`, which needs no training, is beaten by {how}."
    if len(one_side) >= _FEWEST:
        first, last = one_side[0], one_side[-1]
        said = (
            f"The {len(one_side)} that read one side have {errors[first]:.2f} ({first}) to {errors[last]:.2f} ({last})"
        )
        sized = [name for name in one_side if name in weights]
        if len(sized) >= _FEWEST and min(len({values[name] for name in sized}) for values in (errors, weights)) > 1:
            rho = _rank_correlation([errors[name] for name in sized], [weights[name] for name in sized])
            said += f"; the rank correlation of their error with their number of weights is {rho:+.2f}"
        yield f"{said}."


def _sides(errors: Mapping[str, float]) -> Iterator[str]:
    """Networks that read both sides, against the same that read one."""
    for both, one in FROM_ONE_SIDE.items():
        if {both, one} <= errors.keys():
            yield _against(errors, both, one)


def _against(errors: Mapping[str, float], one: str, other: str) -> str:
    return f"{one} has {errors[one]:.2f}, {other} {errors[other]:.2f}, {errors[other] / errors[one]:.1f} times as much"


def _rank_correlation(one: list[float], other: list[int]) -> float:
    """Spearman's; equal values share their ranks' mean."""
    first, second = (
        np.array([(np.less(each, value).sum() + np.less_equal(each, value).sum() - 1) / 2 for value in each])
        for each in (one, other)
    )
    return float(np.corrcoef(first, second)[0, 1])
