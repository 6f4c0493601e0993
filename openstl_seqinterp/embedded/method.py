"""OpenSTL's methods as LightningModules: the base class and SimVP."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

import pytorch_lightning as pl
import torch
from timm.optim import create_optimizer_v2
from timm.scheduler import CosineLRScheduler, StepLRScheduler, TanhLRScheduler
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR

from .schedule import step_scheduler
from .simvp import SimVP_Model

# schedule: timm's class, and the setting that each of its arguments takes
SCHEDULES = {
    "cosine": (CosineLRScheduler, {"t_initial": "epoch", "lr_min": "min_lr", "k_decay": "lr_k_decay"}),
    "tanh": (TanhLRScheduler, {"t_initial": "epoch", "lr_min": "min_lr"}),
    "step": (StepLRScheduler, {"decay_t": "decay_epoch", "decay_rate": "decay_rate"}),
}


class Base_method(pl.LightningModule):
    """Builds the model, loss and optimizer from flat keyword arguments; subclasses define how it predicts."""

    def __init__(self, **args: Any) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.model = self._build_model(**args)
        self.criterion: nn.Module = nn.MSELoss()

    def _build_model(self, **args: Any) -> nn.Module:
        raise NotImplementedError

    def configure_optimizers(self) -> Any:
        p = Namespace(**self.hparams)
        extra = {"eps": p.opt_eps, "betas": p.opt_betas, "momentum": p.momentum}
        optimizer = create_optimizer_v2(
            self.model,
            p.opt.lower(),
            lr=p.lr,
            weight_decay=p.weight_decay,
            filter_bias_and_bn=p.filter_bias_and_bn,
            **{key: value for key, value in extra.items() if value is not None},
        )
        name = p.sched.lower()
        if name not in ("onecycle", *SCHEDULES):
            raise ValueError(f"unknown schedule {name!r}, expected onecycle, {', '.join(SCHEDULES)}")
        if name == "onecycle":
            steps = int(self.trainer.estimated_stepping_batches)
            schedule: Any = OneCycleLR(optimizer, p.lr, total_steps=steps, final_div_factor=p.final_div_factor)
        else:
            kind, settings = SCHEDULES[name]
            shape = {argument: getattr(p, setting) for argument, setting in settings.items()}
            schedule = kind(optimizer, **shape, warmup_lr_init=p.warmup_lr, warmup_t=p.warmup_epoch)
        interval = "step" if name == "onecycle" else "epoch"
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": interval}}

    lr_scheduler_step = step_scheduler

    def _loss(self, batch: tuple[torch.Tensor, torch.Tensor], name: str) -> torch.Tensor:
        x, y = batch
        loss = self.criterion(self(x), y)
        self.log(name, loss, on_step=True, on_epoch=True, prog_bar=name == "train_loss")
        return loss

    def training_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_idx: int) -> torch.Tensor:
        return self._loss(batch, "train_loss")

    def validation_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_idx: int) -> torch.Tensor:
        return self._loss(batch, "val_loss")


class SimVP(Base_method):
    """SimVP predicts as many frames as it reads; for more, it reads its predictions; for fewer, it keeps the first."""

    def _build_model(self, **args: Any) -> nn.Module:
        return SimVP_Model(**args)

    def forward(self, batch_x: torch.Tensor, batch_y: torch.Tensor | None = None, **_: Any) -> torch.Tensor:
        wanted = self.hparams["aft_seq_length"]
        parts = [self.model(batch_x)]
        while sum(part.shape[1] for part in parts) < wanted:
            parts.append(self.model(parts[-1]))
        return torch.cat(parts, dim=1)[:, :wanted]


method_maps: dict[str, type[Base_method]] = {"simvp": SimVP}
