from itertools import combinations

import cv2
import numpy as np
import pytest
from drawings import RED, grey, share, viridis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from openstl_seqinterp.apps.benchmark import figures
from openstl_seqinterp.apps.benchmark.figures import Point, copy_small, curves_figure, windows_figure
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


def test_ranks_of_methods_that_cost_and_err_alike_can_be_read(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(figures, "save", lambda figure, path: drawn.append(figure))
    points = [Point(number, f"M{number}", "k", 200 + number, 8e5, 2.7 + number / 30) for number in range(10, 22)]
    points.append(Point(1, "A", "other", 70, 466, 0.2))
    figures.costs_figure(tmp_path / "a.png", "", points, {"floor": 0.2})
    [figure] = drawn
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    ranks = [str(point.rank) for point in points]
    for axes in figure.axes[:2]:
        written = [each for each in axes.texts if each.get_text() in ranks]
        for each in written:
            each.update_positions(canvas.get_renderer())
        boxes = [Text.get_window_extent(each) for each in written]  # an annotation's own counts its line too
        assert len(boxes) == len(points)
        assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
        assert all(axes.bbox.contains(*box.get_points().mean(axis=0)) for box in boxes)
    assert [each.get_text() for each in figure.axes[2].texts][:2] == ["10 M10", "11 M11"]
