"""An exported network gives in onnxruntime, without this package, what PyTorch gives here."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from openstl_seqinterp import cli, fill
from openstl_seqinterp.apps.fill.network import load_method


def exported(checkpoint, out):
    assert cli.main(["export", str(checkpoint), "--to", "onnx", str(out)]) == 0
    onnx.checker.check_model(out, full_check=True)
    return onnxruntime.InferenceSession(out, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("size", [(36, 36), (40, 52)])
def test_images_are_filled_without_the_package(tmp_path, untrained, size):
    session = exported(untrained("SimVP"), tmp_path / "network.onnx")
    frames = np.random.default_rng(0).random((9, *size), np.float32)
    # From here on as in docs/scale.md.
    known = frames[[0, 1, 2, 3]]
    (predicted,) = session.run(None, {"frames": known[None, :, None]})
    image = np.clip(predicted[0, 0, 0], known.min(), known.max())
    whole = fill(frames, np.arange(9) != 4, checkpoint=untrained("SimVP"), range=(0, 1), device="cpu")
    np.testing.assert_allclose(image, whole[4], atol=1e-4)


@pytest.mark.parametrize("method", ["PredFormer", "SimVP_Motion"])
def test_other_networks(tmp_path, untrained, method):
    session = exported(untrained(method), tmp_path / "network.onnx")
    model = load_method(untrained(method), "cpu").method.model.eval()
    network = model.network if method == "SimVP_Motion" else model
    (given,) = session.get_inputs()
    about = session.get_modelmeta().custom_metadata_map
    assert about["method"] == method
    _, frames, channels, *_ = given.shape
    sizes = [(36, 36), (28, 44)] if method == "SimVP_Motion" else [(36, 36)]
    assert [isinstance(side, str) for side in given.shape[3:]] == [len(sizes) > 1] * 2
    for batch, size in enumerate(sizes, 1):
        images = torch.rand(batch, frames, channels, *size)
        with torch.no_grad():
            expected = network(images).numpy()
        np.testing.assert_allclose(session.run(None, {"frames": images.numpy()})[0], expected, atol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.ckpt", "--to", "onnx", "a.onnx"], "there is no checkpoint nowhere.ckpt"),
        (["shipped", "--to", "onx", "a.onnx"], "unknown --to 'onx'; did you mean 'onnx'?"),
        (["shipped", "--to", "onnx", "there.onnx"], "there.onnx is there already"),
    ],
)
def test_mistakes(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.onnx").touch()
    assert cli.main(["export", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["there.onnx"]


def test_what_has_no_form_is_refused(tmp_path, capsys, untrained):
    assert cli.main(["export", str(untrained("LatentAffine")), "--to", "onnx", str(tmp_path / "a.onnx")]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: ")
    assert "LatentAffine cannot be exported" in error
    assert not list(tmp_path.iterdir())
