"""Where results go and in which form, several inputs, what stays as it was, and what a stopped command leaves."""

import os
import resource
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import tifffile
import zarr

from openstl_seqinterp import files

LENGTH, HEIGHT, WIDTH = 7, 13, 18
OWN = {"report.json", "strip.png", "sequence.gif"}


@pytest.mark.parametrize("form", ["npy", "tif", "zarr", "png"])
def test_a_folder_becomes_another_form(sequence, tmp_path, form, predict, read_folder, assert_filled, report_of):
    source, frames = sequence
    assert predict(source, tmp_path / "out", "--method", "mean", "--as", form) == 0
    name = "seq" if form == "png" else f"seq.{form}"
    path = tmp_path / "out" / name
    assert {each.name for each in (tmp_path / "out").iterdir()} == {name, *OWN}
    assert report_of(tmp_path / "out")["form"] == form
    if form == "zarr":
        group = zarr.open(path, mode="r")
        (found,) = (
            [array[:] for _, array in group.arrays() if array.ndim > 1] if hasattr(group, "arrays") else [group[:]]
        )
    else:
        read = {"npy": np.load, "tif": tifffile.imread, "png": lambda each: read_folder(each)[..., 0]}
        found = read[form](path)
    assert_filled(found, frames, [3])


@pytest.mark.parametrize("name", ["result.npy", "result.tif"])
def test_a_file_may_be_named(sequence, tmp_path, name, predict, assert_filled, capsys, listing):
    source, frames = sequence
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "mine.txt").write_text("mine")
    out = tmp_path / "there" / name
    assert predict(source, out, "--method", "mean") == 0
    assert_filled(np.load(out) if out.suffix == ".npy" else tifffile.imread(out), frames, [3])
    assert {each.name for each in (tmp_path / "there").iterdir()} == {
        *("mine.txt", name, "result.report.json", "result.strip.png", "result.preview.gif")
    }
    before = listing(tmp_path / "there")
    assert predict(source, out, "--method", "copy") == 2
    assert "add --overwrite" in capsys.readouterr().err
    assert listing(tmp_path / "there") == before
    assert predict(source, out, "--method", "copy", "--overwrite") == 0
    assert listing(tmp_path / "there").keys() == before.keys()
    assert listing(tmp_path / "there")[out] != before[out]


def test_several_inputs_have_a_result_each_and_go_on_where_they_stopped(
    tmp_path, random, predict, report_of, assert_filled, capsys
):
    frames = {name: random(LENGTH, HEIGHT, WIDTH, seed=seed) for seed, name in enumerate(["a", "b", "c"])}
    for name, values in frames.items():
        np.save(tmp_path / f"{name}.npy", values)
    (tmp_path / "b.npy").write_text("damaged")
    more = ["--method", "mean", "--missing", "4"]
    assert predict(tmp_path / "?.npy", tmp_path / "out", *more) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 2
    assert "b.npy is no array" in errors[0]
    assert errors[1] == f"error: 1 of 3 inputs were not filled: {tmp_path / 'b.npy'}"
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a", "c"}
    np.save(tmp_path / "b.npy", frames["b"])
    before = (tmp_path / "out" / "a" / "report.json").stat().st_mtime_ns
    assert predict(tmp_path / "?.npy", tmp_path / "out", *more, "--resume") == 0
    assert capsys.readouterr().out.count("is there already") == 2
    assert (tmp_path / "out" / "a" / "report.json").stat().st_mtime_ns == before
    for name, values in frames.items():
        assert report_of(tmp_path / "out" / name)["input"] == str(tmp_path / f"{name}.npy")
        assert_filled(np.load(tmp_path / "out" / name / f"{name}.npy"), values, [3])


def test_several_inputs_become_another_form(tmp_path, random, predict, assert_filled):
    for name in ("a", "b"):
        np.save(tmp_path / f"{name}.npy", random(LENGTH, HEIGHT, WIDTH))
    assert predict(tmp_path / "?.npy", tmp_path / "out", "--method", "mean", "--missing", "4", "--as", "tif") == 0
    for name in ("a", "b"):
        found = tifffile.imread(tmp_path / "out" / name / f"{name}.tif")
        assert_filled(found, random(LENGTH, HEIGHT, WIDTH), [3])


def test_inputs_of_one_name_are_refused(tmp_path, random, predict, capsys):
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        np.save(tmp_path / folder / "a.npy", random(LENGTH, HEIGHT, WIDTH))
    assert predict(tmp_path / "*" / "a.npy", tmp_path / "out", "--method", "mean", "--missing", "4") == 2
    assert f"two inputs would have one result, {tmp_path / 'out' / 'a'}" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_holes_stay_unless_they_are_to_be_filled(tmp_path, random, predict, report_of):
    frames = random(LENGTH, HEIGHT, WIDTH, dtype="float64")
    frames[3, 2:5, 3:8] = np.nan
    frames[:, 10, 10] = np.nan
    np.save(tmp_path / "data.npy", frames)
    assert predict(tmp_path / "data.npy", tmp_path / "kept", "--method", "mean", "--missing", "2") == 0
    np.testing.assert_array_equal(np.delete(np.load(tmp_path / "kept" / "data.npy"), 1, 0), np.delete(frames, 1, 0))
    assert predict(tmp_path / "data.npy", tmp_path / "out", "--method", "mean", "--holes", "fill") == 0
    found = np.load(tmp_path / "out" / "data.npy")
    expected = frames.copy()
    expected[3, 2:5, 3:8] = (frames[2, 2:5, 3:8] + frames[4, 2:5, 3:8]) / 2
    known = np.isfinite(frames)
    np.testing.assert_array_equal(found[known], frames[known])  # bit for bit, beside a hole too
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert 4 in [each["image"] for each in report_of(tmp_path / "out")["filled"]]


def test_a_range_is_that_of_the_pictures_and_scores(tmp_path, random, predict, report_of):
    frames = random(LENGTH, HEIGHT, WIDTH, dtype="uint16") // 16
    np.save(tmp_path / "data.npy", frames)
    more = ["--missing", "4", "--truth", tmp_path / "data.npy"]
    assert predict(tmp_path / "data.npy", tmp_path / "out", "--method", "copy", *more, "--range", 0, 4095) == 0
    error = (frames[4] - frames[3].astype(float)) / 4095
    report = report_of(tmp_path / "out")
    assert report["scores"]["mean"]["mse"] == pytest.approx((error**2).sum(), rel=1e-5)
    assert report["range"] == [0, 4095]


def test_an_earlier_result_is_replaced_as_a_whole(tmp_path, random, predict, folder):
    long = folder(tmp_path / "seq", random(LENGTH, HEIGHT, WIDTH), skip=[3])
    assert predict(long, tmp_path / "out", "--method", "mean") == 0
    (tmp_path / "other").mkdir()
    short = folder(tmp_path / "other" / "seq", random(4, HEIGHT, WIDTH), skip=[2])
    assert predict(short, tmp_path / "out", "--method", "mean", "--overwrite") == 0
    assert sorted(path.name for path in (tmp_path / "out" / "seq").iterdir()) == [
        f"frame_{n:03d}.png" for n in range(1, 5)
    ]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"seq", *OWN}


def test_of_two_fills_into_one_folder_the_first_stays(sequence, tmp_path, monkeypatch, predict, capsys, listing):
    source, _ = sequence
    from openstl_seqinterp.apps.fill.pictures import Pictures

    original, listed = Pictures.draw, {}

    def other_is_faster(self, *paths):
        original(self, *paths)
        if not listed:
            listed[None] = None
            with monkeypatch.context() as other:  # of another process
                other.setattr(os, "getpid", os.getppid)
                assert predict(source, tmp_path / "out", "--method", "copy") == 0
            listed.update(listing(tmp_path / "out"))

    monkeypatch.setattr(Pictures, "draw", other_is_faster)
    assert predict(source, tmp_path / "out", "--method", "mean") == 2
    assert "already holds files" in capsys.readouterr().err
    del listed[None]
    assert listing(tmp_path / "out") == listed
    assert {path.name for path in tmp_path.iterdir()} == {"seq", "out"}


def child(*argv, **options):
    """The command in a process of its own."""
    script = "import sys; from openstl_seqinterp import cli; sys.exit(cli.main(sys.argv[1:]))"
    words = [sys.executable, "-c", script, *map(str, argv)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **options
    )


@pytest.mark.parametrize("form", ["npy", "tif", "zarr", "png", "mkv"])
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, form, random, listing, monkeypatch, predict, capsys):
    np.save(tmp_path / "data.npy", random(LENGTH, 96, 128))
    before = listing(tmp_path)
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8000, former[1]))  # bytes of a file; Python ignores SIGXFSZ
    try:
        code = predict(tmp_path / "data.npy", tmp_path / "out", "--method", "copy", "--missing", "4", "--as", form)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
    (line,) = capsys.readouterr().err.splitlines()
    assert code == 2
    assert line.startswith("error: cannot write"), line
    assert listing(tmp_path) == before
    assert {path.name for path in tmp_path.iterdir()} == {"data.npy"}


def partial(folder):
    return [path for path in folder.iterdir() if path.name.startswith(".")]


@pytest.fixture
def running(tmp_path, random):
    """A command that is at work on its result."""
    np.save(tmp_path / "data.npy", random(300, 128, 128))
    process = child(
        *("predict", tmp_path / "data.npy", "--out", tmp_path / "out", "--method", "dis-flow", "--insert", 30),
        *("--device", "cpu"),
    )
    deadline = time.monotonic() + 60
    while not partial(tmp_path) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert partial(tmp_path), process.communicate()
    yield process
    process.kill()
    process.communicate()


def test_sigterm_leaves_nothing(running, tmp_path):
    running.send_signal(signal.SIGTERM)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 143
    assert errors.splitlines()[-1] == "stopped"
    assert "Traceback" not in errors
    assert [path.name for path in tmp_path.iterdir()] == ["data.npy"]


def test_what_a_killed_process_leaves_is_removed_at_the_next_start(running, tmp_path, predict):
    running.kill()
    running.communicate(timeout=60)
    assert partial(tmp_path)
    (tmp_path / f".out.{os.getpid()}.partial").mkdir()  # of one before that had this number
    own = tmp_path / f".out.{os.getppid()}.partial"  # of a process that lives
    own.mkdir()
    assert predict(tmp_path / "data.npy", tmp_path / "out", "--method", "copy", "--missing", "4") == 0
    assert {path.name for path in tmp_path.iterdir()} == {"data.npy", "out", own.name}


def test_single_files_of_a_process_that_is_gone_are_removed_too(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    left = tmp_path / f".scores[1].{process.pid}.json"
    mine = tmp_path / f".other.{process.pid}.json"
    alive = tmp_path / f".scores[1].{os.getppid()}.json"
    for path in (left, mine, alive):
        path.write_text("{")
    files.write_json(tmp_path / "scores[1].json", {})
    assert {path.name for path in tmp_path.iterdir()} == {mine.name, alive.name, "scores[1].json"}
