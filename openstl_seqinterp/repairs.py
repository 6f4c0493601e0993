"""Repairs of OpenSTL (c74deb5, version 1.0.0) once it is imported: what newer packages broke, and faults of its own.

All in memory; no file of OpenSTL is changed. A repair that is not needed does nothing; the others touch only the name
that broke. `compat` has what importing OpenSTL needs.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

from .embedded.schedule import step_scheduler


class Repair(NamedTuple):
    """A name of OpenSTL itself: the symptom without the repair, since when, and how to repair it."""

    symptom: str
    since: str
    apply: Callable[[], None]


def _around(owner: type, name: str) -> Callable[[Callable[..., Any]], None]:
    """Let the decorated function run in place of a method of OpenSTL, which is its first argument."""

    def replace(function: Callable[..., Any]) -> None:
        upstream = getattr(owner, name)

        @wraps(upstream)
        def method(*args: Any, **kwargs: Any) -> Any:
            return function(upstream, *args, **kwargs)

        if not hasattr(upstream, "__wrapped__"):  # it is repaired already
            setattr(owner, name, method)

    return replace


def _step_timm_schedules() -> None:
    from openstl.methods.base_method import Base_method

    if "lr_scheduler_step" not in vars(Base_method):
        Base_method.lr_scheduler_step = step_scheduler


def _count_onecycle_steps() -> None:
    """OpenSTL takes epochs x batches // GPUs: off by rounding, and wrong for several processes on CPUs."""
    from openstl.methods.base_method import Base_method

    @_around(Base_method, "configure_optimizers")
    def configure_optimizers(upstream: Any, self: Any) -> Any:
        settings = self.hparams
        if settings.sched.lower() != "onecycle":
            return upstream(self)
        before = settings.epoch, settings.steps_per_epoch
        settings.epoch, settings.steps_per_epoch = len(settings.gpus), int(self.trainer.estimated_stepping_batches)
        try:
            return upstream(self)
        finally:
            settings.epoch, settings.steps_per_epoch = before


def _fresh_optimizer_parameters() -> None:
    """Hand out copies: OpenSTL writes learning rate, epsilon and decay into the entry it looks up."""
    from openstl.core import optim_scheduler

    class Copies(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            return dict(super().get(key, default) or {})

    optim_scheduler.optim_parameters = Copies(optim_scheduler.optim_parameters)


def _settings_of_e3dlstm() -> None:
    from openstl.methods import E3DLSTM

    if not hasattr(E3DLSTM, "args"):
        E3DLSTM.args = property(lambda self: self.hparams)


def _loss_of_phydnet() -> None:
    """Its model returns its loss in training, of which OpenSTL then computes the MSE to the target."""
    from openstl.methods import PhyDNet
    from torch import Tensor
    from torch.nn import MSELoss

    class OfModel(MSELoss):
        def forward(self, input: Tensor, target: Tensor) -> Tensor:
            return input if input.ndim == 0 else super().forward(input, target)

    @_around(PhyDNet, "__init__")
    def __init__(upstream: Any, self: Any, **args: Any) -> None:
        upstream(self, **args)
        self.criterion = OfModel()


def _memory_of_mim() -> None:
    """Begin every batch without the memory of the batch before, which OpenSTL keeps for the life of the model."""
    from openstl.models import MIM_Model

    @_around(MIM_Model, "forward")
    def forward(upstream: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
        for layer in self.stlstm_layer:
            if hasattr(layer, "convlstm_c"):
                layer.convlstm_c = None
        return upstream(self, *args, **kwargs)


def _sampling_by_step() -> None:
    """The share of true images that is fed back falls from step to step.

    OpenSTL counts it down in the method alone, so that a resumed run begins anew, and in MAU it forgets the result.
    """
    from openstl.methods import MAU, PredRNN

    def share(self: Any) -> float:
        settings = self.hparams
        fall = settings.get("sampling_changing_rate", 0.0)  # without scheduled sampling there may be none
        return settings.get("sampling_start_value", 1.0) - fall * self.global_step

    for method in (PredRNN, MAU):
        if not hasattr(method, "eta"):
            method.eta = property(share, lambda self, value: None)


def _drop_path_of_wast() -> None:
    """Begin every step with the drop rate that the step before has set: a resumed run has none to begin with."""
    from openstl.methods import WaST

    @_around(WaST, "training_step")
    def training_step(upstream: Any, self: Any, batch: Any, batch_idx: int) -> Any:
        before = self.current_epoch * self.steps_per_epoch + batch_idx - 1
        if before >= 0:
            self.model.update_drop_path(drop_path_rate=self.drop_scheduler[before])
        return upstream(self, batch, batch_idx)


def _maps_of_mmvp() -> None:
    """Its views need contiguous maps; convolutions with channels-last weights (see `speedups`) return others."""
    from openstl.modules.mmvp_modules import PredictModel
    from torch import Tensor
    from torch.nn import Conv2d

    def contiguous(module: Any, inputs: Any, output: Tensor) -> Tensor:
        return output.contiguous()

    @_around(PredictModel, "__init__")
    def __init__(upstream: Any, self: Any, *args: Any, **kwargs: Any) -> None:
        upstream(self, *args, **kwargs)
        for module in self.modules():
            if isinstance(module, Conv2d):
                module.register_forward_hook(contiguous)


def _structural_similarity() -> None:
    """Call scikit-image's SSIM as 0.19 read OpenSTL's call: channels last, data range 2 for floats."""
    from openstl.core import metrics
    from skimage.metrics import structural_similarity

    if "multichannel" not in inspect.signature(structural_similarity).parameters:

        def cal_ssim(a: Any, b: Any, multichannel: bool = True) -> Any:
            return structural_similarity(a, b, channel_axis=-1 if multichannel else None, data_range=2.0)

        metrics.cal_ssim = cal_ssim


REPAIRS = (
    Repair("cosine, tanh, step: not an LRScheduler", "pytorch-lightning 1.8", _step_timm_schedules),
    Repair("SSIM: win_size exceeds image extent", "scikit-image 0.20", _structural_similarity),
    Repair("onecycle ends early or raises on several processes", "always", _count_onecycle_steps),
    Repair("a second experiment inherits the first one's optimizer settings", "always", _fresh_optimizer_parameters),
    Repair("E3DLSTM: no attribute 'args'", "always", _settings_of_e3dlstm),
    Repair("PhyDNet: trained on the MSE between its loss and the target", "always", _loss_of_phydnet),
    Repair("MIM: a prediction depends on the batch before", "always", _memory_of_mim),
    Repair("PredRNN and its kind: resumed, sampling begins anew; MAU: it never falls", "always", _sampling_by_step),
    Repair("WaST: the first step of a resumed run has another drop rate", "always", _drop_path_of_wast),
    Repair("MMVP: view size is not compatible with weights in channels-last layout", "always", _maps_of_mmvp),
)  # fmt: skip


def apply() -> None:
    """Repair what fails, or is silently wrong, once OpenSTL is imported."""
    for repair in REPAIRS:
        repair.apply()
