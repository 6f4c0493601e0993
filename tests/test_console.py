"""The console command: ``seqinterp COMMAND ...``, which ``python -m openstl_seqinterp`` is too."""

import subprocess
import sys

import pytest

from openstl_seqinterp import cli


@pytest.fixture
def instead(monkeypatch):
    """Puts a function in the place of that of a command."""

    def replace(name, function):
        monkeypatch.setattr(cli, "_function", lambda command: function if command is cli.COMMANDS[name] else None)

    return replace


@pytest.mark.parametrize("words", [[], ["-h"], ["--help"]])
def test_help_names_every_command(capsys, words):
    with pytest.raises(SystemExit) as stopped:
        cli.main(words)
    assert stopped.value.code == 0
    out, err = capsys.readouterr()
    listed = " ".join(out.split("COMMAND", 2)[2].split())
    for name, command in cli.COMMANDS.items():
        assert f"{name} {command.help}" in listed
    assert not err


@pytest.mark.parametrize(("word", "near"), [("predit", "predict"), ("Train", "train"), ("bench", "benchmark")])
def test_an_unknown_command_ends_in_one_line(capsys, word, near):
    assert cli.main([word, "--out", "x"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: unknown command {word!r}; did you mean {near!r}?")


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_a_command_gets_what_follows_it(instead, name):
    got = []
    instead(name, got.extend)
    assert cli.main([name, "--one", "2", "-h"]) == 0
    assert got == ["--one", "2", "-h"]


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_each_has_help_of_its_own(capsys, name):
    with pytest.raises(SystemExit) as stopped:
        cli.main([name, "--help"])
    assert stopped.value.code == 0
    assert f"usage: seqinterp {name} " in " ".join(capsys.readouterr().out.split())


def test_a_mistake_of_a_command_ends_in_one_line(capsys, tmp_path):
    assert cli.main(["compare", str(tmp_path / "nothing")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert "nothing" in line


def test_being_stopped_is_told_by_the_exit_code(instead, capsys):
    def stopped(argv):
        raise KeyboardInterrupt

    instead("train", stopped)
    assert cli.main(["train"]) == 130
    assert capsys.readouterr().err.strip() == "stopped"


def test_the_module_is_the_command_and_imports_only_what_it_needs():
    code = (
        "import sys, openstl_seqinterp, openstl_seqinterp.cli, openstl_seqinterp.host, openstl_seqinterp.protocols;"
        "print([name for name in ('torch', 'openstl', 'openstl_seqinterp.apps') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
    done = subprocess.run(
        [sys.executable, "-m", "openstl_seqinterp", "predit"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: unknown command 'predit'; did you mean 'predict'?")
