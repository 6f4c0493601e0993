"""Repairs of OpenSTL (c74deb5, version 1.0.0): what newer packages broke, and faults of its own.

All in memory; no file of OpenSTL is changed.
A repair that is not needed does nothing; the others touch only the name that broke. Names that OpenSTL imports from
timm are replaced while it is imported and restored afterwards; the rest are OpenSTL's own.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from types import ModuleType
from typing import Any, NamedTuple
from unittest.mock import patch

from .embedded.schedule import step_scheduler


class Name(NamedTuple):
    """A name that OpenSTL imports: the symptom without the repair, since when, and its replacement."""

    symptom: str
    since: str
    module: str
    name: str
    replacement: Callable[[ModuleType], Any]  # what to import instead, or None if no repair is needed


class Repair(NamedTuple):
    """A name of OpenSTL itself: the symptom without the repair, since when, and how to repair it."""

    symptom: str
    since: str
    apply: Callable[[], None]


def _renamed(old: str, new: str) -> Callable[[ModuleType], Any]:
    return lambda module: None if hasattr(module, old) else getattr(module, new, None)


def _block(name: str) -> Callable[[ModuleType], Any]:
    """A transformer block with ``drop``, a single ``drop_path`` and integer window sizes, as in older versions."""

    def replace(module: ModuleType) -> Any:
        upstream: Any = getattr(module, name)
        if "drop" in inspect.signature(upstream.__init__).parameters:
            return None

        def __init__(self: Any, *args: Any, drop: float = 0.0, **kwargs: Any) -> None:
            upstream.__init__(self, *args, proj_drop=drop, **kwargs)
            for side in ("window_size", "shift_size"):
                if isinstance(getattr(self, side, None), tuple):
                    setattr(self, side, getattr(self, side)[0])
            if not hasattr(self, "drop_path"):
                self.drop_path = self.drop_path1

        return type(name, (upstream,), {"__init__": __init__})

    return replace


def _window(name: str) -> Callable[[ModuleType], Any]:
    """A window function that takes the side as one number, as before."""

    def replace(module: ModuleType) -> Any:
        upstream = getattr(module, name)
        if inspect.signature(upstream).parameters["window_size"].annotation in (int, "int"):
            return None

        @wraps(upstream)
        def function(x: Any, window_size: Any, *args: Any) -> Any:
            return upstream(x, (window_size, window_size) if isinstance(window_size, int) else window_size, *args)

        return function

    return replace


def _patch_merging(module: ModuleType) -> Any:
    """A layer that is given its resolution and maps tokens (B, L, C), as before; now it maps (B, H, W, C)."""
    upstream: Any = module.PatchMerging
    if "input_resolution" in inspect.signature(upstream.__init__).parameters:
        return None

    def __init__(self: Any, input_resolution: tuple[int, int], dim: int, **kwargs: Any) -> None:
        upstream.__init__(self, dim, **kwargs)
        self.input_resolution = input_resolution

    def forward(self: Any, x: Any) -> Any:
        return upstream.forward(self, x.unflatten(1, self.input_resolution)).flatten(1, 2)

    return type("PatchMerging", (upstream,), {"__init__": __init__, "forward": forward})


def _step_timm_schedules() -> None:
    from openstl.methods.base_method import Base_method

    if "lr_scheduler_step" not in vars(Base_method):
        Base_method.lr_scheduler_step = step_scheduler


def _count_onecycle_steps() -> None:
    """OpenSTL takes epochs x batches // GPUs: off by rounding, and wrong for several processes on CPUs."""
    from openstl.methods.base_method import Base_method

    upstream = Base_method.configure_optimizers

    @wraps(upstream)
    def configure_optimizers(self: Any) -> Any:
        settings = self.hparams
        if settings.sched.lower() != "onecycle":
            return upstream(self)
        before = settings.epoch, settings.steps_per_epoch
        settings.epoch, settings.steps_per_epoch = len(settings.gpus), int(self.trainer.estimated_stepping_batches)
        try:
            return upstream(self)
        finally:
            settings.epoch, settings.steps_per_epoch = before

    if not hasattr(upstream, "__wrapped__"):
        Base_method.configure_optimizers = configure_optimizers


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

    upstream = PhyDNet.__init__

    @wraps(upstream)
    def __init__(self: Any, **args: Any) -> None:
        upstream(self, **args)
        self.criterion = OfModel()

    if not hasattr(upstream, "__wrapped__"):
        PhyDNet.__init__ = __init__


def _memory_of_mim() -> None:
    """Begin every batch without the memory of the batch before, which OpenSTL keeps for the life of the model."""
    from openstl.models import MIM_Model

    upstream = MIM_Model.forward

    @wraps(upstream)
    def forward(self: Any, *args: Any, **kwargs: Any) -> Any:
        for layer in self.stlstm_layer:
            if hasattr(layer, "convlstm_c"):
                layer.convlstm_c = None
        return upstream(self, *args, **kwargs)

    if not hasattr(upstream, "__wrapped__"):
        MIM_Model.forward = forward


def _sampling_by_step() -> None:
    """The share of true images that is fed back falls from step to step.

    OpenSTL counts it down in the method alone, so that a resumed run begins anew, and in MAU it forgets the result.
    """
    from openstl.methods import MAU, PredRNN

    def share(self: Any) -> float:
        settings = self.hparams
        return settings.get("sampling_start_value", 1.0) - settings.sampling_changing_rate * self.global_step

    for method in (PredRNN, MAU):
        if not hasattr(method, "eta"):
            method.eta = property(share, lambda self, value: None)


def _drop_path_of_wast() -> None:
    """Begin every step with the drop rate that the step before has set: a resumed run has none to begin with."""
    from openstl.methods import WaST

    upstream = WaST.training_step

    @wraps(upstream)
    def training_step(self: Any, batch: Any, batch_idx: int) -> Any:
        before = self.current_epoch * self.steps_per_epoch + batch_idx - 1
        if before >= 0:
            self.model.update_drop_path(drop_path_rate=self.drop_scheduler[before])
        return upstream(self, batch, batch_idx)

    if not hasattr(upstream, "__wrapped__"):
        WaST.training_step = training_step


def _maps_of_mmvp() -> None:
    """Its views need contiguous maps; convolutions with channels-last weights (see `speedups`) return others."""
    from openstl.modules.mmvp_modules import PredictModel
    from torch import Tensor
    from torch.nn import Conv2d

    def contiguous(module: Any, inputs: Any, output: Tensor) -> Tensor:
        return output.contiguous()

    upstream = PredictModel.__init__

    @wraps(upstream)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        upstream(self, *args, **kwargs)
        for module in self.modules():
            if isinstance(module, Conv2d):
                module.register_forward_hook(contiguous)

    if not hasattr(upstream, "__wrapped__"):
        PredictModel.__init__ = __init__


def _structural_similarity() -> None:
    """Call scikit-image's SSIM as 0.19 read OpenSTL's call: channels last, data range 2 for floats."""
    from openstl.core import metrics
    from skimage.metrics import structural_similarity

    if "multichannel" not in inspect.signature(structural_similarity).parameters:

        def cal_ssim(a: Any, b: Any, multichannel: bool = True) -> Any:
            return structural_similarity(a, b, channel_axis=-1 if multichannel else None, data_range=2.0)

        metrics.cal_ssim = cal_ssim


_SWIN = "timm.models.swin_transformer"
WHILE_IMPORTING = (
    Name("cannot import name 'Nadam'", "timm 1.0", "timm.optim.nadam", "Nadam", _renamed("Nadam", "NAdamLegacy")),
    Name("cannot import name 'RAdam'", "timm 1.0", "timm.optim.radam", "RAdam", _renamed("RAdam", "RAdamLegacy")),
    Name("Swin: unexpected argument 'drop'", "timm 0.9", _SWIN, "SwinTransformerBlock", _block("SwinTransformerBlock")),
    Name("Swin: 'int' object is not subscriptable", "timm 0.9", _SWIN, "window_partition", _window("window_partition")),
    Name("Swin: 'int' object is not subscriptable", "timm 0.9", _SWIN, "window_reverse", _window("window_reverse")),
    Name("SwinLSTM: unexpected argument 'input_resolution'", "timm 0.9", _SWIN, "PatchMerging", _patch_merging),
    Name("ViT: unexpected argument 'drop'", "timm 0.9", "timm.models.vision_transformer", "Block", _block("Block")),
)
AFTER_IMPORT = (
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


@contextmanager
def importing() -> Iterator[None]:
    """Import OpenSTL inside this block: it sees the names of `WHILE_IMPORTING` repaired; then they are restored."""
    with ExitStack() as stack:
        for repair in WHILE_IMPORTING:
            module = importlib.import_module(repair.module)
            replacement = repair.replacement(module)
            if replacement is not None:
                stack.enter_context(patch.object(module, repair.name, replacement, create=True))
        yield


def after_import() -> None:
    """Repair what fails, or is silently wrong, once OpenSTL is imported."""
    for repair in AFTER_IMPORT:
        repair.apply()
