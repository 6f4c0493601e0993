"""Animations, made and checked by Pillow."""

import struct
from dataclasses import replace

import numpy as np
import pytest
from PIL import GifImagePlugin, Image

from openstl_seqinterp.apps.io import Options, Output, open_source, write
from openstl_seqinterp.apps.io.timeline import Timeline
from openstl_seqinterp.errors import UserError

SIZE, COUNT = (18, 22), 5
FORMS = {"gif": "GIF", "webp": "WEBP", "apng": "PNG"}


def frames_of(channels=3, count=COUNT, size=SIZE):
    rng = np.random.default_rng(5)
    frames = rng.integers(0, 4, (count, *size, channels), np.uint8) * 80
    if channels == 4:
        frames[..., 3] = np.where(frames[..., 3] > 80, 255, 0)
    return frames


def as_image(frame):
    return Image.fromarray(frame[..., 0] if frame.shape[-1] == 1 else frame)


def animation(path, frames, duration=100, **settings):
    images = [as_image(frame) for frame in frames]
    lossless = {"lossless": True, "exact": True} if path.suffix == ".webp" else {}
    lossless |= {"disposal": 2} if path.suffix == ".gif" and frames.shape[-1] == 4 else {}
    settings = {"loop": 0, **lossless, **settings}
    images[0].save(path, FORMS[path.suffix[1:]], save_all=True, append_images=images[1:], duration=duration, **settings)
    return path


def seen(path, mode="RGBA"):
    """The frames as Pillow shows them, their durations, and the loop."""
    frames, durations = [], []
    with Image.open(path, formats=[FORMS[path.suffix[1:]]]) as image:
        for number in range(image.n_frames):
            image.seek(number)
            image.load()
            frames.append(np.array(image.convert(mode)))
            durations.append(image.info["duration"])
        return np.stack(frames), durations, image.info.get("loop")


def output_of(source, layout, filled=None, step=None, **settings):
    timeline = source.timeline
    if step:
        timeline = Timeline(timeline.instants[0] + step * np.arange(len(layout)), timeline.clock, step, True)
    return Output(source, layout, timeline, filled or (lambda s, p: source.read(s, 0)[::-1].copy()), "", settings)


def written(output, folder, name):
    folder.mkdir(exist_ok=True)
    return write(replace(output, name=name), name.split(".")[1], folder)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("form", FORMS)
def test_animation(tmp_path, form, channels):
    frames = frames_of(channels)
    source = open_source(animation(tmp_path / f"clip.{form}", frames, loop=3))
    assert (source.form, source.count, source.shape) == (form, COUNT, (*SIZE, channels))
    assert (source.timeline.clock, source.timeline.regular) == ("seconds", True)
    np.testing.assert_allclose(source.timeline.instants, [0, 0.1, 0.2, 0.3, 0.4])
    shown = seen(source.path)[0]
    for number in (3, 0, 4):
        wanted = shown[number][..., :channels]
        np.testing.assert_array_equal(source.read(0, number), wanted)
        solid = (frames[number][..., 3:] == 255) if channels == 4 else True
        np.testing.assert_array_equal(wanted * solid, frames[number] * solid)

    output = output_of(source, [0, None, 2, 3, 4])
    (path,) = written(output, tmp_path / "out", f"clip.{form}")
    found, durations, loop = seen(path)
    assert (durations, loop) == ([100] * COUNT, 3)
    for place, frame in enumerate(found):
        wanted = shown[0][::-1] if place == 1 else shown[place]
        np.testing.assert_array_equal(frame[..., 3], wanted[..., 3])
        solid = wanted[..., 3:] == 255
        np.testing.assert_array_equal(frame * solid, wanted * solid)


@pytest.mark.parametrize("form", FORMS)
def test_frames_that_are_the_same_stay(tmp_path, form):
    source = open_source(animation(tmp_path / f"clip.{form}", frames_of()))
    output = output_of(source, [0, None, None, 3, 4], lambda s, p: source.read(0, 0))
    (path,) = written(output, tmp_path / "out", f"clip.{form}")
    found = seen(path, "RGB")[0]
    np.testing.assert_array_equal(found, frames_of()[[0, 0, 0, 3, 4]])


@pytest.mark.parametrize("form", FORMS)
def test_inserted_frames_keep_the_duration_of_the_whole(tmp_path, form):
    source = open_source(animation(tmp_path / f"clip.{form}", frames_of()))
    layout = [0, None, 1, None, 2, None, 3, None, 4]
    (path,) = written(output_of(source, layout, step=0.05), tmp_path / "out", f"clip.{form}")
    assert seen(path)[1] == [50] * 8 + [100]


def test_rounding_to_hundredths_does_not_add_up(tmp_path):
    source = open_source(animation(tmp_path / "clip.gif", frames_of()))
    layout = [None if place % 3 else place // 3 for place in range(13)]
    (path,) = written(output_of(source, layout, step=0.1 / 3), tmp_path / "out", "clip.gif")
    assert sum(seen(path)[1][:-1]) == 400


def test_a_frame_that_is_shown_for_longer_is_no_gap(tmp_path):
    source = open_source(animation(tmp_path / "clip.gif", frames_of(), [100, 100, 200, 100, 500]))
    np.testing.assert_allclose(source.timeline.instants, [0, 0.1, 0.2, 0.4, 0.5])
    assert source.absent == ()
    assert not source.timeline.regular


def test_frames_without_duration_have_their_order(tmp_path):
    source = open_source(animation(tmp_path / "clip.gif", frames_of(), 0))
    assert source.timeline.clock == "number"
    (path,) = written(output_of(source, [0, 1, None, 3, 4]), tmp_path / "out", "clip.gif")
    assert seen(path)[1] == [100] * 5


def test_fps(tmp_path):
    source = open_source(animation(tmp_path / "clip.webp", frames_of()))
    (path,) = written(output_of(source, [0, 1, 2, 3, 4], fps=8), tmp_path / "out", "clip.webp")
    assert seen(path)[1] == [125] * 5


@pytest.mark.parametrize("settings", [{"fps": 0}, {"fps": -1}, {"codec": "h264"}])
def test_settings_of_others_are_refused(tmp_path, settings):
    source = open_source(animation(tmp_path / "clip.gif", frames_of()))
    with pytest.raises(UserError, match=next(iter(settings))):
        written(output_of(source, [0, 1], **settings), tmp_path, "out.gif")


def test_a_gif_says_that_it_has_too_few_colours(tmp_path):
    source = open_source(animation(tmp_path / "clip.gif", frames_of()))
    ramp = np.linspace(0, 255, 18 * 22 * 3).astype(np.uint8).reshape(source.shape)
    ramp[..., 1] = ramp[::-1, ::-1, 1]
    output = output_of(source, [0, 1, None, 3, 4], lambda s, p: ramp)
    (path,) = written(output, tmp_path / "out", "clip.gif")
    assert np.abs(seen(path, "RGB")[0][2].astype(int) - ramp).mean() < 4
    assert any("256 colours" in note for note in source.notes)


def test_grey_start_of_a_written_gif_keeps_later_colours(tmp_path):
    source = open_source(animation(tmp_path / "clip.gif", frames_of()))
    grey = np.resize(np.arange(256, dtype=np.uint8), SIZE)[..., None].repeat(3, axis=-1)
    (path,) = written(output_of(source, [None, 1, 2, 3, 4], lambda s, p: grey), tmp_path / "out", "clip.gif")
    np.testing.assert_array_equal(seen(path, "RGB")[0], [grey, *frames_of()[1:]])


def test_colours_after_a_grey_start_are_refused(tmp_path):
    """The second image covers the right half alone, in 256 reds."""
    path, ramp = tmp_path / "clip.gif", np.arange(256, dtype=np.uint8)
    left, right = Image.fromarray(np.resize(ramp, (16, 32))), Image.fromarray(ramp.reshape(16, 16))
    for image, colour in ((left, [1, 1, 1]), (right, [1, 0, 0])):
        image.putpalette(np.outer(ramp, colour).astype(np.uint8).tobytes())
    blocks = [
        *GifImagePlugin.getheader(left, info={"duration": 1})[0],
        *GifImagePlugin.getdata(left, duration=100),
        *GifImagePlugin.getdata(right, (16, 0), duration=100, include_color_table=True),
        b";",
    ]
    path.write_bytes(b"".join(blocks))
    with pytest.raises(UserError, match="frame 2 has colours after a grey start"):
        open_source(path)


def test_lossy_webp_is_written_without_further_loss(tmp_path):
    source = open_source(animation(tmp_path / "clip.webp", frames_of(), lossless=False, exact=False))
    shown = seen(source.path, "RGB")[0]
    (path,) = written(output_of(source, [0, 1, None, 3, 4]), tmp_path / "out", "clip.webp")
    np.testing.assert_array_equal(seen(path, "RGB")[0][[0, 1, 3, 4]], shown[[0, 1, 3, 4]])
    assert "larger" in source.notes[-1]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 3)])
def test_tiny_animation(tmp_path, form, size):
    source = open_source(animation(tmp_path / f"clip.{form}", frames_of(3, size=size)))
    layout = [None if source.number(place) is None else place for place in range(source.length)]
    (path,) = written(output_of(source, layout), tmp_path / "out", f"clip.{form}")
    assert seen(path)[0].shape[1:3] == size


@pytest.mark.parametrize("form", FORMS)
def test_folder_becomes_an_animation(tmp_path, form):
    (tmp_path / "in").mkdir()
    for number, frame in enumerate(frames_of(1)):
        as_image(frame).save(tmp_path / "in" / f"{number}.png")
    source = open_source(tmp_path / "in")
    (path,) = written(output_of(source, [0, 1, 2, 3, 4], fps=20), tmp_path, f"out.{form}")
    found, durations, loop = seen(path, "L")
    np.testing.assert_array_equal(found, frames_of(1)[..., 0])
    assert (durations, loop) == ([50] * 5, 0)


def test_deep_values_are_refused(tmp_path):
    (tmp_path / "in").mkdir()
    Image.fromarray(np.zeros(SIZE, np.uint16)).save(tmp_path / "in" / "1.png")
    with pytest.raises(UserError, match=r"uint16.*--as tif"):
        written(output_of(open_source(tmp_path / "in"), [0]), tmp_path, "out.gif")


def test_animation_becomes_a_folder(tmp_path):
    source = open_source(animation(tmp_path / "clip.gif", frames_of()))
    output = Output(source, list(range(5)), source.timeline, lambda s, p: None, "p")
    paths = write(output, "png", tmp_path)
    assert [path.name for path in paths] == [f"frame_{number:04d}.png" for number in range(1, 6)]
    np.testing.assert_array_equal([np.array(Image.open(path)) for path in paths], frames_of())


@pytest.mark.parametrize("part", np.linspace(0.0, 0.99, 9))
@pytest.mark.parametrize("form", FORMS)
def test_truncated_animation_is_refused(tmp_path, form, part):
    path = animation(tmp_path / f"clip.{form}", frames_of())
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    with pytest.raises(UserError, match=f"no {form} or a damaged one") as refusal:
        open_source(path)
    assert "\n" not in str(refusal.value)


def test_damage_behind_a_whole_end_is_refused(tmp_path):
    path = animation(tmp_path / "clip.gif", frames_of())
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)] + b";")
    with pytest.raises(UserError, match="damaged"):
        open_source(path)


def test_giant_canvas_is_refused(tmp_path):
    path = animation(tmp_path / "clip.gif", frames_of())
    content = path.read_bytes()
    path.write_bytes(content[:6] + struct.pack("<HH", 20000, 8000) + content[10:])
    with pytest.raises(UserError, match="claims"):
        open_source(path)


def test_options_of_others_are_refused(tmp_path):
    with pytest.raises(UserError, match="--axes does not apply"):
        open_source(animation(tmp_path / "clip.gif", frames_of()), Options(axes="TYX"))
