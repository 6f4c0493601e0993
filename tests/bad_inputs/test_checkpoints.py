"""Checkpoints that are damaged, foreign, unsafe or say of themselves what cannot be: one line, in no time."""

import os
import pickle
import zipfile
from pathlib import Path

import pytest
import torch

PREDICT = "predict good.npy --missing 5 --out out --device cpu --checkpoint bad.ckpt"
WEIGHT = "model.enc.enc.0.conv.conv.weight"
SETTINGS = {
    "SimVP": [
        ("hid_S", 20_000, "hid_S is 20000, expected at most the number of its weights, "),
        ("hid_S", 400, "its settings need more weights than the"),
        ("hid_S", 4.5, "hid_S is 4.5, expected a valid integer"),
        ("hid_T", 10**9, "hid_T is 1000000000, expected at most the number of its weights, "),
        ("N_T", 10**6, "N_T is 1000000, expected at most"),
        ("N_T", 10**9, "N_T is 1000000000, expected at most"),
        ("N_T", 3000, "its settings need more weights than the"),
        ("N_S", 10**6, "N_S=1000000"),
        ("mlp_ratio", 1e9, r"mlp_ratio is 1000000000\.0, expected at most"),
        ("mlp_ratio", float("nan"), "mlp_ratio is nan, expected a finite number"),
        ("spatio_kernel_enc", 10**6 + 1, "spatio_kernel_enc is 1000001, expected at most"),
        ("spatio_kernel_dec", "a", "spatio_kernel_dec is 'a', expected a valid integer"),
        ("aft_seq_length", 10**9, "aft_seq_length is 1000000000, expected less than or equal to 100"),
        ("aft_seq_length", "a", "aft_seq_length is 'a', expected a valid integer"),
        ("in_shape", [10**6, 1, 36, 36], "in_shape is 1000000, expected less than"),
        ("in_shape", [4, 1], r"in_shape is \[4, 1\], expected at least 4"),
        ("in_shape", [4, 0, 36, 36], "in_shape is 0, expected greater than or equal to 1"),
        ("in_shape", None, "in_shape is None, expected"),
        ("value_range", [3.0, 1.0], r"value_range is \[3\.0, 1\.0\], expected the lower value first"),
        ("value_range", [1.0], r"value_range is \[1\.0\], expected at least 2"),
        ("value_range", [0.0, float("nan")], "value_range is nan, expected a finite number"),
        ("value_range", "ab", "value_range is '?a"),
        ("fill_value", "a", "fill_value is 'a', expected a valid number"),
        ("method", "nope", "is of method 'nope', which host .* does not have"),
        ("method", ["simvp"], "it has no method"),
        ("seed", "a", "seed is 'a', expected int"),
        ("train_set", 3, "train_set is 3, expected str"),
        ("drop", "x", "cannot be built with the settings in it"),
    ],
    "SimVP_Motion": [
        ("N_S", 10**6, "N_S is 1000000, expected less than or equal to 16"),
        ("hid_T", 10**9, "hid_T is 1000000000, expected at most the number of its weights, "),
        ("denoise", "a", "denoise is 'a', expected a valid boolean"),
    ],
    "PredFormer": [
        ("model_type", "nope", "model_type is 'nope', expected one of Full, FacST, "),
        ("depth", 7, "depth is 7, expected a multiple of 3 for model_type TripletTST"),
        ("depth", 3 * 10**6, "depth is 3000000, expected at most"),
        ("embed_dim", 7, "embed_dim is 7, expected a multiple of 2"),
        ("num_heads", 5, "embed_dim is 8, expected a multiple of num_heads=5"),
        ("patch_size", 5, r"images of \[36, 36\] cannot be divided into patches of patch_size=5"),
    ],
    "LatentAffine": [
        ("refinements", "a", "refinements is 'a', expected a valid integer"),
        ("refinements", 10**9, "refinements is 1000000000, expected less than or equal to 100"),
        ("refinements", -1, "refinements is -1, expected"),
        ("refinements", 10**9, "refinements is 1000000000, expected less than"),
        ("hidden", 10**6, "hidden is 1000000, expected at most the number of its weights"),
        ("hidden", [4], r"hidden is \[4\], expected a valid integer"),
    ],
}
WEIGHTS = {
    "meta": (lambda weight: weight.to("meta"), f"weight {WEIGHT} is torch.strided on meta, expected a dense one"),
    "sparse": (torch.Tensor.to_sparse, f"weight {WEIGHT} is torch.sparse_coo on cpu, expected a dense one"),
    "int8": (lambda weight: weight.to(torch.int8), f"{WEIGHT} is int8 there, float32 here"),
    "complex": (lambda weight: weight.to(torch.complex64), f"{WEIGHT} is complex64 there, float32 here"),
    "half": (torch.Tensor.half, f"{WEIGHT} is float16 there, float32 here"),
    "double": (torch.Tensor.double, f"{WEIGHT} is float64 there, float32 here"),
    "bool": (torch.Tensor.bool, f"{WEIGHT} is bool there, float32 here"),
    "nan": (lambda weight: weight * torch.nan, rf"weights that are not finite \({WEIGHT}\)"),
    "infinite": (lambda weight: weight / 0, rf"weights that are not finite \({WEIGHT}\)"),
    "empty": (lambda weight: weight[:0], rf"{WEIGHT} is \(0, 1, 3, 3\) there, \(4, 1, 3, 3\) here"),
    "scalar": (torch.Tensor.sum, rf"{WEIGHT} is \(\) there"),
    "expanded": (lambda weight: weight.sum().expand(10**9, 100), r"claim 4000000\d+ bytes in a file of \d+"),
    "no tensor": (lambda weight: "a", "no state_dict of weights"),
}


class _Runs:
    def __reduce__(self):
        return os.mkdir, ("made",)


def _without(state, key):
    return {name: value for name, value in state.items() if name != key}


STATES = {
    "without epoch": (lambda state: _without(state, "epoch"), "it has no epoch"),
    "without steps": (lambda state: _without(state, "global_step"), "it has no global_step"),
    "without settings": (lambda state: _without(state, "hyper_parameters"), "it has no hyper_parameters"),
    "settings in a list": (lambda state: {**state, "hyper_parameters": [1]}, "it has no hyper_parameters"),
    "epoch in words": (lambda state: {**state, "epoch": "two"}, "it has no epoch"),
    "no weights": (lambda state: {**state, "state_dict": {}}, "expected at most the number of its weights, 0"),
    "weights are none": (lambda state: {**state, "state_dict": None}, "no state_dict of weights"),
    "one weight more": (
        lambda state: {**state, "state_dict": {**state["state_dict"], "more": torch.zeros(3)}},
        r"more is \(3,\) there, absent here",
    ),
    "one weight less": (
        lambda state: {**state, "state_dict": _without(state["state_dict"], WEIGHT)},
        rf"{WEIGHT} is absent there",
    ),
    "code": (lambda state: {**state, "more": _Runs()}, "bad.ckpt is refused: .*could run code"),
    "a tensor": (lambda state: torch.zeros(3), "bad.ckpt is not a checkpoint"),
    "a number": (lambda state: 3, "bad.ckpt is not a checkpoint"),
}


def _flip(path: Path) -> None:
    """Change one bit of a weight."""
    with zipfile.ZipFile(path) as archive:
        largest = max(
            (each for each in archive.infolist() if "/data/" in each.filename), key=lambda each: each.file_size
        )
    content = bytearray(path.read_bytes())
    content[largest.header_offset + largest.file_size] ^= 1
    path.write_bytes(content)


def _flip_setting(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"hid_T", b"hid_U", 1))


def _pack(path: Path) -> None:
    """Compress every member, and one of 300 MB of zeros."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**members, "archive/data/99": bytes(300 * 2**20)}.items():
            archive.writestr(name, content)


def _claim(path: Path) -> None:
    """Let the directory of the archive say that a member has 3 GB."""
    content = path.read_bytes()
    place = content.rindex(b"PK\x01\x02")
    path.write_bytes(content[: place + 20] + (3 * 10**9).to_bytes(4, "little") * 2 + content[place + 28 :])


FILES = {
    "text": (lambda path: path.write_text("hello"), "bad.ckpt is damaged or not a checkpoint"),
    "empty": (lambda path: path.write_bytes(b""), "bad.ckpt is damaged or not a checkpoint"),
    "cut": (lambda path: path.write_bytes(path.read_bytes()[:20_000]), "bad.ckpt is damaged or not a checkpoint"),
    "a flipped bit": (_flip, r"bad.ckpt is damaged .*the checksum of \S+/data/\d+ is wrong"),
    "another setting": (_flip_setting, "bad.ckpt is damaged .*the checksum of .*data.pkl is wrong"),
    "packed": (_pack, r"bad.ckpt is damaged .*claims 314\d+ bytes in a file of \d+"),
    "a claim": (_claim, r"bad.ckpt is damaged .*claims 3000\d+ bytes in a file of \d+"),
    "another zip": (lambda path: zipfile.ZipFile(path, "w").close(), "bad.ckpt is refused: it is damaged"),
    "pickle": (lambda path: path.write_bytes(pickle.dumps({"state_dict": {}})), "bad.ckpt is damaged"),
}


@pytest.fixture
def state(bad, network):
    """A whole checkpoint of SimVP. ``bad.ckpt`` is removed in the end."""
    yield network("SimVP")
    Path("bad.ckpt").unlink(missing_ok=True)


def test_the_whole_one_is_taken(state, network):
    from openstl_seqinterp.apps.fill.network import Network

    for method in ("SimVP", "SimVP_SeqInterp", "SimVP_Motion", "LatentAffine", "PredFormer"):
        torch.save(network(method), "bad.ckpt")
        assert Network(Path("bad.ckpt"), "cpu", 256).name == method


@pytest.mark.parametrize(
    ("method", "key", "value", "message"), [(method, *row) for method, rows in SETTINGS.items() for row in rows]
)
def test_settings(state, network, refused, method, key, value, message):
    torch.save(network(method, **{key: value}), "bad.ckpt")
    refused(PREDICT, f"bad.ckpt.*{message}")


@pytest.mark.parametrize("kind", WEIGHTS)
def test_weights(state, refused, kind):
    change, message = WEIGHTS[kind]
    state["state_dict"][WEIGHT] = change(state["state_dict"][WEIGHT])
    torch.save(state, "bad.ckpt")
    refused(PREDICT, f"bad.ckpt.*{message}")


@pytest.mark.filterwarnings("ignore:.*quantiz.*", "ignore:TypedStorage is deprecated")
def test_quantised_weights(state, refused):
    state["state_dict"][WEIGHT] = torch.quantize_per_tensor(state["state_dict"][WEIGHT], 0.1, 0, torch.qint8)
    torch.save(state, "bad.ckpt")
    refused(PREDICT, f"weight {WEIGHT} is quantised, expected a dense one")


@pytest.mark.parametrize("kind", STATES)
def test_states(state, refused, kind):
    change, message = STATES[kind]
    torch.save(change(state), "bad.ckpt")
    refused(PREDICT, message)
    assert not Path("made").exists()


@pytest.mark.parametrize("kind", FILES)
def test_files(state, refused, kind):
    change, message = FILES[kind]
    torch.save(state, "bad.ckpt")
    change(Path("bad.ckpt"))
    refused(PREDICT, message)
    refused("test -c tiny.py --data_root data --res_dir out --ckpt_path bad.ckpt", message)
