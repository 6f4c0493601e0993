"""``predict`` and ``inspect`` on sequences with cuts, what ``--uncertainty`` leaves, and how quickly it starts."""

import json
import subprocess
import sys

import cv2
import numpy as np
import pytest
from textures import seen, shift, texture

from openstl_seqinterp import cli

CUT, LENGTH = 5, 10  # the first image of the second scene, counted from 0


@pytest.fixture
def film(tmp_path):
    """A folder of images of two scenes, uint8 (T, H, W)."""
    dark, bright = 0.3 * texture(seed=3), 0.6 + 0.4 * texture(seed=4)
    frames = [seen(dark if t < CUT else bright, shift(1.5 * t))[..., 0] for t in range(LENGTH)]
    frames = np.rint(np.stack(frames) * 255).clip(0, 255).astype(np.uint8)
    folder = tmp_path / "film"
    folder.mkdir()
    for number, frame in enumerate(frames, 1):
        cv2.imwrite(str(folder / f"{number:02d}.png"), frame)
    return folder, frames


def test_inspect_shows_the_cut(film, capsys):
    assert cli.main(["inspect", str(film[0])]) == 0
    assert "cut between images 5 and 6" in capsys.readouterr().out


@pytest.mark.parametrize("method", ["motion", "mean"])
def test_no_ghost_of_the_other_scene(film, tmp_path, method, predict, report_of, capsys):
    folder, frames = film
    out = tmp_path / "out"
    assert predict(folder, out, "--missing", CUT, "--method", method, "--as", "npy") == 0  # the last of the first scene
    found = np.load(out / "film.npy")[CUT - 1]
    assert np.abs(found.astype(float) - frames[CUT - 1]).mean() < 12
    report = report_of(out)
    assert report["cuts"] == [[4, 6]]
    assert report["filled"][0]["read_from"] == ([1, 2, 3, 4] if method == "motion" else [3, 4])
    assert "no image shows where between 4 and 6 the scene ends" in capsys.readouterr().out


def test_a_black_image_is_not_read_and_no_cut(film, tmp_path, predict, report_of, capsys):
    folder, frames = film
    for number in range(1, LENGTH + 1):  # one scene
        cv2.imwrite(str(folder / f"{number:02d}.png"), frames[-1] * (number != 5))
    assert cli.main(["inspect", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "cut between" not in said
    assert "image 5: unlike those on both sides, which are alike; nothing is filled from it" in said
    out = tmp_path / "out"
    assert predict(folder, out, "--missing", 6, "--as", "npy") == 0
    report = report_of(out)
    assert report["filled"][0]["read_from"] == [3, 4, 7, 8]
    assert report["cuts"] == []
    assert any(note.startswith("image 5: unlike those on both sides") for note in report["notes"])


def test_cuts_may_be_turned_off(film, tmp_path, predict, report_of):
    folder, frames = film
    out = tmp_path / "out"
    assert predict(folder, out, "--missing", CUT, "--method", "mean", "--cuts", "none", "--as", "npy") == 0
    mean = (frames[CUT - 2].astype(float) + frames[CUT]) / 2
    assert np.abs(np.load(out / "film.npy")[CUT - 1] - mean).max() <= 1
    assert report_of(out)["cuts"] == []


def test_uncertainty_is_a_file_in_the_order_of_the_report(film, tmp_path, predict, report_of):
    out = tmp_path / "out"
    assert predict(film[0], out, "--missing", 3, 8, "--uncertainty") == 0
    deviation, report = np.load(out / "uncertainty.npy"), report_of(out)
    assert deviation.shape == (2, *film[1].shape[1:])
    assert [each["image"] for each in report["filled"]] == [3, 8]
    for each, entry in zip(deviation, report["filled"], strict=True):
        assert entry["uncertainty"]["mean"] == pytest.approx(each.mean(), rel=1e-3)
        assert entry["uncertainty"]["worst"] == pytest.approx(each.max(), rel=1e-3)
        assert 0 < each.mean() < 30  # grey levels
    assert report["uncertainty"]["file"] == "uncertainty.npy"
    assert 1 <= report["uncertainty"]["fitted_to"][0] <= 8


def test_uncertainty_of_what_lies_behind_and_between(film, tmp_path, predict, report_of):
    out = tmp_path / "out"
    assert predict(film[0], out, "--extend", 3, "--insert", 1, "--uncertainty") == 0
    filled = report_of(out)["filled"]
    assert len(filled) == len(np.load(out / "uncertainty.npy")) == LENGTH - 1 + 3 + 3
    leads = [entry["uncertainty"]["mean"] for entry in filled if entry["image"] in (21, 23, 25)]
    assert leads == sorted(leads)  # the further ahead, the less is known


def test_predict_without_a_checkpoint_imports_no_torch(film, tmp_path):
    code = (
        "import sys; from openstl_seqinterp import cli; "
        f"code = cli.main(['predict', {str(film[0])!r}, '--missing', '3', '--out', {str(tmp_path / 'out')!r}]); "
        "assert code == 0; "
        "print(sorted({'torch', 'pytorch_lightning', 'torchmetrics', 'timm'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"
    assert json.loads((tmp_path / "out" / "report.json").read_text())["method"] == "motion"
