"""The page as a visitor has it: a server in a process of its own, and Debian's Chromium."""

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

# Runs the command, and writes down whatever its process would reach beyond this machine.
SERVER = """
import sys
def hook(event, args):
    address = args[1] if event == "socket.connect" else args[0] if event == "socket.getaddrinfo" else None
    host = address[0] if isinstance(address, tuple) else address
    if isinstance(host, str) and event.startswith("socket.") and host not in ("127.0.0.1", "localhost", "::1"):
        if isinstance(address, tuple) or event == "socket.getaddrinfo":
            open(sys.argv[1], "a").write(f"{event} {host}\\n")
sys.addaudithook(hook)
from openstl_seqinterp.cli import main
sys.exit(main(sys.argv[2:]))
"""
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)


def _free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Server:
    """A running ``seqinterp app``: its address, its temporary folder, and what it reached beyond this machine."""

    def __init__(self, root, more):
        self.port, self.root, self.reached = _free_port(), root, root / "reached.txt"
        self.url = f"http://127.0.0.1:{self.port}"
        environment = {**os.environ, "TMPDIR": str(root), "SEQINTERP_HOST": "embedded"}
        command = [sys.executable, "-c", SERVER, str(self.reached), "app", "--port", str(self.port), *more]
        self.log = root / "log.txt"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=root)
        end = time.monotonic() + 120
        while "open http" not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.2)

    @property
    def visitors(self):
        """The folders of visitors that are there."""
        return [*self.root.glob("seqinterp-app-*/visitor-*")]

    def files(self):
        """All files in its temporary folder."""
        return [path for path in self.root.glob("seqinterp-app-*/**/*") if path.is_file()]

    def end(self):
        """End it as a supervisor does, and give what it said."""
        self.process.terminate()
        self.process.wait(60)
        return self.log.read_text()


@pytest.fixture(scope="session")
def serving(tmp_path_factory):
    """A context (*arguments) in which ``seqinterp app`` runs."""

    @contextmanager
    def serve(*more):
        server = Server(tmp_path_factory.mktemp("server"), more)
        try:
            yield server
        finally:
            server.end()

    return serve


@pytest.fixture(scope="session")
def server(serving):
    """The page, for all tests that do not need one of their own."""
    pytest.importorskip("gradio")
    with serving() as running:
        yield running


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM:
        pytest.skip("no Chromium is installed, so the page was not tried in a browser: apt-get install chromium")
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


class Seen:
    """What a page requested and said on its console."""

    def __init__(self, page):
        self.requests, self.errors = [], []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))


@pytest.fixture
def visit(browser, server):
    """A function (width, height) to a page that is loaded; in the end nothing has gone wrong or left this machine."""
    contexts, watched = [], []

    def load(width=1280, height=900):
        contexts.append(browser.new_context(viewport={"width": width, "height": height}))
        page = contexts[-1].new_page()
        page.set_default_timeout(60_000)
        watched.append(Seen(page))
        page.goto(server.url)
        page.wait_for_selector("#example-clip")
        return page

    yield load
    for context in contexts:
        context.close()
    for seen in watched:
        assert seen.errors == []
        local = (f"{server.url}/", "data:", f"blob:{server.url}")
        assert [url for url in seen.requests if not url.startswith(local)] == []
        assert len(seen.requests) > 5
