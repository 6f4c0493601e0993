"""The frames of a video by number: FFmpeg's demuxers and decoders, through PyAV, made exact at every place."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import av

from ...errors import UserError, one_line

LARGEST = 2**28  # pixels times channels of a frame
_RECENT_FRAMES, _RECENT_BYTES = 8, 2**26


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Turn FFmpeg's errors into one line."""
    try:
        yield
    except (av.FFmpegError, ValueError) as error:
        what = getattr(error, "strerror", None) or one_line(error)
        raise UserError(
            f"{path} cannot be read as a video: {what} (no video, cut short, damaged or protected); get a whole copy"
        ) from error


@dataclass
class Index:
    """The time stamps of the frames in order, the numbers of those that decoding can begin at, and what was found."""

    pts: list[int | None] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    interlaced: int = 0
    corrupt: int = 0
    seekable: bool = False


def open_video(path: Path) -> tuple[av.container.InputContainer, av.VideoStream]:
    """A file and the main video in it. UserError where it has none; av.FFmpegError."""
    container = av.open(str(path))
    stream = container.streams.best("video")
    if stream is None or not isinstance(stream, av.VideoStream):
        container.close()
        raise UserError(f"{path} has no video in it, only sound or data; expected a video")
    if stream.codec_context is None:
        container.close()
        raise UserError(f"{path} holds a video of a codec that FFmpeg does not know; convert it")
    stream.thread_type = "AUTO"
    stream.codec_context.options = {"max_pixels": str(LARGEST)}
    return container, stream


def decode(container: av.container.InputContainer, stream: av.VideoStream) -> Iterator[av.VideoFrame]:
    """The frames in order, from the first that can be decoded. av.FFmpegError where a later one is damaged."""
    begun = False
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            if begun:
                raise
            continue  # a recording may begin amid pictures that build on earlier ones
        for frame in frames:
            begun = True
            yield frame


class Cursor:
    """Goes through the frames of a video, cheapest in rising order. Deinterlaces where that is called for."""

    def __init__(self, path: Path, index: Index) -> None:
        self._path, self._index = path, index
        self._recent: OrderedDict[int, av.VideoFrame] = OrderedDict()
        self._start_over()

    def _start_over(self) -> None:
        self._container, self._stream = open_video(self._path)
        self._frames = self._deinterlaced(enumerate(decode(self._container, self._stream)))
        self._next = 0

    def _seek(self, key: int) -> None:
        stamp = self._index.pts[key]
        assert stamp is not None
        self._container.seek(stamp, stream=self._stream)
        self._frames = self._deinterlaced(self._numbered(key))
        self._next = key
        if self._index.interlaced:
            next(self._frames, None)  # the first lacks the frame before it, which the filter reads
            self._next += 1

    def _numbered(self, key: int) -> Iterator[tuple[int, av.VideoFrame]]:
        """From the frame numbered ``key`` on, wherever the demuxer went."""
        number = None
        for frame in decode(self._container, self._stream):
            if number is None:
                if frame.pts != self._index.pts[key]:
                    continue  # before it, and maybe built on what was not decoded
                number = key
            yield number, frame
            number += 1

    def _deinterlaced(self, frames: Iterator[tuple[int, av.VideoFrame]]) -> Iterator[tuple[int, av.VideoFrame]]:
        if not self._index.interlaced:
            yield from frames
            return
        graph = av.filter.Graph()
        source = graph.add_buffer(template=self._stream)
        graph.link_nodes(source, graph.add("bwdif", "mode=send_frame:deint=interlaced"), graph.add("buffersink"))
        graph.configure()
        numbers: deque[int] = deque()

        def pull() -> Iterator[tuple[int, av.VideoFrame]]:
            while numbers:
                try:
                    frame = graph.vpull()
                except (BlockingIOError, EOFError):
                    return
                yield numbers.popleft(), frame

        for number, frame in frames:
            numbers.append(number)
            graph.vpush(frame)
            yield from pull()
        graph.vpush(None)
        yield from pull()

    def frame(self, number: int) -> av.VideoFrame:
        """A frame by its number, exactly what decoding from the start gives. UserError where that fails."""
        if number in self._recent:
            return self._recent[number]
        # A filter reads the frame before too, so decoding must begin earlier.
        before = number - 1 if self._index.interlaced else number
        place = bisect_right(self._index.keys, before) - 1
        key = self._index.keys[place] if place >= 0 else 0
        with refusing(self._path):
            if self._index.seekable and key and (number < self._next or key > self._next):
                self._seek(key)
                found = self._advance(number)
                if found is not None:
                    return found
                self._index.seekable = False  # the demuxer went elsewhere
            if number < self._next:
                self._start_over()
            found = self._advance(number)
        if found is None:
            raise UserError(f"{self._path}: frame {number + 1} cannot be decoded any more; the file has changed")
        return found

    def _advance(self, number: int) -> av.VideoFrame | None:
        for place, frame in self._frames:
            if frame.pts is not None and not self._index.interlaced and frame.pts != self._index.pts[place]:
                break
            self._next = place + 1
            self._recent[place] = frame
            size = sum(plane.buffer_size for plane in frame.planes)
            while len(self._recent) > max(1, min(_RECENT_FRAMES, _RECENT_BYTES // size)):
                self._recent.popitem(last=False)
            if place == number:
                return frame
        self._next = 1 << 62  # used up
        return None
