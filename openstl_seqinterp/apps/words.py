"""How the commands speak of images."""

from __future__ import annotations

from collections.abc import Sequence


def numbered(positions: Sequence[int], most: int = 20) -> str:
    """``"image 3"`` or ``"images 3, 5 and 8 more"`` for positions, which count from 0; ``most`` are named."""
    numbers = ", ".join(str(position + 1) for position in positions[:most])
    more = f" and {len(positions) - most} more" if len(positions) > most else ""
    return f"image{'s' * (len(positions) > 1)} {numbers}{more}"
