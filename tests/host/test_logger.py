"""Training curves: ``--logger``."""

import csv

import pytest

from openstl_seqinterp import cli


def test_by_default_the_curves_are_in_a_csv_file(arguments, tmp_path):
    assert cli.main(["train", *arguments, "-e", "2"]) == 0
    (path,) = (tmp_path / "runs" / "run" / "logs").rglob("metrics.csv")
    with path.open() as file:
        rows = list(csv.DictReader(file))
    losses = [float(row["val_loss_epoch"]) for row in rows if row["val_loss_epoch"]]
    assert len(losses) == 2
    assert losses[1] < losses[0]
    assert any(row.get("train_loss_step") for row in rows)
    # A run that goes on leaves what is there, and one that starts anew begins again.
    before = path.read_text()
    assert cli.main(["train", *arguments, "-e", "2", "--resume"]) == 0
    assert path.read_text() == before
    assert cli.main(["train", *arguments, "-e", "1"]) == 0
    (path,) = (tmp_path / "runs" / "run" / "logs").rglob("metrics.csv")
    with path.open() as file:
        assert len([row for row in csv.DictReader(file) if row["val_loss_epoch"]]) == 1


@pytest.mark.parametrize(
    ("loggers", "files"),
    [(["none"], []), (["tensorboard"], ["events.out"]), (["csv", "tensorboard"], ["events.out", "metrics"])],
)
def test_loggers_are_those_requested(arguments, tmp_path, loggers, files):
    assert cli.main(["train", *arguments, "-e", "1", "--logger", *loggers]) == 0
    kinds = {".".join(path.name.split(".")[:2]) for path in (tmp_path / "runs").rglob("events.out*")}
    kinds |= {path.stem for path in (tmp_path / "runs").rglob("metrics.csv")}
    assert sorted(kinds) == files


def test_an_unknown_logger_is_one_line(arguments, capsys):
    assert cli.main(["train", *arguments, "--logger", "wandb"]) == 2
    assert "invalid choice: 'wandb'" in capsys.readouterr().err


def test_a_run_goes_on_with_other_loggers(arguments):
    # Where curves go changes no weight; runs of before the flag do not have it among their settings.
    assert cli.main(["train", *arguments, "-e", "1"]) == 0
    assert cli.main(["train", *arguments, "-e", "1", "--resume", "--logger", "none"]) == 0
