"""Types, ranges and choices of settings: models that check a run's values before it begins."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from .errors import UserError, nearest


class Settings(BaseModel):
    """Values of exactly the declared types; an int may stand for a float. Unknown keys are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False, protected_namespaces=())


def check(model: type[BaseModel], values: Mapping[str, Any], source: str) -> None:
    """UserError, one line beginning with ``source``, for the first of ``values`` that ``model`` rejects."""
    try:
        model.model_validate({key: values[key] for key in model.model_fields if key in values})
    except ValidationError as error:
        first = error.errors()[0]
        reason = model.model_fields[str(first["loc"][0])].description if first["loc"] else None
        raise UserError(f"{source}: {_explain(first)}{f' ({reason})' if reason else ''}") from None


def damage(error: ValidationError) -> str:
    """Where a record is not as its model has it, and why: the first of what is wrong."""
    first = error.errors(include_url=False)[0]
    return ": ".join(filter(None, [".".join(map(str, first["loc"])), first["msg"]]))


def _explain(error: ErrorDetails) -> str:
    message = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        return message
    choices = re.findall("'(.*?)'", error["ctx"]["expected"]) if error["type"] == "literal_error" else []
    expected = re.sub(r"^\w+ should (be|have) ", "expected ", message)
    return f"{error['loc'][0]} is {error['input']!r}, {expected}{nearest(str(error['input']), choices)}"


Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Rate = Annotated[float, Field(ge=0, le=0.999)]
Count = Annotated[int, Field(ge=1)]
Precision = Literal["auto", "32", "bf16", "16"]
Balance = Literal["none", "velocity"]
Logger = Literal["csv", "tensorboard", "none"]


class RunSettings(Settings):
    """The flags of OpenSTL and of the plugin."""

    batch_size: Count
    val_batch_size: Count
    num_workers: int = Field(ge=0)
    seed: int = Field(ge=0, lt=2**32)
    epoch: Count
    epoch_cases: Count | None
    log_step: Count
    gpus: Sequence[int] = Field(min_length=1)
    lr: Positive
    warmup_lr: NotNegative
    min_lr: NotNegative
    lr_k_decay: Positive
    final_div_factor: float = Field(ge=1)
    warmup_epoch: int = Field(ge=0)
    decay_epoch: Positive
    decay_rate: Positive
    drop: Rate
    drop_path: Rate
    momentum: Rate
    weight_decay: NotNegative
    opt_eps: NotNegative | None
    opt_betas: Annotated[Sequence[Annotated[float, Field(ge=0, lt=1)]], Field(min_length=2, max_length=2)] | None
    clip_grad: Positive | None
    # OpenSTL's multistep takes no list of epochs, so it cannot run, and OpenSTL passes its other optimizers arguments
    # that they reject.
    sched: Literal["onecycle", "cosine", "tanh", "step"]
    opt: Literal["adam", "adamw", "nadam", "radam", "adamp", "rmsprop"]
    clip_mode: Literal["norm", "value"]
    metric_for_bestckpt: Literal["val_loss", "train_loss"]
    balance: Balance
    precision: Precision
    logger: Sequence[Logger] = Field(min_length=1)
    test_sets: Sequence[str] = Field(min_length=1)
    train_set: str
    dataname: str
    data_root: str
    res_dir: str
    ex_name: str
    device: str
    model_type: str
    ckpt_path: str | None
    initial: str | None
    config_file: str | None
    compile: bool
    resume: bool
    test: bool
    fps: bool
    fp16: bool
    deterministic: bool
    drop_last: bool
    use_augment: bool
    overwrite: bool
    no_display_method_info: bool
    filter_bias_and_bn: bool

    # OpenSTL parses these and ignores them, or fails later under Lightning.
    dist: Literal[False] = Field(False, description="Lightning distributes by itself: start processes with torchrun")
    torchscript: Literal[False] = Field(False, description="OpenSTL never implemented it")
    use_prefetcher: Literal[False] = Field(False, description="it cannot run under Lightning")

    @model_validator(mode="after")
    def _fit_each_other(self) -> RunSettings:
        if self.log_step > self.epoch:
            raise ValueError(f"log_step is {self.log_step}, more than the {self.epoch} epochs to train")
        if self.warmup_epoch >= self.epoch:
            raise ValueError(f"warmup_epoch is {self.warmup_epoch}, expected less than the {self.epoch} epochs in all")
        if self.opt_betas is not None and self.opt == "rmsprop":
            raise ValueError(f"opt_betas is {self.opt_betas}, which rmsprop does not take; expected a variant of Adam")
        return self
