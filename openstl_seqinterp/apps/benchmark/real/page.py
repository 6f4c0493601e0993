"""The page of a comparison on real sequences, from its record alone: tables, and what they say in words."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean

from ....evaluation.baselines import BASELINES
from ....evaluation.tables import markdown_table
from .measure import GAPS, LEADS, lead
from .record import RealResult
from .ways import PYSTEPS, RIFE
from .words import listed, words


def page(record: RealResult, picture: str | None) -> str:
    """The page in Markdown; ``picture`` is a file beside it."""
    lines = [*_head(record), *_clips(record)]
    lines += ["", "## Between known images", "", *_gaps(record)]
    lines += (sure := _sureness(record))
    lines += ["", "## After the last known image", "", *_leads(record)]
    lines += ["", "## Time", "", *_times(record)]
    lines += ["", "## Where it wins and where it loses", "", *words(record)]
    if picture:
        lines += ["", "## Seen", "", "Images that were hidden one by one, where predictions err most; errors are drawn"]
        also = "; so is the uncertainty (a standard deviation)" if sure else ""
        lines += [f"in black (0) to yellow (64 of 255 levels and more){also}.", "", f"![hidden images]({picture})"]
    return "\n".join(lines) + "\n"


def _head(record: RealResult) -> list[str]:
    made = ", ".join(f"{name} {number}" for name, number in record.versions.items())
    return [
        "# Real sequences",
        "",
        f"Made by `python tools/benchmark.py --real {record.folder}{_flags(record)}` on {record.machine}, "
        f"{record.threads} thread, in {record.processor_minutes:.1f} minutes of one processor ({record.minutes:.1f} by "
        f"the clock); {made}. Data: [real.json](real.json).",
        "",
        f"Every method reads the same known images and predicts the same hidden ones: {listed(record.methods)}.",
        "Hidden are single images or three in a row, with four known ones on each side, or every second image.",
        f"A continuation reads what is known up to an image and predicts the {LEADS} behind it (lead 1 to {LEADS}).",
        "PSNR (dB), SSIM (7x7 window) and MSE (squared levels) are of images with values from 0 to 255, means over the",
        "hidden ones, over the pixels that have a value in the truth and in all predictions. No method is trained on",
        "these sequences.",
    ]


def _flags(record: RealResult) -> str:
    """The flags that the record was made with, beside the folder."""
    trained = [name for name in record.ours if name not in BASELINES]
    flags = [" --checkpoint " + " ".join(f"{name}=..." for name in trained)] if trained else []
    flags += [flag for flag, name in ((" --rife DIR", RIFE), (" --pysteps", PYSTEPS)) if name in record.methods]
    return "".join(flags)


def _clips(record: RealResult) -> list[str]:
    rows = [
        [
            name,
            str(clip.images),
            f"{clip.width}x{clip.height}x{clip.channels} {clip.dtype}",
            f"{clip.speed:.1f}",
            "; ".join(clip.notes) or "-",
        ]
        for name, clip in record.clips.items()
    ]
    lines = ["", *markdown_table(["sequence", "images", "kind", "motion", "how it is read"], rows)]
    lines += ["", "`motion`: pixels from an image to the next that the fastest twentieth of the pixels moves."]
    lines += ["Videos are divided at cuts; `[first-last]` are the images of a shot that were used."]
    if record.left_out:
        lines += ["", "Left out: " + "; ".join(record.left_out) + "."]
    return lines


def _methods(record: RealResult, tasks: Sequence[str]) -> list[str]:
    return [method for method in record.methods if any(record.of(task, method) for task in tasks)]


def _cell(values: Sequence[float | None], how: str) -> str:
    known = [value for value in values if value is not None]
    return format(mean(known), how) if known and len(known) == len(values) else "-"


def _shared(record: RealResult, task: str, methods: Sequence[str]) -> list[str]:
    """The sequences on which all of ``methods`` were scored."""
    found = [record.of(task, method) for method in methods]
    return [name for name in record.clips if all(name in scores for scores in found)]


def _gaps(record: RealResult) -> list[str]:
    tasks = [task for task in GAPS if _methods(record, [task])]
    methods = _methods(record, tasks)
    rows = []
    for method in methods:
        cells = [method]
        for task in tasks:
            each = [record.of(task, method)[name] for name in _shared(record, task, methods)]
            for key, how in (("psnr", ".2f"), ("ssim", ".3f"), ("mse", ".1f")):
                cells.append(_cell([getattr(score, key) for score in each], how))
        rows.append(cells)
    heading = [f"{key}, {task}" for task in tasks for key in ("PSNR", "SSIM", "MSE")]
    lines = ["Means over the sequences, by what is hidden:", "", *markdown_table(["method", *heading], rows)]
    for task in tasks:
        lines += ["", f"PSNR, {task}:", "", *_by_sequence(record, task, methods, "psnr", ".2f")]
    return lines


def _by_sequence(record: RealResult, task: str, methods: Sequence[str], key: str, how: str) -> list[str]:
    rows = []
    for name in record.clips:
        scores = [record.of(task, method).get(name) for method in methods]
        found = [score for score in scores if score]
        if found:
            cells = [_cell([getattr(score, key)], how) if score else "-" for score in scores]
            rows.append([name, str(found[0].images), *cells])
    return markdown_table(["sequence", "images", *methods], rows)


def _sureness(record: RealResult) -> list[str]:
    """A table of what share of the errors lies within the band that was said to hold 90%; nothing where none was."""
    rows = []
    for method in record.methods:
        scores = {task: record.of(task, method) for task in GAPS}
        for name in record.clips:
            shares = [each[name].inside if name in each else None for each in scores.values()]
            if any(share is not None for share in shares):
                rows.append([name, method, *(_cell([share], ".0%") for share in shares)])
    if not rows:
        return []
    lines = ["", "## How sure it is", ""]
    lines += ["The share of values whose error lies within the 90% band of `--uncertainty`, which is fitted to known"]
    lines += ["images that are hidden for it; 90% is right, less is too sure:", ""]
    return lines + markdown_table(["sequence", "method", *GAPS], rows)


def _leads(record: RealResult) -> list[str]:
    tasks = [lead(step) for step in range(1, LEADS + 1) if _methods(record, [lead(step)])]
    if not tasks:
        return ["No sequence is long enough."]
    methods = [method for method in _methods(record, tasks) if method != "mean"]  # of one side, that is a copy
    everywhere = [method for method in methods if method != PYSTEPS]
    lines = ["Means over all sequences that are long enough, PSNR / SSIM / MSE (of one side, `mean` is `copy`):", ""]
    lines += _lead_table(record, tasks, everywhere)
    if PYSTEPS in methods and any(_shared(record, task, methods) for task in tasks):
        names = _shared(record, tasks[0], methods)
        lines += ["", f"Where pySTEPS, which reads one channel, takes part ({listed(names)}):", ""]
        lines += _lead_table(record, tasks, methods)
        lines += ["", f"MSE, and that of motion as a share of {PYSTEPS}'s:", ""]
        rows = []
        for name in names:
            for method in methods:
                found = [record.of(task, method).get(name) for task in tasks]
                rows.append([name, method, *(f"{score.mse:.1f}" if score else "-" for score in found)])
            rows.append([name, "ratio", *(_ratio(record, task, name) for task in tasks)])
        lines += markdown_table(["sequence", "method", *tasks], rows)
    return lines


def _ratio(record: RealResult, task: str, name: str) -> str:
    one, other = (record.of(task, method).get(name) for method in ("motion", PYSTEPS))
    return f"{one.mse / other.mse:.2f}" if one and other and other.mse else "-"


def _lead_table(record: RealResult, tasks: Sequence[str], methods: Sequence[str]) -> list[str]:
    rows = []
    for method in methods:
        cells = [method]
        for task in tasks:
            each = [record.of(task, method)[name] for name in _shared(record, task, methods)]
            values = [(score.psnr, score.ssim, score.mse) for score in each]
            columns = zip(*values, strict=True)
            parts = [_cell(column, how) for column, how in zip(columns, (".2f", ".3f", ".0f"), strict=False)]
            cells.append(" / ".join(parts) or "-")
        rows.append(cells)
    return markdown_table(["method", *tasks], rows)


def _times(record: RealResult) -> list[str]:
    """Seconds an image, and how many times as long RIFE takes."""
    tasks = list(GAPS)
    methods = _methods(record, tasks)
    rows = []
    for name in record.clips:
        seconds = {method: _seconds(record, tasks, method, name) for method in methods}
        peer = seconds.get(RIFE)
        cells = []
        for value in seconds.values():
            share = f" ({value / peer:.2f})" if value is not None and peer else ""
            cells.append(f"{value:.3f}{share}" if value is not None else "-")
        rows.append([name, *cells])
    share = f", and the share of {RIFE}'s in brackets" if RIFE in methods else ""
    lines = [f"Seconds of one processor for an image between known ones{share}:", ""]
    lines += markdown_table(["sequence", *methods], rows)
    after = [lead(step) for step in range(1, LEADS + 1)]
    methods = _methods(record, after)
    rows = []
    for name in record.clips:
        each = [_seconds(record, after, method, name) for method in methods]
        if any(each):
            rows.append([name, *(f"{value:.3f}" if value is not None else "-" for value in each)])
    if rows:
        lines += ["", "And for an image after the last known one:", "", *markdown_table(["sequence", *methods], rows)]
    return lines


def _seconds(record: RealResult, tasks: Sequence[str], method: str, name: str) -> float | None:
    found = [score for task in tasks if (score := record.of(task, method).get(name))]
    total = sum(score.images for score in found)
    return sum(score.seconds * score.images for score in found) / total if total else None
