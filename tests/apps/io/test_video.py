"""Videos made by PyAV are read as they are shown, and written files are checked by PyAV alone."""

from fractions import Fraction

import av
import numpy as np
import pytest
from videos import HEIGHT, PORTRAIT, WIDTH, Arrays, image, make, planes, rgb, written

from openstl_seqinterp.apps.io import Timeline, open_source


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi", "a.ts", "a.mpg"])
def test_any_order_gives_what_decoding_from_the_start_gives(tmp_path, name):
    codec = {".avi": "mpeg4", ".mpg": "mpeg2video"}.get(name[1:], "libx264")
    path = make(tmp_path / name, [image(n) for n in range(40)], codec, options={"g": "9", "bf": "2"})
    source, inputs = open_source(path), rgb(path)
    assert (source.length, source.shape, source.dtype, source.axes) == (40, (HEIGHT, WIDTH, 3), np.uint8, "TYXC")
    for place in (39, 0, 25, 24, 9, 10, 3, 38):
        np.testing.assert_array_equal(source.read(0, place), inputs[place])


def test_losslessly_trimmed_mp4_has_the_frames_it_shows(tmp_path):
    whole = make(tmp_path / "whole.mp4", [image(n) for n in range(40)], options={"g": "12", "bf": "2"})
    path = tmp_path / "trimmed.mp4"
    with av.open(str(whole)) as old, av.open(str(path), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                packet.pts, packet.dts = packet.pts - 15 * 512, packet.dts - 15 * 512
                new.mux(packet)
    source, inputs = open_source(path), rgb(path)
    assert source.length == len(inputs) == 25
    for place in (24, 0, 13):
        np.testing.assert_array_equal(source.read(0, place), inputs[place])
        np.testing.assert_array_equal(source.read(0, place), rgb(whole)[place + 15])


def test_gap_in_time_is_absent(tmp_path):
    stamps = [Fraction(n, 25) for n in (0, 1, 2, 5, 6, 7)]
    source = open_source(make(tmp_path / "gap.mkv", [image(n) for n in range(6)], stamps=stamps))
    assert (source.length, source.absent, source.timeline.regular) == (8, (3, 4), True)
    path = written(source, tmp_path, "mkv", layout=[0, 1, 2, None, None, 5, 6, 7])
    np.testing.assert_allclose([time for _, time, _ in planes(path)], np.arange(8) / 25, atol=1e-3)


@pytest.mark.parametrize("form", ["mp4", "mkv"])
def test_variable_frame_rate_stays(tmp_path, form):
    stamps = [Fraction(n, 1000) for n in (0, 40, 95, 200, 240, 310, 400)]
    source = open_source(make(tmp_path / f"vfr.{form}", [image(n) for n in range(7)], stamps=stamps))
    assert not source.timeline.regular
    expected = [float(stamp) for stamp in stamps]
    np.testing.assert_allclose(source.timeline.instants, expected, atol=1e-3)
    np.testing.assert_allclose([time for _, time, _ in planes(written(source, tmp_path, form))], expected, atol=1e-3)


def test_inserted_frames_keep_the_duration_and_fps_overrules(tmp_path):
    source = open_source(make(tmp_path / "a.mp4", [image(n) for n in range(6)], sound=True))
    layout = [0, None, 1, None, 2, None, 3, None, 4, None, 5]
    timeline = Timeline(np.arange(11) / 50, "seconds", 1 / 50, True)
    path = written(source, tmp_path, "mp4", layout, timeline)
    np.testing.assert_allclose([time for _, time, _ in planes(path)], np.arange(11) / 50, atol=1e-6)
    with av.open(str(path)) as file:
        assert file.streams.video[0].duration * file.streams.video[0].time_base == Fraction(11, 50)
    path.unlink()
    path.parent.rmdir()
    path = written(source, tmp_path, "mp4", layout, timeline, fps=10)
    np.testing.assert_allclose([time for _, time, _ in planes(path)], np.arange(11) / 10, atol=1e-6)
    with av.open(str(path)) as file:
        assert not file.streams.audio
    assert any("sound" in note for note in source.notes)


@pytest.mark.parametrize("form", ["mp4", "mkv", "avi"])
def test_ffv1_keeps_known_planes_and_sound_is_copied(tmp_path, form):
    path = make(tmp_path / "a.mp4", [image(n) for n in range(6)], sound=True)
    source = open_source(path)
    out = written(source, tmp_path, form, fill=lambda sequence, place: image(9), codec="ffv1")
    inputs, outputs = planes(path), planes(out)
    for place, (old, new) in enumerate(zip(inputs, outputs, strict=True)):
        assert (old[0] == new[0]).all() == (place != 2)
        assert new[1] - outputs[0][1] == pytest.approx(old[1], abs=2e-3)
    if form != "avi":  # which knows times to one frame only
        lags = []
        for file in (path, out):
            with av.open(str(file)) as opened:
                lags.append(next(opened.demux(audio=0)).pts * opened.streams.audio[0].time_base - planes(file)[0][1])
        assert float(lags[0]) == pytest.approx(float(lags[1]), abs=2e-3)
    assert np.abs(rgb(out)[2].astype(int) - image(9)).mean() < 3  # chroma is at half the resolution
    with av.open(str(path)) as old, av.open(str(out)) as new:
        sound = [[bytes(p) for p in file.demux(audio=0) if p.size] for file in (old, new)]
        early = 1 if form == "avi" else 0  # a packet that comes before the start
        assert sound[0][early:] == sound[1]
        assert len(sound[1]) > 10


def test_sound_that_a_container_cannot_hold_is_told(tmp_path):
    source = open_source(make(tmp_path / "a.mp4", [image(n) for n in range(4)], sound=True))
    with av.open(str(written(source, tmp_path, "webm"))) as file:
        assert [stream.type for stream in file.streams] == ["video"]
    assert any("aac left out" in note for note in source.notes)


def test_default_is_h264_for_everyone(tmp_path):
    source = open_source(make(tmp_path / "a.mp4", [image(n) for n in range(5)], pix_fmt="yuv444p"))
    path = written(source, tmp_path, "mp4")
    with av.open(str(path)) as file:
        context = file.streams.video[0].codec_context
        assert (context.name, context.pix_fmt, context.profile) == ("h264", "yuv420p", "High")
    assert max(np.abs(a.astype(int) - b).mean() for a, b in zip(rgb(path)[3:], rgb(source.path)[3:], strict=True)) < 5
    assert any("crf 18" in note and "not kept bit for bit" in note for note in source.notes)
    assert any("half the resolution" in note for note in source.notes)


def test_turned_video_is_upright_and_stays_turned(tmp_path):
    path = make(tmp_path / "a.mp4", [image(n) for n in range(5)], matrix=PORTRAIT)
    source = open_source(path)
    assert source.shape == (WIDTH, HEIGHT, 3)
    np.testing.assert_array_equal(source.read(0, 1), np.rot90(rgb(path)[1], -1))
    filled = np.rot90(image(9), -1).copy()
    out = written(source, tmp_path, "mp4", fill=lambda sequence, place: filled, codec="ffv1")
    with av.open(str(out)) as file:
        frames = list(file.decode(video=0))
    assert {frame.rotation for frame in frames} == {-90}
    assert np.abs(frames[2].to_ndarray(format="rgb24").astype(int) - image(9)).mean() < 3
    np.testing.assert_array_equal(planes(out)[3][0], planes(path)[3][0])


def test_turned_video_becomes_upright_where_the_container_cannot_say(tmp_path):
    path = make(tmp_path / "a.mp4", [image(n) for n in range(4)], matrix=PORTRAIT)
    source = open_source(path)
    out = rgb(written(source, tmp_path, "avi"))
    assert np.abs(out[1].astype(int) - np.rot90(rgb(path)[1], -1)).mean() < 3
    assert any("upright" in note for note in source.notes)


@pytest.mark.parametrize("form", ["mp4", "mkv"])
def test_aspect_and_colour_tags_are_kept(tmp_path, form):
    tags = {"color_range": 1, "color_primaries": 9, "color_trc": 16, "colorspace": 9}
    frames = [image(n) for n in range(4)]
    source = open_source(make(tmp_path / "a.mp4", frames, sample_aspect_ratio=Fraction(4, 3), **tags))
    with av.open(str(written(source, tmp_path, form))) as file:
        stream, frame = file.streams.video[0], next(file.decode(video=0))
        assert stream.sample_aspect_ratio == Fraction(4, 3)
        assert [frame.color_range, frame.color_primaries, frame.color_trc, frame.colorspace] == [1, 9, 16, 9]


def test_colours_follow_the_matrix_and_range_that_a_file_says(tmp_path):
    frames = []
    for number in range(3):
        colours = av.VideoFrame.from_ndarray(image(number))
        frames.append(colours.reformat(format="yuv444p", dst_colorspace="ITU709", dst_color_range="JPEG"))
    path = make(tmp_path / "a.mkv", frames, "ffv1", "yuv444p", colorspace=1, color_range=2)
    assert np.abs(open_source(path).read(0, 0).astype(int) - image(0)).max() <= 2
    assert np.abs(rgb(path)[0].astype(int) - image(0)).max() <= 2


def test_ten_bits_stay_ten(tmp_path):
    wide = [av.VideoFrame.from_ndarray(image(n).astype(np.uint16) * 257, format="rgb48le") for n in range(4)]
    frames = [frame.reformat(format="yuv422p10le") for frame in wide]
    path = make(tmp_path / "a.mkv", frames, pix_fmt="yuv422p10le")
    source = open_source(path)
    assert (source.dtype, source.shape) == (np.uint16, (HEIGHT, WIDTH, 3))
    assert "10 bits" in source.kind
    assert np.abs(source.read(0, 1) / 257 - image(1)).mean() < 3
    for place, (old, new) in enumerate(zip(planes(path), planes(written(source, tmp_path, "mkv")), strict=True)):
        assert new[2] == "yuv422p10le"
        assert place == 2 or (old[0] == new[0]).all()


def test_ten_bits_that_are_lost_are_told(tmp_path):
    frames = [av.VideoFrame.from_ndarray(image(n)).reformat(format="yuv420p10le") for n in range(4)]
    source = open_source(make(tmp_path / "a.mov", frames, pix_fmt="yuv420p10le"))
    assert planes(written(source, tmp_path, "mov"))[0][2] == "yuv420p"
    assert any("8 of 10 bits" in note for note in source.notes)


def test_transparency_and_grey_are_kept(tmp_path):
    rgba = np.random.default_rng(0).integers(0, 256, (4, HEIGHT, WIDTH, 4), np.uint8)
    frames = [av.VideoFrame.from_ndarray(each, format="rgba").reformat(format="bgra") for each in rgba]
    source = open_source(make(tmp_path / "alpha.mkv", frames, "ffv1", "bgra"))
    np.testing.assert_array_equal(source.read(0, 3), rgba[3])
    with av.open(str(written(source, tmp_path, "mkv"))) as file:
        np.testing.assert_array_equal([f.to_ndarray(format="rgba") for f in file.decode(video=0)][3], rgba[3])


@pytest.mark.parametrize(("form", "top"), [("gray", 255), ("gray12le", 4095)])
def test_grey_levels_are_those_stored(tmp_path, form, top):
    grey = (
        np.random.default_rng(0).integers(0, top + 1, (4, HEIGHT, WIDTH)).astype(np.uint8 if top < 256 else np.uint16)
    )
    frames = [av.VideoFrame.from_ndarray(each, format=form) for each in grey]
    source = open_source(make(tmp_path / "grey.mkv", frames, "ffv1", form))
    assert (source.shape, source.axes) == ((HEIGHT, WIDTH, 1), "TYX")
    np.testing.assert_array_equal(source.read(0, 1)[..., 0], grey[1])
    out = planes(written(source, tmp_path, "mkv"))
    np.testing.assert_array_equal([frame for frame, _, _ in out], grey[[0, 1, 0, 3]])


def test_interlaced_video_is_deinterlaced(tmp_path):
    moments = [image(n) for n in range(24)]
    graph = av.filter.Graph()  # says of each frame that its upper field is the earlier one
    source = graph.add_buffer(width=WIDTH, height=HEIGHT, format="yuv420p", time_base=Fraction(1, 25))
    graph.link_nodes(source, graph.add("setfield", "tff"), graph.add("buffersink")).configure()
    woven = []
    for number in range(12):
        frame = moments[2 * number].copy()
        frame[1::2] = moments[2 * number + 1][1::2]
        graph.vpush(av.VideoFrame.from_ndarray(frame).reformat(format="yuv420p"))
        woven.append(graph.vpull())
    options = {"flags": "+ildct+ilme", "top": "1", "b": "8M"}
    path = make(tmp_path / "a.mpg", woven, "mpeg2video", options=options)
    source = open_source(path)
    assert source.length == 12
    assert any("deinterlaced" in note for note in source.notes)
    combed = [np.abs(f.astype(int) - moments[2 * n]).mean() for n, f in enumerate(rgb(path))]
    smooth = [np.abs(source.read(0, n).astype(int) - moments[2 * n]).mean() for n in range(12)]
    assert np.mean(smooth) < 0.7 * np.mean(combed)
    again = source.native(11).to_ndarray()
    fresh = open_source(path)
    np.testing.assert_array_equal([fresh.native(n).to_ndarray() for n in range(12)][11], again)


def test_arrays_become_videos(tmp_path):
    odd = np.stack([image(n, 35, 51) for n in range(5)])
    source = Arrays(tmp_path / "odd.npy", odd)
    out = written(source, tmp_path, "mp4")
    assert all(np.abs(a.astype(int) - b).mean() < 3 for a, b in zip(rgb(out)[3:], odd[3:], strict=True))
    assert any("odd size" in note for note in source.notes)
    assert any("10 frames a second" in note for note in source.notes)


@pytest.mark.parametrize("size", [(1, 1), (3, 3), (5, 7), (47, 63), (135, 241)])
def test_any_size_is_kept_without_loss(tmp_path, size):
    frames = np.random.default_rng(0).integers(0, 256, (4, *size, 3), np.uint8)
    out = written(Arrays(tmp_path / "small.npy", frames), tmp_path, "mkv", codec="ffv1")
    np.testing.assert_array_equal(rgb(out), frames[[0, 1, 0, 3]])


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_arrays_of_16_bits_are_kept(tmp_path, channels):
    deep = np.random.default_rng(0).integers(0, 2**16, (4, HEIGHT, WIDTH, channels), np.uint16)
    out = written(Arrays(tmp_path / "deep.npy", deep), tmp_path, "mkv")
    form = {1: "gray16le", 3: "rgb48le", 4: "rgba64le"}[channels]
    with av.open(str(out)) as file:
        found = [frame.to_ndarray(format=form).reshape(deep[0].shape) for frame in file.decode(video=0)]
    np.testing.assert_array_equal(found, deep[[0, 1, 0, 3]])
