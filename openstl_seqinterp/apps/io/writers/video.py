"""A video, written by FFmpeg through PyAV.

Known frames of a video go to the encoder as they are stored, never by way of RGB; its sound, subtitles, times, aspect,
turn and colour tags go with them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from ....errors import UserError, one_line
from ..decoding import open_video
from ..pixels import Pixels
from ..readers.video import VideoReader
from .codecs import Codec, choose_codec, losses, pixels_of, target_pixels
from .output import Output
from .sound import Sound

_RATE = Fraction(10)  # frames a second where neither the sequence nor the user says
_FASTEST = 1000
_FINER = 64  # parts that a time base is divided into at most, before microseconds are taken
_SLICED = 16  # pixels
_TURNING = ("mp4", "mov", "mkv", "webm")  # containers that say how a video is turned


def write(output: Output, folder: Path) -> list[Path]:
    """One video a sequence. Settings: ``codec``, a key of `codecs.CODECS`, and ``fps``, which overrules all times.

    UserError where the container or codec does not hold the sequence; OSError.
    """
    unknown = set(output.settings) - {"codec", "fps"}
    if unknown:
        raise UserError(f"a video has no setting {sorted(unknown)[0]!r}; it has codec and fps")
    path, count = Path(output.name), output.source.sequences
    container = path.suffix.lower().lstrip(".")
    codec = choose_codec(output.source, container, output.settings.get("codec"))
    digits = len(str(count))
    names = [f"{path.stem}-{n + 1:0{digits}}{path.suffix}" for n in range(count)] if count > 1 else [path.name]
    try:
        for sequence, name in enumerate(names):
            _write(output, sequence, folder / name, codec, container)
    except av.FFmpegError as error:
        if isinstance(error, OSError):
            raise
        raise UserError(
            f"{output.name} cannot be written by {codec.encoder}: {one_line(error)}; try another --codec or form"
        ) from error
    return [folder / name for name in names]


def _write(output: Output, sequence: int, path: Path, codec: Codec, container: str) -> None:
    source, notes, first = output.source, output.source.notes, sequence == 0
    given = pixels_of(source)
    stored = isinstance(source, VideoReader)
    if given.matrix is not None and container not in _TURNING:
        height, width, _ = given.shape
        aspect = 1 / given.aspect if given.aspect and given.turned else given.aspect
        given = replace(given, width=width, height=height, aspect=aspect, matrix=None)
        stored = False
        notes.append(f"{path.name} holds upright frames, as {container} does not say how a video is turned")
    target = target_pixels(codec, given)
    base, stamps, rate, timed = times(output, container)
    options = {"movflags": "faststart"} if container in ("mp4", "mov") else {}
    with av.open(str(path), "w", options=options) as file:
        stream = _add_stream(file, codec, target, base, rate, container)
        sound = Sound(source.path if isinstance(source, VideoReader) else None, file, timed)
        with sound:
            for place, frame in enumerate(_frames(output, sequence, given, target, stored)):
                after = stamps[place + 1] if place + 1 < len(stamps) else stamps[place] + round(1 / (rate * base))
                frame.pts, frame.time_base = stamps[place], base
                frame.duration = after - stamps[place]
                frame.pict_type = 0  # the encoder must choose anew
                for packet in stream.encode(frame):
                    sound.copy(stamps[place] * base)
                    file.mux(packet)
            file.mux(stream.encode(None))
            sound.copy(None)
    kept = _check(path, len(stamps), target)
    if first:
        untouched = not isinstance(source, VideoReader) or (stored and not source.interlaced)
        notes.extend([*losses(path.name, codec, given, target, untouched), *kept, *sound.notes])
        if not timed and "fps" not in output.settings:
            notes.append(f"{path.name} shows {float(rate):g} frames a second; choose another rate with --fps")


def _add_stream(
    file: av.container.OutputContainer, codec: Codec, target: Pixels, base: Fraction, rate: Fraction, container: str
) -> Any:
    options = dict(codec.options)
    if container == "avi":
        options["bf"] = "0"  # it stores no order of display
    if codec.encoder == "ffv1" and min(target.width, target.height) < _SLICED:
        options["slices"] = "1"  # it cannot cut what is smaller into its usual four
    stream: Any = file.add_stream(codec.encoder, rate=rate, options=options)
    context = stream.codec_context
    context.width, context.height, context.pix_fmt = target.width, target.height, target.format
    context.time_base = stream.time_base = base
    context.color_range, context.colorspace = target.range, target.space
    context.color_primaries, context.color_trc = target.primaries, target.transfer
    if target.aspect is not None:
        context.sample_aspect_ratio = target.aspect
    if target.matrix is not None:
        stream.set_display_matrix(target.matrix)
    return stream


def _frames(output: Output, sequence: int, given: Pixels, target: Pixels, stored: bool) -> Iterator[av.VideoFrame]:
    source = output.source
    for place, known in enumerate(output.layout):
        number = source.number(known) if known is not None else None
        if stored and number is not None and isinstance(source, VideoReader):
            yield target.converted(source.native(number), given)
        else:
            yield target.frame(output.frame(sequence, place))


def times(output: Output, container: str) -> tuple[Fraction, list[int], Fraction, bool]:
    """The time base, the time stamps in it, the common rate, and whether these are the times of the sequence itself.

    UserError where ``fps`` is no rate.
    """
    source, timeline = output.source, output.timeline
    fps, count = output.settings.get("fps"), len(output.layout)
    if fps is not None:
        try:
            rate = Fraction(fps).limit_denominator(1001)
        except (ValueError, TypeError, OverflowError, ZeroDivisionError):
            rate = Fraction(0)
        if not 0 < rate <= _FASTEST:
            raise UserError(f"--fps {fps}: expected a number of frames a second above 0, at most {_FASTEST}")
        return 1 / rate, list(range(count)), rate, False
    timed = timeline.clock == "seconds"
    rate = Fraction(1 / timeline.step).limit_denominator(1001) if timed else _RATE
    rate = min(max(rate, Fraction(1, 1000)), Fraction(_FASTEST))
    seconds = timeline.instants if timed else timeline.places / float(rate)
    base = 1 / rate
    if timed and isinstance(source, VideoReader):
        seconds = seconds + float(source.start)
        base = source.time_base
    if container == "avi":  # which has one rate
        base, ticks = 1 / rate, seconds * float(rate)
        if np.abs(ticks - ticks[0] - np.rint(ticks - ticks[0])).max() > 0.25:
            source.notes.append(f"{output.name}: avi has one rate, so frames were moved to the nearest place")
    else:
        base = next((base / n for n in range(1, _FINER + 1) if _fits(seconds, base / n)), Fraction(1, 10**6))
    stamps: list[int] = []
    for stamp in np.rint(seconds / float(base)).astype(np.int64).tolist():
        stamps.append(max(stamp, stamps[-1] + 1) if stamps else stamp)
    return base, stamps, rate, timed


def _fits(seconds: np.ndarray, base: Fraction) -> bool:
    ticks = seconds / float(base)
    return base.denominator < 2**31 and bool(np.abs(ticks - np.rint(ticks)).max() < 0.02)


def _check(path: Path, count: int, target: Pixels) -> list[str]:
    """Sentences on what the container did not keep. OSError where frames are missing."""
    container, stream = open_video(path)
    with container:
        written, first = 0, None
        for packet in container.demux(stream):
            written += packet.size > 0
            if first is None:
                first = next(iter(packet.decode()), None)
        if written != count or first is None:
            raise OSError(f"{written} of {count} frames of {path.name} were written")
        found = Pixels.of(first, stream.sample_aspect_ratio)
    lost = []
    if found.aspect != target.aspect:
        lost.append(f"the shape of its pixels, {target.aspect}")
    if found.matrix != target.matrix:
        lost.append("how it is to be turned")
    tags = ("range", "primaries", "transfer", "space")
    if any(getattr(target, tag) not in (0, 2, getattr(found, tag)) for tag in tags[1:]):
        lost.append("its colour tags")
    return (
        [f"{path.name} does not say {' and '.join(lost)}: {path.suffix[1:]} with this codec has no place for it"]
        if lost
        else []
    )
