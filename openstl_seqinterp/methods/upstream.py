"""Abilities and settings of OpenSTL's own methods, which declare neither themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, Field, create_model, model_validator

from ..protocols import Abilities
from ..settings import Count, Settings


def _odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError("expected an odd number")
    return value


Kernel = Annotated[int, Field(ge=1), AfterValidator(_odd)]


class NetworkSettings(Settings):
    """What the networks of several OpenSTL methods have in common; defaults are SimVP's."""

    hid_S: int = Field(16, ge=2)
    hid_T: int = Field(256, ge=1)
    N_S: int = Field(4, ge=2)
    N_T: int = Field(4, ge=2)
    mlp_ratio: float = Field(8.0, gt=1)
    spatio_kernel_enc: Kernel = 3
    spatio_kernel_dec: Kernel = 3


class SimVPSettings(NetworkSettings):
    """SimVP: its normalisation needs an even number of channels, its encoder halves images."""

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
# OpenSTL's methods other than SimVP read their keys from a dict instead of declaring them.
UpstreamSettings = create_model(
    "UpstreamSettings",
    __base__=NetworkSettings,
    patch_size=(Count, 4),
    **dict.fromkeys(_OTHERS.split(), (Any, None)),  # type: ignore[call-overload]
)

SIMVP = Abilities(settings=SimVPSettings, any_size=True, compiles=True)
OTHERS = Abilities(settings=UpstreamSettings)
