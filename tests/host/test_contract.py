"""What the plugin asks of a host, checked on whichever is there; where that is OpenSTL, the embedded one must agree."""

import argparse

import pytest
import torch

from openstl_seqinterp import embedded, host

needs_openstl = pytest.mark.skipif(host.EMBEDDED, reason="compares with OpenSTL, which is not installed")
NETWORKS = {
    "paper": {"in_shape": [4, 1, 36, 36], "hid_S": 64, "hid_T": 256, "N_S": 2, "N_T": 2},
    "colour": {"in_shape": [3, 3, 16, 24], "hid_S": 8, "hid_T": 12, "N_S": 4, "N_T": 4},
    "narrow": {"in_shape": [2, 1, 8, 10], "hid_S": 4, "hid_T": 8, "N_S": 2, "N_T": 3},
    "odd depth": {"in_shape": [5, 2, 12, 12], "hid_S": 6, "hid_T": 30, "N_S": 3, "N_T": 2, "mlp_ratio": 4.0},
}


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_simvp_maps_frames_to_frames_of_the_same_shape(network):
    x = torch.rand(2, *network["in_shape"])
    assert host.SimVP_Model(**network).eval()(x).shape == x.shape


@pytest.mark.parametrize("wanted", [2, 4, 10])
def test_simvp_predicts_as_many_frames_as_asked(wanted):
    settings = {**NETWORKS["paper"], "hid_S": 4, "hid_T": 8, "pre_seq_length": 4, "aft_seq_length": wanted}
    common = {"dataname": "seqinterp", "metrics": ["mse", "mae"], "model_type": "gSTA"}
    method = host.SimVP(**settings, **common).eval()
    x = torch.rand(1, 4, 1, 36, 36)
    with torch.no_grad():
        predicted = method(x)
        assert predicted.shape[1] == wanted
        torch.testing.assert_close(predicted[:, :4], method.model(x)[:, :wanted])
        if wanted > 4:  # it reads its own predictions
            torch.testing.assert_close(predicted[:, 4:8], method.model(predicted[:, :4]))
            assert (predicted[:, 4:8] - predicted[:, :4]).abs().max() > 1e-3


def test_the_parser_knows_the_flags_that_the_plugin_reads():
    flags = vars(host.create_parser().parse_args([]))
    assert {"device", "gpus", "fp16", "clip_grad", "ckpt_path", "ex_name", "res_dir"} <= set(flags)
    assert set(host.default_parser()) <= set(flags)


@needs_openstl
def test_the_embedded_flags_are_those_of_openstl():
    def describe(parser: argparse.ArgumentParser) -> dict[str, tuple]:
        return {a.dest: (set(a.option_strings), a.default, a.nargs) for a in parser._actions if a.dest != "help"}

    theirs, ours = describe(host.create_parser()), describe(embedded.create_parser())
    assert ours == theirs
    late, known = embedded.default_parser(), host.default_parser()
    assert {key: late[key] for key in known} == known


@needs_openstl
@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_weights_move_between_hosts_with_the_same_output_and_gradients(network):
    torch.manual_seed(0)
    theirs, ours = host.SimVP_Model(**network, drop_path=0.0), embedded.SimVP_Model(**network, drop_path=0.0)
    shapes = [{name: value.shape for name, value in model.state_dict().items()} for model in (theirs, ours)]
    assert shapes[0] == shapes[1]
    ours.load_state_dict(theirs.state_dict())
    x = torch.rand(2, *network["in_shape"])
    outputs = []
    for model in (theirs, ours):
        torch.manual_seed(1)  # stochastic depth draws in training mode
        outputs.append(model.train()(x))
        outputs[-1].square().mean().backward()
    # A layer adds up hundreds of terms, each rounded to 2**-24: hosts that do it in other orders differ by some 1e-5 of
    # the largest value in each of about ten layers.
    torch.testing.assert_close(outputs[0], outputs[1], rtol=0, atol=1e-4 * float(outputs[0].detach().abs().max()))
    gradients = dict(theirs.named_parameters())
    largest = max(float(parameter.grad.abs().max()) for parameter in gradients.values())
    for name, parameter in ours.named_parameters():
        torch.testing.assert_close(parameter.grad, gradients[name].grad, rtol=1e-3, atol=1e-4 * largest)


@needs_openstl
def test_both_hosts_initialise_from_the_same_distributions():
    torch.manual_seed(0)
    network = NETWORKS["paper"]
    theirs, ours = (model(**network).state_dict() for model in (host.SimVP_Model, embedded.SimVP_Model))
    for name, value in theirs.items():
        if value.numel() > 2000:
            assert ours[name].std() == pytest.approx(value.std().item(), rel=0.1), name
        elif name.endswith("bias") and "reduction" not in name and "readout" not in name:
            assert torch.equal(ours[name], value), name
