"""What a child does for the page beside filling: it reads a sequence and a result, and writes pictures of them.

What it found goes to a JSON file, whose form is that which the page's scripts read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import UserError
from ...files import write_json
from ..fill.fillers import BaselineFiller
from ..fill.missing import KINDS
from ..fill.report import ANIMATION, REPORT, STRIP, UNCERTAINTY, score
from ..fill.request import Request
from ..fill.scale import Scale
from ..fill.work import Work
from ..io import Source, open_source
from ..progress import tracked
from ..scenes import scan
from .archives import as_sequence, packed
from .asked import Asked, options_of
from .examples import EXAMPLES
from .limits import IMAGES, PIXELS
from .pictures import save, save_doubt, url

BROUGHT, SEEN = "brought.json", "seen.json"
FIRST = "the images are there"  # what `bring` prints before it looks for what may be wrong with them


def bring(folder: Path, files: Sequence[Path] | str, flags: Sequence[str]) -> None:
    """Read what was uploaded, or the example of a name, and write `BROUGHT` in ``folder``: first what is there.

    Then again, with what looks wrong, and the cuts.
    """
    marked: tuple[int, ...] = ()
    if isinstance(files, str):
        path, marked = EXAMPLES[files].write(folder), EXAMPLES[files].marked
    else:
        path = as_sequence(files)
    source = open_source(path, options_of(flags))
    height, width = source.shape[:2]
    if source.length > IMAGES or height * width > PIXELS * 1e6:
        raise UserError(
            f"{path} has {source.length} images of {width}x{height}, expected at most {IMAGES} of {PIXELS} megapixels "
            "on this page; use `seqinterp predict`"
        )
    empty = sorted({each for sequence in range(source.sequences) for each in KINDS["auto"](source, sequence)})
    about: dict[str, Any] = {
        "path": str(path),
        "shape": [height, width],
        "understood": source.describe().removeprefix(f"{source.path}: "),
        "notes": source.notes,
        "images": _pictures(source, folder),
        "absent": list(source.absent),
        "empty": empty,
        "marked": sorted({*marked, *empty}),
        "looks": {},
        "cuts": [],
        "looked": False,
    }
    write_json(folder / BROUGHT, about)
    print(FIRST)
    for kind, find in KINDS.items():  # an image has the first name that fits
        if kind != "auto":
            looks = {str(position): kind for position in find(source, 0) if position not in empty}
            about["looks"] = {**looks, **about["looks"]}
    strange = {*map(int, about["looks"]), *empty}  # where one image looks wrong, no scene ends
    about["cuts"] = [list(cut) for cut in scan(source).cuts if not strange & set(cut)]
    about["looked"] = True
    write_json(folder / BROUGHT, about)


def _pictures(source: Source, folder: Path) -> list[dict[str, Any]]:
    scale = Scale.of(source.dtype, source.levels.values(), source.fill_value, source.labels)
    images = []
    for position in tracked(range(source.length), "reading", source.length):
        text = source.timeline.text(source.timeline.instants[position])
        there = source.number(position) is not None
        stem = folder / f"known_{position + 1:04d}"
        where = save(scale.to_unit(source.read(0, position)), scale, stem) if there else None
        images.append({"src": where, "at": text})
    return images


def look(asked: Asked, brought: Path, out: Path) -> None:
    """Write pictures of the result in ``out``, and what is said of it into its file `SEEN`.

    Beside what is filled stand the mean of its neighbours, the true image where it had been known, and the doubt.
    """
    content = json.loads((out / REPORT).read_text(encoding="utf-8"))
    known = json.loads((brought / BROUGHT).read_text(encoding="utf-8"))["images"]
    request = Request(asked.options, tuple(asked.missing), asked.extend, asked.insert)
    work = Work(open_source(asked.path, asked.options), request, [BaselineFiller("mean")])
    (name,) = content["files"]
    result = open_source(out / name, replace(asked.options, times=None))
    shown = result.present
    if len(shown) != len(work.layout):
        raise UserError(f"{name} is there to take, but cannot be shown: it has {len(shown)} images")
    folder = out / "pictures"
    folder.mkdir()
    doubts, worst = _doubts(out, content)
    images: list[dict[str, Any]] = []
    for place, position in enumerate(tracked(work.layout, "looking", len(work.layout))):
        instant = result.timeline.instants[shown[place]]
        image: dict[str, Any] = {"at": result.timeline.text(instant), "filled": position is None}
        images.append(image)
        if position is not None:
            image["src"] = known[position]["src"]
            continue
        stem = f"{place + 1:04d}"
        filled, mean = work.scale.to_unit(result.read(0, shown[place])), work.image(0, place)
        image["src"] = save(filled, work.scale, folder / f"filled_{stem}")
        image["mean"] = save(mean, work.scale, folder / f"mean_{stem}")
        if place in doubts:
            image["doubt"] = save_doubt(doubts[place], worst, folder / f"doubt_{stem}")
        own = work.places.position[place]
        if own is not None and own < work.source.length and work.source.number(own) is not None:
            true = work.scale.to_unit(work.source.read(0, own))
            if not np.isnan(true).all():
                image["true"] = known[own]["src"]
                image["scores"] = {"filled": _scores(filled, true), "mean": _scores(mean, true)}
    for entry in content["filled"]:
        if entry["sequence"] == 1 and entry.get("uncertainty"):
            images[entry["image"] - 1]["off"] = entry["uncertainty"]
    path = out / name
    taken = packed(path, out / f"{name}.zip") if path.is_dir() else path
    files = [taken, *(each for each in (out / own for own in (STRIP, REPORT, ANIMATION, UNCERTAINTY)) if each.exists())]
    seen = {
        "images": images,
        "notes": content["notes"],
        "method": content["method"],
        "seconds": content["seconds"],
        "files": [{"name": each.name, "url": url(each), "bytes": each.stat().st_size} for each in files],
    }
    write_json(out / SEEN, seen)


def _scores(image: np.ndarray, true: np.ndarray) -> dict[str, float]:
    colours = slice(3 if image.shape[2] == 4 else None)
    found = score(image[..., colours], true[..., colours])
    return {name: found[name] for name in ("psnr", "ssim") if name in found}


def _doubts(out: Path, content: dict[str, Any]) -> tuple[dict[int, np.ndarray], float]:
    """How far the filled images of the first sequence may be off, by place, and the most of it."""
    if "uncertainty" not in content:
        return {}, 0.0
    array = np.load(out / content["uncertainty"]["file"], mmap_mode="r")
    found = {
        entry["image"] - 1: array[number] for number, entry in enumerate(content["filled"]) if entry["sequence"] == 1
    }
    return found, max((float(np.nanmax(each, initial=0)) for each in found.values()), default=0.0)
