"""What the page shows of a sequence and of a result, against what the command line says of the same."""

import json
import re

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio

from openstl_seqinterp import cli
from openstl_seqinterp.apps.web.asked import Asked
from openstl_seqinterp.apps.web.examples import EXAMPLES, clip
from openstl_seqinterp.apps.web.looking import BROUGHT, FIRST, SEEN, bring, look
from openstl_seqinterp.errors import UserError


def _picture(where):
    with Image.open(where.removeprefix("gradio_api/file=")) as image:
        return np.array(image)


@pytest.fixture
def brought(tmp_path):
    """A function (path, *flags) to the folder that a sequence was read into, and what was found."""

    def read(files, *flags):
        folder = tmp_path / "brought"
        folder.mkdir()
        bring(folder, files, flags)
        return folder, json.loads((folder / BROUGHT).read_text())

    return read


def test_images_and_what_looks_wrong(brought, tmp_path, capsys):
    frames = clip()[:12, :64, :96].copy()
    frames[3] = frames[2]
    frames[8] = 0
    np.save(tmp_path / "own.npy", frames)
    _, about = brought([tmp_path / "own.npy"])
    assert FIRST in capsys.readouterr().out.splitlines()
    assert about["looks"] == {"3": "frozen", "8": "black"}
    assert (about["absent"], about["empty"], about["marked"], about["cuts"]) == ([], [], [], [])
    for image, frame in zip(about["images"], frames, strict=True):
        np.testing.assert_array_equal(_picture(image["src"]), frame)


def test_a_cut_is_between_two_images(brought, tmp_path):
    np.save(tmp_path / "own.npy", np.concatenate([clip()[:6, :120, :120], clip()[12:18, 100:220, 190:310] // 3]))
    assert brought([tmp_path / "own.npy"])[1]["cuts"] == [[5, 6]]


def test_a_flash_is_no_cut(brought, tmp_path):
    frames = clip()[:10, :120, :120].copy()
    frames[5] = clip()[12, 100:220, 190:310] // 3
    np.save(tmp_path / "own.npy", frames)
    assert brought([tmp_path / "own.npy"])[1]["cuts"] == []


def test_images_without_a_value_are_marked(brought, tmp_path):
    frames = clip()[:8, :64, :96, 0].astype(np.float32)
    frames[5] = np.nan
    np.save(tmp_path / "own.npy", frames)
    _, about = brought([tmp_path / "own.npy"])
    assert (about["empty"], about["marked"]) == ([5], [5])
    assert not _picture(about["images"][5]["src"]).any()


def test_too_many_images(brought, tmp_path):
    np.save(tmp_path / "own.npy", np.zeros((501, 8, 8), np.uint8))
    with pytest.raises(UserError, match="has 501 images of 8x8, expected at most 500"):
        brought([tmp_path / "own.npy"])


@pytest.mark.parametrize("key", EXAMPLES)
def test_an_example_is_the_same_each_time(tmp_path, key):
    first, second = (EXAMPLES[key].write(each) for each in (tmp_path, tmp_path))
    content = first.read_bytes()
    EXAMPLES[key].write(tmp_path)
    assert second.read_bytes() == content


def test_the_result_beside_the_mean_and_the_truth(brought, tmp_path):
    frames = clip()[:9, :64, :96]
    np.save(tmp_path / "own.npy", frames)
    folder, _ = brought([tmp_path / "own.npy"])
    asked = Asked(tmp_path / "own.npy", marked=(4,), extend=1)
    assert cli.main(asked.argv(tmp_path / "out")) == 0
    look(asked, folder, tmp_path / "out")
    seen = json.loads((tmp_path / "out" / SEEN).read_text())
    result = np.load(tmp_path / "out" / "own.npy")
    assert [image["filled"] for image in seen["images"]] == [place in (4, 9) for place in range(10)]
    for image, frame in zip(seen["images"], result, strict=True):
        np.testing.assert_array_equal(_picture(image["src"]), frame)
    filled, continued = (seen["images"][place] for place in (4, 9))
    mean = (frames[3].astype(float) + frames[5]) / 2
    np.testing.assert_allclose(_picture(filled["mean"]), mean, atol=0.51)
    np.testing.assert_array_equal(_picture(filled["true"]), frames[4])
    assert "true" not in continued
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    low, high = report["range"]
    for image, found in ((result[4], filled["scores"]["filled"]), (mean, filled["scores"]["mean"])):
        expected = peak_signal_noise_ratio(frames[4].astype(float), image.astype(float), data_range=high - low)
        assert found["psnr"] == pytest.approx(expected, abs=1e-3)
    assert [image["off"] for image in (filled, continued)] == [each["uncertainty"] for each in report["filled"]]
    doubt = np.load(tmp_path / "out" / "uncertainty.npy")
    np.testing.assert_allclose(_picture(filled["doubt"])[..., 3], 0.9 * 255 * doubt[0] / doubt.max(), atol=0.51)
    names = ["own.npy", "strip.png", "report.json", "sequence.gif", "uncertainty.npy"]
    assert [each["name"] for each in seen["files"]] == names
    assert re.fullmatch(r"gradio_api/file=.*/out/own\.npy", seen["files"][0]["url"])
