"""``tools/benchmark.py`` with tiny networks, on whichever host is there."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from statistics import mean

import pytest
import torch
from filelock import FileLock

from openstl_seqinterp import cli, host, registry
from openstl_seqinterp.apps.benchmark import runs
from openstl_seqinterp.apps.benchmark.page import require_ours, write_page
from openstl_seqinterp.apps.benchmark.runs import plan
from openstl_seqinterp.experiment import SeqInterpExperiment

TOOL = Path(__file__).resolve().parents[3] / "tools" / "benchmark.py"

ONE = ["--methods", "LatentAffine", "--train_sets", "n6", "--seeds", "1"]
SIMVP = ["--methods", "SimVP", "--train_sets", "n6", "--seeds", "1"]


def records(place, out="results"):
    return {path.stem: json.loads(path.read_text()) for path in (place / out / "quick").glob("*.json")}


def test_every_method_comes_once_before_any_second_seed():
    planned = plan("quick", ["A", "B"], ["n6", "n6-all"], 2)
    assert [run.name for run in planned[:4]] == ["A_n6_42", "B_n6_42", "A_n6-all_42", "B_n6-all_42"]
    assert {run.seed for run in planned[4:]} == {43}
    assert len(set(planned)) == 8
    assert plan("quick", ["A", "B", "A"], ["n6", "n6-all", "n6"], 2) == planned


def test_each_number_of_the_page_is_in_a_record(place, capsys):
    assert cli.main(["benchmark", *ONE[:4], "--seeds", "2"]) == 0
    found = records(place)
    assert sorted(found) == ["LatentAffine_n6_42", "LatentAffine_n6_43"]
    record = found["LatentAffine_n6_43"]
    assert (record["host"], record["seed"], record["preset"]) == (host.NAME, 43, "quick")
    assert record["versions"]["torch"] == torch.__version__
    assert record["config"]["epoch_cases"] == 64
    assert [each["epoch"] for each in record["history"]] == [1, 2, 3]
    times = [each["seconds"] for each in record["history"]]
    assert times == sorted(times)
    assert record["seconds"]["training"] == times[-1]
    page = (place / "results" / "README.md").read_text()
    table = page.split("**MSE**, image 16:")[1]
    row = next(line for line in table.splitlines() if line.startswith("| n3-miss |"))
    both = [each["scores"]["n3-miss"]["model"]["16"]["mse"] for each in found.values()]
    assert row.split(" | ")[1].startswith(f"{mean(both):.2f} ± ")
    assert f"{record['scores']['n3-miss']['dis-flow']['16']['mse']:.2f}" in row
    assert "[LatentAffine_n6_43](quick/LatentAffine_n6_43.json)" in page
    for picture in (
        "curves-n6.png",
        "figures/LatentAffine_n6/worst-n6-aug.png",
        "figures/LatentAffine_n6/sequence.gif",
    ):
        assert f"(quick/{picture})" in page
        assert (place / "results" / "quick" / picture).is_file()

    # A second call runs nothing again, and makes the page from what is there.
    (place / "results" / "README.md").unlink()
    capsys.readouterr()
    assert cli.main(["benchmark", *ONE[:4], "--seeds", "2"]) == 0
    assert "run 1 of" not in capsys.readouterr().out
    assert (place / "results" / "README.md").read_text() == page


def test_a_killed_run_goes_on_and_ends_as_if_it_had_not_been_killed(place):
    assert cli.main(["benchmark", *SIMVP, "--out", "whole"]) == 0
    command = [sys.executable, str(TOOL), *SIMVP, "--out", "killed"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}  # as the tests' own process
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
    last = place / "killed" / "work_dirs" / "quick" / "SimVP_n6_42" / "checkpoints" / "last.ckpt"
    finished = 0
    while child.poll() is None and not 0 < finished < 12:
        time.sleep(0.02)
        try:
            finished = torch.load(last, weights_only=True)["global_step"]
        except (OSError, RuntimeError, EOFError):
            finished = 0
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert 0 < finished < 12  # of 3 epochs of 4 steps
    assert not records(place, "killed")
    assert cli.main(["benchmark", *SIMVP, "--out", "killed"]) == 0
    (whole,), (resumed,) = records(place, "whole").values(), records(place, "killed").values()
    assert resumed["scores"] == whole["scores"]
    assert [each["val_mse"] for each in resumed["history"]] == [each["val_mse"] for each in whole["history"]]


def test_what_can_be_compiled_is_and_the_record_says_so(place, monkeypatch):
    # Without a code generator, see test_end_to_end.
    monkeypatch.setattr(torch, "compile", lambda function, **_: function)
    both = [*SIMVP, "--methods", "LatentAffine", "SimVP", "--compile"]
    assert cli.main(["benchmark", *both]) == 0
    compiled = {name: record["compiled"] for name, record in records(place).items()}
    assert compiled == {"LatentAffine_n6_42": False, "SimVP_n6_42": True}


def test_a_run_of_another_process_is_left_to_it(place, capsys):
    folder = place / "results" / "work_dirs" / "quick"
    folder.mkdir(parents=True)
    with FileLock(folder / "LatentAffine_n6_42.lock"):
        assert cli.main(["benchmark", *ONE]) == 0
    assert "LatentAffine_n6_42 is being run by another process" in capsys.readouterr().out
    assert not records(place)


def test_time_that_is_over_stops_a_run_which_goes_on_later(place, capsys):
    config = place / "configs" / "seqinterp" / "SimVP_quick.py"
    config.write_text(config.read_text().replace("epoch = 3", "epoch = 1000"))
    assert cli.main(["benchmark", *SIMVP, "--max_time", "0.1"]) == 0
    assert "--max_time: stopped after 0.1 minutes; repeat the command to continue" in capsys.readouterr().out
    assert not records(place)
    assert "Not run." in (place / "results" / "README.md").read_text()
    assert (place / "results/work_dirs/quick/SimVP_n6_42/checkpoints/last.ckpt").is_file()


def test_a_record_made_with_other_settings_is_kept_and_named(place, capsys):
    assert cli.main(["benchmark", *ONE]) == 0
    config = place / "configs" / "seqinterp" / "LatentAffine_quick.py"
    config.write_text(config.read_text().replace("hidden = 4", "hidden = 5"))
    before = records(place)
    assert cli.main(["benchmark", *ONE]) == 0
    folder = Path("results/work_dirs/quick/LatentAffine_n6_42")
    said = f"LatentAffine_n6_42.json was made with hidden=4, now it is 5; remove it and {folder} to run it again"
    assert said in capsys.readouterr().out
    assert records(place) == before
    # Half of what it says is not enough, and ends in one line that says so.
    (place / "results" / "quick" / "LatentAffine_n6_42.json").unlink()
    assert cli.main(["benchmark", *ONE]) == 2
    assert f"give the same command; or remove {folder} to train it anew" in capsys.readouterr().err.splitlines()[-1]
    shutil.rmtree(place / folder)
    assert cli.main(["benchmark", *ONE]) == 0
    assert records(place)["LatentAffine_n6_42"]["config"]["hidden"] == 5


def test_a_run_that_fails_does_not_keep_others_from_running(place, capsys):
    config = place / "configs" / "seqinterp" / "SimVP_quick.py"
    config.write_text(config.read_text().replace("lr = 5e-3", "lr = 1e30"))
    assert cli.main(["benchmark", *SIMVP, "--methods", "SimVP", "LatentAffine"]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: 1 of 2 runs failed, the first was SimVP_n6_42: ")
    assert list(records(place)) == ["LatentAffine_n6_42"]
    assert "LatentAffine_n6_42" in (place / "results" / "README.md").read_text()


def test_an_error_that_nobody_foresaw_does_not_keep_others_from_running(place, capsys, monkeypatch):
    def failing(settings):
        if settings.method.lower() == "simvp":
            raise RuntimeError("out of\nmemory")
        return SeqInterpExperiment(settings)

    monkeypatch.setattr(runs, "SeqInterpExperiment", failing)
    assert cli.main(["benchmark", *SIMVP, "--methods", "SimVP", "LatentAffine"]) == 2
    error = capsys.readouterr().err
    assert error.splitlines()[-1].endswith("was SimVP_n6_42: RuntimeError: out of memory; its traceback is above")
    assert "Traceback (most recent call last)" in error
    assert list(records(place)) == ["LatentAffine_n6_42"]


@pytest.mark.skipif("Swin" not in host.MODEL_TYPES, reason="a network of OpenSTL's")
def test_a_network_that_does_not_fit_is_refused_before_anything_is_run(place, capsys):
    assert cli.main(["benchmark", *ONE, "--methods", "LatentAffine", "SimVP:swin"]) == 2
    assert "--methods SimVP:swin does not run on images of 36x36: its window of 4" in capsys.readouterr().err
    assert not records(place)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--shard", "3/2"], "--shard is no more: give --launcher slurm --workers N"),
        (["--jobs", "2"], "--jobs is no more: give --launcher local --workers N"),
        (["--workers", "2"], "--workers is of runs that are launched as jobs; add --launcher"),
        (["--launcher", "slum"], "unknown --launcher 'slum'; did you mean 'slurm'?"),
        (["--launcher", "local", "--workers", "0"], "--workers is 0, expected at least 1"),
        (["--launcher", "local", "--partition", "a"], "--partition is of --launcher slurm"),
        (["--seeds", "0"], "--seeds is 0"),
        (["--max_time", "-1"], "--max_time is -1.0"),
        (["--preset", "fast"], "unknown --preset 'fast'"),
        (["--methods", "SimVPP"], "unknown --methods 'SimVPP'; did you mean 'SimVP'?"),
        (["--methods", "all:gSTA"], "unknown --methods 'all:gSTA'; did you mean 'all'?"),
        (["--preset", "paper-short"], "it has no config configs/seqinterp/LatentAffine_short.py; add one, or name"),
        (["--launcher", "local", "--gpus", "99"], "--gpus is 99, this machine has "),
        (["--train_sets", "n3"], "unknown --train_sets 'n3'"),
        (["--methods", "PredRNN_"], "unknown --methods 'PredRNN_'"),
        (["--methods", "PredFormer:FacTT"], "unknown --methods PredFormer 'FacTT'; did you mean 'FacTS'?"),
        (["--methods", "LatentAffine:gSTA"], "LatentAffine has one network; leave out :gSTA"),
    ],
)
def test_mistakes_end_in_one_line_before_anything_is_run(place, arguments, message, capsys):
    assert cli.main(["benchmark", *ONE, *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert message in error
    assert not records(place)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--speed", "--seeds", "2"], "--speed measures and trains nothing, so --seeds has no meaning there"),
        (["--speed", "--launcher", "local"], "so --launcher has no meaning there"),
        (["--speed", "--baselines"], "so --baselines has no meaning there"),
        (["--baselines", "--max_time", "1"], "--baselines trains nothing, so --max_time has no meaning there"),
        (["--baselines", "--launcher", "local"], "so --launcher has no meaning there"),
    ],
)
def test_flags_without_a_meaning_are_refused(place, flags, message, capsys):
    assert cli.main(["benchmark", *flags]) == 2
    assert f"{message}; leave it out" in capsys.readouterr().err
    assert not (place / "results").exists()


@pytest.mark.parametrize(
    ("flags", "name"),
    [
        (ONE, "README.md"),
        (ONE, "leaderboard.md"),
        (["--speed"], "speed.md"),
        (["--real", "."], "real.md"),
        (["-d", "clip"], "clip.md"),
    ],
)
def test_a_page_of_others_is_not_replaced(place, capsys, flags, name):
    text = "# Mine\n\n\n\n\nSee `python tools/benchmark.py`.\n"
    (place / name).write_text(text)
    assert cli.main(["benchmark", *flags, "--out", "."]) == 2
    assert f"{name} is there, and not from this command, which would replace it" in capsys.readouterr().err
    assert (place / name).read_text() == text


@pytest.mark.parametrize("path", sorted((Path(__file__).resolve().parents[3] / "results").glob("*.md")))
def test_the_committed_pages_may_be_replaced(path):
    require_ours(path.parent, [path.name])


def test_a_damaged_record_is_named(place, capsys):
    (place / "results" / "quick").mkdir(parents=True)
    (place / "results" / "quick" / "LatentAffine_n6_42.json").write_text('{"method": 1')
    assert cli.main(["benchmark", *ONE]) == 2
    assert "LatentAffine_n6_42.json is damaged or not from this plugin" in capsys.readouterr().err


def test_the_committed_page_is_that_of_the_committed_records(tmp_path):
    results = Path(__file__).resolve().parents[3] / "results"
    shutil.copytree(results, tmp_path / "results", ignore=shutil.ignore_patterns("*.gif", "work_dirs"))
    names = ["SimVP", *registry.METHODS]
    page = write_page(tmp_path / "results", names).read_text()
    found = (results / "README.md").read_text()
    for name in ("SimVP", "LatentAffine"):
        assert f"[{name}_n6_42](quick/{name}_n6_42.json)" in page
    assert page == found
