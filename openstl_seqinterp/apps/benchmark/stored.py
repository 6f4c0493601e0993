"""A record that is no run's: written and read by one model, so that its page can be made again from it alone."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from ...errors import UserError
from ...files import write_text
from ...settings import damage

STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class Stored(BaseModel):
    """Numbers that pages are made from, in one JSON file."""

    model_config = STRICT

    @classmethod
    def read(cls, path: Path) -> Self:
        """The record in a file. UserError if it is damaged or none."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except ValidationError as error:
            raise UserError(f"{path} is damaged ({damage(error)}); remove it and create it again") from None
        except OSError as error:
            raise UserError(f"{path} cannot be read: {error.strerror}") from error

    def write(self, path: Path) -> None:
        """Write the record as JSON, atomically."""
        write_text(path, self.model_dump_json(indent=1) + "\n")
