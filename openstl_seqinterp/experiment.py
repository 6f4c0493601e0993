"""The plugin's runner: the host's, with the device chosen by itself, checkpoints that are what they say, and scores."""

from __future__ import annotations

import copy
import os
import signal
import sys
import warnings
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback, LearningRateMonitor, ModelCheckpoint
from pytorch_lightning.utilities import rank_zero_only
from pytorch_lightning.utilities.seed import isolate_rng
from torch.utils.data import DataLoader, default_collate

from . import device, host, registry
from .callbacks import History, SeededEpochs, checkpoints, progress_bar
from .checkpoint import BEST, LAST, load_checkpoint, load_weights, require_same_run
from .data.dataset import ShareSampler
from .data.loaders import withheld_datasets
from .errors import UserError
from .evaluation.report import report
from .files import writable_folder

# OpenSTL parses these and ignores them, or fails later under Lightning.
_REFUSED = {
    "dist": "Lightning distributes by itself: start several processes with torchrun",
    "torchscript": "OpenSTL never implemented it",
    "use_prefetcher": "it cannot run under Lightning",
    "use_augment": "use --train_set n6-aug or n6-all",
}
_LONG = 3600.0  # seconds of training that deserve a word before


class Predictor(pl.LightningModule):
    """Runs any method of the host over test cases, in fp32, and keeps the frames that are targets."""

    def __init__(self, method: pl.LightningModule, batch_size: int) -> None:
        super().__init__()
        self.method, self.batch_size = method, batch_size

    def predict_step(self, batch: Any, batch_idx: int, dataloader_idx: int = 0) -> torch.Tensor:
        x, y = batch
        # MIM's memory holds a whole batch: fill a smaller last one with repetitions, and drop what they give.
        x = torch.cat([x, x[-1:].expand(self.batch_size - len(x), *x.shape[1:])])
        with torch.autocast(x.device.type, enabled=False):
            return host.predict(self.method, x)[: len(y), : y.shape[1]]


class SeqInterpExperiment(host.BaseExperiment):
    """Train and score a method of the host. ``args`` is what `config.resolve` or OpenSTL's scripts make."""

    def __init__(self, args: Namespace, dataloaders: Any = None, strategy: str = "auto") -> None:
        for flag, reason in _REFUSED.items():
            if getattr(args, flag):
                raise UserError(f"--{flag} does nothing here: {reason}")
        self.accelerator = device.accelerator(args.device)
        self.precision = device.precision("16" if args.fp16 else args.precision, self.accelerator)
        if args.fps and (self.accelerator == "cpu" or host.EMBEDDED):
            raise UserError("--fps is measured by OpenSTL on a GPU; here there is none, or no OpenSTL")
        args.device = "cuda" if self.accelerator == "gpu" else "cpu"
        if self.accelerator == "cpu":
            device.keep_freed_memory()
        self.processes = int(os.environ.get("LOCAL_WORLD_SIZE", 1))  # set by torchrun
        if self.accelerator == "cpu":
            args.gpus = [0]
        self.folder = Path(args.res_dir) / args.ex_name
        self.checkpoints = self.folder / "checkpoints"
        self.trained, root = False, Path(args.data_root)
        self.history = History()
        try:
            super().__init__(args, dataloaders, strategy)
        except (AssertionError, AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:
            # The methods of a host check their settings by failing.
            raise UserError(f"{args.method} cannot be built with these settings: {error!r}") from error
        for name, loader in {"training": self.data.train_loader, "validation": self.data.valid_loader}.items():
            if len(loader) == 0:
                raise UserError(
                    f"{len(loader.dataset)} {name} cases make no batch; use smaller batches, or no --drop_last"
                )
        # Before training: a test set that cannot be read must not be found out after it.
        whole = getattr(self.method, "whole_sequence", False)
        self.test_sets = withheld_datasets(root, args.dataname, args.test_sets, whole=whole)
        _say(f"host: {host.NAME} | device: {self.accelerator}, {self.precision} | run: {self.folder}")
        device.prepare(self.method.model, self.accelerator, self.precision)

    def _load_callbacks(self, args: Namespace, save_dir: str, ckpt_dir: str) -> tuple[list[Callback], str]:
        theirs, save_dir = super()._load_callbacks(args, save_dir, ckpt_dir)
        # The host's best.ckpt lags one validation behind, and a learning-rate monitor needs a logger.
        kept = [callback for callback in theirs if not isinstance(callback, ModelCheckpoint | LearningRateMonitor)]
        ours = [
            SeededEpochs(args.seed),
            progress_bar(),
            self.history,  # before the checkpoints, which hold it
            *checkpoints(ckpt_dir, args.metric_for_bestckpt, args.log_step),
        ]
        return kept + ours, save_dir

    def _init_trainer(self, args: Namespace, callbacks: list[Callback], strategy: str) -> pl.Trainer:
        if self.processes > 1 or len(args.gpus) > 1:
            # OpenSTL's default is plain ddp, which half of its methods cannot do: some of their weights go unused.
            strategy = "ddp_find_unused_parameters_true"
        return pl.Trainer(
            accelerator=self.accelerator,
            devices=args.gpus if self.accelerator == "gpu" and self.processes == 1 else self.processes,
            strategy=strategy,
            use_distributed_sampler=False,  # our samplers share by themselves; Lightning would repeat test cases
            precision=self.precision,  # type: ignore[arg-type]
            max_epochs=args.epoch,
            callbacks=callbacks,
            gradient_clip_val=args.clip_grad,
            gradient_clip_algorithm=args.clip_mode if args.clip_grad is not None else None,
            deterministic=args.deterministic,
            num_sanity_val_steps=0,
            log_every_n_steps=1,
            logger=False,
            enable_model_summary=False,
        )

    def display_method_info(self, args: Namespace) -> Any:
        """The host's description of the model, taken on a copy in eval mode.

        Counting FLOPs runs the network, which would change BatchNorm's statistics and random states.
        """
        described = copy.copy(args)
        if isinstance(self.method, host.SimVP):
            described.method = "simvp"  # the host knows its own names only
        model = self.method.model
        self.method.model = copy.deepcopy(model).eval()
        try:
            with isolate_rng():
                return super().display_method_info(described)
        finally:
            self.method.model = model

    def train(self) -> None:
        """Fit the method; ``last.ckpt`` and ``best.ckpt`` go to the run's folder. SystemExit on Ctrl-C and SIGTERM."""
        path, done = None, 0
        if self.args.ckpt_path or self.args.resume:
            path = Path(self.args.ckpt_path or self.checkpoints / LAST)
            if path.parent.resolve() != self.checkpoints.resolve():
                raise UserError(
                    f"--ckpt_path {path} is of another run; training goes on from one in {self.checkpoints}"
                )
            checkpoint = load_checkpoint(path)
            require_same_run(self.method, checkpoint, path)
            load_weights(self.method, checkpoint, path)
            done = checkpoint["epoch"] + 1 if checkpoint["global_step"] else 0
            _say(f"resuming {path} after epoch {done} of {self.args.epoch}")
        elif (self.checkpoints / LAST).exists():
            _say(f"replacing the earlier run in {self.folder} (to keep one: --ex_name; to go on with it: --resume)")
            self._remove_checkpoints()
        writable_folder(self.folder)
        self._announce_duration(self.args.epoch - done)
        hint = (
            f"{self.checkpoints / LAST} holds the last finished epoch: the same command with --resume goes on from it"
        )
        with _interruptible(self.trainer, hint), quiet(), self.compiled(self.args.compile):
            self.trainer.fit(self.method, self.data, ckpt_path=path, weights_only=True)
        self.trained = True

    @contextmanager
    def compiled(self, wish: bool) -> Iterator[None]:
        """In this block the host's networks in the method are compiled for training, if that is the ``wish``."""
        networks = [module for module in self.method.modules() if isinstance(module, host.SimVP_Model)]
        with ExitStack() as stack:
            for network in networks if wish else []:
                stack.enter_context(device.compiled(network, self.accelerator))
            yield

    @rank_zero_only
    def _remove_checkpoints(self) -> None:
        for name in (BEST, LAST):
            (self.checkpoints / name).unlink(missing_ok=True)

    def _announce_duration(self, epochs: int) -> None:
        """One line before a run that takes hours on this device. The time is that of a step, measured on a copy."""
        loader = self.data.train_loader
        if epochs <= 0:
            return
        batch = default_collate(
            [loader.dataset[case] for case in range(min(self.args.batch_size, len(loader.dataset)))]
        )
        step = device.seconds_per_step(self.method, batch, self.accelerator, self.precision)
        seconds = step * len(loader) * epochs
        if seconds > _LONG:
            _say(
                f"this will take about {seconds / 3600:.0f} hours on this {self.accelerator} ({epochs} epochs of "
                f"{len(loader)} steps, {step:.2f} s each); for a result in minutes: "
                "-c configs/seqinterp/SimVP_quick.py",
            )

    def test(self) -> dict[str, Any]:
        """Score the best checkpoint (or ``--ckpt_path``) on ``--test_sets``; write tables and figures."""
        asked = self.args.ckpt_path and not self.trained  # training starts from it, and then has a best one of its own
        path = Path(self.args.ckpt_path) if asked else self.checkpoints / BEST
        if not path.exists() and (self.checkpoints / LAST).exists():
            raise UserError(f"{self.folder} has no {BEST}: no epoch was finished yet; train on with --resume")
        checkpoint = load_checkpoint(path)
        load_weights(self.method, checkpoint, path)
        writable_folder(self.folder)
        _say(f"scoring {path} (epoch {checkpoint['epoch'] + 1}{_validation(checkpoint)})")
        samplers = [ShareSampler(len(dataset)) for dataset in self.test_sets.values()]
        loaders = [
            DataLoader(dataset, self.args.val_batch_size, sampler=sampler, num_workers=self.args.num_workers)
            for dataset, sampler in zip(self.test_sets.values(), samplers, strict=True)
        ]
        with (
            _interruptible(self.trainer, f"{path} is whole: tools/test.py with the same arguments scores it"),
            quiet(),
        ):
            batches: Any = self.trainer.predict(
                Predictor(self.method, self.args.val_batch_size), loaders, weights_only=True
            )
        shares = [batches] if len(loaders) == 1 else batches  # Lightning does not nest its answer for a single loader
        gathered = [sampler.gather(torch.cat(share)) for sampler, share in zip(samplers, shares, strict=True)]
        predictions = {name: images.cpu().numpy() for name, images in zip(self.test_sets, gathered, strict=True)}
        if not self.trainer.is_global_zero:
            return {}
        trained = {**self.config, **checkpoint["hyper_parameters"]}  # what was trained, not what this command says
        about = {
            "host": host.NAME,
            "method": registry.method_names().get(trained["method"], trained["method"]),
            "train_set": trained["train_set"],
            "seed": trained["seed"],
            "checkpoint": str(path),
        }
        return report(self.folder, about, self.test_sets, predictions)


def _validation(checkpoint: dict[str, Any]) -> str:
    """``", val_loss 0.00123"`` from the state of the callback that wrote the checkpoint."""
    for state in checkpoint.get("callbacks", {}).values():
        if isinstance(state, dict) and state.get("monitor") and state.get("current_score") is not None:
            return f", {state['monitor']} {float(state['current_score']):.6f}"
    return ""


_say = rank_zero_only(partial(print, flush=True))


@contextmanager
def quiet() -> Iterator[None]:
    """Silence advice of Lightning's that does not apply, and its use of a name that torch no longer likes.

    The data are in memory, runs may reuse a folder, and where speed is measured nothing is validated or in order.
    """
    with warnings.catch_warnings():
        for message in (
            ".*does not have many workers.*",
            ".*exists and is not empty.*",
            ".*LeafSpec.*is deprecated",
            ".*sync_dist=True.*",
            ".*have no `val_dataloader`.*",
            ".*sampler has shuffling enabled.*",
        ):
            warnings.filterwarnings("ignore", message)
        yield


@contextmanager
def _interruptible(trainer: pl.Trainer, hint: str) -> Iterator[None]:
    """Turn Ctrl-C and SIGTERM into one line that says how to go on, and the exit code that shells expect."""
    try:
        yield
    except SystemExit as stop:
        if not trainer.interrupted:
            raise
        terminated = trainer.received_sigterm
        print(f"\nstopped; {hint}", file=sys.stderr)
        raise SystemExit(128 + (signal.SIGTERM if terminated else signal.SIGINT)) from stop
