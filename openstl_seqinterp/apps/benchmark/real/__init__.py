"""Methods side by side on real sequences: ``seqinterp benchmark --real DIR``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ....files import writable_folder, write_text


def measure_real(folder: Path, out: Path, checkpoints: Sequence[str], rife: Path | None, pysteps: bool) -> Path:
    """Compare on the sequences of ``folder``; write ``out/real.json``, ``real.png`` and ``real.md``, which is returned.

    UserError where a folder, a checkpoint or a package cannot be used.
    """
    from ....evaluation.baselines import BASELINES
    from .measure import compare
    from .page import page
    from .picture import picture
    from .ways import RIFE, ways

    used = ways(checkpoints, rife, pysteps)
    writable_folder(out)
    record, shown = compare(folder, used)
    record.write(out / "real.json")
    drawn = [name for name in record.methods if name in ("motion", RIFE) or name in {*record.ours} - {*BASELINES}]
    if shown:
        picture(out / "real.png", shown, drawn)
    write_text(out / "real.md", page(record, "real.png" if shown else None))
    return out / "real.md"
