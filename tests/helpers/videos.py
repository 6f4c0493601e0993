"""How tests make videos, by PyAV, and look at what was written."""

from fractions import Fraction

import av
import numpy as np

from openstl_seqinterp.apps.io import Output, write
from openstl_seqinterp.apps.io.source import Source

HEIGHT, WIDTH = 48, 64
TICK = Fraction(1, 12800)
PORTRAIT = (0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)  # to be shown turned by 90 degrees, clockwise


def image(number, height=HEIGHT, width=WIDTH):
    """Smooth colours that move."""
    y, x = np.mgrid[:height, :width]
    waves = [128 + 100 * np.sin((x * a + y * b) / 15 + number / 5) for a, b in ((1, 0), (0, 1), (1, 1))]
    return np.stack(waves, -1).astype(np.uint8)


def make(path, frames, codec="libx264", pix_fmt="yuv420p", stamps=None, matrix=None, sound=False, options=None, **tags):
    """A video of (H, W, C) arrays, or of frames, at ``stamps`` seconds: the frames' own, else 25 a second."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=25, options=options or {})
        first = frames[0]
        stream.height, stream.width = first.shape[:2] if isinstance(first, np.ndarray) else (first.height, first.width)
        stream.pix_fmt = pix_fmt
        base = Fraction(1, 25) if path.suffix in (".avi", ".mpg") else TICK
        stream.codec_context.time_base = base
        for name, value in tags.items():
            setattr(stream.codec_context, name, value)
        if matrix:
            stream.set_display_matrix(matrix)
        if sound:
            voice = file.add_stream("aac", rate=16000, layout="mono")
            wave = (np.sin(np.arange(16000) / 10) * 9000).astype(np.int16)[None]
            audio = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
            audio.sample_rate, audio.pts = 16000, 0
            file.mux([*voice.encode(audio), *voice.encode(None)])
        for number, frame in enumerate(frames):
            if isinstance(frame, np.ndarray):
                frame = av.VideoFrame.from_ndarray(frame).reformat(format=pix_fmt)
            seconds = stamps[number] if stamps else Fraction(number, 25)
            frame.pts, frame.time_base = int(seconds / base), base
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def planes(path):
    """Every decoded frame as the bytes of its planes without padding, and its time in seconds."""
    with av.open(str(path)) as file:
        return [(frame.to_ndarray(), frame.time, frame.format.name) for frame in file.decode(video=0)]


def rgb(path):
    with av.open(str(path)) as file:
        return [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]


def written(source, folder, form, layout=None, timeline=None, fill=None, **settings):
    """The file written of a source whose position 2 is filled, unless a layout says otherwise."""
    folder = folder / "out"
    folder.mkdir()
    layout = layout or [None if place == 2 else place for place in range(source.length)]
    fill = fill or (lambda sequence, place: source.read(0, 0))
    name = f"{source.path.stem}.{form}"
    (path,) = write(Output(source, layout, timeline or source.timeline, fill, name, settings), form, folder)
    assert path == folder / name
    return path


class Arrays(Source):
    """A sequence of arrays (T, H, W, C) in memory."""

    form, kind = "npy", "arrays"

    def __init__(self, path, frames):
        super().__init__(path, None)
        self.frames, self.count = frames, len(frames)
        self.shape, self.dtype = frames.shape[1:], frames.dtype

    def _decode(self, sequence, number):
        return self.frames[number].copy()
