import pytest

from openstl_seqinterp import cli


def test_prepare_writes_the_data_where_it_is_told_to(tmp_path, capsys):
    assert cli.main(["prepare", "--data_root", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"wrote {tmp_path / 'seqinterp'}\n"
    written = {path.name for path in (tmp_path / "seqinterp").iterdir()}
    assert written == {"n6-train.npz", "n6-test.npz", "n3-train.npz", "n3-test.npz", "simulation.json"}


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--seed", "-1"], "--seed is -1, expected at least 0"),
        (["--seed", "one"], "argument --seed: invalid int value: 'one'"),
        (["--sed", "1"], "unrecognized arguments: --sed 1"),
        (["--data_root", "/dev/null/data"], "cannot write to folder /dev/null/data"),
    ],
)
def test_mistakes_end_in_one_line(argv, message, capsys):
    assert cli.main(["prepare", *argv]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: {message}")
