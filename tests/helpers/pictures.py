"""How tests make folders of pictures of every kind, by Pillow, OpenCV and tifffile, and look at what was written."""

import gzip

import cv2
import numpy as np
import tifffile
from PIL import Image

from openstl_seqinterp.apps.io import Output, write
from openstl_seqinterp.apps.io.timeline import Timeline

SIZE = (18, 22)
NAMES = [f"shot{number:03d}" for number in (8, 9, 11, 12)]


def noise(*shape, dtype="uint8", seed=0):
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def by_pillow(mode, channels=None, **settings):
    def save(path, seed):
        values = noise(*SIZE, *([channels] if channels else []), seed=seed)
        Image.fromarray(values).convert(mode).save(path, **settings)

    return save


def by_opencv(*shape, dtype="uint16"):
    return lambda path, seed: cv2.imwrite(str(path), noise(*SIZE, *shape, dtype=dtype, seed=seed))


def bits(path, seed):
    Image.fromarray(noise(*SIZE, seed=seed) > 99).save(path)


def pixmap(white, kind=b"P5", channels=1):
    def save(path, seed):
        values = noise(*SIZE, channels, dtype="uint32", seed=seed) % (white + 1)
        header = b"%s\n# made by hand\n# obstime 20160928%04d\n%d %d\n%d\n" % (kind, seed, *SIZE[::-1], white)
        if kind in (b"P2", b"P3"):
            content = header + " ".join(map(str, values.ravel())).encode() + b"\n"
        else:
            content = header + values.astype(">u2" if white > 255 else np.uint8).tobytes()
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)

    return save


def pages(**settings):
    def save(path, seed):
        shape, dtype = settings.get("shape", SIZE), settings.get("dtype", "uint8")
        values = noise(*shape, dtype="uint16", seed=seed).astype(dtype)
        tifffile.imwrite(path, values, **{key: settings[key] for key in set(settings) - {"shape", "dtype"}})

    return save


def read_back(path, channels):
    """What a library sees, (H, W, C) or (N, H, W, C), colours in RGB; never our reader."""
    if path.suffix in (".tif", ".tiff"):
        return tifffile.imread(path)
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    values = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    return values[..., [2, 1, 0, 3][:channels]] if channels > 2 else values


# Suffix, how to make a file, the shape and dtype that are right, whether a filled file comes back exactly.
KINDS = {
    "png grey": ("png", by_pillow("L"), 1, "uint8", True),
    "png colour": ("png", by_pillow("RGB", 3), 3, "uint8", True),
    "png alpha": ("png", by_pillow("RGBA", 4), 4, "uint8", True),
    "png 16 bit": ("png", by_opencv(), 1, "uint16", True),
    "png 16 bit colour": ("png", by_opencv(3), 3, "uint16", True),
    "png 16 bit alpha": ("png", by_opencv(4), 4, "uint16", True),
    "jpg": ("jpg", by_pillow("RGB", 3), 3, "uint8", False),
    "jpeg grey": ("jpeg", by_pillow("L"), 1, "uint8", False),
    "bmp": ("bmp", by_pillow("RGB", 3), 3, "uint8", True),
    "bmp grey": ("bmp", by_pillow("L"), 1, "uint8", True),
    "webp": ("webp", by_pillow("RGB", 3, lossless=True), 3, "uint8", True),
    "webp lossy": ("webp", by_pillow("RGB", 3), 3, "uint8", False),
    "jp2": ("jp2", lambda path, seed: Image.fromarray(noise(64, 72, 3, seed=seed)).save(path), 3, "uint8", True),
    "jp2 16 bit": (
        "jp2",
        lambda path, seed: Image.fromarray(noise(64, 72, dtype="uint16", seed=seed)).save(path),
        1,
        "uint16",
        True,
    ),
    "pgm": ("pgm", pixmap(255), 1, "uint8", True),
    "pgm of 100 levels": ("pgm", pixmap(100), 1, "uint8", True),
    "pgm of 12 bits": ("pgm", pixmap(4095), 1, "uint16", True),
    "pgm zipped": ("pgm.gz", pixmap(255), 1, "uint8", True),
    "pgm in digits": ("pgm", pixmap(4095, b"P2"), 1, "uint16", True),
    "ppm": ("ppm", pixmap(255, b"P6", 3), 3, "uint8", True),
    "ppm of 16 bits": ("pnm", pixmap(65535, b"P6", 3), 3, "uint16", True),
    "tif": ("tif", pages(), 1, "uint8", True),
    "tif 16 bit": ("tif", pages(dtype="uint16", compression="zlib", predictor=True), 1, "uint16", True),
    "tif float": ("tiff", pages(dtype="float32"), 1, "float32", True),
    "tif colour": ("tif", pages(shape=(*SIZE, 3), photometric="rgb"), 3, "uint8", True),
}


def fill(source, seed=99):
    """A frame whose values are those of the known one at 0, turned by half: of the right kind whatever that is."""
    return lambda sequence, place: source.read(sequence, 0)[::-1, ::-1].copy()


def folder_of(path, suffix, save, names=NAMES):
    path.mkdir()
    for seed, name in enumerate(names):
        save(path / f"{name}.{suffix}", seed)
    return path


def written(source, tmp_path, layout=None, filled=None):
    """The files written for a layout, by default one that fills the gaps."""
    layout = layout or [None if source.number(place) is None else place for place in range(source.length)]
    step, first = source.timeline.step, source.timeline.instants[0]
    timeline = source.timeline
    if len(layout) != source.length:
        timeline = Timeline(first + step * np.arange(len(layout)), timeline.clock, step, True)
    (tmp_path / "out").mkdir(exist_ok=True)
    return write(Output(source, layout, timeline, filled or fill(source), "res"), "folder", tmp_path / "out")
