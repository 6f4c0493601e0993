from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

LENGTH, HEIGHT, WIDTH = 7, 13, 18


def video(path, frames, codec="ffv1", stamps=None, base=Fraction(1, 12), sound=False):
    """A video of ``frames`` (T, H, W, 3), 12 a second or at ``stamps`` in units of ``base``, by FFmpeg itself."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=12)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "bgr0" if codec == "ffv1" else "yuv420p"
        stream.time_base = stream.codec_context.time_base = base
        voice = file.add_stream("aac", rate=16000, layout="mono") if sound else None
        for number, frame in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture.pts, picture.time_base = number if stamps is None else stamps[number], base
            file.mux(stream.encode(picture))
        file.mux(stream.encode(None))
        if voice is not None:
            for number in range(10):
                wave = (8000 * np.sin(np.arange(1024) / 9)).astype(np.int16)[None]
                samples = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
                samples.rate, samples.pts = 16000, 1024 * number
                file.mux(voice.encode(samples))
            file.mux(voice.encode(None))
    return path


def decoded(path):
    """All frames, RGB uint8 (T, H, W, 3), and their times in seconds."""
    with av.open(str(path)) as file:
        frames = [(frame.to_ndarray(format="rgb24"), frame.time) for frame in file.decode(video=0)]
    images, times = zip(*frames, strict=True)
    return np.stack(images), np.array(times)


def planes(path):
    """The decoded values of all frames, as they are stored."""
    with av.open(str(path)) as file:
        return [[bytes(plane) for plane in frame.planes] for frame in file.decode(video=0)]


def test_a_lossless_video_keeps_known_frames(tmp_path, random, predict, assert_filled, report_of):
    frames = random(LENGTH, 16, 24, 3)
    source = video(tmp_path / "film.mkv", frames)
    assert predict(source, tmp_path / "out", "--method", "mean", "--missing", "3") == 0
    found, times = decoded(tmp_path / "out" / "film.mkv")
    assert_filled(found, frames, [2])
    np.testing.assert_allclose(times, np.arange(LENGTH) / 12, atol=2e-3)
    assert "bit for bit those of the input" in report_of(tmp_path / "out")["notes"][0]


def test_a_lossy_video_says_so_and_can_be_asked_for_another_codec(tmp_path, smooth, predict, report_of):
    waves = np.rint(smooth(LENGTH, 32, 48) * 255).astype(np.uint8)
    source = video(tmp_path / "film.mp4", np.stack([waves] * 3, axis=-1), "mpeg4")
    frames, _ = decoded(source)
    assert predict(source, tmp_path / "out", "--method", "mean", "--missing", "3") == 0
    found, _ = decoded(tmp_path / "out" / "film.mp4")
    with av.open(str(tmp_path / "out" / "film.mp4")) as file:
        assert file.streams.video[0].codec_context.name == "h264"
    others = [place for place in range(LENGTH) if place != 2]
    assert np.abs(found[others].astype(int) - frames[others]).mean() < 3
    assert "known frames are not kept bit for bit" in report_of(tmp_path / "out")["notes"][0]
    more = ["--missing", "3", "--as", "mkv", "--codec", "ffv1"]
    assert predict(source, tmp_path / "exact", "--method", "mean", *more) == 0
    before, after = planes(source), planes(tmp_path / "exact" / "film.mkv")
    assert [after[place] for place in others] == [before[place] for place in others]


@pytest.mark.parametrize("insert", [1, 3])
def test_images_put_between_leave_the_duration_and_the_sound(tmp_path, insert, smooth, predict):
    waves = np.rint(smooth(8, 32, 48) * 255).astype(np.uint8)
    source = video(tmp_path / "film.mp4", np.stack([waves] * 3, axis=-1), "mpeg4", sound=True)
    assert predict(source, tmp_path / "out", "--method", "mean", "--insert", insert) == 0
    _, times = decoded(tmp_path / "out" / "film.mp4")
    np.testing.assert_allclose(times, np.arange(7 * (insert + 1) + 1) / 12 / (insert + 1), atol=2e-3)

    def voice(path):
        with av.open(str(path)) as file:
            return [bytes(packet) for packet in file.demux(audio=0) if packet.size]

    assert len(voice(source)) >= 10
    assert voice(tmp_path / "out" / "film.mp4") == voice(source)


def test_a_gap_in_time_is_found_and_filled_at_its_time(tmp_path, random, predict, assert_filled, capsys):
    frames = random(LENGTH, 16, 24, 3)
    known = [0, 1, 2, 4, 5, 6]
    source = video(
        tmp_path / "film.mkv", frames[known], stamps=[100 * place for place in known], base=Fraction(1, 1000)
    )
    assert predict(source, tmp_path / "out", "--method", "mean", "--missing", "auto") == 0
    assert "100 ms apart, 0 s to 0.6 s, 1 missing: 0.3 s" in capsys.readouterr().out
    found, times = decoded(tmp_path / "out" / "film.mkv")
    assert_filled(found, frames, [3])
    np.testing.assert_allclose(times, np.arange(LENGTH) / 10, atol=1e-3)


def test_irregular_times_are_kept_and_weigh_the_neighbours(tmp_path, random, predict):
    frames, stamps = random(5, 16, 24, 3), [0, 40, 97, 137, 200]
    source = video(tmp_path / "film.mkv", frames, stamps=stamps, base=Fraction(1, 1000))
    assert predict(source, tmp_path / "out", "--method", "mean", "--missing", "3") == 0
    found, times = decoded(tmp_path / "out" / "film.mkv")
    np.testing.assert_allclose(times, np.array(stamps) / 1000, atol=1e-3)
    share = (97 - 40) / (137 - 40)
    np.testing.assert_allclose(found[2], (1 - share) * frames[1] + share * frames[3], atol=0.51)
    np.testing.assert_array_equal(np.delete(found, 2, 0), np.delete(frames, 2, 0))


def test_a_folder_becomes_a_video_and_the_other_way_round(
    tmp_path, random, predict, folder, read_folder, assert_filled
):
    frames = random(LENGTH, 16, 24)
    source = folder(tmp_path / "seq", frames, skip=[3])
    more = ["--as", "mkv", "--codec", "ffv1", "--fps", "25"]
    assert predict(source, tmp_path / "out", "--method", "mean", *more) == 0
    found, times = decoded(tmp_path / "out" / "seq.mkv")
    assert_filled(found[..., 0], frames, [3])
    np.testing.assert_allclose(times, np.arange(LENGTH) / 25, atol=1e-3)
    assert (
        predict(tmp_path / "out" / "seq.mkv", tmp_path / "back", "--method", "mean", "--missing", "2", "--as", "png")
        == 0
    )
    back = read_folder(tmp_path / "back" / "seq")
    np.testing.assert_array_equal(np.delete(back, 1, 0)[..., 0], np.delete(found, 1, 0)[..., 0])


@pytest.mark.parametrize("channels", [1, 3])
def test_gif(tmp_path, channels, random, predict, read_gif, assert_filled):
    frames = np.broadcast_to(random(LENGTH, HEIGHT, WIDTH, channels) // 2 * 2, (LENGTH, HEIGHT, WIDTH, 3)).copy()
    frames[:, 0, 0] = 255 if channels == 1 else [255, 0, 20]  # no grey start
    pictures = [Image.fromarray(frame) for frame in frames]
    pictures[0].save(tmp_path / "film.gif", save_all=True, append_images=pictures[1:], duration=90)
    frames = read_gif(tmp_path / "film.gif")
    assert predict(tmp_path / "film.gif", tmp_path / "out", "--method", "mean", "--missing", "3") == 0
    assert_filled(read_gif(tmp_path / "out" / "film.gif"), frames, [2])
