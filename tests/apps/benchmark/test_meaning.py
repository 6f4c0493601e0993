"""What a leaderboard is said to mean, of rows whose answer is known."""

import numpy as np
import pytest
import scipy.stats

from openstl_seqinterp.apps.benchmark.entries import label
from openstl_seqinterp.apps.benchmark.meaning import FROM_ONE_SIDE, kind, meaning
from openstl_seqinterp.config_file import find_config, read_config

ERRORS = {
    "LatentAffine": 0.3,
    "SimVP_Motion": 0.4,
    "SimVP_Infill": 0.8,
    "SimVP:gSTA": 1.6,
    "PredFormer:QuadrupletTSST": 3.0,
    "PredFormer:FacTS": 2.0,
    "PredFormer_Infill": 0.5,
    "ConvLSTM": 4.0,
    "TAU": 1.8,
}
UNTRAINED = {"floor": 0.2, "motion": 0.45, "copy": 6.0}


def test_each_sentence_says_what_the_rows_say():
    weights = dict.fromkeys(ERRORS, 1000)
    best, sides, moving, untrained, one_side = meaning(ERRORS, UNTRAINED, weights | {"ConvLSTM": 10})
    assert best.startswith("Of 9 trained methods LatentAffine has the least error, 1.50 times the floor")
    assert "PredFormer_Infill has, 2.5 times" in best
    assert "SimVP_Infill has 0.80, SimVP:gSTA 1.60, 2.0 times as much" in sides
    assert "PredFormer_Infill has 0.50, PredFormer:QuadrupletTSST 3.00, 6.0 times as much" in sides
    assert "SimVP_Motion has 0.40, SimVP_Infill 0.80, 2.0 times as much" in moving
    assert untrained.endswith("beaten by 2 of the 9: LatentAffine, SimVP_Motion.")
    assert one_side.startswith("The 5 that read one side have 1.60 (SimVP:gSTA) to 4.00 (ConvLSTM)")


@pytest.mark.parametrize(("both", "one"), FROM_ONE_SIDE.items())
def test_both_sides_are_compared_with_the_same_network_on_one(both, one):
    network = read_config(find_config(f"{both}_quick"))["model_type"]
    assert one == label(both.removesuffix("_Infill"), network)


@pytest.mark.parametrize("seed", range(3))
def test_the_correlation_is_spearmans(seed):
    rng = np.random.default_rng(seed)
    errors = {f"ConvLSTM{number}": float(value) for number, value in enumerate(rng.random(9))}
    weights = {name: int(value) for name, value in zip(errors, rng.integers(1, 6, 9), strict=True)}  # with ties
    *_, sentence = meaning(errors, {}, weights)
    expected = scipy.stats.spearmanr([*errors.values()], [*weights.values()]).statistic
    assert sentence.endswith(f"number of weights is {expected:+.2f}.")


def test_networks_that_all_have_as_many_weights_have_no_correlation():
    errors = {f"PredFormer:{number}": 1.0 + number for number in range(6)}
    (*_, sentence) = meaning(errors, {}, dict.fromkeys(errors, 800))
    assert sentence == "The 6 that read one side have 1.00 (PredFormer:0) to 6.00 (PredFormer:5)."


def test_another_network_of_a_method_reads_the_same_images():
    kinds = {name: kind(name) for name in ("SimVP_Motion:TAU", "SimVP_Infill:TAU", "SimVP:TAU")}
    assert [*kinds.values()] == [kind(name) for name in ("SimVP_Motion", "SimVP_Infill", "SimVP")]
    assert len({*kinds.values()}) == 3


def test_what_is_not_there_is_not_spoken_of():
    assert list(meaning({"ConvLSTM": 2.0}, {}, {})) == []
    assert list(meaning({"ConvLSTM": 2.0}, {"floor": 0.2}, {})) == [
        "ConvLSTM, which alone was trained, has 10.00 times the error of the floor."
    ]
    assert list(meaning({"ConvLSTM": 2.0, "TAU": 1.0}, {"motion": 0.5}, {})) == [
        "`motion`, which needs no training, is beaten by none."
    ]
