"""The quick configs of the host's methods: as much training for each, and none that cannot run."""

import pytest
import torch

from openstl_seqinterp import host, registry
from openstl_seqinterp.config import resolve
from openstl_seqinterp.config_file import find_config, read_config
from openstl_seqinterp.experiment import SeqInterpExperiment

registry.register()
OWN = [name for name in dict.fromkeys(registry.method_names().values()) if name not in registry.METHODS]


@pytest.mark.parametrize("method", [*OWN, "PredFormer", "PredFormer_Infill", "SimVP_Infill"])
def test_each_is_trained_on_as_many_windows(method):
    quick = [read_config(find_config(f"{name}_quick")) for name in ("SimVP", method)]
    assert [each["epoch"] * each["epoch_cases"] for each in quick] == [23_040, 23_040]
    assert [each["batch_size"] for each in quick] == [16, 16]


@pytest.mark.parametrize("method", OWN)
def test_each_trains_and_predicts(method, small_root, tmp_path, monkeypatch):
    command = ["-m", method, "-c", f"{method}_quick", "--data_root", str(small_root), "--res_dir", str(tmp_path)]
    command += ["-b", "2", "-vb", "2", "--epoch_cases", "2", "--precision", "32", "--test_sets", "n6", "-e", "1"]
    experiment = SeqInterpExperiment(resolve([*command, "--no_display_method_info", "--logger", "none"]))
    experiment.train()
    (epoch,) = experiment.history.epochs
    assert 0 < epoch["val_mse"] < float("inf")
    x = torch.rand(1, *experiment.method.hparams["in_shape"])
    with torch.no_grad():
        assert host.predict(experiment.method.eval(), x).shape == x.shape
