"""The quick configs of the host's methods: as much training for each, and none that cannot run."""

import pytest
import torch
from stopping import stopped

from openstl_seqinterp import host, registry
from openstl_seqinterp.config import resolve
from openstl_seqinterp.config_file import CONFIGS, find_config, read_config
from openstl_seqinterp.experiment import SeqInterpExperiment

registry.register()
OWN = [name for name in dict.fromkeys(registry.method_names().values()) if name not in registry.METHODS]


@pytest.mark.parametrize("method", [*OWN, "PredFormer", "PredFormer_Infill", "SimVP_Infill"])
def test_each_is_trained_on_as_many_windows(method):
    quick = [read_config(find_config(f"{name}_quick")) for name in ("SimVP", method)]
    assert [each["epoch"] * each["epoch_cases"] for each in quick] == [23_040, 23_040]
    assert [each["batch_size"] for each in quick] == [16, 16]


SAMPLED = [path for path in sorted((CONFIGS / "seqinterp").glob("*.py")) if "sampling_stop_iter" in read_config(path)]


@pytest.mark.parametrize("path", SAMPLED, ids=lambda path: path.stem)
def test_sampling_ends_where_it_does_on_moving_mnist(path):
    """There, after 50,000 of the 125,000 steps of 200 epochs of 10,000 sequences; n6 has 2,880 windows."""
    config = read_config(path)
    end = 0.4 * config["epoch"] * config.get("epoch_cases", 2880) / config["batch_size"]
    assert config["sampling_stop_iter"] == end
    assert config["sampling_changing_rate"] * end == pytest.approx(1, rel=0.01)
    if "r_sampling_step_1" in config:
        steps = [config[name] for name in ("r_sampling_step_1", "r_sampling_step_2", "r_exp_alpha")]
        assert steps == [end / 2, end, pytest.approx(end / 10, abs=0.5)]


@pytest.mark.parametrize("method", OWN)
def test_each_trains_and_predicts_the_same_if_it_was_stopped_and_resumed(method, small_root, tmp_path):
    command = ["-m", method, "-c", f"{method}_quick", "--data_root", str(small_root), "--res_dir", str(tmp_path)]
    command += ["-b", "2", "-vb", "2", "--epoch_cases", "4", "--precision", "32", "--test_sets", "n6", "-e", "2"]
    command += ["--no_display_method_info", "--logger", "none"]

    def trained(*options):
        experiment = SeqInterpExperiment(resolve([*command, *options]))
        experiment.train()
        return experiment

    whole = trained("--ex_name", "whole")
    assert [0 < epoch["val_mse"] < float("inf") for epoch in whole.history.epochs] == [True, True]
    with stopped(host.method_maps[method.lower()], (1, 1)):
        trained()
    resumed = trained("--resume")
    x = torch.rand(1, *whole.method.hparams["in_shape"])
    with torch.no_grad():
        predictions = [host.predict(each.method.eval(), x) for each in (whole, resumed)]
    assert predictions[0].shape == x.shape
    assert torch.equal(*predictions)
