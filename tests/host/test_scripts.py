"""OpenSTL's own, unmodified scripts under the plugin; and that OpenSTL is otherwise as it was."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import timm.models.swin_transformer as swin

from openstl_seqinterp import cli, host

TOOLS = Path(__file__).resolve().parents[2] / "tools"
pytestmark = pytest.mark.skipif(host.EMBEDDED, reason="runs scripts of OpenSTL, which is not installed")

UNTOUCHED = """
import copy, openstl_seqinterp
from openstl_seqinterp import host, registry
def snapshot():
    flags = vars(host.create_parser().parse_args([]))
    return copy.deepcopy([dict(host.method_maps), dict(host.dataset_parameters), flags, host.default_parser()])
before = snapshot()
openstl_seqinterp.register()
after = snapshot()
for name in registry.METHODS:
    del after[0][name.lower()]
for name in registry.DATASETS:
    del after[1][name]
assert before == after
"""


@pytest.fixture
def theirs(monkeypatch) -> Path:
    """OpenSTL's tools folder; what the plugin puts in its place for a script is put back after the test."""
    import openstl.api
    import openstl.utils

    for module, name in ((openstl.api, "BaseExperiment"), (openstl.utils, "create_parser")):
        monkeypatch.setattr(module, name, getattr(module, name))
    monkeypatch.setattr(sys, "argv", sys.argv)
    return Path(openstl.__file__).parents[1] / "tools"


@pytest.mark.filterwarnings("ignore")  # as their script has it
def test_their_scripts_reach_the_scores_of_ours(theirs, arguments, tmp_path):
    assert cli.main(["train", *arguments]) == 0
    command = [*arguments, "--ex_name", "theirs"]
    assert cli.main([str(theirs / "train.py"), *command]) == 0
    scores = tmp_path / "runs" / "theirs" / "scores.json"
    ours = json.loads((tmp_path / "runs" / "run" / "scores.json").read_text())["scores"]
    trained = json.loads(scores.read_text())["scores"]
    scores.unlink()
    assert cli.main([str(theirs / "test.py"), *command]) == 0
    tested = json.loads(scores.read_text())["scores"]
    for frame, expected in ours["n3"]["model"].items():
        assert trained["n3"]["model"][frame] == pytest.approx(expected, rel=1e-4, abs=2e-5)
        assert tested["n3"]["model"][frame] == pytest.approx(expected, rel=1e-4, abs=2e-5)


def test_a_checkpoint_of_openstl_scores_the_same_on_the_embedded_host(copied):
    folder, command = copied
    here = json.loads((folder / "scores.json").read_text())
    environment = {**os.environ, "SEQINTERP_HOST": "embedded", "PYTHONPATH": str(TOOLS.parent)}
    subprocess.run([sys.executable, str(TOOLS / "test.py"), *command], check=True, env=environment, timeout=120)
    there = json.loads((folder / "scores.json").read_text())
    assert there["host"].startswith("embedded")
    for test_set, scores in here["scores"].items():
        for frame, expected in scores["model"].items():
            assert there["scores"][test_set]["model"][frame] == pytest.approx(expected, rel=1e-4, abs=2e-5)


def test_a_script_that_is_not_there_is_one_line(capsys):
    assert cli.main(["tools/trian.py"]) == 2
    assert (
        capsys.readouterr().err == "error: no script 'tools/trian.py'; name OpenSTL's tools/train.py or tools/test.py\n"
    )


def test_registering_leaves_the_rest_of_openstl_as_it_was():
    subprocess.run([sys.executable, "-c", UNTOUCHED], check=True, timeout=120)


def test_timm_is_as_it_was_after_openstl_was_imported():
    assert swin.SwinTransformerBlock.__module__ == "timm.models.swin_transformer"
    assert not hasattr(swin.window_partition, "__wrapped__")
