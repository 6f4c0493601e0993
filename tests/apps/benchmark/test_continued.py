"""``benchmark -d NAME``: an imported data set continued, scored as independent computations score it."""

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from openstl_seqinterp import cli, host
from openstl_seqinterp.apps.benchmark.continued.page import page
from openstl_seqinterp.apps.benchmark.continued.record import ContinuedResult
from openstl_seqinterp.apps.benchmark.continued.trained import Trained
from openstl_seqinterp.apps.benchmark.real import ways
from openstl_seqinterp.apps.benchmark.real.clips import Clip
from openstl_seqinterp.apps.fill.fillers import BaselineFiller
from openstl_seqinterp.apps.fill.scale import Scale
from openstl_seqinterp.errors import UserError
from openstl_seqinterp.evaluation.baselines import BASELINES

SIDE, LENGTH, NONE = 32, 40, 255
THRESHOLDS = (60, 120)
NETWORK = "model_type = 'gSTA'\nhid_S = 4\nhid_T = 8\nN_S = 2\nN_T = 2\nmlp_ratio = 2.\n"
TRAINING = "epoch = 2\nepoch_cases = 8\nbatch_size = 4\nval_batch_size = 4\nlr = 5e-3\n"
COMMAND = ["-d", "clip", "--data_root", "data", "--seeds", "1", "--thresholds", *map(str, THRESHOLDS)]
needs_pysteps = pytest.mark.skipif(find_spec("pysteps") is None, reason="pysteps is not installed")


def frames():
    """A texture (T, SIDE, SIDE) uint8 up to 200 that moves to the right; four columns have no value."""
    image = cv2.GaussianBlur(np.random.default_rng(3).random((SIDE, 150)).astype(np.float32), (0, 0), 2)
    image = (image - image.min()) / np.ptp(image) * 200
    moved = np.stack([image[:, 100 - 2 * t : 100 - 2 * t + SIDE] for t in range(LENGTH)]).astype(np.uint8)
    moved[:, :, :4] = NONE
    return moved


def as_clip(window):
    return Clip("clip", window[..., None], Scale(window.dtype, 0.0, 255.0, NONE))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A working folder with the data set ``clip``, tiny configs, and a finished comparison."""
    root = tmp_path_factory.mktemp("continued")
    (root / "configs" / "seqinterp").mkdir(parents=True)
    for method in ("SimVP", "SimVP_Motion"):
        text = f"method = {method!r}\n{NETWORK}{TRAINING}"
        (root / "configs" / "seqinterp" / f"{method}_own.py").write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        np.save("clip.npy", frames())
        assert cli.main(["import", "clip.npy", "--out", "data/clip", "--fill_value", str(NONE), "--axes", "TYX"]) == 0
        assert cli.main(["benchmark", *COMMAND, "--methods", "SimVP"]) == 0
    return root


@pytest.fixture
def here(made, monkeypatch):
    monkeypatch.chdir(made)
    return made


def read(root):
    return ContinuedResult.read(root / "results" / "clip.json")


def row(root, method):
    (found,) = read(root).methods[method]
    return found


def windows():
    """The three windows of the ten images for tests."""
    return [frames()[start : start + 8].astype(float) for start in range(30, 33)]


def test_the_data_are_those_of_the_import(made):
    setup = read(made).setup
    assert setup.images == {"training": 20, "validation": 10, "tests": 10}
    assert (setup.trained, setup.windows, setup.stretches, setup.known, setup.horizon) == (13, 3, 1, 4, 4)
    assert setup.understood[0].startswith("clip.npy: ")
    assert [*read(made).methods] == [*(name for name in BASELINES if name != "mean"), "SimVP"]


def test_errors_are_those_of_numpy_and_scikit_image(made):
    for step, lead in enumerate(row(made, "copy").leads):
        for number, window in enumerate(windows()):
            true, found = window[4 + step, :, 4:], window[3, :, 4:]
            assert lead.mse[number] == pytest.approx(np.square(true - found).mean(), rel=1e-4)
            assert lead.mae[number] == pytest.approx(np.abs(true - found).mean(), rel=1e-4)
            pair = np.stack([window[4 + step], window[3]])
            pair[:, :, :4] = 0  # what has no value is exact
            assert lead.ssim[number] == pytest.approx(structural_similarity(*pair, data_range=255), abs=1e-4)


def contingency(threshold, step):
    """Hits / (hits + misses + false alarms) of copying, counted by hand over all windows."""
    true, found = (np.stack([window[place, :, 4:] for window in windows()]) >= threshold for place in (4 + step, 3))
    return (true & found).sum() / (true | found).sum()


def test_csi_is_a_share_of_counts(made):
    for step, lead in enumerate(row(made, "copy").leads):
        assert lead.csi == pytest.approx([contingency(each, step) for each in THRESHOLDS], rel=1e-6)


@needs_pysteps
@pytest.mark.filterwarnings("ignore")
def test_csi_is_that_of_pysteps(made):
    from pysteps.verification.detcatscores import det_cat_fct

    for step, lead in enumerate(row(made, "copy").leads):
        true, found = (np.stack([window[place, :, 4:] for window in windows()]) for place in (4 + step, 3))
        # Its events are above the threshold, ours are also at it; values are whole numbers.
        expected = [det_cat_fct(found, true, each - 0.5, scores="CSI")["CSI"] for each in THRESHOLDS]
        assert lead.csi == pytest.approx(expected, rel=1e-6)


def test_a_network_predicts_as_many_images_at_once_as_in_training(made):
    way = Trained("SimVP", made / "results" / "work_dirs" / "own" / "SimVP_clip_42" / "checkpoints" / "best.ckpt")
    found = row(made, "SimVP")
    assert way.weights == found.training.weights == sum(each.numel() for each in way.network.method.parameters())
    for number, window in enumerate(windows()):
        window[:, :, :4] = 0
        x = torch.from_numpy(window[None, :4, None].astype(np.float32) / 255)
        with torch.no_grad():
            predicted = host.predict(way.network.method, x)[0, :, 0].clamp(0, 1).numpy() * 255
        for step, lead in enumerate(found.leads):
            error = np.square(predicted[step, :, 4:] - window[4 + step, :, 4:]).mean()
            assert lead.mse[number] == pytest.approx(error, rel=1e-3)
    # What is behind these is predicted from them.
    clip, observed = as_clip(frames()[:10]), np.arange(10) < 4
    first = way.predict(clip, observed, range(4, 8))
    with torch.no_grad():
        x = torch.from_numpy(np.stack(first)[None].transpose(0, 1, 4, 2, 3))
        second = host.predict(way.network.method, x)[0, :2, 0].clamp(0, 1).numpy()
    both = way.predict(clip, observed, range(4, 10))
    np.testing.assert_allclose(np.stack(both[4:])[..., 0], second, atol=1e-6)


def test_a_prediction_that_is_not_finite_is_the_users_to_know(made):
    way = Trained("SimVP", made / "results" / "work_dirs" / "own" / "SimVP_clip_42" / "checkpoints" / "best.ckpt")
    with torch.no_grad():
        for each in way.network.method.parameters():
            each.fill_(torch.nan)
    with pytest.raises(UserError, match="the predictions of SimVP are not finite; train again with a lower --lr"):
        way.predict(as_clip(frames()[:8]), np.arange(8) < 4, range(4, 8))


def test_what_is_to_be_predicted_is_never_seen(here):
    assert cli.main(["benchmark", *COMMAND, "--methods", "SimVP_Motion"]) == 0
    folder = here / "results" / "work_dirs" / "own"
    used = [
        Trained(name, folder / f"{name}_clip_42" / "checkpoints" / "best.ckpt") for name in ("SimVP", "SimVP_Motion")
    ]
    used += [ways.OurWay(BaselineFiller(name)) for name in BASELINES]
    if find_spec("pysteps"):
        used += [ways.Pysteps(), ways.Sprog()]
    observed, window = np.arange(8) < 4, frames()[:8]
    other = window.copy()
    other[4:] = np.random.default_rng(0).integers(0, NONE, other[4:].shape)
    for way in used:
        one, two = (way.predict(as_clip(each), observed, range(4, 8)) for each in (window, other))
        np.testing.assert_array_equal(one, two)


def test_complete_runs_are_kept_and_others_added(here, capsys):
    before = read(here)
    for path in here.glob("results/work_dirs/own/SimVP_clip_42/checkpoints/*"):
        path.rename(path.with_suffix(".away"))  # nothing of it is needed again
    assert cli.main(["benchmark", *COMMAND, "--methods", "SimVP", "SimVP_Motion"]) == 0
    for path in here.glob("results/work_dirs/own/SimVP_clip_42/checkpoints/*"):
        path.rename(path.with_suffix(".ckpt"))
    after = read(here)
    assert [*after.methods][-2:] == ["SimVP", "SimVP_Motion"]
    assert after.methods["SimVP"] == before.methods["SimVP"]
    assert "SimVP_clip_42" not in capsys.readouterr().out
    text = (here / "results" / "clip.md").read_text()
    assert text == page(after)
    assert f"| {after.methods['SimVP'][0].training.weights:,} |" in text
    means = [np.mean(lead.mse) for lead in after.methods["copy"][0].leads]
    assert f"| copy | {' | '.join(f'{each:.1f}' for each in [*means, np.mean(means)])} |" in text
    assert "**SimVP_Motion against motion**" in text


def test_seeds_are_shown_with_their_deviation(made):
    record = read(made)
    trained = record.methods["SimVP"][0]
    worse = [lead.model_copy(update={"mse": [2 + each for each in lead.mse]}) for lead in trained.leads]
    second = trained.model_copy(update={"leads": worse, "training": trained.training.model_copy(update={"seed": 43})})
    line = next(
        line
        for line in page(record.model_copy(update={"rows": [*record.rows, second]})).splitlines()
        if line.startswith("| SimVP |")
    )
    mean = np.mean([np.mean(lead.mse) for lead in trained.leads]) + 1
    assert line.endswith(f"| {mean:.1f} ± {np.sqrt(2):.1f} |")


def test_an_event_that_never_is_has_no_csi(here, tmp_path):
    assert cli.main(["benchmark", *COMMAND[:6], "--thresholds", "250", "--out", str(tmp_path), "--max_time", "0"]) == 0
    record = ContinuedResult.read(tmp_path / "clip.json")
    assert record.methods["copy"][0].leads[0].csi == [None]
    assert "| copy | - | - | - | - | - |" in page(record)


@needs_pysteps
@pytest.mark.filterwarnings("ignore")
def test_peers_are_rows_too(here, tmp_path, capsys):
    peers = ["--pysteps", "--out", str(tmp_path), "--max_time", "0"]
    assert cli.main(["benchmark", *COMMAND, *peers]) == 0
    found = ContinuedResult.read(tmp_path / "clip.json").methods
    assert [*found][-2:] == [ways.PYSTEPS, ways.SPROG]
    predictions = {way.name: [] for way in (ways.Pysteps(), ways.Sprog())}
    for way in (ways.Pysteps(), ways.Sprog()):
        for window in windows():
            images = way.predict(as_clip(window.astype(np.uint8)), np.arange(8) < 4, range(4, 8))
            predictions[way.name].append(np.stack(images)[..., 0].clip(0, 1) * 255)
    scored = np.logical_and.reduce([np.isfinite(each) for each in predictions.values()])
    scored[..., :4] = False  # what comes from beyond the border has no value, nor have these columns
    assert 0 < scored.mean() < 1
    for name, images in predictions.items():
        for number, (image, window) in enumerate(zip(images, windows(), strict=True)):
            for step, inside in enumerate(scored[number]):
                error = np.square(image[step] - window[4 + step])[inside].mean()
                assert found[name][0].leads[step].mse[number] == pytest.approx(error, rel=1e-4)
    assert "Pysteps configuration" not in capsys.readouterr().out


@needs_pysteps
@pytest.mark.filterwarnings("ignore")
def test_where_there_is_nothing_s_prog_says_so():
    empty = np.zeros((8, SIDE, SIDE), np.uint8)
    for image in ways.Sprog().predict(as_clip(empty), np.arange(8) < 4, range(4, 8)):
        assert np.nanmax(image) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["-d", "nothing"],
            "has no imported data set 'nothing'; make it with: seqinterp import ... --out data/nothing",
        ),
        (["-d", "seqinterp"], "has no imported data set 'seqinterp'"),
        (["-d", "real"], "-d real would replace results/real.md"),
        (["--horizon", "0"], "--horizon is 0, expected at least 1"),
        (["--horizon", "1000000000000"], "no 1000000000004 images in a row are for tests"),
        (["--horizon", "7"], "no 11 images in a row are for tests (4 known, --horizon 7)"),
        (["--horizon", "3"], "clip.json was made with horizon=4, now it is 3; remove it, or name another --out"),
        (["--thresholds", "1"], "clip.json was made with thresholds=[60.0, 120.0], now it is [1.0]"),
        (["--thresholds", "much"], "argument --thresholds: invalid float value: 'much'"),
        (["--methods", "SimVPP"], "unknown --methods 'SimVPP'; did you mean 'SimVP'?"),
        (["--methods", "LatentAffine"], "it has no config configs/seqinterp/LatentAffine_own.py; add one"),
        (["--preset", "paper"], "-d NAME continues imported data, so --preset has no meaning there"),
        (["--real", "."], "so --real has no meaning there"),
        (["--speed"], "so --speed has no meaning there"),
    ],
)
def test_mistakes_end_in_one_line(here, arguments, message, capsys):
    assert cli.main(["benchmark", *COMMAND, *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert message in error


@pytest.mark.parametrize("flag", [["--horizon", "2"], ["--thresholds", "1"]])
def test_flags_of_it_need_it(here, flag, capsys):
    assert cli.main(["benchmark", *flag]) == 2
    assert "is of imported data that is continued; add -d NAME, or leave it out" in capsys.readouterr().err


def test_other_images_under_the_same_name_are_noticed(here, tmp_path, capsys):
    np.save(tmp_path / "clip.npy", frames()[::-1])
    argv = [str(tmp_path / "clip.npy"), "--out", str(tmp_path / "clip"), "--fill_value", str(NONE), "--axes", "TYX"]
    assert cli.main(["import", *argv]) == 0
    command = ["benchmark", *COMMAND, "--data_root", str(tmp_path), "--methods", "SimVP"]
    assert cli.main(command) == 2
    assert "clip.json is of other images that were imported as clip; remove it" in capsys.readouterr().err
    (here / "results" / "clip.json").rename(tmp_path / "clip.json")  # as it says
    assert cli.main(command) == 2
    (tmp_path / "clip.json").rename(here / "results" / "clip.json")
    error = capsys.readouterr().err
    assert "SimVP_clip_42.json is of other images that were imported as clip; remove it and " in error
    assert error.count("\n") == 1


def test_a_network_that_was_trained_anew_is_scored_anew(made, tmp_path, monkeypatch):
    shutil.copytree(made, tmp_path / "anew")
    monkeypatch.chdir(tmp_path / "anew")
    before = read(tmp_path / "anew").methods
    config = Path("configs/seqinterp/SimVP_own.py")
    config.write_text(config.read_text().replace("epoch = 2", "epoch = 3"))
    Path("results/own/SimVP_clip_42.json").unlink()
    shutil.rmtree("results/work_dirs/own/SimVP_clip_42")
    assert cli.main(["benchmark", *COMMAND, "--methods", "SimVP"]) == 0
    after = read(tmp_path / "anew").methods
    assert (before["SimVP"][0].training.epochs, after["SimVP"][0].training.epochs) == (2, 3)
    assert after["SimVP"][0].leads != before["SimVP"][0].leads
    assert after["copy"][0].leads == before["copy"][0].leads


def cut_a_lead(content):
    content["rows"][0]["leads"].pop()


def cut_a_window(content):
    content["rows"][1]["leads"][0]["ssim"].pop()


def cut_a_threshold(content):
    content["rows"][1]["leads"][0]["csi"].pop()


@pytest.mark.parametrize("damage", [lambda content: content["rows"].clear(), cut_a_lead, cut_a_window, cut_a_threshold])
def test_a_damaged_record_is_named(made, tmp_path, damage):
    content = json.loads((made / "results" / "clip.json").read_text())
    damage(content)
    (tmp_path / "clip.json").write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"clip\.json is damaged \("):
        ContinuedResult.read(tmp_path / "clip.json")


def test_a_folder_in_the_place_of_the_record_is_named(here, tmp_path, capsys):
    (tmp_path / "clip.json").mkdir()
    assert cli.main(["benchmark", *COMMAND, "--out", str(tmp_path)]) == 2
    assert "clip.json cannot be read: Is a directory" in capsys.readouterr().err


def test_the_committed_page_is_that_of_the_committed_record():
    results = Path(__file__).resolve().parents[3] / "results"
    record = ContinuedResult.read(results / "radar.json")
    assert (results / "radar.md").read_text() == page(record)
    assert {"motion", "pySTEPS", "S-PROG", "SimVP", "PredFormer", "SimVP_Motion"} < {*record.methods}
