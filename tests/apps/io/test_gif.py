import numpy as np
import pytest
from PIL import GifImagePlugin, Image, ImageSequence

from openstl_seqinterp.apps.io import open_source, write

LENGTH, HEIGHT, WIDTH = 5, 18, 22


@pytest.fixture(scope="session")
def gif(random):
    """A function (path, channels) that writes a gif, each frame shown longer than the one before."""

    def write_gif(path, channels=3):
        frames = [random(HEIGHT, WIDTH, channels, seed=seed) // 64 * 64 for seed in range(LENGTH)]
        images = [Image.fromarray(np.broadcast_to(frame, (HEIGHT, WIDTH, 3)).copy()) for frame in frames]
        images[0].save(path, save_all=True, append_images=images[1:], duration=[100, 200, 300, 400, 500], loop=0)
        return path

    return write_gif


@pytest.mark.parametrize("channels", [1, 3])
def test_gif(tmp_path, channels, layout, gif, write_filled, expected, read_gif):
    path = gif(tmp_path / "clip.gif", channels)
    source = open_source(path)
    assert (source.length, source.shape, source.dtype) == (LENGTH, (HEIGHT, WIDTH, channels), np.uint8)
    assert source.colour_order == ("grey" if channels == 1 else "rgb")
    inputs = [frame[..., :channels] for frame in read_gif(path)]
    for position in (3, 0, 4):
        np.testing.assert_array_equal(source.read(0, position), inputs[position])

    (written,) = write_filled(source, layout)
    assert written.name == path.name
    frames = [frame[..., :channels] for frame in read_gif(written)]
    np.testing.assert_array_equal(frames, expected(inputs, source, layout))
    with Image.open(written) as image:
        assert image.info["loop"] == 0
        durations = [frame.info["duration"] for frame in ImageSequence.Iterator(image)]
    known = [100 * (position + 1) for position in layout if position is not None]
    assert [d for d, position in zip(durations, layout, strict=True) if position is not None] == known


def test_gif_keeps_frames_that_are_the_same(tmp_path, gif, read_gif):
    path = gif(tmp_path / "clip.gif")
    source = open_source(path)
    folder = tmp_path / "out"
    folder.mkdir()
    (written,) = write(source, folder, [0, None, None, 1], lambda sequence, position: source.read(0, 0))
    inputs = read_gif(path)
    np.testing.assert_array_equal(read_gif(written), [inputs[0]] * 3 + [inputs[1]])


def test_gif_reduces_a_filled_frame_of_many_colours(tmp_path, gif, read_gif):
    source = open_source(gif(tmp_path / "clip.gif"))
    ramp = np.linspace(0, 255, HEIGHT * WIDTH * 3).astype(np.uint8).reshape(source.shape)
    ramp[..., 1] = ramp[::-1, ::-1, 1]
    folder = tmp_path / "out"
    folder.mkdir()
    (written,) = write(source, folder, [0, 1, None, 3, 4], lambda sequence, position: ramp)
    assert np.abs(read_gif(written)[2].astype(int) - ramp).mean() < 4


def test_gif_that_loses_transparency_says_so(tmp_path, random, write_filled):
    path = tmp_path / "clip.gif"
    image = Image.fromarray(random(8, 9))
    image.save(path, transparency=int(np.array(image)[0, 0]))
    source = open_source(path)
    write_filled(source, [0, None])
    assert "transparency" in source.notes[0]


def test_gif_that_is_written_with_a_grey_start_keeps_its_colours(tmp_path, gif, read_gif):
    source = open_source(gif(tmp_path / "clip.gif"))
    grey = np.resize(np.arange(256, dtype=np.uint8), (HEIGHT, WIDTH))[..., None].repeat(3, axis=-1)
    folder = tmp_path / "out"
    folder.mkdir()
    (written,) = write(source, folder, [None, 1], lambda sequence, position: grey)
    np.testing.assert_array_equal(read_gif(written), [grey, read_gif(source.path)[1]])


@pytest.mark.parametrize(
    ("start", "because"), [([0, 1, 0], "more than 256 colours"), ([1, 1, 1], "colours after a grey start")]
)
def test_gif_that_cannot_be_written_exactly_is_refused(tmp_path, start, because, assert_refused):
    # The second image covers the right half alone, with 256 colours beside those of the first.
    path, ramp = tmp_path / "clip.gif", np.arange(256, dtype=np.uint8)
    left, right = Image.fromarray(np.resize(ramp, (16, 32))), Image.fromarray(ramp.reshape(16, 16))
    left.putpalette(np.outer(ramp, start).astype(np.uint8).tobytes())
    right.putpalette(np.outer(ramp, [1, 0, 0]).astype(np.uint8).tobytes())
    blocks = [
        *GifImagePlugin.getheader(left, info={"duration": 1})[0],
        *GifImagePlugin.getdata(left, duration=100),
        *GifImagePlugin.getdata(right, (16, 0), duration=100, include_color_table=True),
        b";",
    ]
    path.write_bytes(b"".join(blocks))
    assert_refused(path, "frame 2", because, "png")


@pytest.mark.parametrize("part", np.linspace(0.01, 0.99, 9))
def test_truncated_gif_is_refused(tmp_path, part, gif, assert_refused, truncate):
    assert_refused(truncate(gif(tmp_path / "clip.gif"), part), "damaged")


def test_damaged_gif_is_refused(tmp_path, gif, assert_refused, truncate):
    path = gif(tmp_path / "clip.gif")
    # Cut, yet it ends as a whole one does.
    path.write_bytes(truncate(path).read_bytes() + b";")
    assert_refused(path, "damaged")
