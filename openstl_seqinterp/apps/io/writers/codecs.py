"""Which codec and pixel format a video is written in, and what that loses."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

import av
import numpy as np

from ....errors import UserError, require_known
from ..pixels import BT709, FULL, LIMITED, RGB, UNSPECIFIED, Pixels
from ..readers.video import VideoReader
from ..source import Source

os.environ.setdefault("SVT_LOG", "1")  # the AV1 encoder's own, on stderr: errors alone
DEFAULT = "h264"


@dataclass(frozen=True)
class Codec:
    """An encoder by FFmpeg's name, its options, the containers that hold it, and what to know of it."""

    encoder: str
    options: dict[str, str]
    containers: tuple[str, ...]
    about: str
    lossless: bool = False

    @property
    def formats(self) -> list[str]:
        """The pixel formats that it takes, of whole numbers."""
        formats = av.Codec(self.encoder, "w").video_formats or []
        return [each.name for each in formats if "f16" not in each.name and "f32" not in each.name]


CODECS = {
    "h264": Codec("libx264", {"crf": "18"}, ("mp4", "mov", "mkv", "avi"), "H.264 at crf 18, which plays everywhere"),
    "ffv1": Codec(
        "ffv1",
        {"level": "3", "g": "1", "slicecrc": "1"},
        ("mkv", "avi", "mp4"),
        "FFV1, which VLC and FFmpeg play and browsers do not",
        lossless=True,
    ),
    "vp9": Codec(
        "libvpx-vp9",
        {"crf": "18", "b": "0", "deadline": "good", "cpu-used": "4", "row-mt": "1"},
        ("webm", "mkv", "mp4"),
        "VP9 at crf 18, which browsers play",
    ),
    "av1": Codec("libsvtav1", {"crf": "20", "preset": "8"}, ("webm", "mkv", "mp4"), "AV1 at crf 20"),
}


def pixels_of(source: Source) -> Pixels:
    """The pixels of a video, or those that hold the arrays of another sequence. UserError where a video cannot."""
    if isinstance(source, VideoReader):
        return source.pixels
    height, width, channels = source.shape
    formats = {1: ("gray", "gray16le"), 3: ("rgb24", "rgb48le"), 4: ("rgba", "rgba64le")}
    if source.dtype not in (np.uint8, np.uint16):
        raise UserError(
            f"{source.path} holds values of {source.dtype}, and a video holds uint8 or uint16; write another form with "
            "--as npy or --as tif"
        )
    if channels not in formats:
        raise UserError(f"{source.path} has {channels} channels, and a video has 1, 3 or 4; use --as npy or --as tif")
    return Pixels(formats[channels][source.dtype == np.uint16], width, height)


def choose_codec(source: Source, container: str, requested: str | None) -> Codec:
    """The codec requested, or the one that suits. UserError where the container does not hold it, or it the values."""
    pixels = pixels_of(source)
    if requested is None:
        precious = pixels.bits > 8 or pixels.alpha or source.labels
        if isinstance(source, VideoReader):
            precious |= source.lossless and container in ("avi", "mkv")
        fits = precious and container in CODECS["ffv1"].containers
        name = "ffv1" if fits else "vp9" if container == "webm" else DEFAULT
    else:
        require_known("codec", requested, CODECS)
        name = requested
    codec = CODECS[name]
    if container not in codec.containers:
        raise UserError(f"--codec {name}: {container} does not hold it, but {', '.join(codec.containers)} do")
    if codec.encoder not in av.codecs_available:
        raise UserError(f"--codec {name}: this FFmpeg lacks the encoder {codec.encoder}; choose another codec")
    advice = "--as mkv keeps every value" + ("" if requested is None else " with --codec ffv1")
    if source.labels and not codec.lossless:
        raise UserError(f"{source.path} holds labels, which {name} in {container} would change; {advice}")
    if pixels.bits > 8 and not codec.lossless and not isinstance(source, VideoReader):
        raise UserError(f"{source.path} has values of 16 bits, and {name} in {container} holds 8; {advice}")
    return codec


def target_pixels(codec: Codec, given: Pixels) -> Pixels:
    """What the encoder takes that holds the most of the ``given`` pixels; for H.264, what every player shows."""
    if codec.encoder == "libx264":
        sampling = "444" if given.width % 2 or given.height % 2 else "420"
        form = f"yuvj{sampling}p" if given.format.startswith("yuvj") else f"yuv{sampling}p"
    elif given.format in codec.formats:
        return given
    else:
        best, _ = av.codec.codec.find_best_pix_fmt_of_list(codec.formats, given.format, given.alpha)
        if best is None:
            raise UserError(f"{codec.encoder} takes no pixels like {given.format}; choose another codec with --codec")
        form = best.name
    target = replace(given, format=form)
    if target.rgb:
        return replace(target, range=FULL, space=RGB)
    if given.rgb or (target.coloured and not given.coloured):
        primaries, transfer = (BT709 if tag == UNSPECIFIED else tag for tag in (given.primaries, given.transfer))
        return replace(target, range=LIMITED, space=BT709, primaries=primaries, transfer=transfer)
    return replace(target, range=FULL) if given.format.startswith("yuvj") else target


def losses(name: str, codec: Codec, given: Pixels, target: Pixels, untouched: bool) -> list[str]:
    """Sentences on the codec of the file ``name`` and on what it keeps. ``untouched``: known frames came as stored."""
    found = []
    if target.bits < given.bits:
        found.append(f"{name} has {target.bits} of {given.bits} bits")
    if given.alpha and not target.alpha:
        found.append(f"{name} has no transparency")
    if given.coloured and _sampling(target) > _sampling(given):
        found.append(f"{name} has its colours at half the resolution ({target.format} of {given.format})")
    if codec.encoder == "libx264" and target.format.endswith("444p"):
        found.append(f"{name} is of odd size and so in H.264's profile High 4:4:4, which browsers may not play")
    exact = codec.lossless and untouched and not found
    kept = "known frames are bit for bit those of the input" if exact else "known frames are not kept bit for bit"
    advice = "" if codec.lossless else "; --codec ffv1 in mkv keeps them"
    found.insert(0, f"{name} is coded by {codec.about}: {kept}{advice}")
    return found


def _sampling(pixels: Pixels) -> int:
    """How many pixels share a colour."""
    form = av.VideoFormat(pixels.format, 64, 64)
    return 1 if pixels.rgb or not pixels.coloured else 64 * 64 // (form.chroma_width() * form.chroma_height())
