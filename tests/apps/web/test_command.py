"""``seqinterp app`` before it serves anything, and what it answers to those who have no business there."""

import http.client
import re
from contextlib import closing
from importlib.metadata import PackageNotFoundError

import pytest

from openstl_seqinterp import cli
from openstl_seqinterp.apps.web import command
from openstl_seqinterp.apps.web.results import PAGES, RESULTS, pages


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--port", "0"], "--port is 0, expected 1 to 65535"),
        (["--checkpoint", "best.ckpt"], "--checkpoint best.ckpt: expected NAME=PATH, each name once"),
        (["--checkpoint", "mine=none.ckpt"], "--checkpoint mine=none.ckpt: there is no file none.ckpt"),
        (["--password", " "], "--password is empty; give one, or leave it out"),
    ],
)
def test_a_mistake_ends_in_one_line(capsys, argv, said):
    assert cli.main(["app", *argv]) == 2
    assert capsys.readouterr().err == f"error: {said}\n"


def test_without_gradio_it_says_what_to_install(capsys, monkeypatch):
    def version(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(command, "version", version)
    assert cli.main(["app"]) == 2
    assert capsys.readouterr().err == "error: the page needs gradio, which is not installed: pip install gradio\n"


def test_a_gradio_that_is_too_old_is_named(capsys, monkeypatch):
    monkeypatch.setattr(command, "version", lambda name: "5.49.1")
    assert cli.main(["app"]) == 2
    assert "needs gradio 6 or newer, this is 5.49.1: pip install --upgrade gradio" in capsys.readouterr().err


def test_the_pages_of_results_have_their_figures_and_no_links_to_files():
    found = dict(pages(RESULTS))
    assert list(found) == list(PAGES)
    figures = re.findall(r"!\[[^\]]*\]\(gradio_api/file=([^)]+)\)", "".join(found.values()))
    assert {name.rsplit("/", 1)[1] for name in figures} >= {"real.png", "sequence.png", "curves-n6.png"}
    for text in found.values():
        assert re.findall(r"(?<!!)\[[^\]]+\]\((?!https?:)[^)]*\)", text) == []
    (table,) = [line for line in (RESULTS / "leaderboard.md").read_text().splitlines() if "SimVP_Motion" in line][:1]
    assert table in found["Leaderboard"].splitlines()


def test_no_results_are_no_pages():
    assert [*pages(None)] == []


@pytest.mark.browser
def test_what_it_serves_and_to_whom(server, tmp_path):
    def ask(path, host=None):
        with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
            connection.request("GET", path, headers={"Host": host or f"127.0.0.1:{server.port}"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace"), answer.getheader("content-security-policy")

    (tmp_path / "secret.txt").write_text("secret")
    status, text, policy = ask("/")
    assert status == 200
    assert policy.startswith("default-src 'self'")
    assert re.findall(r"<(?:script|link|img)[^>]*(?:src|href)=\"https?://[^\"]*", text) == []
    assert "fonts.googleapis" not in text
    assert ask("/", "evil.example")[0] == 400  # a name that another site lends to this address
    for path in (tmp_path / "secret.txt", "/etc/passwd", f"{server.root}/../secret.txt", server.log):
        assert ask(f"/gradio_api/file={path}")[0] == 403


@pytest.mark.browser
def test_a_password_is_asked_for_and_the_end_is_clean(serving, browser):
    pytest.importorskip("gradio")
    with serving("--password", "open sesame", "--host", "0.0.0.0") as running:
        page = browser.new_page()
        page.goto(running.url)
        for word in ("wrong", "open sesame"):
            page.get_by_label("username").fill("me")
            page.get_by_label("password").fill(word)
            page.get_by_role("button", name="Login").click()
            page.wait_for_selector("text=Incorrect" if word == "wrong" else "#example-digit")
        page.close()
        said = running.end()
        assert "warning: whoever reaches 0.0.0.0 can use this page" in said
        assert "Traceback" not in said
        assert [*running.root.glob("seqinterp-app-*")] == []
