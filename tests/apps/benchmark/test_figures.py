import cv2
import numpy as np
import pytest
from drawings import RED, grey, share, viridis

from openstl_seqinterp.apps.benchmark.figures import copy_small, curves_figure, windows_figure
from openstl_seqinterp.apps.benchmark.result import Epoch
from openstl_seqinterp.evaluation.figures import sequence_figure
from openstl_seqinterp.tasks import Task


def test_windows_leave_out_what_no_task_uses(tmp_path):
    path = tmp_path / "a.png"
    windows_figure(path, grey(10, 40, 80, 120), {"one": Task((1, 2), (3,)), "other": Task((3, 2), (1,))})
    assert share(path, viridis(10)) == 0
    assert share(path, viridis(40)) == pytest.approx(share(path, viridis(120)), rel=0.1)
    assert share(path, RED) > 0


def test_curves_show_each_seed_in_the_colour_of_its_method(tmp_path):
    history = [Epoch(epoch=epoch, seconds=60.0 * epoch, val_mse=10.0 / epoch) for epoch in (1, 2, 3)]
    higher = [each.model_copy(update={"val_mse": 3 * each.val_mse}) for each in history]
    curves_figure(tmp_path / "one.png", "", {"A": [history]}, {"floor": 1.0})
    curves_figure(tmp_path / "two.png", "", {"A": [history, higher]}, {"floor": 1.0})
    blue = (31, 119, 180)
    assert share(tmp_path / "two.png", blue) > 1.3 * share(tmp_path / "one.png", blue) > 0


def test_a_small_copy_shows_the_same_and_is_smaller(tmp_path):
    noise = np.random.default_rng(0).random((4, 1, 36, 36))
    sequence_figure(tmp_path / "a.png", noise, {}, {})
    copy_small(tmp_path / "a.png", tmp_path / "b.png")
    pictures = [cv2.imread(str(tmp_path / name)).astype(float) for name in ("a.png", "b.png")]
    assert np.abs(pictures[0] - pictures[1]).mean() < 3
    assert (tmp_path / "b.png").stat().st_size < 0.6 * (tmp_path / "a.png").stat().st_size
