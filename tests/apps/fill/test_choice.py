"""A checkpoint and a method without training: known images tell which of them fills a sequence."""

import json

import numpy as np
import pytest
from textures import seen, shift, texture, turn

import openstl_seqinterp
from openstl_seqinterp import cli
from openstl_seqinterp.apps.fill.trials import HIDDEN, trials

LENGTH, SIDE = 16, 48
MISSING = [5, 10]


def turning():
    """One motion of the whole image, with much noise: a mean over all images along it is best."""
    noise = np.random.default_rng(0).normal(0, 0.08, (LENGTH, SIDE, SIDE, 1))
    return np.stack([seen(texture(), turn(2 * t), SIDE) for t in range(LENGTH)]) + noise


def parting():
    """Two halves that move apart, without noise: no motion of the whole image is right."""
    frames = []
    for t in range(LENGTH):
        frame = seen(texture(seed=1), shift(1.5 * t), SIDE).copy()
        frame[SIDE // 2 :] = seen(texture(seed=2), shift(-1.5 * t), SIDE)[SIDE // 2 :]
        frames.append(frame)
    return np.stack(frames)


@pytest.fixture
def both():
    """Two sequences float32 (2, T, H, W), of which each has a best method of its own; what is known of them."""
    frames = np.stack([turning(), parting()])[..., 0].astype(np.float32)
    return frames, ~np.isin(np.arange(LENGTH), MISSING)


def test_each_sequence_is_filled_by_the_better_one(both, checkpoints):
    frames, observed = both
    given = np.where(observed[:, None, None], frames, 0)
    latent = {"checkpoint": checkpoints["LatentAffine"], "device": "cpu"}

    def filled(**options):
        return openstl_seqinterp.fill(given, observed, axes="NTYX", range=(0, 1), **options)

    chosen, alone = filled(method="motion", **latent), [filled(**latent), filled(method="motion")]
    errors = [np.square(each - frames).mean(axis=(1, 2, 3)) for each in alone]
    assert errors[0][0] < 0.9 * errors[1][0]  # most of both is the noise of the truth
    assert errors[1][1] < 0.7 * errors[0][1]
    for number in range(2):
        np.testing.assert_array_equal(chosen[number], alone[number][number])


def test_the_report_says_which_and_by_how_much(both, checkpoints, tmp_path, capsys):
    frames, observed = both
    np.save(tmp_path / "data.npy", np.where(observed[:, None, None], frames, np.nan))
    argv = ["predict", str(tmp_path / "data.npy"), "--axes", "NTYX", "--missing", "auto", "--device", "cpu"]
    argv += ["--checkpoint", str(checkpoints["LatentAffine"]), "--method", "motion", "--out", str(tmp_path / "out")]
    assert cli.main(argv) == 0
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["method"] == "LatentAffine and motion"
    assert [each["method"] for each in report["chosen"]] == ["LatentAffine", "motion"]
    for each in report["chosen"]:
        assert each["known_images"] == HIDDEN
        assert max(each["psnr"], key=each["psnr"].get) == each["method"]
    said = capsys.readouterr().out
    for name in ("LatentAffine", "motion"):
        assert f"{name} was chosen for 1 of 2 sequences: on 8 known images that were hidden, motion " in said


def test_the_method_is_taken_where_nothing_can_be_tried(checkpoints, tmp_path, capsys):
    np.save(tmp_path / "data.npy", turning()[:2])
    argv = ["predict", str(tmp_path / "data.npy"), "--insert", "1", "--axes", "TYXC", "--device", "cpu"]
    argv += ["--checkpoint", str(checkpoints["LatentAffine"]), "--method", "motion", "--out", str(tmp_path / "out")]
    assert cli.main(argv) == 0
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["chosen"] == [{"sequence": 1, "method": "motion", "known_images": 0, "psnr": {}}]
    assert "motion was taken: no known image could be hidden" in capsys.readouterr().out


def test_known_images_are_hidden_as_far_from_others_as_targets_are():
    places = np.array([0, 1, 2, 3, 4, 5.5, 6, 7, 8, 9, 10, 11])
    observed = ~np.isin(places, [4, 5.5, 6])
    for target, (before, after) in zip((4, 5.5, 6), ((1, 3), (2.5, 1.5), (3, 1)), strict=True):  # from 3 and 7
        found = trials(observed, places, [target])
        for position, hidden in found:
            left = places[observed & ~np.isin(np.arange(12), hidden)] - places[position]
            assert position in hidden
            assert -left[left < 0].max() >= before
            assert left[left > 0].min() >= after
        able = [  # those that keep something on both sides
            position
            for position in np.flatnonzero(observed)
            if places[position] - before >= 0 and places[position] + after <= 11
        ]
        nearest = sorted(able, key=lambda position: abs(places[position] - target))[:4]
        assert [position for position, _ in found] == sorted(nearest)
    assert len(trials(observed, places, [4, 5.5, 6])) <= HIDDEN
    assert not trials(observed, places, [])
    assert not trials(~observed & False, places, [4])


def test_behind_the_last_image_nothing_is_known_after_what_is_tried():
    observed = np.arange(9) < 7
    assert trials(observed, np.arange(9.0), [7.0]) == [(p, list(range(p, 7))) for p in (3, 4, 5, 6)]
    both = trials(observed, np.arange(9.0), [7.0, 8.0])
    assert both == [(p, list(range(p, 7))) if p > 2 else (p, list(range(p - 1, 7))) for p in (2, 3, 4, 5, 6)]


def test_a_long_sequence_is_tried_near_what_is_filled():
    missing = np.arange(10, 1000, 40)
    found = trials(~np.isin(np.arange(1000), missing), np.arange(1000.0), missing.astype(float))
    assert len(found) == HIDDEN
    assert all(np.abs(missing - position).min() == 1 for position, _ in found)
    assert np.ptp([position for position, _ in found]) > 900


def test_a_whole_sequence_beside_one_with_gaps_has_no_uncertainty():
    frames = np.stack([turning(), turning()])[..., 0]
    observed = np.ones((2, LENGTH), bool)
    observed[1, MISSING] = False
    _, deviation = openstl_seqinterp.fill(frames, observed, axes="NTYX", return_std=True)
    assert not deviation[0].any()
    assert deviation[1][MISSING].all()
