"""Bad input ends a command in one line on standard error and exit code 2, and leaves nothing half-written."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from openstl_seqinterp import cli
from openstl_seqinterp.experiment import SeqInterpExperiment


def _one_line(capsys) -> str:
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("error: ")
    return line


def _files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


def _rewrite(path: Path, **changes: np.ndarray) -> None:
    with np.load(path) as archive:
        arrays = {**{key: archive[key] for key in archive.files}, **changes}
    np.savez(path, **arrays)


DAMAGE = {
    "missing": (Path.unlink, "n6-train.npz is missing"),
    "truncated": (_truncate, "n6-train.npz is damaged"),
    "dtype": (lambda path: _rewrite(path, frames=np.zeros((2, 16, 1, 36, 36), np.float32)), "frames is float32"),
    "shape": (
        lambda path: _rewrite(path, frames=np.zeros((2, 16, 36, 36), np.uint8)),
        "expected uint8 (N, T, C, H, W)",
    ),
}


@pytest.mark.parametrize("kind", DAMAGE)
@pytest.mark.parametrize("command", ["train", "test"])
def test_bad_data(arguments, small_root, tmp_path, capsys, kind, command):
    shutil.copytree(small_root, tmp_path / "data")
    damage, message = DAMAGE[kind]
    damage(tmp_path / "data" / "seqinterp" / "n6-train.npz")
    before = _files(tmp_path)
    assert cli.main([command, *arguments, "--data_root", str(tmp_path / "data")]) == 2
    assert message in _one_line(capsys)
    assert _files(tmp_path) == before


def test_not_a_number_in_the_clean_images(arguments, small_root, tmp_path, capsys):
    shutil.copytree(small_root, tmp_path / "data")
    path = tmp_path / "data" / "seqinterp" / "n3-test.npz"
    with np.load(path) as archive:
        clean = archive["clean"]
    clean[0] = np.nan
    _rewrite(path, clean=clean)
    assert cli.main(["train", *arguments, "--data_root", str(tmp_path / "data")]) == 2
    assert "n3-test.npz: clean must be in [0, 1]" in _one_line(capsys)


def test_an_unwritable_folder(arguments, tmp_path, capsys):
    (tmp_path / "file").touch()
    assert cli.main(["train", *arguments, "--res_dir", str(tmp_path / "file")]) == 2
    assert "cannot write to folder" in _one_line(capsys)


def test_testing_before_training(arguments, capsys, tmp_path):
    assert cli.main(["test", *arguments]) == 2
    assert "there is no checkpoint" in _one_line(capsys)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("command", ["test", "resume"])
def test_a_damaged_checkpoint(copied, capsys, command):
    folder, arguments = copied
    before = _files(folder)
    for name in ("best.ckpt", "last.ckpt"):
        _truncate(folder / "checkpoints" / name)
    run = cli.main(["test", *arguments]) if command == "test" else cli.main(["train", *arguments, "--resume"])
    assert run == 2
    assert "damaged" in capsys.readouterr().err.splitlines()[-1]
    assert _files(folder) == before


def test_images_of_another_size(arguments, small_root, tmp_path, capsys):
    shutil.copytree(small_root, tmp_path / "data")
    frames = np.zeros((12, 16, 1, 32, 32), np.uint8)
    _rewrite(tmp_path / "data" / "seqinterp" / "n6-train.npz", frames=frames)
    assert cli.main(["train", *arguments, "--data_root", str(tmp_path / "data")]) == 2
    assert "images are (1, 32, 32) (C, H, W), expected (1, 36, 36)" in _one_line(capsys)


def test_a_bad_test_set_is_found_before_training(arguments, small_root, tmp_path, capsys):
    shutil.copytree(small_root, tmp_path / "data")
    _truncate(tmp_path / "data" / "seqinterp" / "n3-test.npz")
    command = [*arguments, "--data_root", str(tmp_path / "data"), "--test_sets", "n6", "n3"]
    assert cli.main(["train", *command]) == 2
    assert "n3-test.npz is damaged" in _one_line(capsys)
    assert not (tmp_path / "runs").exists()


def test_batches_that_can_never_be_full(arguments, capsys):
    assert cli.main(["train", *arguments, "-b", "1000", "--drop_last"]) == 2
    assert "88 training cases do not fill a batch" in _one_line(capsys)


def test_training_goes_on_from_its_own_checkpoints_alone(copied, capsys, tmp_path):
    folder, arguments = copied
    command = [*arguments, "--ex_name", "other", "--ckpt_path", str(folder / "checkpoints" / "last.ckpt")]
    assert cli.main(["train", *command]) == 2
    assert "is from another run" in _one_line(capsys)
    assert not (tmp_path / "other").exists()


def test_scores_tell_what_was_trained_whatever_the_command_says(copied):
    folder, arguments = copied
    command = [*arguments, "--train_set", "n6-all", "--seed", "7", "--test_sets", "n6"]
    assert cli.main(["test", *command]) == 0
    content = json.loads((folder / "scores.json").read_text())
    assert (content["train_set"], content["seed"]) == ("n6", 42)


def test_resuming_nothing_leaves_nothing(arguments, capsys, tmp_path):
    assert cli.main(["train", *arguments, "--resume"]) == 2
    assert "there is no checkpoint" in _one_line(capsys)
    assert not (tmp_path / "runs").exists()


def test_ctrl_c_anywhere_is_one_line(arguments, capsys, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(SeqInterpExperiment, "train", interrupted)
    assert cli.main(["train", *arguments]) == 130
    assert capsys.readouterr().err.strip() == "stopped"


def test_a_checkpoint_of_another_model(copied, capsys, tmp_path):
    _, arguments = copied
    config = tmp_path / "other.py"
    config.write_text(Path(arguments[1]).read_text().replace("hid_T = 8", "hid_T = 16"))
    assert cli.main(["test", "-c", str(config), *arguments[2:]]) == 2
    assert "belongs to another model" in _one_line(capsys)


def test_testing_before_the_first_epoch_was_finished(copied, capsys):
    folder, arguments = copied
    (folder / "checkpoints" / "best.ckpt").unlink()
    assert cli.main(["test", *arguments]) == 2
    assert "no epoch has finished yet" in _one_line(capsys)


def test_training_that_diverged(arguments, capsys, tmp_path):
    assert cli.main(["train", *arguments, "-e", "1", "--lr", "1e30"]) == 2
    assert "error: the loss of step 2 is nan, expected a finite number" in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "runs" / "run" / "scores.json").exists()


@pytest.mark.parametrize("flag", ["--dist", "--torchscript", "--use_prefetcher", "--fp16"])
def test_flags_that_would_do_nothing_are_refused_by_name(arguments, capsys, flag):
    if flag == "--fp16" and torch.cuda.is_available():
        pytest.skip("float16 works on a GPU")
    assert cli.main(["train", *arguments, flag]) == 2
    assert flag.removeprefix("--") in _one_line(capsys)
