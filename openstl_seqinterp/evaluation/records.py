"""The scores of a run, as in ``scores.json`` and the records of a benchmark, written and read by one model."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..errors import UserError
from ..files import write_text
from ..settings import damage

MODEL, FLOOR, ALL = "model", "floor", "all"
# test set: predictor: frame (counted from 1, or "all"): metric; None for the infinite PSNR of an exact prediction
Scores = dict[str, dict[str, dict[str, dict[str, float | None]]]]


class Record(BaseModel):
    """A run's method, training set and seed, and its ``scores``. ``path``, its source, is not saved."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)

    host: str = ""
    method: str
    train_set: str
    seed: int = Field(ge=0)
    checkpoint: str = ""
    scores: Scores = Field(min_length=1)
    path: Path = Field(Path(), exclude=True)

    @model_validator(mode="after")
    def _is_scored(self) -> Self:
        for name, predictors in self.scores.items():
            if predictors.get(MODEL, {}).get(ALL, {}).get("mse") is None:
                raise ValueError(f"the model has no MSE on {name}")
            for frames in predictors.values():
                values = [row.get(error) for row in frames.values() for error in ("mse", "mae")]
                if any(value is not None and value < 0 for value in values):
                    raise ValueError(f"an error on {name} is negative")
        return self

    @classmethod
    def read(cls, path: Path) -> Self:
        """The record in a file. UserError if it is damaged or not a record."""
        try:
            record = cls.model_validate_json(path.read_bytes())
        except ValidationError as error:
            raise UserError(
                f"{path} is damaged or not from this plugin ({damage(error)}); remove it and create it again"
            ) from None
        except OSError as error:
            raise UserError(f"{path} cannot be read: {error.strerror}") from error
        record.path = path
        return record

    def write(self, path: Path) -> None:
        """Write the record as JSON, atomically."""
        write_text(path, self.model_dump_json(indent=2, exclude_unset=True) + "\n")

    @property
    def frames(self) -> list[str]:
        """The scored frames: all together, then each."""
        frames = next(iter(self.scores.values()))[MODEL]
        return [ALL, *(frame for frame in frames if frame != ALL)]

    def values(self, predictor: str, metric: str = "mse", frame: str = ALL) -> dict[str, float | None]:
        """A predictor's metric by test set; empty if it was not scored."""
        rows = {name: scores.get(predictor, {}).get(frame) for name, scores in self.scores.items()}
        return {name: row.get(metric) for name, row in rows.items() if row}
