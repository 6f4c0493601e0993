"""The sound and subtitles of a video, copied packet by packet into another."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av

_OWN = ("encoder", "major_brand", "minor_version", "compatible_brands", "duration")  # a muxer writes these itself


class Sound:
    """What of the video at ``path``, if one is given, goes into ``file`` beside the pictures.

    Where ``timed`` is False the pictures have left their times, and sound is left out. ``notes`` say what is.
    """

    def __init__(self, path: Path | None, file: av.container.OutputContainer, timed: bool) -> None:
        self.notes: list[str] = []
        self._file = file
        self._streams: dict[int, Any] = {}
        self._packets: Iterator[av.Packet] = iter(())
        self._held: av.Packet | None = None
        self._container = None if path is None else av.open(str(path))
        if self._container is None:
            return
        self._copy_tags(self._container.metadata, file.metadata)
        beside = [each for each in self._container.streams if each.type in ("audio", "subtitle")]
        if beside and not timed:
            kinds = " and ".join(sorted({"sound" if each.type == "audio" else "subtitles" for each in beside}))
            self.notes.append(
                f"the {kinds} would not fit the new times and {'are' if 'sub' in kinds else 'is'} left out"
            )
            return
        for each in beside:
            name = each.codec_context.name if each.codec_context else "unknown"
            what = "sound" if each.type == "audio" else "subtitles"
            try:
                if each.codec_context is None or each.codec_context.codec.canonical_name not in file.supported_codecs:
                    raise ValueError
                copy = file.add_stream_from_template(each)
            except (ValueError, av.FFmpegError):
                self.notes.append(f"{what} of the codec {name} left out: {file.format.name} does not hold it")
                continue
            self._copy_tags(each.metadata, copy.metadata)
            self._streams[each.index] = copy
        if self._streams:
            self._packets = self._container.demux([self._container.streams[index] for index in self._streams])

    @staticmethod
    def _copy_tags(given: dict[str, str], target: dict[str, str]) -> None:
        target.update({key: value for key, value in given.items() if key.lower() not in _OWN})

    def copy(self, until: Fraction | None) -> None:
        """Write the packets up to a time in seconds, or all that are left."""
        while True:
            packet = self._held or next(self._packets, None)
            self._held = None
            if packet is None:
                return
            if packet.dts is None or (packet.dts < 0 and self._file.format.name == "avi"):
                continue  # what comes before the start would shift the pictures of an avi by parts of a frame
            if until is not None and packet.dts * packet.time_base > until:
                self._held = packet
                return
            packet.stream = self._streams[packet.stream_index]
            self._file.mux_one(packet)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._container is not None:
            self._container.close()
