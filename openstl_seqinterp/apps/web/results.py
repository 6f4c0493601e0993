"""The pages of ``results/``, of which a wheel carries those of `CARRIED`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from .pictures import url

CARRIED = ("*.md", "*.png", "quick/*.png")  # as setup.py has them
PAGES = {
    "Leaderboard": "leaderboard.md",
    "Simulated sequences": "README.md",
    "Real sequences": "real.md",
    "Radar, continued": "radar.md",
    "Speed": "speed.md",
}
_PACKAGE = Path(__file__).resolve().parents[2]
RESULTS = next((each for each in (_PACKAGE / "results", _PACKAGE.parent / "results") if each.is_dir()), None)
_FIGURE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:)[^)]+\)")  # to a file, which is not on the page


def pages(folder: Path | None = RESULTS) -> Iterator[tuple[str, str]]:
    """Title and Markdown of each page that is there, its figures where Gradio serves them.

    Sections of figures that a wheel does not carry are left out, so that a clone shows the same.
    """
    carried = {path for pattern in CARRIED for path in folder.glob(pattern)} if folder else set()
    for title, name in PAGES.items():
        if folder is not None and folder / name in carried:
            text = (folder / name).read_text(encoding="utf-8")
            yield (
                title,
                "".join(_shown(part, folder, carried) for part in re.split(r"^(?=#)", text, flags=re.MULTILINE)),
            )


def _shown(section: str, folder: Path, carried: set[Path]) -> str:
    figures = _FIGURE.findall(section)
    if any(folder / name not in carried for _, name in figures):
        return ""
    section = _LINK.sub(r"\1", section)
    return _FIGURE.sub(lambda found: f"![{found[1]}]({url(folder / found[2])})", section)
