"""The types, ranges and choices of settings, as models that a run's values are checked against before it begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, create_model, model_validator
from pydantic_core import ErrorDetails

from .errors import UserError, nearest

# What pydantic calls a mistake, and what was expected instead.
_EXPECTED = {
    "greater_than_equal": "at least {ge}",
    "greater_than": "above {gt}",
    "less_than_equal": "at most {le}",
    "less_than": "below {lt}",
    "multiple_of": "a multiple of {multiple_of}",
    "too_short": "at least {min_length} values",
    "too_long": "at most {max_length} values",
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "True or False",
    "string_type": "text",
    "sequence_str": "a list",
    "is_instance_of": "a list",
    "value_error": "{error}",
}


class Settings(BaseModel):
    """Values of exactly the types declared; a number may be given as a whole one. Other keys are left to others."""

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False, protected_namespaces=())


def check(model: type[BaseModel], values: Mapping[str, Any], source: str) -> None:
    """UserError, in one line that begins with ``source``, for the first of ``values`` that ``model`` refuses."""
    try:
        model.model_validate({key: values[key] for key in model.model_fields if key in values})
    except ValidationError as error:
        raise UserError(f"{source}: {_explain(model, error.errors()[0])}") from None


def _explain(model: type[BaseModel], error: ErrorDetails) -> str:
    key, value = ".".join(map(str, error["loc"][:1])), error["input"]
    if not key:
        return str(error["ctx"]["error"])
    if error["type"] == "literal_error":
        choices = _choices(model.model_fields[key].annotation)
        return f"unknown {key} {value!r}{nearest(str(value), choices)} (known: {', '.join(choices)})"
    expected = _EXPECTED.get(error["type"], error["msg"]).format(**error.get("ctx", {}))
    return f"{key} is {value!r}, expected {expected}"


def _choices(annotation: Any) -> list[str]:
    """The words of a Literal, wherever in an annotation it is."""
    parts = get_args(annotation)
    return [word for part in parts for word in ([part] if isinstance(part, str) else _choices(part))]


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
    # OpenSTL's multistep takes no list of epochs, so it cannot run, and it hands its other optimizers arguments that
    # they refuse.
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
    config_file: str | None
    compile: bool
    resume: bool
    test: bool
    fps: bool
    dist: bool
    fp16: bool
    torchscript: bool
    deterministic: bool
    drop_last: bool
    use_augment: bool
    use_prefetcher: bool
    overwrite: bool
    no_display_method_info: bool
    filter_bias_and_bn: bool

    @model_validator(mode="after")
    def _fit_each_other(self) -> RunSettings:
        if self.log_step > self.epoch:
            raise ValueError(f"log_step is {self.log_step}, more than the {self.epoch} epochs to train")
        if self.opt_betas is not None and self.opt == "rmsprop":
            raise ValueError(f"opt_betas is {self.opt_betas}, which rmsprop does not take; expected an Adam")
        return self


def _odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError("an odd number")
    return value


Kernel = Annotated[int, Field(ge=1), AfterValidator(_odd)]


class NetworkSettings(Settings):
    """What the networks of several methods of OpenSTL have in common; defaults are those of SimVP."""

    hid_S: int = Field(16, ge=2)
    hid_T: int = Field(256, ge=1)
    N_S: int = Field(4, ge=2)
    N_T: int = Field(4, ge=2)
    mlp_ratio: float = Field(8.0, gt=1)
    spatio_kernel_enc: Kernel = 3
    spatio_kernel_dec: Kernel = 3


class SimVPSettings(NetworkSettings):
    """SimVP, in whose normalisation channels come in pairs and whose encoder halves images."""

    hid_S: int = Field(16, ge=2, multiple_of=2)
    in_shape: Sequence[int]
    act_inplace: bool = True

    @model_validator(mode="after")
    def _images_can_be_halved(self) -> SimVPSettings:
        size, halvings = self.in_shape[2:], self.N_S // 2
        if any(side % 2**halvings for side in size):
            raise ValueError(f"images of {list(size)} cannot be halved {halvings} times for N_S={self.N_S}")
        return self


_OTHERS = """
    stride filter_size num_hidden layer_norm scheduled_sampling sampling_stop_iter sampling_start_value
    sampling_changing_rate reverse_scheduled_sampling r_sampling_step_1 r_sampling_step_2 r_exp_alpha decouple_beta
    alpha tau sr_size model_mode cell_mode window_size num_heads embed_dim depths depths_upsample depths_downsample
    use_direct_predictor rrdb_enhance_num rrdb_encoder_num rrdb_decoder_num downsample_setting encoder_dim block_list
    loss_weight cutoff cutmode
"""
# The methods of OpenSTL other than SimVP read their keys from a dict instead of declaring them.
UpstreamSettings = create_model(
    "UpstreamSettings",
    __base__=NetworkSettings,
    patch_size=(Count, 4),
    **dict.fromkeys(_OTHERS.split(), (Any, None)),  # type: ignore[call-overload]
)
