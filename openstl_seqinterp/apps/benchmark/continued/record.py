"""The record of a comparison on imported data, ``NAME.json``: written and read by one model."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, Field, model_validator

from ..stored import STRICT, Stored


class Setup(BaseModel):
    """What is measured, on what: rows belong together where it is the same.

    ``understood`` says what was imported, ``images`` how many are for training, validation and tests. Frames have
    ``shape`` (C, H, W); values from ``low`` to ``high`` are 0 to 1 for a network, and ``fill_value`` is none. Windows
    have ``known + horizon`` images: ``trained`` of them are for training, ``windows`` for tests, in so many
    ``stretches`` without a gap. ``thresholds`` are in the values of the data, whose digest is ``data``.
    """

    model_config = STRICT

    name: str
    understood: list[str]
    images: dict[str, int]
    shape: list[int] = Field(min_length=3, max_length=3)
    low: float
    high: float
    fill_value: float | None
    known: int = Field(ge=1)
    horizon: int = Field(ge=1)
    trained: int = Field(ge=0)
    windows: int = Field(ge=1)
    stretches: int = Field(ge=1)
    thresholds: list[float]
    pysteps: bool
    data: str


class Lead(BaseModel):
    """Scores at a time after the last known image: of each window, in levels of 255; CSI by threshold over all of them.

    CSI is None where no value of the truths and of the predictions reaches the threshold.
    """

    model_config = STRICT

    mse: list[float] = Field(min_length=1)
    mae: list[float] = Field(min_length=1)
    ssim: list[float] = Field(min_length=1)
    csi: list[float | None]


class Training(BaseModel):
    """How a network was trained: of ``epochs`` the ``best`` one, by its validation, was kept; minutes by the clock.

    ``finished`` is that of the run's record.
    """

    model_config = STRICT

    seed: int = Field(ge=0)
    weights: int = Field(ge=0)
    epochs: int = Field(ge=1)
    best: int = Field(ge=1)
    minutes: float = Field(ge=0)
    device: str
    finished: str


class Row(BaseModel):
    """A method: its scores by lead, from 1 on, and seconds of one processor for a predicted image."""

    model_config = STRICT

    method: str
    seconds: float = Field(ge=0)
    leads: list[Lead] = Field(min_length=1)
    training: Training | None = None

    @property
    def key(self) -> tuple[str, int | None]:
        """What no two rows have in common."""
        return self.method, self.training.seed if self.training else None


class ContinuedResult(Stored):
    """All of a comparison; rows are in the order of the tables."""

    setup: Setup
    machine: str
    versions: dict[str, str]
    rows: list[Row] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        for row in self.rows:
            if len(row.leads) != self.setup.horizon:
                raise ValueError(f"{row.method} has scores of {len(row.leads)} leads, not {self.setup.horizon}")
            for lead in row.leads:
                if {len(lead.mse), len(lead.mae), len(lead.ssim)} != {self.setup.windows}:
                    raise ValueError(f"{row.method} has not one score for each of {self.setup.windows} windows")
                if len(lead.csi) != len(self.setup.thresholds):
                    raise ValueError(
                        f"{row.method} has not one CSI for each of {len(self.setup.thresholds)} thresholds"
                    )
        return self

    @property
    def methods(self) -> dict[str, list[Row]]:
        """The rows of each method, one for each seed."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row.method, []).append(row)
        return found
