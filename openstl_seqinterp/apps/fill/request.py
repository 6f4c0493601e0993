"""What is asked of an input of ``seqinterp predict``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..io import Options


@dataclass(frozen=True)
class Request:
    """What is asked of an input: the flags of ``seqinterp predict`` of the same names."""

    options: Options
    missing: tuple[str, ...] = ()
    extend: int = 0
    insert: int = 0
    at: tuple[str, ...] = ()
    every: str | None = None
    cuts: str = "auto"
    uncertainty: bool = False
    holes: str = "keep"
    range: tuple[float, float] | None = None
    form: str | None = None
    codec: str | None = None
    fps: float | None = None
    truth: Path | None = None
    overwrite: bool = False

    @property
    def settings(self) -> dict[str, Any]:
        """What the form is asked for."""
        return {name: value for name in ("codec", "fps") if (value := getattr(self, name)) is not None}
