import cv2
import numpy as np
import pytest

from openstl_seqinterp.apps.io import open_source
from openstl_seqinterp.apps.io.source import CACHED_FRAMES
from openstl_seqinterp.errors import UserError

LENGTH, HEIGHT, WIDTH = 5, 18, 22
VIDEOS = {"mp4": "mp4v", "avi": "MJPG", "mov": "mp4v", "mkv": "mp4v"}


@pytest.fixture(scope="session")
def video(random):
    """A function (path, code, size, length) that writes a lossy video of noise, 12.5 frames a second."""

    def write(path, code, size=(HEIGHT, WIDTH), length=LENGTH):
        writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*code), 12.5, size[::-1])
        for seed in range(length):
            writer.write(random(*size, 3, seed=seed))
        writer.release()
        return path

    return write


@pytest.mark.parametrize("suffix", VIDEOS)
def test_video(tmp_path, suffix, layout, video, write_filled, expected, read_video):
    path = video(tmp_path / f"clip.{suffix}", VIDEOS[suffix])
    source = open_source(path)
    assert (source.sequences, source.length, source.absent) == (1, LENGTH, ())
    assert (source.shape, source.dtype, source.colour_order) == ((HEIGHT, WIDTH, 3), np.uint8, "bgr")
    inputs = read_video(path)
    # Rising, back within the cache, and rising again.
    for position in (0, 2, 1, 4, 0):
        np.testing.assert_array_equal(source.read(0, position), inputs[position])

    (written,) = write_filled(source, layout)
    assert written.name == path.name
    np.testing.assert_array_equal(read_video(written), expected(inputs, source, layout))
    assert cv2.VideoCapture(str(written)).get(cv2.CAP_PROP_FPS) == pytest.approx(12.5)
    assert "without loss" in source.notes[-1]


@pytest.mark.parametrize("suffix", VIDEOS)
def test_video_of_odd_size_is_kept_whole(tmp_path, suffix, random, write_filled, expected, read_video):
    # Only images handed over as they are make a video of odd size with OpenCV.
    path = tmp_path / f"odd.{suffix}"
    code, raw = cv2.VideoWriter.fourcc(*"png "), [cv2.VIDEOWRITER_PROP_RAW_VIDEO, 1]
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, code, 10, (7, 5), raw)
    frames = [random(5, 7, 3, seed=seed) for seed in range(3)]
    for frame in frames:
        writer.write(cv2.imencode(".png", frame)[1].reshape(1, -1))
    writer.release()
    source = open_source(path)
    (written,) = write_filled(source, [0, None, 2])
    np.testing.assert_array_equal(read_video(written), expected(frames, source, [0, None, 2]))


def test_video_goes_back_beyond_the_cache(tmp_path, monkeypatch, video, read_video):
    monkeypatch.setattr("openstl_seqinterp.apps.io.source.CACHED_FRAMES", 2)
    path = video(tmp_path / "clip.avi", "MJPG")
    source, inputs = open_source(path), read_video(path)
    for position in (4, 0, 3, 1):
        np.testing.assert_array_equal(source.read(0, position), inputs[position])


def test_video_longer_than_the_cache(tmp_path, video, read_video):
    length = 2 * CACHED_FRAMES + 5
    path = video(tmp_path / "clip.avi", "MJPG", length=length)
    source, inputs = open_source(path), read_video(path)
    for position in (length - 1, length - 3, 1):
        np.testing.assert_array_equal(source.read(0, position), inputs[position])
    assert len(source._cache) <= CACHED_FRAMES


@pytest.mark.parametrize(("suffix", "because"), [("mp4", "cannot be opened"), ("avi", "frames can be decoded")])
def test_truncated_video_is_refused(tmp_path, suffix, because, video, assert_refused, truncate):
    assert_refused(truncate(video(tmp_path / f"clip.{suffix}", VIDEOS[suffix])), because)


def test_frames_that_an_mkv_lacks_are_told(tmp_path, video, truncate):
    source = open_source(truncate(video(tmp_path / "clip.mkv", "MJPG"), 0.7))
    assert source.length < LENGTH
    assert f"claims {LENGTH} frames, {source.length} can" in source.notes[0]


def test_text_in_place_of_a_video_is_refused(tmp_path, assert_refused):
    path = tmp_path / "clip.mp4"
    path.write_text("no video")
    assert_refused(path, "cannot be opened")


def test_video_that_lacks_frames_on_the_disk_is_refused(tmp_path, monkeypatch, video, write_filled):
    source = open_source(video(tmp_path / "clip.avi", "MJPG"))
    monkeypatch.setattr("openstl_seqinterp.apps.io.writers.video.count_frames", lambda capture: 3)
    with pytest.raises(UserError, match="3 of 5 frames"):
        write_filled(source, [0, 1, None, 3, 4])
