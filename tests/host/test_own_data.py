"""A data set of a user's own images: imported, trained on, scored, and filled with what came of it."""

import json
import re

import numpy as np
import pytest
import zarr

import openstl_seqinterp
from openstl_seqinterp import cli
from openstl_seqinterp.checkpoint import load_checkpoint

AXES = {"grey": "NTYX", "colour": "NTYXC"}
NETWORK = "model_type = 'gSTA'\nhid_S = 4\nhid_T = 8\nN_S = 2\nN_T = 2\nmlp_ratio = 2.\nepoch = 1\nbatch_size = 8\n"


def moving(sequences, length, height, width):
    """Blobs that drift, uint8 (N, T, H, W)."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:height, :width]
    start, speed = rng.uniform(4, 9, (2, sequences)), rng.uniform(-0.4, 0.4, (2, sequences))
    centre = start[..., None] + speed[..., None] * np.arange(length)
    square = (y - centre[0, ..., None, None]) ** 2 + (x - centre[1, ..., None, None]) ** 2
    return np.rint(255 * np.exp(-square / 8)).astype(np.uint8)


@pytest.fixture(scope="module")
def own_root(tmp_path_factory):
    """A data root with ``own``: nine images of 12x16 of which image 7 is withheld; and ``colour`` of the same."""
    root = tmp_path_factory.mktemp("own_root")
    frames = moving(10, 9, 12, 16)
    np.save(root / "grey.npy", frames)
    np.save(root / "colour.npy", np.stack([frames, frames // 2, 255 - frames], axis=-1))
    for kind, name in (("grey", "own"), ("colour", "colour")):
        argv = [str(root / f"{kind}.npy"), "--out", str(root / name), "--length", "9", "--withhold", "7"]
        assert cli.main(["import", *argv, "--axes", AXES[kind]]) == 0
    return root


@pytest.fixture
def command(own_root, tmp_path):
    def build(method, *more, name="own"):
        (tmp_path / "tiny.py").write_text(f"method = {method!r}\n{NETWORK}")
        return [
            *("-d", name, "-m", method, "-c", str(tmp_path / "tiny.py"), "--data_root", str(own_root)),
            *("--res_dir", str(tmp_path), "--ex_name", "run", "--precision", "32", *more),
        ]

    return build


@pytest.mark.parametrize("name", ["own", "colour"])
@pytest.mark.parametrize("method", ["SimVP", "SimVP_Motion", "LatentAffine"])
def test_it_trains_is_scored_and_fills(command, own_root, tmp_path, method, name):
    argv = command(method, name=name)
    if method == "LatentAffine":
        (tmp_path / "tiny.py").write_text("hidden = 4\nrefinements = 1\nepoch = 1\nbatch_size = 8\n")
    assert cli.main(["train", *argv, "--test_sets", name]) == 0
    scores = json.loads((tmp_path / "run" / "scores.json").read_text())["scores"][name]
    known, withheld = (zarr.open_group(own_root / name / part, mode="r") for part in ("frames.zarr", "withheld.zarr"))
    frames, truths, hidden = known["frames"][:] / 255, withheld["frames"][:] / 255, withheld["number"][:]
    assert len(hidden) == 2
    mean = (frames[hidden - 1] + frames[hidden + 1]) / 2
    squares = ((mean - truths) ** 2).reshape(2, -1).sum(1)
    assert scores["mean"]["all"]["mse"] == pytest.approx(squares.mean(), rel=1e-4)
    images = [np.load(tmp_path / "run" / "saved" / f"{array}.npy")[:, 0] for array in ("preds", "trues")]
    np.testing.assert_allclose(images[1], truths, rtol=1e-6)
    squares = ((images[0] - images[1]) ** 2).reshape(2, -1).sum(1)
    assert scores["model"]["all"]["mse"] == pytest.approx(squares.mean(), rel=1e-4)
    kind = {"own": "grey", "colour": "colour"}[name]
    best = next((tmp_path / "run").rglob("best.ckpt"))
    more = ["--checkpoint", str(best), "--missing", "7", "--out", str(tmp_path / "out"), "--device", "cpu"]
    more += ["--axes", AXES[kind], "--range", "0", "255"]  # the unit that the network was trained in
    assert cli.main(["predict", str(own_root / f"{kind}.npy"), *more]) == 0
    before, after = np.load(own_root / f"{kind}.npy"), np.load(tmp_path / "out" / f"{kind}.npy")
    np.testing.assert_array_equal(np.delete(after, 6, axis=1), np.delete(before, 6, axis=1))
    assert after.dtype == before.dtype
    # What was filled is what was scored: each tested image is the seventh of one of the sequences.
    filled = after[:, 6].reshape(10, 12, 16, -1).transpose(0, 3, 1, 2)
    # A filled image has no values beyond those of the images that it was read from, channel by channel.
    read = [
        np.array(each["read_from"]) - 1 for each in json.loads((tmp_path / "out" / "report.json").read_text())["filled"]
    ]
    seen = [sequence[places].reshape(-1, filled.shape[1]) for sequence, places in zip(before, read, strict=True)]
    low, high = (np.stack([end(each, axis=0) for each in seen])[..., None, None] for end in (np.min, np.max))
    expected = np.rint(images[0][:, None] * 255).clip(low, high)
    differences = np.abs(filled[None] - expected).max(axis=(2, 3, 4))
    assert (differences.min(axis=1) <= 1).all()


def test_a_network_of_three_channels_sees_grey_as_three_equal_ones(command, own_root, tmp_path):
    assert cli.main(["train", *command("SimVP", "--test_sets", "colour", name="colour")]) == 0
    best = next((tmp_path / "run").rglob("best.ckpt"))
    frames = np.load(own_root / "grey.npy") / np.float32(255)
    frames[..., 0, 0], frames[..., -1, -1] = -9, 9  # a result within these values is not clipped
    observed = np.arange(frames.shape[1]) != 6
    options = {"checkpoint": best, "device": "cpu", "range": (0.0, 1.0)}
    grey = openstl_seqinterp.fill(frames, observed, **options)
    colour = openstl_seqinterp.fill(np.repeat(frames[..., None], 3, axis=-1), observed, **options)
    # Values of order one in fp32: the mean of three of them, before or after they were stored.
    np.testing.assert_allclose(grey, colour.mean(axis=-1), atol=1e-5)


def test_a_checkpoint_knows_the_values_that_it_was_trained_on(command, own_root, tmp_path, capsys):
    frames = 200 + moving(10, 9, 12, 16).astype(np.float32) / 255 * 100
    frames[:, :, 0, 0] = -99
    np.save(tmp_path / "kelvin.npy", frames)
    argv = [str(tmp_path / "kelvin.npy"), "--out", str(tmp_path / "kelvin"), "--axes", "NTYX", "--fill_value", "-99"]
    assert cli.main(["import", *argv, "--length", "9", "--withhold", "7"]) == 0
    settings = command("SimVP", "--data_root", str(tmp_path), "--test_sets", "kelvin", name="kelvin")
    assert cli.main(["train", *settings]) == 0
    best = next((tmp_path / "run").rglob("best.ckpt"))
    hyper = load_checkpoint(best)["hyper_parameters"]
    assert hyper["value_range"] == pytest.approx([200, 300], abs=1)
    assert hyper["fill_value"] == -99
    capsys.readouterr()

    def notes(sequence, *more):
        np.save(tmp_path / "clip.npy", sequence)
        argv = ["--checkpoint", str(best), "--missing", "7", "--out", str(tmp_path / "out"), "--device", "cpu"]
        assert cli.main(["predict", str(tmp_path / "clip.npy"), *argv, *more, "--overwrite"]) == 0
        found = json.loads((tmp_path / "out" / "report.json").read_text())["notes"]
        assert set(found) <= set(capsys.readouterr().out.splitlines())
        return [note for note in found if "train" in note and "motion" not in note]

    clip = frames[0, :, 1:]
    assert notes(clip) == []
    (note,) = notes(250 + (clip - 200) / 10)
    assert re.fullmatch(
        r"trained on values 2\d\d\S* to \d{3}\S*; these are scaled by 250\S* to 2[56]\S*; "
        r"--range \S+ \S+ scales them as in training",
        note,
    )
    assert notes(250 + (clip - 200) / 10, "--range", *note.split("--range ")[1].split()[:2]) == []
    assert notes(frames[0]) == ["in training -99 was no value; --fill_value -99 says so of these"]
    assert notes(frames[0], "--fill_value", "-99") == []


def test_degraded_sets_of_it_have_its_name(command, tmp_path):
    assert cli.main(["train", *command("SimVP", "--train_set", "own-all", "--test_sets", "own", "own-aug")]) == 0
    assert set(json.loads((tmp_path / "run" / "scores.json").read_text())["scores"]) == {"own", "own-aug"}


@pytest.mark.parametrize(
    ("flag", "value", "message"),
    [
        ("--train_set", "n6", "unknown train_set 'n6'"),
        ("--test_sets", "n3", "unknown test set 'n3'"),
        ("-d", "nothing", "'nothing'"),
    ],
)
def test_sets_of_others_are_refused(command, tmp_path, flag, value, message, capsys):
    assert cli.main(["train", *command("SimVP"), flag, value]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert not (tmp_path / "run").exists()
