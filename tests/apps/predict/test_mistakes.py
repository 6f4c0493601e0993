"""Every mistake is one line, and the input is never changed."""

import re

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

LENGTH, HEIGHT, WIDTH = 7, 13, 18
MISTAKES = {
    "no image missing": (["data.npy", "--method", "mean"], "no image of .* is missing"),
    "image 0": (["data.npy", "--method", "mean", "--missing", "0"], "images 1 to 7"),
    "image 8": (["data.npy", "--method", "mean", "--missing", "8"], "images 1 to 7"),
    "image x": (["data.npy", "--method", "mean", "--missing", "x"], "neither a number"),
    "image -1": (["data.npy", "--method", "mean", "--missing", "-1"], "--missing|-1"),
    "no input": (["nothing.npy", "--method", "mean", "--missing", "2"], "nothing.npy is missing"),
    "both": (["data.npy", "--method", "mean", "--checkpoint", "x", "--missing", "2"], "either a checkpoint"),
    "neither": (["data.npy", "--missing", "2"], "either a checkpoint"),
    "unknown method": (["data.npy", "--method", "meen", "--missing", "2"], "did you mean 'mean'"),
    "no such checkpoint": (["data.npy", "--checkpoint", "x.ckpt", "--missing", "2"], "no checkpoint x.ckpt"),
    "no checkpoint": (["data.npy", "--checkpoint", "text.ckpt", "--missing", "2"], "text.ckpt is"),
    "another pickle": (["data.npy", "--checkpoint", "list.ckpt", "--missing", "2"], "list.ckpt is not a checkpoint"),
    "too few": (["data.npy", "--checkpoint", "SimVP", "--missing", "4"], "4 observed images in a row"),
    "insert with SimVP": (["data.npy", "--checkpoint", "SimVP", "--insert", "1"], "nothing can be put between"),
    "all missing": (["data.npy", "--method", "mean", "--missing", *map(str, range(1, 8))], "0 are observed"),
    "one image": (["one.npy", "--method", "mean", "--insert", "1"], "two images or more"),
    "shape of truth": (["data.npy", "--method", "mean", "--missing", "2", "--truth", "one.npy"], "--truth .*expected"),
    "length of truth": (["data.npy", "--method", "mean", "--extend", "1", "--truth", "data.npy"], "8, 13, 18"),
    "infinite truth": (["float.npy", "--method", "mean", "--missing", "2", "--truth", "nan.npy"], "not finite"),
    "gap in truth": (["gap", "--method", "mean", "--truth", "gap"], "gap lacks image 4"),
    "infinite image": (["nan.npy", "--method", "mean", "--missing", "4"], "not finite"),
    "small images": (["tiny.npy", "--method", "mean", "--missing", "2", "--truth", "tiny.npy"], "at least 7x7"),
    "tile": (["data.npy", "--method", "mean", "--missing", "2", "--tile", "8"], "--tile is 8, expected at least 32"),
    "extend": (["data.npy", "--method", "mean", "--extend", "-1"], "at least 0"),
    "insert": (["data.npy", "--method", "mean", "--insert", "-1"], "at least 0"),
    "csv shape": (["data.csv", "--method", "mean", "--missing", "2"], "--csv_shape T H W"),
    "csv shape of npy": (["data.npy", "--method", "mean", "--csv_shape", "1", "2", "3"], "--csv_shape is for a csv"),
    "no number": (["data.npy", "--method", "mean", "--extend", "two"], "invalid int value: 'two'"),
    "truncated": (["cut", "--method", "mean", "--missing", "3"], "cannot be decoded"),
    "first truncated": (["cut1", "--method", "mean", "--missing", "3"], "cannot be decoded"),
    "unreadable": (["text", "--method", "mean", "--missing", "3"], "cannot be decoded"),
    "mixed": (["mixed", "--method", "mean", "--missing", "3"], "one size"),
    "no images": (["empty", "--method", "mean", "--missing", "3"], "no images"),
    "video": (["film.mp4", "--method", "mean", "--missing", "3"], "cannot be opened"),
    "a result's name": (["sequence.gif", "--method", "mean", "--missing", "2"], "rename"),
    "five channels": (["any.npy", "--method", "mean", "--missing", "2"], "expected"),
}


@pytest.fixture
def inputs(tmp_path, monkeypatch, random, folder):
    """A working folder with all that `MISTAKES` names."""
    monkeypatch.chdir(tmp_path)
    frames = random(LENGTH, HEIGHT, WIDTH)
    for name, shape in (("data", frames.shape), ("one", (1, HEIGHT, WIDTH)), ("tiny", (LENGTH, 5, 6))):
        np.save(f"{name}.npy", random(*shape))
    np.save("any.npy", np.zeros((2, 3, 4, 5, 5), np.uint8))
    nan = frames / 255
    np.save("float.npy", nan)
    nan[1] = np.nan
    np.save("nan.npy", nan)
    np.savetxt("data.csv", frames.reshape(LENGTH, -1), fmt="%d", delimiter=",")
    (tmp_path / "text.ckpt").write_text("no checkpoint")
    (tmp_path / "film.mp4").write_text("no video")
    torch.save([1, 2], "list.ckpt")
    for name, file in (("cut", "frame_005.png"), ("cut1", "frame_001.png")):
        path = folder(tmp_path / name, frames) / file
        path.write_bytes(path.read_bytes()[:-60])
    (folder(tmp_path / "text", frames) / "frame_002.png").write_text("no image")
    cv2.imwrite(str(folder(tmp_path / "mixed", frames) / "frame_002.png"), frames[0, :5])
    (tmp_path / "empty").mkdir()
    (tmp_path / "x").mkdir()
    folder(tmp_path / "seq", frames)
    folder(tmp_path / "gap", frames, skip=[3])
    pictures = [Image.fromarray(frame) for frame in frames]
    pictures[0].save("sequence.gif", save_all=True, append_images=pictures[1:])
    return tmp_path


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_and_leaves_nothing(inputs, trained, mistake, capsys, predict, listing):
    argv, message = MISTAKES[mistake]
    argv = [str(next(trained[0].rglob("best.ckpt"))) if word == "SimVP" else word for word in argv]
    before, names = listing(inputs), set(inputs.iterdir())
    assert predict(argv[0], "out", *argv[1:]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert re.search(message, line), line
    assert set(inputs.iterdir()) == names
    assert listing(inputs) == before


def test_a_folder_that_holds_files_is_not_written_into_unasked(inputs, capsys, predict, report_of, listing):
    (inputs / "out").mkdir()
    (inputs / "out" / "mine.txt").write_text("mine")
    before = listing(inputs)
    assert predict("data.npy", "out", "--method", "mean", "--missing", "2") == 2
    assert "add --overwrite" in capsys.readouterr().err
    assert listing(inputs) == before
    assert predict("data.npy", "out", "--method", "mean", "--missing", "2", "--overwrite") == 0
    assert predict("data.npy", "out", "--method", "copy", "--missing", "2", "--overwrite") == 0
    assert (inputs / "out" / "mine.txt").read_text() == "mine"
    assert report_of(inputs / "out")["method"] == "copy"
    frames = np.load("data.npy")
    np.testing.assert_array_equal(np.load("out/data.npy")[1], frames[2])
    assert set(listing(inputs / "out")) == {
        inputs / "out" / name for name in ("mine.txt", "data.npy", "strip.png", "sequence.gif", "report.json")
    }


@pytest.mark.parametrize(
    ("source", "out"), [("text", "text"), ("data.npy", "data.npy"), ("data.npy", "."), ("seq", "."), ("seq", "x/..")]
)
def test_the_input_is_never_written_over(inputs, source, out, capsys, predict, listing):
    before = listing(inputs)
    assert predict(source, out, "--method", "mean", "--missing", "2", "--overwrite") == 2
    assert "error: --out" in capsys.readouterr().err
    assert listing(inputs) == before
