import numpy as np
import pytest
from drawings import GREEN, RED, grey, share, viridis
from PIL import Image

from openstl_seqinterp.evaluation.figures import Tile, case_figure, sequence_animation, sequence_figure


def test_an_animation_shows_every_image_and_frames_what_was_filled(tmp_path):
    sequence_animation(tmp_path / "a.gif", grey(0, 0, 200), {1: grey(100)[0]}, scale=4)
    with Image.open(tmp_path / "a.gif") as animation:
        assert animation.n_frames == 3
        assert animation.size == (11 * 4, 8 * 4)
        for number, value in enumerate((0, 100, 200)):
            animation.seek(number)
            shown = np.asarray(animation.convert("RGB")).astype(int)
            assert np.abs(shown[16, 22] - viridis(value)).max() <= 8  # a GIF has 256 colours
            assert np.abs(shown[1, 1] - (RED if number == 1 else (255, 255, 255))).max() <= 8


def test_a_sequence_shows_what_was_filled_and_what_is_true_and_each_image_once(tmp_path):
    path = tmp_path / "a.png"
    sequence_figure(path, grey(0, 10, 20, 0), {0: grey(100)[0]}, {0: Tile(grey(150)[0], "1: true", "tab:green")})
    tile = share(path, viridis(10))
    assert tile > 0.02
    for value in (20, 100, 150):
        assert share(path, viridis(value)) == pytest.approx(tile, rel=0.2)  # frames cover a little
    assert share(path, RED) > 0
    assert share(path, GREEN) > 0


def test_a_case_shows_the_difference(tmp_path):
    path = tmp_path / "a.png"
    case_figure(path, "title", grey(0, 1, 2), (3, 4, 5), grey(180)[0], grey(60)[0])
    for value in (180, 60, 120):
        assert share(path, viridis(value)) > 0.02


def test_colour_images_keep_their_colours(tmp_path):
    image = np.broadcast_to(np.array([200, 30, 90]).reshape(3, 1, 1) / 255, (3, 6, 9))
    sequence_figure(tmp_path / "a.png", np.stack([image, image]), {}, {})
    assert share(tmp_path / "a.png", (200, 30, 90)) > 0.2
