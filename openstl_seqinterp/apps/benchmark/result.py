"""The record of a complete run of a benchmark."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ...evaluation.records import Record
from .entries import label


class Epoch(BaseModel):
    """Training seconds up to the end of an epoch, and its validation MSE, summed over the pixels of an image."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    epoch: int = Field(ge=1)
    seconds: float = Field(ge=0)
    val_mse: float = Field(ge=0)


class Result(Record):
    """The record of a complete run: its scores and settings. ``seconds`` are of "training" and "scoring"."""

    preset: str
    finished: str
    versions: dict[str, str]
    device: str
    compiled: bool = False
    seconds: dict[Literal["training", "scoring"], Annotated[float, Field(ge=0)]] = Field(min_length=2)
    config: dict[str, Any]
    history: list[Epoch]

    @property
    def entry(self) -> str:
        """How tables name the run's method: with the type of its network, where that has a row of its own."""
        model_type = str(self.config.get("model_type"))
        return f"{self.method}:{model_type}" if self.is_variant else label(self.method, model_type)

    @property
    def is_variant(self) -> bool:
        """Whether the network is another than that of the method's config: its file is named after that, too."""
        return self.path.stem != f"{self.method}_{self.train_set}_{self.seed}"
