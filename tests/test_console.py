"""The console command: ``seqinterp COMMAND ...``."""

import sys

import pytest

from openstl_seqinterp import cli


def call(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["seqinterp", *words])
    return cli.main()


@pytest.mark.parametrize("words", [[], ["-h"], ["--help"]])
def test_help_names_every_command(monkeypatch, capsys, words):
    assert call(monkeypatch, *words) == 0
    out, err = capsys.readouterr()
    lines = {line.split()[0]: line for line in out.splitlines()[2:]}
    assert list(lines) == list(cli.COMMANDS)
    for name, function in cli.COMMANDS.items():
        assert lines[name].split(maxsplit=1)[1] == function.__doc__.splitlines()[0]
    assert not err


@pytest.mark.parametrize(("word", "near"), [("predit", "predict"), ("Train", "train"), ("bench", "benchmark")])
def test_an_unknown_command_ends_in_one_line(monkeypatch, capsys, word, near):
    assert call(monkeypatch, word, "--out", "x") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: unknown command {word!r}; did you mean {near!r}?")


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_a_command_gets_what_follows_it(monkeypatch, name):
    got = []
    monkeypatch.setitem(cli.COMMANDS, name, got.extend)
    assert call(monkeypatch, name, "--one", "2") == 0
    assert got == ["--one", "2"]


@pytest.mark.parametrize("name", ["predict", "compare", "benchmark", "prepare", "import"])
def test_each_has_help_of_its_own(monkeypatch, capsys, name):
    with pytest.raises(SystemExit) as stopped:
        call(monkeypatch, name, "--help")
    assert stopped.value.code == 0
    assert f"usage: seqinterp {name} " in " ".join(capsys.readouterr().out.split())


def test_a_mistake_of_a_command_ends_in_one_line(monkeypatch, capsys, tmp_path):
    assert call(monkeypatch, "compare", str(tmp_path / "nothing")) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert "nothing" in line


def test_being_stopped_is_told_by_the_exit_code(monkeypatch, capsys):
    def stopped(argv):
        raise KeyboardInterrupt

    monkeypatch.setitem(cli.COMMANDS, "train", stopped)
    assert call(monkeypatch, "train") == 130
    assert capsys.readouterr().err.strip() == "stopped"
