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
    "long number": (["data.npy", "--method", "mean", "--missing", "9" * 5000], "has images 1 to 7"),
    "a kind": (["data.npy", "--method", "mean", "--missing", "frosen"], "did you mean 'frozen'"),
    "range": (["data.npy", "--method", "mean", "--missing", "2", "--range", "5", "5"], "two finite numbers that rise"),
    "holes": (["data.npy", "--method", "mean", "--missing", "2", "--holes", "drop"], "unknown --holes 'drop'"),
    "form": (["data.npy", "--method", "mean", "--missing", "2", "--as", "mp5"], "unknown form 'mp5'"),
    "codec of npy": (["data.npy", "--method", "mean", "--missing", "2", "--codec", "h264"], "--codec does not apply"),
    "codec": (["seq", "--method", "mean", "--missing", "2", "--as", "mkv", "--codec", "x"], "unknown codec 'x'"),
    "fps": (["seq", "--method", "mean", "--missing", "2", "--as", "mkv", "--fps", "nan"], "no finite number"),
    "at": (["data.npy", "--method", "mean", "--at", "9"], "--at 9 is beyond the sequence, which is from 1 to 7"),
    "at what": (["data.npy", "--method", "mean", "--at", "noon"], "'noon' is no instant of this sequence"),
    "every": (["data.npy", "--method", "mean", "--every", "1min"], "expected a number, since these images have no"),
    "every and insert": (["data.npy", "--method", "mean", "--every", "2", "--insert", "1"], "leave out --insert"),
    "every never": (["data.npy", "--method", "mean", "--every", "0"], "expected an interval above 0"),
    "every instant": (["data.npy", "--method", "mean", "--every", "1e-9"], "more than 1000000 images"),
    "times": (["data.npy", "--method", "mean", "--missing", "2", "--times", "data.csv"], "rising|is not after"),
    "no times": (["data.npy", "--method", "mean", "--missing", "2", "--times", "none.csv"], "none.csv cannot be read"),
    "pattern": (["seq", "--method", "mean", "--missing", "2", "--pattern", "x{}"], "no name is like --pattern 'x{}'"),
    "pattern of npy": (["data.npy", "--method", "mean", "--missing", "2", "--pattern", "{}"], "--pattern does not"),
    "axes": (["data.npy", "--method", "mean", "--missing", "2", "--axes", "TY"], "--axes 'TY' are no axes"),
    "no match": (["x*.npy", "--method", "mean", "--missing", "2"], "no input matches 'x\\*.npy'"),
    "range of nothing": (["data.npy", "--method", "mean", "--missing", "2", "--range", "0", "nan"], "finite"),
    "uint8 in npz": (["seq", "--method", "mean", "--missing", "2", "--out", "x.mp4", "--as", "mkv"], "is no mkv"),
    "no input": (["nothing.npy", "--method", "mean", "--missing", "2"], "nothing.npy is missing"),
    "both": (["data.npy", "--method", "mean", "--checkpoint", "x", "--missing", "2"], "no checkpoint x"),
    "unknown method": (["data.npy", "--method", "meen", "--missing", "2"], "did you mean 'mean'"),
    "no such checkpoint": (["data.npy", "--checkpoint", "x.ckpt", "--missing", "2"], "no checkpoint x.ckpt"),
    "no checkpoint": (["data.npy", "--checkpoint", "text.ckpt", "--missing", "2"], "text.ckpt is"),
    "another pickle": (["data.npy", "--checkpoint", "list.ckpt", "--missing", "2"], "list.ckpt is not a checkpoint"),
    "too few": (["data.npy", "--checkpoint", "SimVP", "--missing", "4"], "4 observed images in a row"),
    "insert with SimVP": (["data.npy", "--checkpoint", "SimVP", "--insert", "1"], "no image can be put between"),
    "all missing": (["data.npy", "--method", "mean", "--missing", *map(str, range(1, 8))], "0 are observed"),
    "one image": (["one.npy", "--method", "mean", "--insert", "1"], "two images or more"),
    "shape of truth": (["data.npy", "--method", "mean", "--missing", "2", "--truth", "one.npy"], "--truth .*expected"),
    "length of truth": (["data.npy", "--method", "mean", "--extend", "1", "--truth", "data.npy"], "8, 13, 18"),
    "infinite truth": (["float.npy", "--method", "mean", "--missing", "2", "--truth", "nan.npy"], "no pixel in common"),
    "gap in truth": (["gap", "--method", "mean", "--truth", "gap"], "gap lacks image 4"),
    "tile": (["data.npy", "--method", "mean", "--missing", "2", "--tile", "8"], "--tile is 8, expected at least 32"),
    "extend": (["data.npy", "--method", "mean", "--extend", "-1"], "at least 0"),
    "insert": (["data.npy", "--method", "mean", "--insert", "-1"], "at least 0"),
    "csv shape": (["data.csv", "--method", "mean", "--missing", "2"], "--csv_shape T H W"),
    "csv shape of npy": (
        ["data.npy", "--method", "mean", "--csv_shape", "1", "2", "3"],
        "--csv_shape does not apply to data.npy",
    ),
    "no number": (["data.npy", "--method", "mean", "--extend", "two"], "invalid int value: 'two'"),
    "truncated": (["cut", "--method", "mean", "--missing", "3"], "cannot be decoded"),
    "first truncated": (["cut1", "--method", "mean", "--missing", "3"], "cannot be decoded"),
    "unreadable": (["text", "--method", "mean", "--missing", "3"], "cannot be decoded"),
    "mixed": (["mixed", "--method", "mean", "--missing", "3"], "one size"),
    "no images": (["empty", "--method", "mean", "--missing", "3"], "no images"),
    "video": (["film.mp4", "--method", "mean", "--missing", "3"], "film.mp4 cannot be read as a video"),
    "a result's name": (["sequence.gif", "--method", "mean", "--missing", "2"], "rename"),
    "five channels": (["any.npy", "--method", "mean", "--missing", "2"], "say which with --axes"),
}


@pytest.fixture
def inputs(tmp_path, monkeypatch, random, folder):
    """A working folder with all that `MISTAKES` names."""
    monkeypatch.chdir(tmp_path)
    frames = random(LENGTH, HEIGHT, WIDTH)
    for name, shape in (("data", frames.shape), ("one", (1, HEIGHT, WIDTH))):
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


def test_a_folder_is_overwritten_only_where_all_in_it_is_an_earlier_result(inputs, capsys, predict, report_of, listing):
    (inputs / "out").mkdir()
    (inputs / "out" / "mine.txt").write_text("mine")
    before = listing(inputs)
    for more, message in (([], "add --overwrite"), (["--overwrite"], "so it is no earlier result")):
        assert predict("data.npy", "out", "--method", "mean", "--missing", "2", *more) == 2
        assert message in capsys.readouterr().err
        assert listing(inputs) == before
    (inputs / "out" / "mine.txt").unlink()
    assert predict("data.npy", "out", "--method", "mean", "--missing", "2", "--overwrite") == 0
    (inputs / "out" / "mine.txt").write_text("mine")
    before = listing(inputs)
    assert predict("data.npy", "out", "--method", "copy", "--missing", "2", "--overwrite") == 2
    assert "out holds mine.txt" in capsys.readouterr().err
    assert listing(inputs) == before
    (inputs / "out" / "mine.txt").unlink()
    assert predict("data.npy", "out", "--method", "copy", "--missing", "2", "--overwrite") == 0
    assert report_of(inputs / "out")["method"] == "copy"
    np.testing.assert_array_equal(np.load("out/data.npy")[1], np.load("data.npy")[2])
    assert set(listing(inputs / "out")) == {
        inputs / "out" / name for name in ("data.npy", "strip.png", "sequence.gif", "report.json")
    }
    (inputs / "out" / "report.json").write_text('{"files": 7}')
    assert predict("data.npy", "out", "--method", "mean", "--missing", "2", "--overwrite") == 2
    assert "so it is no earlier result" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "out"), [("text", "text"), ("data.npy", "data.npy"), ("data.npy", "."), ("seq", "."), ("seq", "x/..")]
)
def test_the_input_is_never_written_over(inputs, source, out, capsys, predict, listing):
    before = listing(inputs)
    assert predict(source, out, "--method", "mean", "--missing", "2", "--overwrite") == 2
    assert "error: --out" in capsys.readouterr().err
    assert listing(inputs) == before
