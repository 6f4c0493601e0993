"""The plugin's runner: the host's, with automatic choice of device, reliable checkpoints, and scores."""

from __future__ import annotations

import copy
import shutil
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
from torch.utils.data import DataLoader

from . import device, host, registry, speedups
from .callbacks import (
    Announcement,
    Deadline,
    Finite,
    FrozenStatistics,
    History,
    SeededEpochs,
    checkpoints,
    progress_bar,
)
from .checkpoint import BEST, LAST, load_checkpoint, load_weights, require_same_run, validation_score
from .data.dataset import ShareSampler
from .data.loaders import load_data, withheld_datasets
from .errors import UserError, one_line
from .evaluation import remembered
from .evaluation.records import Record
from .evaluation.report import report
from .files import writable_folder
from .running import Predictor, loggers, quiet, running
from .shipped import named_checkpoint

_LOGS = "logs"  # folder of training curves, inside the run's
_LOGGED_STEPS = 10  # between points of a training curve


class SeqInterpExperiment(host.BaseExperiment):
    """Train and score a method of the host. ``args`` come from `config.resolve` or OpenSTL's scripts."""

    def __init__(self, args: Namespace, dataloaders: Any = None, strategy: str = "auto") -> None:
        self.accelerator = device.accelerator(args.device)
        self.precision = device.precision("16" if args.fp16 else args.precision, self.accelerator)
        if args.fps and (self.accelerator == "cpu" or host.EMBEDDED):
            raise UserError("--fps is measured by OpenSTL on a GPU; one of the two is missing here")
        args.device = "cuda" if self.accelerator == "gpu" else "cpu"
        if self.accelerator == "cpu":
            speedups.keep_freed_memory()
        self.processes, self.nodes = device.launched()
        if self.accelerator == "cpu":
            args.gpus = [0]
        self.folder = Path(args.res_dir) / args.ex_name
        self.checkpoints = self.folder / "checkpoints"
        self.trained = False
        self.history = History()
        self.deadline: Deadline | None = None
        try:
            super().__init__(args, dataloaders, strategy)
        except (AssertionError, AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:
            # A host's methods reject bad settings by failing.
            raise UserError(f"{args.method} cannot be built with these settings: {error!r}") from error
        for name, loader in {"training": self.data.train_loader, "validation": self.data.valid_loader}.items():
            if len(loader) == 0:
                raise UserError(
                    f"{len(loader.dataset)} {name} cases do not fill a batch; use smaller batches, or no --drop_last"
                )
        # Before training, so that an unreadable test set is not found only after it.
        self.test_sets = withheld_datasets(
            Path(args.data_root),
            args.dataname,
            self.view.protocol,
            args.test_sets,
            registry.abilities(args.method),
        )
        _say(f"host: {host.NAME} | device: {self.accelerator}, {self.precision} | run: {self.folder}")
        speedups.prepare(self.method.model, self.accelerator, self.precision)

    def _get_data(self, dataloaders: Any = None) -> Any:
        """The host's data module, with the data set as this method reads it."""
        view = registry.find(self.args.dataname, self.args.method, self.args.data_root)
        if view is None:
            raise UserError(f"-d {self.args.dataname} is not a data set of this plugin")
        self.view = view
        if dataloaders is None:
            self.config.update(view.parameters)
            abilities = registry.abilities(self.args.method)
            dataloaders = load_data(view=view.protocol, abilities=abilities, **self.config)
        return super()._get_data(dataloaders)

    def stop_at(self, deadline: Deadline) -> None:
        """Raise `OutOfTime` in `train` or `test` after ``deadline``."""
        self.deadline = deadline
        self.trainer.callbacks.append(deadline)

    def _load_callbacks(self, args: Namespace, save_dir: str, ckpt_dir: str) -> tuple[list[Callback], str]:
        upstream, save_dir = super()._load_callbacks(args, save_dir, ckpt_dir)
        # The host's best.ckpt is one validation behind, and a learning-rate monitor needs a logger.
        dropped = ModelCheckpoint if loggers(args.logger) else (ModelCheckpoint, LearningRateMonitor)
        kept = [callback for callback in upstream if not isinstance(callback, dropped)]
        ours = [
            SeededEpochs(args.seed),
            Finite(),
            *([FrozenStatistics()] if args.initial else []),
            Announcement(),
            progress_bar(),
            self.history,  # before the checkpoints, which include it
            *checkpoints(ckpt_dir, args.metric_for_bestckpt, args.log_step),
        ]
        return kept + ours, save_dir

    def _init_trainer(self, args: Namespace, callbacks: list[Callback], strategy: str) -> pl.Trainer:
        if self.processes * self.nodes > 1 or len(args.gpus) > 1:
            # OpenSTL's default, plain ddp, fails for half of its methods, which leave some weights unused.
            strategy = "ddp_find_unused_parameters_true"
        with quiet():
            return pl.Trainer(
                accelerator=self.accelerator,
                devices=args.gpus if self.accelerator == "gpu" and self.processes * self.nodes == 1 else self.processes,
                num_nodes=self.nodes,
                strategy=strategy,
                use_distributed_sampler=False,  # our samplers split the cases; Lightning's would repeat test cases
                precision=self.precision,  # type: ignore[arg-type]
                max_epochs=args.epoch,
                callbacks=callbacks,
                gradient_clip_val=args.clip_grad,
                gradient_clip_algorithm=args.clip_mode if args.clip_grad is not None else None,
                deterministic=args.deterministic,
                num_sanity_val_steps=0,
                log_every_n_steps=min(_LOGGED_STEPS, len(self.data.train_loader)),
                logger=[kind(self.folder, name=_LOGS) for kind in loggers(args.logger)],  # type: ignore[call-arg]
                enable_model_summary=False,
            )

    def display_method_info(self, args: Namespace) -> Any:
        """The host's description of the model, made on a copy in eval mode.

        Counting FLOPs runs the network, which would change BatchNorm's statistics and random states.
        """
        described = copy.copy(args)
        if isinstance(self.method, host.SimVP):
            described.method = "simvp"  # the host knows only its own names
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
            checkpoint = load_checkpoint(path)
            if path.parent.resolve() != self.checkpoints.resolve():
                raise UserError(
                    f"--ckpt_path {path} is from another run; training continues only from one in {self.checkpoints}"
                )
            require_same_run(self.method, checkpoint, path)
            load_weights(self.method, checkpoint, path)
            done = checkpoint["epoch"] + 1 if checkpoint["global_step"] else 0
            _say(f"resuming {path} after epoch {done} of {self.args.epoch}")
        elif (self.checkpoints / LAST).exists():
            _say(f"replacing the earlier run in {self.folder} (to keep it: --ex_name; to continue it: --resume)")
            self._remove_checkpoints()
        if path is None and self.args.initial:
            initial = named_checkpoint(self.args.initial)
            load_weights(self.method, load_checkpoint(initial), initial)
            _say(f"starting from the weights of {initial}")
        writable_folder(self.folder)
        hint = (
            f"{self.checkpoints / LAST} holds the last finished epoch: the same command with --resume continues from it"
        )
        with running(self.trainer, hint), self.compiled(self.args.compile):
            try:
                self.trainer.fit(self.method, self.data, ckpt_path=path, weights_only=True)
            except (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError) as error:
                if path is None or self.history.begun:
                    raise
                for logger in self.trainer.loggers:
                    shutil.rmtree(str(logger.log_dir), ignore_errors=True)
                raise UserError(
                    f"cannot resume {path}: its state is damaged ({one_line(error)}); train again"
                ) from error
        self.trained = True

    @contextmanager
    def compiled(self, requested: bool) -> Iterator[None]:
        """Within this block the host's networks in the method are compiled for training, if ``requested``."""
        networks = [module for module in self.method.modules() if isinstance(module, host.SimVP_Model)]
        with ExitStack() as stack:
            for network in networks if requested else []:
                stack.enter_context(speedups.compiled(network, self.accelerator))
            yield

    @rank_zero_only
    def _remove_checkpoints(self) -> None:
        for name in (BEST, LAST):
            (self.checkpoints / name).unlink(missing_ok=True)
        shutil.rmtree(self.folder / _LOGS, ignore_errors=True)

    def test(self) -> Record | None:
        """Score the best checkpoint (or ``--ckpt_path``) on ``--test_sets``; write tables and figures."""
        asked = self.args.ckpt_path and not self.trained  # training starts from it, then has its own best one
        path = Path(self.args.ckpt_path) if asked else self.checkpoints / BEST
        if not path.exists() and (self.checkpoints / LAST).exists():
            raise UserError(f"{self.folder} has no {BEST}: no epoch has finished yet; continue training with --resume")
        checkpoint = load_checkpoint(path)
        load_weights(self.method, checkpoint, path)
        writable_folder(self.folder)
        _say(f"scoring {path} (epoch {checkpoint['epoch'] + 1}{validation_score(checkpoint)})")
        samplers = [ShareSampler(len(dataset)) for dataset in self.test_sets.values()]
        loaders = [
            DataLoader(dataset, self.args.val_batch_size, sampler=sampler, num_workers=self.args.num_workers)
            for dataset, sampler in zip(self.test_sets.values(), samplers, strict=True)
        ]
        with running(self.trainer, f"{path} is complete: tools/test.py with the same arguments scores it"):
            batches: Any = self.trainer.predict(
                Predictor(self.method, self.args.val_batch_size), loaders, weights_only=True
            )
        shares = [batches] if len(loaders) == 1 else batches  # Lightning does not nest the result of a single loader
        gathered = [sampler.gather(torch.cat(share)) for sampler, share in zip(samplers, shares, strict=True)]
        predictions = {name: images.cpu().numpy() for name, images in zip(self.test_sets, gathered, strict=True)}
        if not self.trainer.is_global_zero:
            return None
        trained = {**self.config, **checkpoint["hyper_parameters"]}  # as it was trained, not as this command says
        about = {
            "host": host.NAME,
            "method": registry.method_names().get(trained["method"], trained["method"]),
            "train_set": trained["train_set"],
            "seed": trained["seed"],
            "checkpoint": str(path),
        }
        between = self.deadline.check if self.deadline else None
        kept = Path(self.args.data_root) / remembered.FOLDER
        return report(self.folder, about, self.test_sets, predictions, between, kept)


_say = rank_zero_only(partial(print, flush=True))
