"""Cuts: found where a scene ends, and nowhere else."""

import numpy as np
import pytest
from textures import MOTIONS, error, seen, shift, texture

import openstl_seqinterp
from openstl_seqinterp.motion.cuts import Scenes, of_one_scene

DARK, BRIGHT = 0.3 * texture(seed=3), 0.6 + 0.4 * texture(seed=4)  # two scenes


def found(images):
    places = np.arange(float(len(images)))
    return list(Scenes(images.__getitem__, places).cuts(range(len(images)), 0, len(images)))


@pytest.mark.parametrize("cut", [1, 3, 6])
@pytest.mark.parametrize("size", [24, 120, 200])
def test_a_cut_is_found(cut, size):
    images = [seen(DARK if t < cut else BRIGHT, shift(1.5 * t), size) for t in range(8)]
    assert found(images) == [(cut - 1, cut)]


@pytest.mark.parametrize("name", MOTIONS)
def test_motion_is_no_cut(name):
    image = texture()
    assert found([seen(image, MOTIONS[name](t - 3)) for t in range(7)]) == []


def test_noise_a_fade_and_a_change_of_light_are_no_cuts():
    rng = np.random.default_rng(0)
    image = seen(texture(), shift(0))
    assert found([image + rng.normal(0, 0.1, image.shape).astype(np.float32) for _ in range(8)]) == []
    assert found([image * np.float32(1 - t / 10) for t in range(8)]) == []
    first, last = seen(DARK, shift(0)), seen(BRIGHT, shift(0))
    assert found([first + (last - first) * np.float32(t / 7) for t in range(8)]) == []


def test_a_part_that_is_looked_at_has_the_cuts_of_the_whole():
    images = [seen((DARK, BRIGHT)[t // 4 % 2], shift(1.5 * t)) for t in range(16)]
    scenes, expected = Scenes(images.__getitem__, np.arange(16.0)), [(3, 4), (7, 8), (11, 12)]
    for first in range(16):
        for last in range(first, 20):
            inside = [cut for cut in expected if first <= cut[0] < last]
            assert list(scenes.cuts(range(16), first, last)) == inside


def test_each_image_is_read_once():
    images = [seen(texture(), shift(t)) for t in range(6)]
    read = []

    def give(position):
        read.append(position)
        return images[position]

    scenes = Scenes(give, np.arange(6.0))
    for number in range(5):
        assert list(scenes.cuts(range(6), number, number + 1)) == []
    assert sorted(read) == read == [*range(6)]


@pytest.mark.parametrize(
    ("target", "scene"), [(0.5, (0, 3)), (3.4, (0, 3)), (3.5, (0, 3)), (3.6, (4, 5)), (5.0, (4, 5)), (6.5, (6, 9))]
)
def test_a_target_is_of_the_scene_of_the_nearer_image(target, scene):
    assert of_one_scene([(3, 4), (5, 6)], np.arange(10.0), target) == scene


@pytest.mark.parametrize("method", ["mean", "dis-flow", "motion"])
@pytest.mark.parametrize(("missing", "scene"), [(4, DARK), (6, BRIGHT)])  # one image behind the cut, or before it
def test_nothing_is_filled_across_a_cut(method, missing, scene):
    images = np.stack([seen(DARK if t < 5 else BRIGHT, shift(0)) for t in range(10)])
    observed = np.arange(10) != missing
    given = np.where(observed[:, None, None, None], images, np.nan)
    result = openstl_seqinterp.fill(given, observed, method=method)
    assert error(result[missing], images[missing]) < 0.01
    observed[5] = False  # now the cut lies among missing images
    across = openstl_seqinterp.fill(given, observed, method="mean", cuts=False)
    if missing == 4:
        assert error(across[missing], images[missing]) > 0.1


def test_uneven_gaps_are_no_cuts():
    image = texture()
    places = np.array([0.0, 1, 2, 6, 7, 8])
    images = [seen(image, shift(1.5 * place)) for place in places]
    assert list(Scenes(images.__getitem__, places).cuts(range(6), 0, 6)) == []


def test_images_of_a_few_pixels_have_no_scenes():
    rng = np.random.default_rng(0)
    assert found([rng.random((2, 300, 1), np.float32) * (t > 3) for t in range(8)]) == []


FLASH = 5


def flashed(other, *places):
    images = [seen(BRIGHT, shift(1.5 * t)) for t in range(10)]
    for place in places or [FLASH]:
        images[place] = other
    return images


@pytest.mark.parametrize("other", [np.zeros((120, 120, 1), np.float32), seen(DARK, shift(0))], ids=["black", "other"])
def test_a_single_image_unlike_those_around_it_is_a_flash(other):
    images = flashed(other)
    scenes = Scenes(images.__getitem__, np.arange(10.0))
    assert list(scenes.flashes(range(10), 0, 9)) == [FLASH]
    assert list(scenes.flashes(range(10), FLASH, FLASH + 1)) == [FLASH]
    assert list(scenes.flashes(range(10), 0, 2)) == []


@pytest.mark.parametrize("places", [[1], [2], [7], [8], [1, 8], [2, 5], [3, 6]])
def test_flashes_are_found_near_the_ends_and_near_each_other(places):
    images = flashed(np.zeros((120, 120, 1), np.float32), *places)
    scenes = Scenes(images.__getitem__, np.arange(10.0))
    assert list(scenes.flashes(range(10), 0, 9)) == places
    assert {each for cut in scenes.cuts(range(10), 0, 9) for each in cut} >= {*places}


def test_a_scene_of_one_image_between_two_others_is_no_flash():
    third = 0.5 * texture(seed=5)
    images = [seen(each, shift(0)) for each in 5 * [DARK] + [third] + 4 * [BRIGHT]]
    assert list(Scenes(images.__getitem__, np.arange(10.0)).flashes(range(10), 0, 9)) == []


@pytest.mark.parametrize("missing", [FLASH - 1, FLASH + 1])
def test_a_flash_is_not_read(missing):
    images = np.stack(flashed(seen(DARK, shift(0))))
    observed = np.arange(10) != missing
    given = np.where(observed[:, None, None, None], images, np.nan)
    filled = openstl_seqinterp.fill(given, observed)
    assert error(filled[missing], images[missing]) < 0.01
    np.testing.assert_array_equal(filled[FLASH], images[FLASH])
