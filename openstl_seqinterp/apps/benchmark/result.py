"""The record of a complete run of a benchmark."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from ...evaluation.records import Record


class Epoch(BaseModel):
    """Training seconds up to the end of an epoch, and its validation MSE, summed over the pixels of an image."""

    epoch: int
    seconds: float
    val_mse: float


class Result(Record):
    """The record of a complete run: its scores and settings. ``seconds`` are of "training" and "scoring"."""

    preset: str
    finished: str
    versions: dict[str, str]
    device: str
    compiled: bool = False
    seconds: dict[str, float]
    config: dict[str, Any]
    history: list[Epoch]
