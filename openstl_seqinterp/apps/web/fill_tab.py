"""The first tab: bring a sequence, mark what is to be filled, fill it, look at the result and take it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from ...cli import main
from ...errors import UserError
from . import limits
from .asked import METHODS, MOST, SHIPPED_NAME, Asked, flags_of
from .examples import EXAMPLES
from .looking import BROUGHT, FIRST, SEEN, bring, look
from .parts import failed, links, said, scripted, status, working
from .visitors import Visitor, Visitors

Updates = dict[Any, Any]


class FillTab:
    """The components of the tab, and what happens where one is used."""

    def __init__(self, visitors: Visitors) -> None:
        self.visitors = visitors
        self._bring_part()
        with gr.Column(visible=False) as self.marking:
            gr.Markdown(
                "### Mark\nClick the images to fill (arrow keys move, space marks). Gaps are found by themselves."
            )
            self.timeline = scripted("timeline")
            with gr.Row():
                self.extend = gr.Number(0, label="Continue by K images", precision=0, minimum=0, maximum=MOST)
                self.insert = gr.Number(0, label="Insert K between each two", precision=0, minimum=0, maximum=MOST)
                self.method = gr.Dropdown(
                    [*METHODS, SHIPPED_NAME], value=next(iter(METHODS)), label="Method", min_width=280
                )
            self.uncertainty = gr.Checkbox(True, label="Find out where not to trust it (takes longer)")
            with gr.Accordion("Use a checkpoint of yours", open=False):
                gr.Markdown(
                    "A `best.ckpt` of `seqinterp train`, read as weights and plain values alone: none of its code runs."
                )
                self.checkpoint = gr.File(
                    label="Checkpoint", file_types=[".ckpt", ".safetensors"], height=120, elem_id="checkpoint"
                )
            with gr.Row():
                self.go = gr.Button("Fill", variant="primary", elem_id="fill")
                self.cancel = gr.Button("Cancel", visible=False, elem_id="cancel")
        self.status = status("fill-status")
        with gr.Column(visible=False) as self.looking:
            gr.Markdown("### Look")
            self.viewer = scripted("viewer")
            gr.Markdown("### Take")
            self.files = gr.HTML("", elem_id="files")
            self.command = gr.Textbox(
                label="The command line that does the same", buttons=["copy"], lines=1, elem_id="command"
            )
            self.python = gr.Textbox(
                label="Lines of Python that do the same", buttons=["copy"], lines=1, max_lines=9, elem_id="python"
            )
        self._connect()

    def _bring_part(self) -> None:
        gr.Markdown("### Bring")
        with gr.Row():
            self.examples = {key: gr.Button(each.title, elem_id=f"example-{key}") for key, each in EXAMPLES.items()}
        self.upload = gr.File(
            label="Or yours: a video, a TIFF stack, .npy, .npz, a zip of images, or several images",
            file_count="multiple",
            height=140,
            elem_id="upload",
        )
        gr.Markdown(limits.SAID)
        with gr.Accordion("What a file does not say itself", open=False):
            with gr.Row():
                self.axes = gr.Textbox(label="Axes", placeholder="TYX", info="of an array, a letter a dimension")
                self.variable = gr.Textbox(label="Variable", info="an array among several")
                self.fill_value = gr.Textbox(label="Fill value", info="of pixels that have none")
            self.again = gr.Button("Read it again so")

    def _connect(self) -> None:
        said_of_input = [self.axes, self.variable, self.fill_value]
        asked = [self.method, self.extend, self.insert, self.uncertainty]
        outputs = [
            *(self.go, self.cancel, self.status, self.marking, self.timeline, self.looking, self.viewer, self.files),
            *(self.command, self.python, self.method, self.upload),
        ]
        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        queued: dict[str, Any] = {**private, "outputs": outputs, "concurrency_limit": 1}
        filling: dict[str, Any] = {**queued, "concurrency_id": "fill"}
        waiting: dict[str, Any] = {**private, "outputs": [self.status, self.go, self.cancel], "queue": False}
        for key, button in self.examples.items():
            button.click(_wait, **waiting).then(self._example(key), asked, **filling)
        self.go.click(_wait, **waiting).then(self.fill, asked, **filling)
        reading: dict[str, Any] = {**queued, "concurrency_limit": 2, "concurrency_id": "bring"}
        self.upload.upload(self.bring, [self.upload, *said_of_input], **reading)
        self.again.click(self.bring, [self.upload, *said_of_input], **reading)
        self.checkpoint.upload(self.take_checkpoint, [self.checkpoint], **reading)
        self.timeline.mark(self.mark, None, None, queue=False, **private)
        self.cancel.click(self.stop, None, None, queue=False, **private)

    def _example(self, key: str) -> Any:
        def example(
            method: str, extend: float | None, insert: float | None, uncertainty: bool, request: gr.Request
        ) -> Iterator[Updates]:
            visitor = self.visitors.of(request.session_hash)
            try:
                yield from self._bring(visitor, key, ())
                yield {self.upload: None}
                yield from self._fill(visitor, method, extend, insert, uncertainty)
            except UserError as error:
                yield self._failure(error, visitor)

        return example

    def bring(
        self, files: list[str] | None, axes: str, variable: str, fill_value: str, request: gr.Request
    ) -> Iterator[Updates]:
        """Read what was uploaded."""
        visitor = self.visitors.of(request.session_hash)
        try:
            if not files:
                raise UserError("nothing is uploaded; choose a file")
            yield from self._bring(visitor, visitor.take(files), flags_of(axes, variable, fill_value))
        except UserError as error:
            yield self._failure(error, visitor)

    def _bring(self, visitor: Visitor, files: list[Path] | str, flags: tuple[str, ...]) -> Iterator[Updates]:
        visitor.require_idle()
        visitor.asked = None
        yield {
            self.status: working(None, "Reading the sequence ..."),
            self.marking: _shown(False),
            self.looking: _shown(False),
        }
        folder = visitor.new_folder("sequence")
        for line in visitor.run(bring, folder, files, flags):
            if line == FIRST:
                visitor.yields = True  # what follows are suggestions
                yield self._brought(visitor, folder, flags)
            elif line is not None and not visitor.yields:
                yield {self.status: working(line, line)}
        if (brought := self._brought(visitor, folder, flags))[self.timeline]["looked"]:
            yield brought

    def _brought(self, visitor: Visitor, folder: Path, flags: tuple[str, ...]) -> Updates:
        about = json.loads((folder / BROUGHT).read_text(encoding="utf-8"))
        if visitor.asked is None:
            path = Path(about["path"])
            marked, empty, gaps = tuple(about["marked"]), tuple(about["empty"]), len(about["absent"])
            visitor.asked = Asked(path, flags, marked, empty, len(about["images"]), gaps)
            visitor.brought, visitor.shape = folder, tuple(about["shape"])
            uploads = [each for each in visitor.folder.glob("upload-*") if each in path.parents]
            visitor.keep_only(folder, *uploads)
        about["marked"] = list(visitor.asked.marked)  # some may be marked by now
        text = f"{visitor.asked.path.name}: {about['understood']}"
        return {
            self.status: said(text, [visitor.told(note) for note in about["notes"]]),
            self.timeline: {key: about[key] for key in ("images", "absent", "marked", "looks", "cuts", "looked")},
            self.marking: _shown(True),
        }

    def mark(self, request: gr.Request, event: gr.EventData) -> None:
        """Images were marked, or are no more."""
        visitor = self.visitors.of(request.session_hash)
        if visitor.asked is not None:
            visitor.asked = replace(visitor.asked, marked=tuple(sorted({int(each) for each in event.marked})))

    def fill(
        self, method: str, extend: float | None, insert: float | None, uncertainty: bool, request: gr.Request
    ) -> Iterator[Updates]:
        """Fill what is asked for."""
        visitor = self.visitors.of(request.session_hash)
        try:
            yield from self._fill(visitor, method, extend, insert, uncertainty)
        except UserError as error:
            yield self._failure(error, visitor)

    def _fill(
        self, visitor: Visitor, method: str, extend: float | None, insert: float | None, uncertainty: bool
    ) -> Iterator[Updates]:
        if visitor.asked is None or visitor.brought is None:
            raise UserError("there is no sequence yet; choose an example, or upload one")
        visitor.require_idle()
        asked = replace(
            visitor.asked.by(method, self.checkpoints(visitor)),
            extend=int(extend or 0),
            insert=int(insert or 0),
            uncertainty=bool(uncertainty),
        )
        asked.check()
        yield {self.status: working(None, "Filling ..."), **self._busy(True)}
        out = visitor.new_folder("result")
        for line in visitor.run(main, asked.argv(out)):
            if line is not None and line.startswith("filling: "):
                yield {self.status: working(line, "")}
        for line in visitor.run(look, asked, visitor.brought, out):
            if line is not None:
                yield {self.status: working(line, line)}
        visitor.keep_only(out)
        seen = json.loads((out / SEEN).read_text(encoding="utf-8"))
        count = sum(image["filled"] for image in seen["images"])
        text = f"Filled {count} image{'s' * (count != 1)} by {seen['method']} in {seen['seconds']:.1f} s."
        yield {
            self.status: said(text, [visitor.told(note) for note in seen["notes"]]),
            self.looking: _shown(True),
            self.viewer: {"images": seen["images"]},
            self.files: links(seen["files"]),
            self.command: asked.command_line(),
            self.python: asked.python(),
            **self._busy(False),
        }

    def checkpoints(self, visitor: Visitor) -> dict[str, Path]:
        """Those of the server, and the visitor's own, by name."""
        return {**self.visitors.checkpoints, **visitor.checkpoints}

    def methods(self, visitor: Visitor) -> list[str]:
        """The names that the list of methods has."""
        return [*METHODS, SHIPPED_NAME, *self.checkpoints(visitor)]

    def take_checkpoint(self, file: str | None, request: gr.Request) -> Iterator[Updates]:
        """A checkpoint was uploaded: it is read once, so that a bad one is found now."""
        visitor = self.visitors.of(request.session_hash)
        try:
            if file is None:
                return
            (path,) = visitor.take([file])
            yield {self.status: working(None, "Reading the checkpoint ...")}
            for _ in visitor.run(check_checkpoint, path):
                pass
            visitor.checkpoints[path.name] = path
            choices = gr.Dropdown(choices=self.methods(visitor), value=path.name)
            yield {self.status: said(f"{path.name} is among the methods."), self.method: choices}
        except UserError as error:
            yield self._failure(error, visitor)

    def stop(self, request: gr.Request) -> None:
        """Cancel what runs for the visitor."""
        child = self.visitors.of(request.session_hash).child
        if child is not None:
            child.stop()

    def _busy(self, busy: bool) -> Updates:
        return {self.go: gr.Button(interactive=not busy), self.cancel: gr.Button(visible=busy)}

    def _failure(self, error: UserError, visitor: Visitor | None = None) -> Updates:
        text = str(error) if visitor is None else visitor.told(str(error))
        return {self.status: failed(text), **self._busy(False)}


def check_checkpoint(path: Path) -> None:
    """UserError where no network can be made of a checkpoint."""
    from ..fill.network import Network
    from ..fill.tiles import TILE

    Network(path, "cpu", TILE)


def _wait() -> list[Any]:
    """Said until it is one's turn."""
    return [working(None, "Waiting for its turn ..."), gr.Button(interactive=False), gr.Button(visible=True)]


def _shown(visible: bool) -> Any:
    return gr.Column(visible=visible)
