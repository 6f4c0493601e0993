import cv2
import numpy as np
import pytest
from PIL import Image

LENGTH, HEIGHT, WIDTH = 7, 13, 18


def video(path, frames):
    """A lossy video of ``frames`` (T, H, W, 3), 12 a second."""
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), 12, frames.shape[2:0:-1])
    for frame in frames:
        writer.write(frame)
    writer.release()
    return path


def test_video(tmp_path, random, predict, read_video, assert_filled, report_of):
    source = video(tmp_path / "film.mp4", random(LENGTH, 16, 24, 3))
    frames = read_video(source)  # as decoded
    assert predict(source, tmp_path / "out", "--method", "mean", "--missing", "3") == 0
    assert_filled(read_video(tmp_path / "out" / "film.mp4"), frames, [2])
    before, after = (cv2.VideoCapture(str(path)) for path in (source, tmp_path / "out" / "film.mp4"))
    assert before.get(cv2.CAP_PROP_FPS) == after.get(cv2.CAP_PROP_FPS) == 12
    assert "without loss" in report_of(tmp_path / "out")["notes"][0]


@pytest.mark.parametrize("channels", [1, 3])
def test_gif(tmp_path, channels, random, predict, read_gif, assert_filled):
    frames = np.broadcast_to(random(LENGTH, HEIGHT, WIDTH, channels) // 2 * 2, (LENGTH, HEIGHT, WIDTH, 3)).copy()
    frames[:, 0, 0] = 255 if channels == 1 else [255, 0, 20]  # no grey start
    pictures = [Image.fromarray(frame) for frame in frames]
    pictures[0].save(tmp_path / "film.gif", save_all=True, append_images=pictures[1:], duration=90)
    frames = read_gif(tmp_path / "film.gif")
    assert predict(tmp_path / "film.gif", tmp_path / "out", "--method", "mean", "--missing", "3") == 0
    assert_filled(read_gif(tmp_path / "out" / "film.gif"), frames, [2])
