"""The page in a browser, from bringing a sequence to taking the result."""

import json
import re
import shutil
import time
import zipfile

import av
import cv2
import numpy as np
import pytest
import tifffile
import torch

from openstl_seqinterp import cli
from openstl_seqinterp.apps.web.examples import EXAMPLES, clip
from openstl_seqinterp.shipped import WEIGHTS

pytestmark = pytest.mark.browser
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SHOWN = (
    "[...document.querySelectorAll('#viewer img')].filter(each => each.offsetParent && each.naturalWidth > 1).length"
)


def filled(page):
    """The numbers of the images that the viewer says are filled, once there are some."""
    page.wait_for_selector(".viewer .filled button")
    return [int(each.inner_text()) for each in page.query_selector_all(".viewer .filled button")]


def bring(page, *files):
    page.set_input_files("#upload input[type=file]", [str(each) for each in files])
    page.wait_for_selector(".timeline li")


def write_video(path, frames):
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=10, width=frames.shape[2], height=frames.shape[1], pix_fmt="yuv420p")
        for frame in frames:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        file.mux(stream.encode())


def fill(page):
    page.click("#fill")
    return filled(page)


def failure(page):
    page.wait_for_selector("#fill-status [role=alert]")
    return page.inner_text("#fill-status [role=alert]").strip()


def take(page, name):
    with page.expect_download() as download:
        page.click(f"#files a[download='{name}']")
    return download.value.path()


@pytest.mark.parametrize("key", EXAMPLES)
def test_one_click_on_an_example_shows_it_filled(visit, key):
    page = visit()
    page.click(f"#example-{key}")
    assert filled(page) == [position + 1 for position in EXAMPLES[key].marked]
    assert page.get_attribute(".viewer .stage", "class").split() == ["stage", "framed"]
    page.wait_for_function(f"{SHOWN} === 2")  # the filled image, and the mean of its neighbours
    page.check(".viewer .doubts")
    page.wait_for_function(f"{SHOWN} === 3")
    caption = page.inner_text(".viewer .caption")
    assert re.search(r"Against the image that was there, filled: PSNR \d+\.\d dB, SSIM 0\.\d+", caption)
    page.select_option(".viewer .with", "true")
    assert "left of the line: the image that was there" in page.inner_text(".viewer .caption")
    page.click(".viewer .on")
    page.wait_for_function(f"{SHOWN} === 1")
    assert page.get_attribute(".viewer .stage", "class") == "stage"
    assert f"predict {key}" in page.input_value("#command textarea, #command input")


def _npy(folder):
    np.save(folder / "own.npy", clip()[:9, 40:120, 40:140])
    return folder / "own.npy"


def _tiff(folder):
    tifffile.imwrite(folder / "own.tif", clip()[:9, 40:120, 40:140, 0].astype(np.uint16) * 50, photometric="minisblack")
    return folder / "own.tif"


def _pictures(folder):
    (folder / "own").mkdir()
    for number, image in enumerate(clip()[:9, 40:120, 40:140], 1):
        cv2.imwrite(str(folder / "own" / f"frame_{number:02d}.png"), image[..., ::-1])
    return folder / "own"


@pytest.mark.parametrize("make", [_npy, _tiff, _pictures])
def test_what_is_marked_and_filled_is_what_the_command_line_gives(visit, tmp_path, make):
    path = make(tmp_path)
    upload, name = path, path.name
    if path.is_dir():
        upload, name = tmp_path / "own.zip", "own.zip"
        with zipfile.ZipFile(upload, "w") as archive:
            for each in path.iterdir():
                archive.write(each, f"pictures/{each.name}")
    page = visit()
    bring(page, upload)
    page.click(".timeline button >> nth=4")
    page.focus(".timeline button >> nth=5")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    assert page.inner_text(".timeline .said") == "9 images; to be filled: 5, 7."
    page.uncheck("input[type=checkbox] >> nth=0")
    assert fill(page) == [5, 7]
    taken = take(page, name)
    assert cli.main(["predict", str(path), "--missing", "5", "7", "--out", str(tmp_path / "out")]) == 0
    if not path.is_dir():
        assert taken.read_bytes() == (tmp_path / "out" / name).read_bytes()
        return
    with zipfile.ZipFile(taken) as archive:
        found = {member.split("/")[-1]: archive.read(member) for member in archive.namelist()}
    assert found == {each.name: each.read_bytes() for each in (tmp_path / "out" / "own").iterdir()}


def test_gaps_are_found_and_what_looks_wrong_is_suggested(visit, tmp_path):
    frames = clip()[:12, 40:120, 40:140].copy()
    frames[7] = 0
    files = []
    for number, image in enumerate(frames, 1):
        files.append(tmp_path / f"frame_{number:02d}.png")
        cv2.imwrite(str(files[-1]), image)
    page = visit()
    bring(page, *files[:3], *files[4:])
    assert page.inner_text(".timeline .said") == "12 images; to be filled: 4."
    page.wait_for_selector(".timeline .suggest:visible")
    assert page.inner_text(".timeline .suggest") == "Mark what looks wrong: 8 (black)"
    page.click(".timeline .suggest")
    assert page.inner_text(".timeline .said") == "12 images; to be filled: 4, 8."
    assert fill(page) == [4, 8]


def test_it_continues_and_inserts(visit, tmp_path):
    page = visit()
    bring(page, _npy(tmp_path))
    for label, count in {"Continue by K images": "1", "Insert K between each two": "1"}.items():
        page.get_by_label(label).fill(count)
    assert fill(page) == [*range(2, 19, 2), 19]
    report = json.loads(take(page, "report.json").read_text())
    assert report["length"] == {"before": 9, "after": 19}


def test_a_broken_upload_is_one_clear_sentence(visit, tmp_path):
    (tmp_path / "broken.npy").write_bytes(_npy(tmp_path).read_bytes()[:5000])
    page = visit()
    page.set_input_files("#upload input[type=file]", str(tmp_path / "broken.npy"))
    assert re.fullmatch(
        r"Broken\.npy is damaged: its header claims .* values of uint8, \d+ bytes, and \d+ follow; save it again",
        failure(page),
    )
    page.click("#example-digit")  # and the page goes on
    assert filled(page) == [4, 16]


def test_an_archive_that_leads_elsewhere_writes_nothing(visit, server, tmp_path):
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../../escaped.png", b"x")
    page = visit()
    page.set_input_files("#upload input[type=file]", str(tmp_path / "evil.zip"))
    assert "leads elsewhere" in failure(page)
    assert [*server.root.rglob("escaped*")] == []


def test_a_checkpoint_that_could_run_code_is_refused_and_a_good_one_fills(visit, tmp_path):
    torch.save({"state_dict": {}, "epoch": exec}, tmp_path / "evil.ckpt")
    shutil.copy(WEIGHTS, tmp_path / "mine.safetensors")
    page = visit()
    page.click("#example-digit")
    filled(page)
    page.get_by_role("button", name="Use a checkpoint of yours").click()
    page.set_input_files("#checkpoint input[type=file]", str(tmp_path / "evil.ckpt"))
    assert failure(page) == (
        "Evil.ckpt is refused: it is damaged, or holds more than weights and plain values and could run code"
    )
    page.get_by_label("Clear").click()
    page.set_input_files("#checkpoint input[type=file]", str(tmp_path / "mine.safetensors"))
    page.wait_for_selector("text=mine.safetensors is among the methods")
    page.click("#fill")
    page.wait_for_selector("text=Filled 2 images by SimVP_Motion")
    assert "--checkpoint mine.safetensors" in page.input_value("#command textarea, #command input")


def test_a_video_comes_back_as_one(visit, tmp_path, read_video):
    write_video(tmp_path / "own.mp4", clip()[:12])
    page = visit()
    bring(page, tmp_path / "own.mp4")
    page.get_by_label("Insert K between each two").fill("1")
    page.uncheck("input[type=checkbox] >> nth=0")
    assert fill(page) == [*range(2, 24, 2)]
    assert cli.main(["predict", str(tmp_path / "own.mp4"), "--insert", "1", "--out", str(tmp_path / "out")]) == 0
    found, expected = read_video(take(page, "own.mp4")), read_video(tmp_path / "out" / "own.mp4")
    assert found.shape == expected.shape == (23, 240, 320, 3)
    # H.264 gives other bytes each time, from the command line too; crf 18 keeps each run within 38 dB or so.
    assert np.square(found.astype(float) - expected).mean() < 255**2 / 10**3.5
    reports = [json.loads(path.read_text()) for path in (take(page, "report.json"), tmp_path / "out" / "report.json")]
    assert reports[0]["filled"] == reports[1]["filled"]


def test_two_visitors_at_once(visit):
    pages = [visit(), visit()]
    for page, key in zip(pages, ("digit", "cells"), strict=True):
        page.click(f"#example-{key}")
    assert [filled(page) for page in pages] == [[4, 16], [5, 10]]
    sources = [page.get_attribute(".viewer .main", "src").split("visitor-")[1].split("/")[0] for page in pages]
    assert sources[0] != sources[1]


def test_a_fill_can_be_cancelled(visit, server, tmp_path):
    large = np.tile(clip()[:12], (1, 2, 2, 1))
    np.save(tmp_path / "large.npy", large)
    page = visit()
    bring(page, tmp_path / "large.npy")
    page.get_by_label("Insert K between each two").fill("20")
    page.click("#fill")
    page.wait_for_selector("#fill-status progress[value]")
    assert re.search(r"Filling: \d+ of 220, about \d+ (s|min) left", page.inner_text("#fill-status"))
    page.click("#cancel")
    assert failure(page) == "Cancelled"
    assert [path for path in server.files() if "result-" in str(path)] == []
    page.get_by_label("Insert K between each two").fill("0")
    page.click(".timeline button >> nth=4")
    assert fill(page) == [5]


def test_nothing_stays_of_a_visitor_who_has_left(visit, server):
    page = visit()
    page.click("#example-digit")
    assert filled(page) == [4, 16]
    folder = page.get_attribute(".viewer .main", "src").split("file=")[1].split("/result-")[0]
    assert folder in map(str, server.visitors)
    page.close()
    end = time.monotonic() + 30
    while folder in map(str, server.visitors):
        assert time.monotonic() < end
        time.sleep(0.2)


@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_the_screen_and_is_named_for_those_who_do_not_see_it(visit, width):
    page = visit(width)
    page.click("#example-digit")
    filled(page)
    assert page.evaluate(OVERFLOW) <= 0
    unnamed = "[...document.querySelectorAll('img')].filter(each => each.offsetParent && !each.alt).length"
    assert page.evaluate(unnamed) == 0
    nameless = (
        "[...document.querySelectorAll('button, select, input')].filter(each => each.offsetParent && "
        "!(each.getAttribute('aria-label') || each.innerText.trim() || each.labels?.length || each.title)).length"
    )
    assert page.evaluate(nameless) == 0


def test_it_works_by_keyboard_alone(visit):
    page = visit()
    page.focus("#example-digit")
    page.keyboard.press("Enter")
    assert filled(page) == [4, 16]
    page.focus(".viewer .time")
    page.keyboard.press("ArrowRight")
    assert page.inner_text(".viewer .caption").startswith("Image 5 of 16")


@pytest.mark.parametrize("stopped", [False, True])
def test_training_on_a_sequence_gives_a_method(visit, stopped):
    page = visit()
    page.click("#example-clip")
    filled(page)
    page.get_by_role("tab", name="Train on mine").click()
    page.get_by_label("Minutes").fill("60" if stopped else "0.2")
    page.click("#train")
    page.wait_for_selector("#curve canvas, #curve svg.marks", timeout=120_000)
    if stopped:  # the best so far is kept
        page.click("#train-cancel")
    page.wait_for_selector("text=among the methods of the first tab", timeout=120_000)
    page.get_by_role("tab", name="Fill").click()
    assert page.get_by_label("Method").input_value().startswith("trained on clip.npy")
    page.click("#fill")
    page.wait_for_selector("text=by SimVP_Motion")
    assert "--checkpoint best.ckpt" in page.input_value("#command textarea, #command input")


def test_the_results_are_shown_with_their_figures(visit):
    page = visit()
    page.get_by_role("tab", name="Results").click()
    page.get_by_role("button", name="Real sequences").click()
    page.wait_for_selector("img[alt='hidden images']")
    page.wait_for_function("document.querySelector(\"img[alt='hidden images']\").naturalWidth > 100")
    assert page.locator("table").count() > 3


def test_the_server_has_reached_nothing_beyond_this_machine(visit, server):
    visit()
    assert not server.reached.exists()
