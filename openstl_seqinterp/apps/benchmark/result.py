"""The record of a complete run of a benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ...errors import UserError
from ...evaluation.records import Record
from .entries import label


class Epoch(BaseModel):
    """Training seconds up to the end of an epoch, and its validation MSE, summed over the pixels of an image."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    epoch: int = Field(ge=1)
    seconds: float = Field(ge=0)
    val_mse: float = Field(ge=0)


class Result(Record):
    """The record of a complete run: its scores and settings. ``seconds`` are of "training" and "scoring".

    ``data`` is the digest of the imported data that it was trained on; None for the simulated ones.
    """

    preset: str
    finished: str
    versions: dict[str, str]
    device: str
    compiled: bool = False
    seconds: dict[Literal["training", "scoring"], Annotated[float, Field(ge=0)]] = Field(min_length=2)
    config: dict[str, Any]
    data: str | None = None
    history: list[Epoch]

    @property
    def entry(self) -> str:
        """How tables name the run's method: with the type of its network, where that has a row of its own."""
        model_type = str(self.config.get("model_type"))
        return f"{self.method}:{model_type}" if self.is_variant else label(self.method, model_type)

    @property
    def is_variant(self) -> bool:
        """Whether the network is another than that of the method's config: its file is named after that, too."""
        return self.path.stem != run_name(self.method, self.train_set, self.seed)

    @property
    def main_set(self) -> str:
        """The test set that counts most: degraded as the training set is, in every way for the union of all."""
        base = self.train_set.partition("-")[0]
        wanted = (self.train_set, f"{base}-aug", base)
        return next((each for each in wanted if each in self.scores), next(iter(self.scores)))


def run_name(entry: str, train_set: str, seed: int) -> str:
    """How the files of a run are named. A colon is no character of a file's name on every system."""
    return f"{entry.replace(':', '-')}_{train_set}_{seed}"


def read_results(out: Path, preset: str) -> list[Result]:
    """The records of a preset's runs, by name.

    UserError where one is damaged, or is not what its place and name say: it would count as another run's.
    """
    found: dict[tuple[str, str, int], Result] = {}
    for path in sorted((out / preset).glob("[!.]*.json")):  # what is being written begins with a dot
        record = Result.read(path)
        entries = record.method, f"{record.method}:{record.config.get('model_type')}"
        names = [run_name(entry, record.train_set, record.seed) for entry in entries]
        if record.preset != preset or path.stem not in names:
            raise UserError(
                f"{path} is the record of {names[0]}, preset {record.preset}, which is kept elsewhere; move it away"
            )
        key = record.entry, record.train_set, record.seed
        if key in found:
            raise UserError(f"{path} and {found[key].path} are the same run: {' '.join(map(str, key))}; remove one")
        found[key] = record
    return [*found.values()]
