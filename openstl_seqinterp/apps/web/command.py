"""``seqinterp app``: the page, served on this machine."""

from __future__ import annotations

import os
import tempfile
import threading
from argparse import Namespace
from collections.abc import Sequence
from getpass import getpass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from secrets import compare_digest
from typing import Any

from ...errors import Parser, UserError
from ..io.extras import lacking
from . import limits

_GRADIO = 6  # the first version that has what the page is built of
_ASK = "-"  # of --password: asked for, so that it is in no list of processes


def app(argv: Sequence[str]) -> None:
    """Serve the page until Ctrl-C."""
    parser = Parser(prog="seqinterp app", description="A page to bring, mark, fill and look at sequences in a browser.")
    parser.add_argument("--port", type=int, default=7860, help="of the page (default: 7860)")
    parser.add_argument(
        "--host", default="127.0.0.1", help="127.0.0.1: this machine alone (default); 0.0.0.0: whoever reaches it"
    )
    parser.add_argument(
        "--checkpoint", nargs="+", default=[], metavar="NAME=PATH", help="trained networks to offer as methods"
    )
    parser.add_argument(
        "--password", nargs="?", const=_ASK, metavar="WORD", help="ask visitors for it (without WORD: typed in now)"
    )
    args = parser.parse_args(argv)
    if not 0 < args.port < 2**16:
        raise UserError(f"--port is {args.port}, expected 1 to 65535")
    checkpoints = _checkpoints(args.checkpoint)
    password = getpass("password for visitors: ") if args.password == _ASK else args.password
    if password is not None and not password.strip():
        raise UserError("--password is empty; give one, or leave it out")
    _require_gradio()
    with tempfile.TemporaryDirectory(prefix="seqinterp-app-") as folder:
        _serve(args, Path(folder).resolve(), checkpoints, password)


def _require_gradio() -> None:
    """UserError where there is none, or one that has no scripts of components."""
    try:
        found = version("gradio")
    except PackageNotFoundError:
        raise lacking("gradio", "the page", ("gradio",)) from None
    if int(found.split(".")[0]) < _GRADIO:
        raise UserError(f"the page needs gradio {_GRADIO} or newer, this is {found}: pip install --upgrade gradio")


def _checkpoints(given: Sequence[str]) -> dict[str, Path]:
    """Paths by name. UserError where one is none."""
    found: dict[str, Path] = {}
    for each in given:
        name, _, path = each.partition("=")
        if not name or not path or name in found:
            raise UserError(f"--checkpoint {each}: expected NAME=PATH, each name once")
        if not Path(path).is_file():
            raise UserError(f"--checkpoint {each}: there is no file {path}")
        found[name] = Path(path).resolve()
    return found


def _serve(args: Namespace, folder: Path, checkpoints: dict[str, Path], password: str | None) -> None:
    # Gradio reads these when it is imported or when a file comes; its uploads are then within our folder, too.
    os.environ |= {
        "GRADIO_ANALYTICS_ENABLED": "False",
        "GRADIO_TEMP_DIR": str(folder),
        "HF_HUB_OFFLINE": "1",
    }
    from .children import get_ready
    from .guard import LOCAL, middleware
    from .page import STYLE, build, theme
    from .results import RESULTS
    from .visitors import Visitors

    visitors = Visitors(folder, checkpoints)
    page = build(visitors)

    def admitted(user: str, word: str) -> bool:
        return compare_digest(word.encode(), str(password).encode())

    settings: dict[str, Any] = {"auth": admitted, "auth_message": "Any name, and the password"} if password else {}
    try:
        page.queue(max_size=32, api_open=False).launch(
            server_name=args.host,
            server_port=args.port,
            allowed_paths=[str(RESULTS)] if RESULTS else [],
            max_file_size=limits.UPLOAD * 10**6,
            app_kwargs={"middleware": middleware(args.host)},
            footer_links=[],
            run_history=False,
            share=False,
            quiet=True,
            ssr_mode=False,
            mcp_server=False,
            enable_monitoring=False,
            prevent_thread_lock=True,
            theme=theme(),
            css_paths=STYLE,
            **settings,
        )
    except OSError as error:
        raise UserError(
            f"port {args.port} of {args.host} is in use, or not to be had; name another one: --port"
        ) from error
    try:
        get_ready()
        if args.host not in LOCAL:
            print(
                f"warning: whoever reaches {args.host} can use this page and read what they find in it; see --password"
            )
        print(
            f"open http://{'127.0.0.1' if args.host == '0.0.0.0' else args.host}:{args.port} (Ctrl-C ends it)",
            flush=True,
        )
        threading.Event().wait()  # until Ctrl-C or SIGTERM
    finally:
        page.close(verbose=False)
        visitors.close()
