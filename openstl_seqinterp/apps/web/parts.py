"""What the tabs are built of: the components with scripts of their own, and lines that say how it goes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

_ASSETS = Path(__file__).parent / "assets"
_PROGRESS = re.compile(r"(?P<doing>[\w ]+): (?P<done>\d+) of (?P<all>\d+), (?P<rate>\S+) a second")


def scripted(name: str) -> gr.HTML:
    """A component of the assets ``NAME.html``, ``.css`` and ``.js``; its value is plain JSON."""
    html, css, script = ((_ASSETS / f"{name}.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js"))
    return gr.HTML(None, html_template=html, css_template=css, js_on_load=script, elem_id=name, apply_default_css=False)


def status(elem_id: str) -> gr.HTML:
    """Where `said`, `working` and `failed` are shown."""
    return gr.HTML("", elem_id=elem_id)


def said(text: str, notes: Sequence[str] = ()) -> str:
    """A line, and others below it."""
    lines = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f'<div role="status"><p>{escape(text)}</p>{f"<ul>{lines}</ul>" if lines else ""}</div>'


def failed(text: str) -> str:
    """What went wrong, in one sentence."""
    return f'<div role="alert" class="failed"><p>{escape(text[:1].upper() + text[1:])}</p></div>'


def working(line: str | None, otherwise: str) -> str:
    """A bar for a line of `progress.tracked`, with the time that is left; one that only moves for any other."""
    found = _PROGRESS.fullmatch(line or "")
    if found is None:
        return (
            f'<div role="status"><p>{escape(otherwise)}</p><progress aria-label="{escape(otherwise)}"></progress></div>'
        )
    done, total, rate = int(found["done"]), int(found["all"]), float(found["rate"])
    left = f", about {lasting((total - done) / rate)} left" if rate > 0 and done < total else ""
    text = f"{found['doing']}: {done} of {total}{left}"
    bar = f'<progress value="{done}" max="{total}" aria-label="{escape(found["doing"])}"></progress>'
    return f'<div role="status"><p>{escape(text[:1].upper() + text[1:])}</p>{bar}</div>'


def lasting(seconds: float) -> str:
    """A time in words: ``5 s``, ``3 min``."""
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"


def links(files: Sequence[dict[str, Any]]) -> str:
    """A list of files to take."""
    rows = "".join(
        f'<li><a href="{escape(each["url"])}" download="{escape(each["name"])}">{escape(each["name"])}</a> '
        f"({_size(each['bytes'])})</li>"
        for each in files
    )
    return f'<ul class="files">{rows}</ul>' if rows else ""


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.1f} kB"
