"""Faults of OpenSTL's own methods that `repairs` mends."""

import importlib

import pytest
import torch
from stopping import stopped

from openstl_seqinterp import host, registry, speedups
from openstl_seqinterp.config import resolve
from openstl_seqinterp.experiment import SeqInterpExperiment

registry.register()

pytestmark = pytest.mark.skipif(host.EMBEDDED, reason="repairs methods of OpenSTL, which is not installed")
COMMON = {
    **{"dataname": "seqinterp", "metrics": ["mse"], "device": "cpu", "dist": False, "in_shape": [4, 1, 12, 12]},
    **{"pre_seq_length": 4, "aft_seq_length": 4, "total_length": 8, "batch_size": 2, "val_batch_size": 2},
}
MIM = {
    **{"num_hidden": "4,4", "patch_size": 2, "filter_size": 3, "stride": 1, "layer_norm": 0},
    **{"reverse_scheduled_sampling": 0, "scheduled_sampling": 0},
}


def _built(name, **settings):
    torch.manual_seed(0)
    return host.method_maps[name](**COMMON, **settings).eval()


def test_phydnet_is_trained_on_the_loss_of_its_model():
    method = _built("phydnet", patch_size=4)
    logged = {}
    method.log = lambda name, value, **_: logged.update({name: value})
    x, y = torch.rand(2, 4, 1, 12, 12), torch.rand(2, 4, 1, 12, 12)
    own = method.model(x, y, method.constraints, 1.0)
    loss = method.training_step((x, y), 0)  # the targets are fed back in the first epoch
    torch.testing.assert_close(loss, own)
    assert logged["train_loss"] is loss
    method.validation_step((x, y), 0)
    torch.testing.assert_close(logged["val_loss"], (host.predict(method, x) - y).square().mean())


def test_mim_predicts_the_same_whatever_it_read_before():
    method = _built("mim", **MIM)
    with torch.no_grad():
        for parameter in method.parameters():  # some are zero at first, and then nothing is remembered
            parameter += 0.1
        x, other = torch.rand(2, 4, 1, 12, 12), torch.rand(3, 4, 1, 12, 12)
        first = host.predict(method, x)
        host.predict(method, other)
        assert torch.equal(host.predict(method, x), first)
        torch.testing.assert_close(host.predict(method, x[:1]), first[:1])  # a smaller last batch


MMVP = {
    **{"downsample_setting": "2,2", "hid_S": 2, "hid_T": 3, "use_direct_predictor": True},
    **{"rrdb_encoder_num": 1, "rrdb_decoder_num": 1, "rrdb_enhance_num": 1},
}


def test_mmvp_computes_the_same_with_weights_in_channels_last_layout():
    method = _built("mmvp", **MMVP)
    x = torch.rand(2, 4, 1, 12, 12)
    expected = host.predict(method, x)
    speedups.prepare(method.model, "cpu", "32-true")
    # A pixel passes through about 30 convolutions of at most 4 * 8 * 9 terms, each rounded to 2**-24.
    torch.testing.assert_close(host.predict(method, x), expected, rtol=0, atol=30 * 288 * 2**-24)


@pytest.mark.parametrize("method", ["PredRNN", "MAU"])
def test_sampling_falls_with_the_steps_of_a_resumed_run_too(method, small_root, tmp_path, monkeypatch):
    shares = []

    def recorded(eta, *arguments):
        shares.append(eta)
        return schedule_sampling(eta, *arguments)

    schedule_sampling = importlib.import_module("openstl.utils").schedule_sampling
    monkeypatch.setattr(f"openstl.methods.{'mau' if method == 'MAU' else 'predrnn'}.schedule_sampling", recorded)
    command = ["-m", method, "-c", f"{method}_quick", "--data_root", str(small_root), "--res_dir", str(tmp_path)]
    command += ["-b", "2", "-vb", "2", "--epoch_cases", "6", "-e", "2", "--precision", "32", "--test_sets", "n6"]
    command += ["--logger", "none", "--no_display_method_info"]
    with stopped(host.method_maps[method.lower()], (1, 0)):
        SeqInterpExperiment(resolve(command)).train()
    SeqInterpExperiment(resolve([*command, "--resume"])).train()
    assert shares == pytest.approx([1 - 0.00174 * step for step in range(6)])


def test_without_scheduled_sampling_no_setting_of_it_is_needed():
    assert _built("mim", **MIM).eta == 1
