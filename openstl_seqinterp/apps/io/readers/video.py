"""A video file, read by FFmpeg through PyAV.

A frame is known by its time stamp. Opening decodes the file once, which alone tells how many frames there are, whether
they are interlaced and whether the file is whole; it keeps their time stamps only.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from ....errors import UserError
from ..decoding import LARGEST, Cursor, Index, decode, open_video, refusing
from ..pixels import Pixels
from ..source import Options, Source

_FORMS = {".mov": "mov", ".dv": "mov", ".avi": "avi", ".webm": "webm", ".mkv": "mkv", ".wmv": "mkv", ".ogv": "mkv"}
_SEEKABLE = ("mov", "matroska", "mpegts")  # demuxers that seek by time stamps and keep these as they are
_LOSSLESS = ("ffv1", "huffyuv", "ffvhuff", "utvideo", "png", "rawvideo", "qtrle", "magicyuv", "zlib", "v210", "v410")
_I = 1  # av.video.frame.PictureType.I


class VideoReader(Source):
    """Frames upright: uint8, or uint16 where a channel has more than 8 bits; grey, RGB or RGBA.

    ``pixels`` are those of the file, ``time_base`` and ``start`` (seconds) those of its time stamps. ``lossless`` says
    that its codec is, ``interlaced`` that it had to be deinterlaced.
    """

    def __init__(self, path: Path, options: Options) -> None:
        super().__init__(path, options)
        self.form = _FORMS.get(path.suffix.lower(), "mp4")
        with refusing(path):
            container, stream = open_video(path)
            with container:
                self._scan(container, stream)
        self.count = len(self._index.pts)
        self.shape = self.pixels.shape
        self.dtype = np.dtype(np.uint16 if self.pixels.bits > 8 else np.uint8)
        self.axes = "TYX" if self.pixels.channels == 1 else "TYXC"
        self._reading: Cursor | None = None
        self._copying: Cursor | None = None

    def _scan(self, container: av.container.InputContainer, stream: av.VideoStream) -> None:
        self._require_whole(container, stream)
        width, height = stream.codec_context.width, stream.codec_context.height
        if width * height * 4 > LARGEST:
            raise UserError(f"{self.path} has frames of {width}x{height}, expected at most {LARGEST // 4} pixels")
        self._index = index = Index()
        first: Pixels | None = None
        for number, frame in enumerate(decode(container, stream)):
            if first is None:
                first = Pixels.of(frame, stream.sample_aspect_ratio)
            if (frame.width, frame.height, frame.format.name) != (first.width, first.height, first.format):
                raise UserError(
                    f"{self.path}: frame {number + 1} is {frame.width}x{frame.height} {frame.format.name}, the "
                    f"first is {first.width}x{first.height} {first.format}; cut the video there"
                )
            index.pts.append(frame.pts)
            index.interlaced += frame.interlaced_frame
            index.corrupt += frame.is_corrupt
            if frame.key_frame and frame.pict_type == _I:  # others become right only some frames later
                index.keys.append(number)
        if first is None:
            raise UserError(f"{self.path} has no frame that can be decoded; get a whole copy")
        if any(mark in first.format for mark in ("f16", "f32", "xyz")):
            raise UserError(f"{self.path} has pixels of the format {first.format}, which is not read; convert it")
        entries = stream.index_entries if "mov" in container.format.name else ()
        expected = sum(not entry.is_discard for entry in entries)
        if len(index.pts) < expected and (index.corrupt or None in index.pts):
            raise UserError(
                f"{self.path} is damaged: {len(index.pts)} of {expected} frames can be decoded; get a whole copy"
            )
        self.pixels = first
        self.interlaced = index.interlaced > 0
        self.lossless = stream.codec_context.codec.name in _LOSSLESS
        self._take_times(container, stream)
        self._tell(container, stream)

    def _require_whole(self, container: av.container.InputContainer, stream: av.VideoStream) -> None:
        """UserError where the index of the file points beyond its end."""
        entries = stream.index_entries
        if "mov" in container.format.name and len(entries):
            end, size = max(entry.pos + entry.size for entry in entries), self.path.stat().st_size
            if end > size:
                raise UserError(f"{self.path} is cut short: {size} bytes of at least {end}; get a whole copy")

    def _take_times(self, container: av.container.InputContainer, stream: av.VideoStream) -> None:
        stamps, index = self._index.pts, self._index
        known = [stamp for stamp in stamps if stamp is not None]
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        self.time_base, self.start = stream.time_base or 1 / rate, Fraction(0)
        if len(known) == len(stamps) and all(np.diff(known) > 0):
            times = [float((stamp - known[0]) * self.time_base) for stamp in known]
            self.start = known[0] * self.time_base
            ours = any(name in container.format.name for name in _SEEKABLE)
            index.seekable = ours or len(index.keys) == len(stamps)
        else:
            times = [float(number / rate) for number in range(len(stamps))]
            self.notes.append(
                f"{self.path.name} has no usable time stamps: {float(rate):.6g} frames a second are assumed"
            )
        step = max(np.diff(times), default=float(1 / rate))
        claimed = 0.0  # seconds
        if "matroska" in container.format.name and "DURATION" in stream.metadata:
            hours, minutes, seconds = stream.metadata["DURATION"].split(":")
            claimed = int(hours) * 3600 + int(minutes) * 60 + float(seconds) - float(self.start) - 0.5 * step
        elif "matroska" in container.format.name and container.duration:
            claimed = container.duration / av.time_base - float(self.start) - 1  # sound may last longer
        elif container.format.name == "avi":
            claimed = float(stream.frames / rate) - float(self.start) - 0.5 * step
        if times[-1] + step < claimed:
            raise UserError(
                f"{self.path} is cut short or damaged: it claims to last {claimed:.3g} s, {len(times)} frames, "
                f"{times[-1] + step:.3g} s, can be decoded; get a whole copy, or convert what is there"
            )
        self.arrange_frames(times, "seconds")

    def _tell(self, container: av.container.InputContainer, stream: av.VideoStream) -> None:
        pixels, index, name = self.pixels, self._index, self.path.name
        depth = f", {pixels.bits} bits{' scaled to 16' if pixels.coloured else ''}" if pixels.bits > 8 else ""
        self.kind = f"{stream.codec_context.codec.canonical_name} video{depth}"
        if index.interlaced:
            self.kind += ", deinterlaced"
            self.notes.append(f"{name} is interlaced: its frames were deinterlaced by FFmpeg's bwdif, one frame each")
        if index.corrupt:
            self.notes.append(f"{name} has {index.corrupt} frame(s) that are damaged in part")
        if stream.metadata.get("alpha_mode") == "1" and not pixels.alpha:
            self.notes.append(f"the transparency of {name} is left out")
        if len(container.streams.video) > 1:
            self.notes.append(f"{name} holds {len(container.streams.video)} videos or pictures; the main one was read")
        if not pixels.turnable:
            self.notes.append(f"{name} is to be shown at a slant; its frames were left as they are stored")

    def native(self, number: int) -> av.VideoFrame:
        """A stored frame in the pixel format of the file, not turned; deinterlaced where the file is interlaced.

        It has a decoder of its own, so that going through all frames does not disturb `read`. UserError as there.
        """
        self._copying = self._copying or Cursor(self.path, self._index)
        return self._copying.frame(number)

    def _decode(self, sequence: int, number: int) -> np.ndarray:
        self._reading = self._reading or Cursor(self.path, self._index)
        return self.pixels.array(self._reading.frame(number))
