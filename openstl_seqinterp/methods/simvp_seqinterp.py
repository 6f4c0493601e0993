"""SimVP trained on the sum of two losses, MSE and MAE, as in the paper."""

from __future__ import annotations

from typing import Any

import torch
from pydantic import Field
from torch import nn
from torch.nn.functional import l1_loss, mse_loss

from .. import host
from ..protocols import ONE_SIDED, Abilities
from .upstream import SimVPSettings


class MSEMAELoss(nn.Module):
    """``mse_weight * MSE + mae_weight * MAE``, both averaged over every pixel of every image."""

    def __init__(self, mse_weight: float, mae_weight: float) -> None:
        super().__init__()
        self.mse_weight, self.mae_weight = mse_weight, mae_weight

    def forward(self, predictions: torch.Tensor, truths: torch.Tensor) -> torch.Tensor:
        return self.mse_weight * mse_loss(predictions, truths) + self.mae_weight * l1_loss(predictions, truths)


class SimVP_SeqInterpSettings(SimVPSettings):
    """What a config may set."""

    mse_weight: float = Field(1.0, ge=0)
    mae_weight: float = Field(1.0, ge=0)


class SimVP_SeqInterp(host.SimVP):
    """The host's SimVP with `MSEMAELoss` for training and for choosing the best checkpoint."""

    abilities = Abilities(ONE_SIDED, SimVP_SeqInterpSettings, any_size=True, compiles=True)

    def __init__(self, mse_weight: float = 1.0, mae_weight: float = 1.0, **args: Any) -> None:
        super().__init__(mse_weight=mse_weight, mae_weight=mae_weight, **args)
        self.criterion = MSEMAELoss(mse_weight, mae_weight)

    def validation_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_idx: int) -> torch.Tensor:
        x, y = batch
        prediction = self(x, y)
        loss = self.criterion(prediction, y)
        self.log("val_loss", loss, on_step=False, on_epoch=True)
        self.log("val_mse", mse_loss(prediction, y), on_step=False, on_epoch=True)  # for comparing methods
        return loss
