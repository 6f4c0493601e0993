"""The second tab: train on the sequence of the first one, and use the network there."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from ...errors import UserError
from . import limits
from .fill_tab import FillTab
from .parts import failed, links, said, status, working
from .pictures import url
from .training import BEST, CURVE, import_words, keep_best, train, train_words
from .visitors import Cancelled, Visitor

Updates = dict[Any, Any]
_ABOUT = (
    "Train the network that travels with the package on from its weights, on the sequence of the first tab: 12 images "
    "or more, four in a row, without those that are to be filled, which it does not see. The curve shows how well "
    "images are filled that the network does not train on; the line is motion, which needs no training. A short "
    "series leaves little to learn from, so look whether it helps."
)


class TrainTab:
    """The components of the tab, and what happens where one is used."""

    def __init__(self, fill: FillTab) -> None:
        self.filling, self.visitors = fill, fill.visitors
        gr.Markdown(_ABOUT)
        with gr.Row():
            self.minutes = gr.Number(3, label="Minutes", minimum=0.1, maximum=limits.MINUTES)
            self.side = gr.Number(128, label="Longest side of an image, pixels", precision=0, minimum=32, maximum=512)
        with gr.Row():
            self.go = gr.Button("Train", variant="primary", elem_id="train")
            self.cancel = gr.Button("Stop, and keep the best so far", visible=False, elem_id="train-cancel")
        self.status = status("train-status")
        self.curve = gr.LinePlot(
            None,
            x="minutes",
            y="PSNR in dB",
            color="by",
            title="Validation",
            visible=False,
            elem_id="curve",
            height=260,
        )
        self.files = gr.HTML("")
        self.commands = gr.Textbox(
            label="The command lines that do the same (Ctrl-C ends the second one)", buttons=["copy"], visible=False
        )
        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        outputs = [self.go, self.cancel, self.status, self.curve, self.files, self.commands, fill.method]
        self.go.click(
            self.train, [self.minutes, self.side], outputs, concurrency_limit=1, concurrency_id="train", **private
        )
        self.cancel.click(fill.stop, None, None, queue=False, **private)

    def train(self, minutes: float | None, side: float | None, request: gr.Request) -> Iterator[Updates]:
        """Train for some minutes."""
        visitor = self.visitors.of(request.session_hash)
        try:
            yield from self._train(visitor, float(minutes or 0), int(side or 0))
        except UserError as error:
            yield {self.status: failed(visitor.told(str(error))), **self._busy(False)}

    def _train(self, visitor: Visitor, minutes: float, side: int) -> Iterator[Updates]:
        asked = visitor.asked
        if asked is None:
            raise UserError("there is no sequence yet; bring one in the first tab")
        if not 0 < minutes <= limits.MINUTES or not 32 <= side <= 512:
            raise UserError(f"train for up to {limits.MINUTES} minutes, on images of 32 to 512 pixels")
        visitor.require_idle()
        yield {self.status: working(None, "Getting ready ..."), **self._busy(True)}
        folder = visitor.new_folder("training")
        try:
            for line in visitor.run(train, asked, folder, minutes, side):
                if line is not None and line.startswith("after "):
                    yield {self.status: working(None, f"Training, {line}"), self.curve: self._drawn(folder)}
                elif line is not None and " of " in line and line.startswith(("importing", "looking")):
                    yield {self.status: working(line, line)}
        except Cancelled:
            if not keep_best(folder):
                raise
        points = json.loads((folder / CURVE).read_text(encoding="utf-8"))
        best = max(point["network"] for point in points)
        name = f"trained on {asked.path.name} ({best:.2f} dB)"
        visitor.checkpoints[name] = folder / BEST
        better = "better" if best > points[-1]["motion"] else "no better"
        text = (
            f"{best:.2f} dB after {len(points)} rounds, {better} than motion. It is among the methods of the first tab."
        )
        taken = folder / BEST
        words = import_words(asked, side, visitor.shape)
        yield {
            self.status: said(text),
            self.curve: self._drawn(folder),
            self.files: links([{"name": BEST, "url": url(taken), "bytes": taken.stat().st_size}]),
            self.commands: gr.Textbox(
                f"seqinterp {shlex.join(words)}\nseqinterp {shlex.join(train_words())}", visible=True
            ),
            self.filling.method: gr.Dropdown(choices=self.filling.methods(visitor), value=name),
            **self._busy(False),
        }

    def _drawn(self, folder: Path) -> Any:
        import pandas as pd

        points = json.loads((folder / CURVE).read_text(encoding="utf-8"))
        rows = [
            {"minutes": point["minutes"], "PSNR in dB": point[who], "by": label}
            for point in points
            for who, label in (("network", "network"), ("motion", "motion, without training"))
        ]
        return gr.LinePlot(pd.DataFrame(rows), visible=True)

    def _busy(self, busy: bool) -> Updates:
        return {self.go: gr.Button(interactive=not busy), self.cancel: gr.Button(visible=busy)}
