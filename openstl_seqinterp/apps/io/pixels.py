"""How a video stores its pixels, and the way between its frames and arrays (H, W, C) of grey, RGB or RGBA values."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Self

import av
import numpy as np
from av.sidedata.sidedata import Type
from av.video.reformatter import VideoReformatter

# The numbers that FFmpeg and ITU-T H.273 give to ranges and to matrices between RGB and YCbCr.
LIMITED, FULL = 1, 2
RGB, BT709, UNSPECIFIED, SMPTE170M = 0, 1, 2, 6
_SWSCALE = {BT709: 1, 4: 4, 5: 5, SMPTE170M: 5, 7: 7, 9: 9, 10: 9}  # by the matrix, swscale's number of it
_UNIT = 1 << 16


@dataclass(frozen=True)
class Pixels:
    """The pixel ``format`` of a video by FFmpeg's name, its size as stored, its colour tags and how it is shown.

    ``aspect`` is the width of a pixel by its height, ``matrix`` the nine numbers of the display matrix: each None where
    a file says nothing.
    """

    format: str
    width: int
    height: int
    range: int = 0
    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED
    space: int = UNSPECIFIED
    aspect: Fraction | None = None
    matrix: tuple[int, ...] | None = None
    # Kept because making one costs ten times what a frame does.
    _reformatter: VideoReformatter = field(default_factory=VideoReformatter, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, frame: av.VideoFrame, aspect: Fraction | None) -> Self:
        """Those of a decoded frame; files keep the aspect elsewhere."""
        side: Any = frame.side_data  # a mapping by Type, which its annotations lack
        data = side.get(Type.DISPLAYMATRIX)
        matrix = tuple(np.frombuffer(bytes(data), "<i4").tolist()) if data is not None else None
        return cls(
            format=frame.format.name,
            width=frame.width,
            height=frame.height,
            range=int(frame.color_range),
            primaries=int(frame.color_primaries),
            transfer=int(frame.color_trc),
            space=int(frame.colorspace),
            aspect=aspect if aspect and aspect != 1 else None,
            matrix=matrix,
        )

    @property
    def bits(self) -> int:
        """Of the deepest channel."""
        return max(component.bits for component in av.VideoFormat(self.format).components)

    @property
    def alpha(self) -> bool:
        """Whether pixels have an opacity; palettes count as opaque."""
        return any(component.is_alpha for component in av.VideoFormat(self.format).components)

    @property
    def coloured(self) -> bool:
        """Whether pixels have colours, not grey levels alone."""
        form = av.VideoFormat(self.format)
        return form.has_palette or form.is_bayer or len(form.components) > 2

    @property
    def channels(self) -> int:
        """Of an array: 1, 3 or 4."""
        return 4 if self.alpha else 3 if self.coloured else 1

    @property
    def rgb(self) -> bool:
        """Whether colours are stored as RGB, not as brightness and two differences."""
        form = av.VideoFormat(self.format)
        return self.coloured and (form.is_rgb or form.has_palette or form.is_bayer)

    @property
    def array_format(self) -> str:
        """The pixel format of an array: grey levels as they are stored, colours of more than 8 bits scaled to 16."""
        deep = self.bits > 8
        if self.channels == 1:
            return f"gray{self.bits}le" if deep else "gray"
        return {3: ("rgb24", "rgb48le"), 4: ("rgba", "rgba64le")}[self.channels][deep]

    @property
    def turned(self) -> bool:
        """Whether width and height change places when the video is shown."""
        return self.matrix is not None and self.matrix[0] == self.matrix[4] == 0

    @property
    def turnable(self) -> bool:
        """Whether the display matrix turns by right angles and mirrors at most."""
        if self.matrix is None:
            return True
        a, b, c, d = self.matrix[0], self.matrix[1], self.matrix[3], self.matrix[4]
        return (abs(a), abs(d), b, c) == (_UNIT, _UNIT, 0, 0) or (a, d, abs(b), abs(c)) == (0, 0, _UNIT, _UNIT)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, C) of an upright frame."""
        size = (self.width, self.height) if self.turned else (self.height, self.width)
        return (*size, self.channels)

    @property
    def _swscale(self) -> int:
        # What does not say is taken as players take it: BT.709 for high definition, BT.601 below.
        return _SWSCALE.get(self.space, 1 if self.width >= 1280 or self.height > 576 else 5)

    @property
    def _range(self) -> int:
        whole = self.range == FULL or self.rgb or not self.coloured or self.format.startswith("yuvj")
        return FULL if whole else LIMITED

    def array(self, frame: av.VideoFrame) -> np.ndarray:
        """A new upright array (H, W, C), uint8 or uint16, of a frame of these pixels."""
        values = self._reformatter.reformat(
            frame,
            format=self.array_format,
            src_colorspace=self._swscale,
            dst_colorspace=self._swscale,
            src_color_range=self._range,
            dst_color_range=FULL,
            threads=1,
        ).to_ndarray()
        upright = values[..., None] if values.ndim == 2 else values
        if self.matrix is not None and self.turnable:
            upright = upright.swapaxes(0, 1) if self.turned else upright
            upright = upright[self._mirror()]
        return np.ascontiguousarray(upright)

    def frame(self, array: np.ndarray) -> av.VideoFrame:
        """The inverse of `array`: a frame of these pixels. The array may have fewer channels, or other ones."""
        if self.matrix is not None and self.turnable:
            array = array[self._mirror()]
            array = array.swapaxes(0, 1) if self.turned else array
        deep, channels = array.dtype == np.uint16, array.shape[-1]
        if channels == 1:
            grey = f"gray{self.bits}le" if deep and not self.coloured and self.bits > 8 else "gray16le"
            name = grey if deep else "gray"
        else:
            name = {3: ("rgb24", "rgb48le"), 4: ("rgba", "rgba64le")}[channels][deep]
        values = np.ascontiguousarray(array[..., 0] if channels == 1 else array)
        return self.converted(av.VideoFrame.from_ndarray(values, format=name), None)

    def converted(self, frame: av.VideoFrame, given: Pixels | None) -> av.VideoFrame:
        """A frame of the ``given`` pixels, or one of full-range RGB or grey, as one of these; itself if that is so."""
        if frame.format.name == self.format and (given is None or given._range == self._range):
            return frame
        return self._reformatter.reformat(
            frame,
            format=self.format,
            src_colorspace=given._swscale if given else self._swscale,
            dst_colorspace=self._swscale,
            src_color_range=given._range if given else FULL,
            dst_color_range=self._range,
            threads=1,
        )

    def _mirror(self) -> tuple[slice, slice]:
        assert self.matrix is not None
        across = self.matrix[3] if self.turned else self.matrix[0]
        down = self.matrix[1] if self.turned else self.matrix[4]
        return slice(None, None, -1 if down < 0 else 1), slice(None, None, -1 if across < 0 else 1)
