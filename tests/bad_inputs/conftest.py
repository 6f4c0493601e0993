"""A working folder full of damaged inputs, and how a command must refuse one of them."""

import gzip
import re
import shlex
import shutil
import zipfile
from pathlib import Path
from stat import S_ISREG

import h5py
import netCDF4
import numpy as np
import pytest
import tifffile
import zarr
from PIL import Image

from openstl_seqinterp import cli, host
from openstl_seqinterp.config import resolve

FRAMES = np.random.default_rng(0).integers(0, 255, (7, 16, 20), np.uint8)


def cut(path: Path, share: float = 0.5) -> None:
    """Keep the first ``share`` of a file."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])


def _npy(path: Path, shape: str, dtype: str = "|u1") -> None:
    """An ``.npy`` of 100 zeros whose header claims ``shape``."""
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + bytes(100))


def _arrays() -> None:
    np.save("good.npy", FRAMES)
    np.save("small.npy", FRAMES[:, :2, :2])
    np.save("one.npy", FRAMES[:1])
    np.save("nan.npy", np.full((7, 16, 20), np.nan, np.float32))
    np.save("inf.npy", np.full((7, 16, 20), np.inf, np.float32))
    np.save("complex.npy", FRAMES.astype(np.complex64))
    np.save("text.npy", FRAMES.astype(str))
    np.save("object.npy", np.array([{}, 1], object), allow_pickle=True)
    np.save("times.npy", FRAMES.astype("datetime64[s]"))
    np.save("flat.npy", FRAMES[0])
    np.save("line.npy", FRAMES[0, 0])
    np.save("scalar.npy", np.uint8(3))
    np.save("none.npy", FRAMES[:0])
    np.save("thin.npy", FRAMES[:, :0])
    np.save("deep.npy", np.zeros((2,) * 7, np.uint8))
    np.save("records.npy", np.zeros(4, [("a", "u1"), ("b", "f4")]))
    np.save("five.npy", np.zeros((7, 5, 16, 20), np.uint8))
    many = np.random.default_rng(1).integers(0, 255, (60, 16, 20), np.uint8)
    for name, array in {
        "long": many,
        "rgb": np.stack([many] * 3, -1),
        "float": many.astype(np.float32),
        "nan_long": np.full(many.shape, np.nan, np.float32),
        "small_long": many[:, :2, :2],
    }.items():
        np.save(f"{name}.npy", array)
    _npy(Path("negative.npy"), "(-1, 64, 64)")
    _npy(Path("huge.npy"), "(1000000, 1000, 1000)")
    _npy(Path("overflow.npy"), "(9000000000, 9000000000, 9000000000)")
    _npy(Path("words.npy"), "('a', 3)")
    _npy(Path("dtype.npy"), "(7, 16, 20)", "zz")
    for name in ("cut", "empty", "noise"):
        np.save(f"{name}.npy", FRAMES)
    cut(Path("cut.npy"))
    Path("empty.npy").write_bytes(b"")
    Path("noise.npy").write_bytes(b"no array")
    np.savez("good.npz", frames=FRAMES)
    np.savez("two.npz", a=FRAMES, b=FRAMES)
    np.savez("nothing.npz")
    np.savez("cut.npz", frames=FRAMES)
    cut(Path("cut.npz"))
    Path("noise.npz").write_bytes(b"no archive")
    with zipfile.ZipFile("member.npz", "w") as archive:
        archive.writestr("frames.npy", b"hello")
    with zipfile.ZipFile("other.npz", "w") as archive:
        archive.writestr("notes.txt", b"hello")
    shutil.copy("good.npz", "flipped.npz")
    content = bytearray(Path("flipped.npz").read_bytes())
    content[len(content) // 2] ^= 255
    Path("flipped.npz").write_bytes(content)


def _tables() -> None:
    for name, text in {
        "words": "a,b\nc,d\n",
        "ragged": "1,2,3\n4,5\n",
        "empty": "",
        "good": "\n".join(",".join(map(str, row)) for row in FRAMES.reshape(7, -1)) + "\n",
        "stamps": "time\n2020-01-01\nnever\n",
        "two_stamps": "time\n2020-01-01\n2020-01-02\n",
    }.items():
        Path(f"{name}.csv").write_text(text)
    Path("bytes.csv").write_bytes(bytes(range(256)))


def _folder(name: str, suffix: str = "png", count: int = 7) -> Path:
    folder = Path(name)
    folder.mkdir()
    for number in range(count):
        Image.fromarray(FRAMES[number]).save(folder / f"f_{number:03d}.{suffix}")
    return folder


def _folders() -> None:
    _folder("seq")
    _folder("gap").joinpath("f_003.png").unlink()
    _folder("one", count=1)
    Path("void").mkdir()
    (Path("notes") / "deeper").mkdir(parents=True)
    (Path("notes") / "read.me").write_text("hello")
    for suffix in ("png", "jpg", "tif", "bmp", "webp", "gif", "pgm", "jp2"):
        cut(_folder(f"cut_{suffix}", suffix) / f"f_004.{suffix}", 0.6)
        (_folder(f"text_{suffix}", suffix) / f"f_002.{suffix}").write_text("no image")
        (_folder(f"void_{suffix}", suffix) / f"f_002.{suffix}").write_bytes(b"")
    Image.fromarray(FRAMES[0, :5]).save(_folder("sizes") / "f_002.png")
    Image.fromarray(FRAMES[0].astype(np.uint16)).save(_folder("depths") / "f_002.png")
    Image.fromarray(np.stack([FRAMES[0]] * 3, -1)).save(_folder("colours") / "f_002.png")
    (_folder("gzipped") / "f_007.pgm.gz").write_bytes(gzip.compress(b"P5 1 1 255 ")[:-9])


def _films() -> None:
    pictures = [Image.fromarray(frame) for frame in FRAMES]
    pictures[0].save("good.gif", save_all=True, append_images=pictures[1:])
    pictures[0].save("one.gif")
    for kind in ("gif", "webp", "apng"):
        pictures[0].save(f"cut.{kind}", "png" if kind == "apng" else None, save_all=True, append_images=pictures[1:])
        cut(Path(f"cut.{kind}"), 0.4)
    for suffix in ("mp4", "avi", "mov", "mkv", "webm", "gif", "webp", "tif", "nc", "h5", "npz"):
        Path(f"text.{suffix}").write_text("neither this nor that")
        Path(f"void.{suffix}").write_bytes(b"")
    tifffile.imwrite("good.tif", FRAMES)
    tifffile.imwrite("cut.tif", FRAMES)
    cut(Path("cut.tif"))
    tifffile.imwrite("complex.tif", FRAMES.astype(np.complex64))
    tifffile.imwrite("flat.tif", FRAMES[0])
    Path("word.xyz").write_text("hello")
    Path("plain").write_text("hello")


def _science() -> None:
    with h5py.File("good.h5", "w") as file:
        file["frames"] = FRAMES
    with h5py.File("two.h5", "w") as file:
        file["a"], file["b"] = FRAMES, FRAMES
    with h5py.File("void_group.h5", "w") as file:
        file.create_group("nothing")
    with h5py.File("words.h5", "w") as file:
        file["frames"] = "hello"
    with h5py.File("huge.h5", "w") as file:
        file.create_dataset("frames", (10**6, 10**4, 10**4), "u1", chunks=(1, 100, 100))
    shutil.copy("good.h5", "cut.h5")
    cut(Path("cut.h5"))
    for name in ("good", "cut"):
        with netCDF4.Dataset(f"{name}.nc", "w") as file:
            for axis, size in zip("tyx", FRAMES.shape, strict=True):
                file.createDimension(axis, size)
            file.createVariable("frames", "u1", ("t", "y", "x"))[:] = FRAMES
    cut(Path("cut.nc"))
    with netCDF4.Dataset("words.nc", "w") as file:
        file.title = "nothing"
    for name in ("good", "chunk", "meta"):
        zarr.save_array(f"{name}.zarr", FRAMES)
    Path("void.zarr").mkdir()
    next(path for path in Path("chunk.zarr").rglob("c/*/*/*") if path.is_file()).write_bytes(b"x")
    Path("meta.zarr/zarr.json").write_text("{")
    zarr.save_array("line.zarr", FRAMES[0, 0])


def _configs(tiny: str) -> None:
    for name, text in {
        "tiny": tiny,
        "syntax": "lr = = 3",
        "raises": "raise ValueError('no such thing')",
        "silent": "raise RuntimeError",
        "exits": "import sys\nsys.exit(3)",
        "imports": "import nowhere_at_all",
        "from_import": "from nowhere_at_all import x",
        "relative": "from .other import x",
        "divides": "lr = 1 / 0",
        "unknown": "learning_rate = 3",
        "lr_text": "lr = 'fast'",
        "lr_nan": "lr = float('nan')",
        "lr_inf": "lr = float('inf')",
        "width": "hid_S = 3",
        "width_text": "hid_S = 'a'",
        "width_half": "hid_S = 4.5",
        "depth": "N_S = 0",
        "kernel": "spatio_kernel_enc = 4",
        "halves": "N_S = 8",
        "method": "method = 'Nope'",
        "method_list": "method = ['SimVP']",
        "name": "dataname = 'nope'",
        "shape": "in_shape = [4, 1, 99, 99]",
        "passes": "method = 'LatentAffine'\nrefinements = 'a'",
        "passes_many": "method = 'LatentAffine'\nrefinements = 10**9",
        "parent": "from ..shared.other import x",
        "lazy": "with read_base():\n    from .other import x",
        "stops": "class Stop(BaseException):\n    pass\n\n\nraise Stop('here')",
        "generator": "raise GeneratorExit",
        "nested": "def f():\n    return f()\n\n\nlr = f()",
        "memory": "raise MemoryError",
        "indent": "lr = 3\n  epoch = 3",
        "deep": "lr = " + "(" * 300 + "1" + ")" * 300,
        "zero": "lr = 3\0",
        "reserved": "filename = 'a'",
        "opens": "text_of_it = open('nowhere.txt').read()",
        "many_lines": "raise ValueError('a\\nb\\nc')",
        "base": "_base_ = 'nowhere.py'",
        "base_number": "_base_ = ['tiny.py', 3]",
        "base_syntax": "_base_ = 'syntax.py'",
        "base_relative": "_base_ = './relative.py'",
        "base_raises": "_base_ = 'raises.py'",
        "base_itself": "_base_ = './base_back.py'",
        "base_back": "_base_ = ['seq/../base_itself.py']",
        "batch": "batch_size = True",
        "opt": "opt = 'sgdd'",
        "sched": "sched = 'multistep'",
        "betas": "opt_betas = [0.9]",
        "gpus": "gpus = []",
        "test": "test = True",
    }.items():
        Path(f"{name}.py").write_text(text + "\n")
    Path("bytes.py").write_bytes(b"\xff\xfe\x00")
    Path("latin.py").write_bytes(b"# caf\xe9\nlr = 1e-3\n")
    Path("marked.py").write_bytes(b"\xef\xbb\xbflr = 1e-3\n")
    Path("folder.py").mkdir()
    Path("tiny.yaml").write_text("method: SimVP\n")
    Path("unsafe.yaml").write_text("a: !!python/object/apply:os.mkdir [made]\n")
    Path("tiny.json").write_text('{"method": "SimVP"}\n')
    Path("tiny.toml").write_text('method = "SimVP"\n')
    Path("tiny").write_text("method = 'SimVP'\n")


def _data(small_root: Path) -> None:
    shutil.copytree(small_root, "data")
    Path("nodata").mkdir()
    Path("nodata/seqinterp").write_text("a file where a folder should be")


_SMALL = {
    "SimVP": "hid_S = 4\nhid_T = 8\nN_S = 2\nN_T = 2\nmlp_ratio = 2.",
    "PredFormer": "model_type = 'TripletTST'\npatch_size = 6\nembed_dim = 8\nnum_heads = 2\nmlp_ratio = 2.\ndepth = 6",
    "LatentAffine": "hidden = 4",
}


@pytest.fixture(scope="session")
def network():
    """A function (method, **settings) to a checkpoint of an untrained network, with ``settings`` among its own."""

    def build(method: str, /, **settings):
        config = f"tests_{method}.py"
        Path(config).write_text(f"method = '{method}'\n{_SMALL.get(method, _SMALL['SimVP'])}\n")
        own = vars(resolve(["-c", config]))
        Path(config).unlink()
        module = host.method_maps[method.lower()](**own)
        plain = {key: value for key, value in own.items() if isinstance(value, str | int | float | list | None)}
        hyper = {**plain, "method": method.lower(), **settings}
        state = {"epoch": 0, "global_step": 1, "hyper_parameters": hyper}
        return {"state_dict": dict(module.state_dict()), **state}

    return build


@pytest.fixture(scope="session")
def _folder_of_all(tmp_path_factory, tiny, small_root):
    folder = tmp_path_factory.mktemp("bad")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for make in (_arrays, _tables, _folders, _films, _science):
            make()
        _configs(tiny)
        _data(small_root)
    return folder


@pytest.fixture
def bad(_folder_of_all, monkeypatch):
    """The working folder: all damaged inputs, and some good ones to give bad flags with."""
    monkeypatch.chdir(_folder_of_all)
    return _folder_of_all


_OPENSTL = "model_param.json"


def _listing(folder: Path) -> dict[str, tuple[int, int] | None]:
    # OpenSTL opens a log and writes its settings into the folder of a run as soon as that is there.
    found = {str(path): path.stat() for path in folder.rglob("*") if path.suffix != ".log" and path.name != _OPENSTL}
    return {path: (each.st_size, each.st_mtime_ns) if S_ISREG(each.st_mode) else None for path, each in found.items()}


@pytest.fixture
def refused(capsys):
    """A function (command, message): the command ends in one line that ``message`` matches, and changes no file."""

    def check(command: str, message: str) -> None:
        before = _listing(Path.cwd())
        code = cli.main(shlex.split(command))
        (line,) = capsys.readouterr().err.splitlines()
        assert code == 2
        assert line.startswith("error: ")
        assert re.search(message, line), line
        assert "Traceback" not in line
        assert _listing(Path.cwd()) == before

    return check
