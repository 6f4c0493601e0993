import numpy as np
import pytest

LENGTH, HEIGHT, WIDTH = 7, 13, 18


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_folder_with_a_gap_and_a_named_image(
    tmp_path, dtype, channels, random, predict, folder, read_folder, assert_filled
):
    frames = random(LENGTH, HEIGHT, WIDTH, channels, dtype=dtype)
    source = folder(tmp_path / "seq", frames, skip=[3])
    assert predict(source, tmp_path / "out", "--method", "mean", "--missing", "auto", "6") == 0
    assert_filled(read_folder(tmp_path / "out" / "seq"), frames, [3, 5])
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"seq", "strip.png", "sequence.gif", "report.json"}
    names = [path.name for path in sorted((tmp_path / "out" / "seq").iterdir())]
    assert names == [f"frame_{number:03d}.png" for number in range(1, LENGTH + 1)]
    for name in set(names) - {names[3], names[5]}:  # the very files
        assert (tmp_path / "out" / "seq" / name).read_bytes() == (source / name).read_bytes()


def test_a_gap_needs_no_word(sequence, tmp_path, capfd, predict, read_folder, assert_filled):
    source, frames = sequence
    assert predict(source, tmp_path / "out", "--method", "mean") == 0
    assert not capfd.readouterr().err  # nor has OpenCV anything to say
    assert_filled(read_folder(tmp_path / "out" / "seq")[..., 0], frames, [3])


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_black_image_is_missing_where_it_is_said(
    tmp_path, channels, random, predict, folder, read_folder, assert_filled, capsys
):
    frames = random(LENGTH, HEIGHT, WIDTH, channels)
    frames[..., 3:] = 255
    black = frames.copy()
    black[4, ..., :3] = 0
    source = folder(tmp_path / "seq", black)
    assert predict(source, tmp_path / "out", "--method", "mean", "--missing", "auto") == 2
    assert "no image of" in capsys.readouterr().err  # a dry radar image is as black
    assert predict(source, tmp_path / "out", "--method", "mean", "--missing", "black") == 0
    assert_filled(read_folder(tmp_path / "out" / "seq"), frames, [4])
    assert "--missing black: image 5\n" in capsys.readouterr().out


def test_a_folder_with_images_between_is_numbered_anew(sequence, tmp_path, predict, read_folder, middle):
    source, frames = sequence
    assert predict(source, tmp_path / "out", "--method", "mean", "--insert", "1") == 0
    found = read_folder(tmp_path / "out" / "seq")[..., 0]
    assert len(found) == 2 * LENGTH - 1
    whole = frames.astype(float)
    whole[3] = middle(frames, 3)
    np.testing.assert_allclose(found[::2], whole, atol=0.501)
    np.testing.assert_allclose(found[1::2], (whole[:-1] + whole[1:]) / 2, atol=0.501)


@pytest.mark.parametrize("name", [".", "..", "../seq/"])
def test_a_folder_may_be_named_by_dots(
    sequence, tmp_path, monkeypatch, name, predict, read_folder, assert_filled, listing
):
    source, frames = sequence
    (source / "inner").mkdir()
    monkeypatch.chdir(source / "inner" if name == ".." else source)
    before = listing(tmp_path)
    assert predict(name, tmp_path / "out", "--method", "mean") == 0
    assert_filled(read_folder(tmp_path / "out" / "seq")[..., 0], frames, [3])
    assert {path: content for path, content in listing(tmp_path).items() if tmp_path / "out" not in path.parents} == (
        before
    )
