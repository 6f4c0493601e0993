"""Uncertainty: about as large as the errors, and larger where these are."""

import json

import numpy as np
import pytest
from textures import seen, shift, texture

import openstl_seqinterp
from openstl_seqinterp import cli
from openstl_seqinterp.apps.fill.uncertainty import BAND

MISSING = [5, 6, 12, 18]


def scene(noise=0.02):
    """A texture that pans, with noise, and a square that moves and hides it: float64 (T, H, W, 1)."""
    rng = np.random.default_rng(0)
    frames = []
    for t in range(24):
        frame = seen(texture(500), shift(1.7 * t), 96).copy()
        left = 5 + 3 * t
        frame[40:60, left : left + 16] = seen(texture(500, seed=3), shift(-2 * t), 96)[40:60, left : left + 16]
        frames.append(frame + rng.normal(0, noise, frame.shape))
    return np.stack(frames)


@pytest.mark.parametrize("method", ["motion", "dis-flow", "mean"])
def test_nine_errors_in_ten_lie_within_the_band(method):
    frames = scene()
    observed = ~np.isin(np.arange(24), MISSING)
    given = np.where(observed[:, None, None, None], frames, 0)
    result, deviation = openstl_seqinterp.fill(given, observed, method=method, return_std=True)
    np.testing.assert_array_equal(result, openstl_seqinterp.fill(given, observed, method=method))
    assert deviation.shape == frames.shape
    assert deviation.dtype == np.float32
    assert (deviation[observed] == 0).all()
    error = np.abs(result - frames)[MISSING]
    inside = error <= BAND * deviation[MISSING]
    assert 0.82 < inside.mean() < 0.97


def test_it_is_larger_where_the_errors_are():
    frames = scene(noise=0.005)
    observed = ~np.isin(np.arange(24), MISSING)
    result, deviation = openstl_seqinterp.fill(
        np.where(observed[:, None, None, None], frames, 0), observed, return_std=True
    )
    error = np.abs(result - frames)[MISSING]
    edges = error > np.quantile(error, 0.99)
    assert deviation[MISSING][edges].mean() > 2 * deviation[MISSING].mean()


def test_it_is_in_the_unit_of_the_values():
    frames = scene()
    observed = ~np.isin(np.arange(24), MISSING)
    deviations = [
        openstl_seqinterp.fill(frames * a + b, observed, return_std=True)[1] for a, b in ((1.0, 0.0), (64.0, -3.0))
    ]
    np.testing.assert_allclose(deviations[1], 64 * deviations[0], rtol=0.02, atol=0.02)


def test_too_few_images_to_calibrate_still_have_one():
    frames = scene()[:3]
    result, deviation = openstl_seqinterp.fill(frames, np.array([1, 0, 1], bool), return_std=True)
    assert np.isfinite(result).all()
    assert (deviation[1] > 0).all()


def test_what_has_no_value_has_no_uncertainty():
    frames = scene()
    frames[:, :10, :20] = np.nan
    frames[3:9, 50:60] = np.nan
    observed = ~np.isin(np.arange(24), MISSING)
    result, deviation = openstl_seqinterp.fill(frames, observed, return_std=True)
    np.testing.assert_array_equal(np.isnan(deviation[MISSING]), np.isnan(result[MISSING]))
    assert not deviation[observed].any()


def test_the_array_of_a_command_has_a_row_for_each_filled_image(tmp_path):
    frames = np.stack([scene(), scene(0.2)])[..., 0].astype(np.float32)  # (N, T, H, W)
    frames[:, :, :10, :20] = np.nan
    known = frames.copy()
    known[0, MISSING], known[1, 3] = np.nan, np.nan
    np.save(tmp_path / "data.npy", known)
    argv = ["predict", str(tmp_path / "data.npy"), "--axes", "NTYX", "--missing", "auto", "--uncertainty"]
    assert cli.main([*argv, "--out", str(tmp_path / "out")]) == 0
    filled = json.loads((tmp_path / "out" / "report.json").read_text())["filled"]
    result, rows = (np.load(tmp_path / "out" / name) for name in ("data.npy", "uncertainty.npy"))
    assert len(filled) == len(rows) == len(MISSING) + 1
    for each, row in zip(filled, rows, strict=True):
        image = result[each["sequence"] - 1, each["image"] - 1]
        np.testing.assert_array_equal(np.isnan(row), np.isnan(image))
        assert each["uncertainty"]["mean"] == pytest.approx(np.nanmean(row), rel=1e-3)
        assert each["uncertainty"]["worst"] == pytest.approx(np.nanmax(row), rel=1e-3)


def test_known_pixels_around_a_filled_hole_have_none(tmp_path):
    frames = scene()[..., 0].astype(np.float32)
    frames[12, 30:50, 20:60] = np.nan
    np.save(tmp_path / "data.npy", frames)
    argv = ["predict", str(tmp_path / "data.npy"), "--axes", "TYX", "--holes", "fill", "--uncertainty"]
    assert cli.main([*argv, "--out", str(tmp_path / "out")]) == 0
    (row,) = np.load(tmp_path / "out" / "uncertainty.npy")
    np.testing.assert_array_equal(row > 0, np.isnan(frames[12]))


def test_what_could_not_be_fitted_says_so(tmp_path, capsys):
    np.save(tmp_path / "data.npy", scene()[:1, ..., 0])
    argv = ["predict", str(tmp_path / "data.npy"), "--axes", "TYX", "--extend", "1", "--uncertainty"]
    assert cli.main([*argv, "--out", str(tmp_path / "out")]) == 0
    assert "no known image could be hidden to fit the uncertainty" in capsys.readouterr().out


def test_sequences_and_other_axes_have_their_own():
    frames = np.stack([scene(), scene(0.2)])[..., 0]  # (N, T, H, W)
    observed = ~np.isin(np.arange(24), MISSING)
    _, deviation = openstl_seqinterp.fill(frames, observed, axes="NTYX", return_std=True)
    assert deviation.shape == frames.shape
    assert deviation[1][MISSING].mean() > 3 * deviation[0][MISSING].mean()
