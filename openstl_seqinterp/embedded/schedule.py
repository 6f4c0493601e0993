"""How Lightning steps the schedules of OpenSTL's methods, on either host."""

from __future__ import annotations

from typing import Any

from pytorch_lightning import LightningModule


def step_scheduler(module: LightningModule, scheduler: Any, metric: Any) -> None:
    """``LightningModule.lr_scheduler_step``: timm's schedulers need the epoch, torch's do not.

    Without it Lightning rejects timm's (not an LRScheduler), so cosine, tanh, step and multistep cannot run.
    """
    if hasattr(scheduler, "step_update"):  # timm's
        scheduler.step(epoch=module.current_epoch + 1)
    else:
        scheduler.step()
