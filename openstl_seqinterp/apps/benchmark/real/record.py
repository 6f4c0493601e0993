"""The record of a comparison on real sequences, ``real.json``: written and read by one model."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ....errors import UserError
from ....files import write_text

_STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class ClipInfo(BaseModel):
    """A sequence: how many ``images`` from number ``first`` on, their size in pixels, and what was done to read them.

    ``speed`` is how far the fastest twentieth of its pixels moves from one image to the next, in pixels.
    """

    model_config = _STRICT

    images: int = Field(ge=1)
    first: int = Field(ge=1)
    width: int = Field(ge=1)
    height: int = Field(ge=1)
    channels: int = Field(ge=1)
    dtype: str
    speed: float = Field(ge=0)
    notes: list[str]


class Score(BaseModel):
    """Means over the hidden images of a task: PSNR in dB, SSIM, squared error in levels of 255, seconds an image.

    ``seconds`` is the processor's time, which other load does not change; ``psnr`` is None where one is infinite.
    ``inside`` is the share of values whose error lies within the 90% band of the method's uncertainty; None where it
    was not asked for one, as for what follows the last known image.
    """

    model_config = _STRICT

    sequence: str
    task: str
    method: str
    images: int = Field(ge=1)
    psnr: float | None
    ssim: float
    mse: float = Field(ge=0)
    seconds: float = Field(ge=0)
    inside: float | None = Field(None, ge=0, le=1)


class RealResult(BaseModel):
    """All of a comparison. ``methods`` are in the order of the tables, ``ours`` those that are no peers.

    ``minutes`` are those of the clock, ``processor_minutes`` those that it took of one processor.
    """

    model_config = _STRICT

    folder: str
    machine: str
    threads: int
    versions: dict[str, str]
    minutes: float = Field(ge=0)
    processor_minutes: float = Field(ge=0)
    methods: list[str]
    ours: list[str]
    clips: dict[str, ClipInfo]
    left_out: list[str]
    scores: list[Score] = Field(min_length=1)

    @classmethod
    def read(cls, path: Path) -> Self:
        """The record in a file. UserError if it is damaged or none."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise UserError(f"{path} is damaged ({where}: {first['msg']}); remove it and create it again") from None
        except OSError as error:
            raise UserError(f"{path} cannot be read: {error.strerror}") from error

    def write(self, path: Path) -> None:
        """Write the record as JSON, atomically."""
        write_text(path, self.model_dump_json(indent=1) + "\n")

    def of(self, task: str, method: str) -> dict[str, Score]:
        """The scores of a method in a task, by sequence."""
        return {each.sequence: each for each in self.scores if (each.task, each.method) == (task, method)}
