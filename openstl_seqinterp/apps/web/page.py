"""The page as a whole: its tabs, its look, and what happens when a visitor leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from .fill_tab import FillTab
from .results import pages
from .train_tab import TrainTab
from .visitors import Visitors

_TITLE = "Fill the missing images of a sequence"
# Fonts of the system: Gradio's default theme asks a server of others for its own.
_THEME_FONTS: dict[str, Any] = {
    "font": ["system-ui", "sans-serif"],
    "font_mono": ["ui-monospace", "monospace"],
}
STYLE = Path(__file__).parent / "assets" / "page.css"


def theme() -> gr.themes.Base:
    """Gradio's default, with fonts that are there."""
    return gr.themes.Default(**_THEME_FONTS)


def build(visitors: Visitors) -> gr.Blocks:
    """The page for these visitors."""
    with gr.Blocks(title=f"seqinterp: {_TITLE.lower()}", analytics_enabled=False) as page:
        gr.Markdown(f"# {_TITLE}")
        with gr.Tabs():
            with gr.Tab("Fill"):
                fill = FillTab(visitors)
            with gr.Tab("Train on mine"):
                TrainTab(fill)
            with gr.Tab("Results"):
                for title, text in pages():
                    with gr.Accordion(title, open=title == "Leaderboard"):
                        gr.Markdown(text)

        def leave(request: gr.Request) -> None:
            visitors.leave(request.session_hash)

        page.unload(leave)
    return page
