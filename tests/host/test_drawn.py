"""PredFormer, and the methods that draw the target's slot, trained and scored by whichever host is there."""

import json

import pytest
import torch

from openstl_seqinterp import cli
from openstl_seqinterp.config import resolve

PREDFORMER = "model_type = 'TripletTST'\npatch_size = 6\nembed_dim = 8\nnum_heads = 2\ndepth = 3\n"
SETTINGS = {
    "PredFormer": PREDFORMER,
    "PredFormer_Infill": PREDFORMER,
    "SimVP_Infill": "model_type = 'gSTA'\nhid_S = 4\nhid_T = 8\nN_S = 2\nN_T = 2\nmlp_ratio = 2.\n",
}
COMMON = "epoch = 2\nepoch_cases = 64\nbatch_size = 16\nval_batch_size = 64\nlr = 5e-3\ndrop_path = 0.1\n"


@pytest.fixture
def command(small_root, tmp_path):
    """A function from a method to the command line of its tiny run."""

    def build(method, more=""):
        config = tmp_path / "tiny.py"
        config.write_text(f"method = {method!r}\n{SETTINGS[method]}{COMMON}{more}")
        return [
            *("-m", method, "-c", str(config), "--data_root", str(small_root), "--res_dir", str(tmp_path)),
            *("--ex_name", "run", "--precision", "32", "--test_sets", "n3"),
        ]

    return build


@pytest.mark.parametrize("method", SETTINGS)
def test_it_trains_scores_and_gives_the_same_scores_again(method, command, tmp_path):
    assert cli.main(["train", *command(method)]) == 0
    first = json.loads((tmp_path / "run" / "scores.json").read_text())
    assert first["method"] == method
    assert cli.main(["test", *command(method)]) == 0
    assert json.loads((tmp_path / "run" / "scores.json").read_text())["scores"] == first["scores"]
    weights = torch.load(tmp_path / "run" / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
    assert not any("position" in name for name in weights)  # no weight, so nothing to keep


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("model_type = 'TripletTTS'", "unknown model_type of PredFormer 'TripletTTS'; did you mean 'TripletTST'?"),
        ("patch_size = 5", "images of [36, 36] cannot be divided into patches of patch_size=5"),
        ("embed_dim = 10\nnum_heads = 4", "embed_dim is 10, expected a multiple of num_heads=4"),
        ("depth = 4", "depth is 4, expected a multiple of 3 for model_type TripletTST"),
        ("hid_S = 4", "unknown key 'hid_S'"),
    ],
)
def test_settings_that_cannot_work_end_in_one_line(command, more, message, capsys):
    assert cli.main(["train", *command("PredFormer", more)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error


@pytest.mark.parametrize("suffix", ["", "_quick"])
@pytest.mark.parametrize("method", SETTINGS)
def test_the_configs_that_come_with_them_fit(method, suffix, data_root):
    settings = resolve(["-m", method, "-c", method + suffix, "--data_root", str(data_root)])
    assert settings.method == method
