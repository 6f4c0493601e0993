"""The record of a comparison on real sequences, ``real.json``: written and read by one model."""

from __future__ import annotations

from pydantic import BaseModel, Field

from ..stored import STRICT, Stored


class ClipInfo(BaseModel):
    """A sequence: how many ``images`` from number ``first`` on, their size in pixels, and what was done to read them.

    ``speed`` is how far the fastest twentieth of its pixels moves from one image to the next, in pixels.
    """

    model_config = STRICT

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

    model_config = STRICT

    sequence: str
    task: str
    method: str
    images: int = Field(ge=1)
    psnr: float | None
    ssim: float
    mse: float = Field(ge=0)
    seconds: float = Field(ge=0)
    inside: float | None = Field(None, ge=0, le=1)


class RealResult(Stored):
    """All of a comparison. ``methods`` are in the order of the tables, ``ours`` those that are no peers.

    ``minutes`` are those of the clock, ``processor_minutes`` those that it took of one processor.
    """

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

    def of(self, task: str, method: str) -> dict[str, Score]:
        """The scores of a method in a task, by sequence."""
        return {each.sequence: each for each in self.scores if (each.task, each.method) == (task, method)}
