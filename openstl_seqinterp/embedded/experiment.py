"""A small version of OpenSTL's runner: data, method, callbacks and Trainer, built from the arguments."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from torch.utils.data import DataLoader

from .method import method_maps

dataset_parameters: dict[str, dict[str, Any]] = {}
Loaders = tuple[DataLoader, DataLoader, DataLoader]


def load_data(dataname: str, **_: Any) -> Loaders:
    """Has no data sets: a plugin that registers some replaces this function."""
    raise ValueError(f"Dataname {dataname} is unsupported")


class BaseDataModule(pl.LightningDataModule):
    """The three loaders of an experiment, and the attributes of their data set."""

    def __init__(self, train_loader: DataLoader, valid_loader: DataLoader, test_loader: DataLoader) -> None:
        super().__init__()
        self.train_loader, self.valid_loader, self.test_loader = train_loader, valid_loader, test_loader
        dataset: Any = test_loader.dataset
        self.test_mean, self.test_std, self.data_name = dataset.mean, dataset.std, dataset.data_name

    def train_dataloader(self) -> DataLoader:
        return self.train_loader

    def val_dataloader(self) -> DataLoader:
        return self.valid_loader

    def test_dataloader(self) -> DataLoader:
        return self.test_loader


class BaseExperiment:
    """Builds everything from ``args``; a subclass defines the Trainer, training and testing."""

    def __init__(self, args: Namespace, dataloaders: Loaders | None = None, strategy: str = "auto") -> None:
        self.args = args
        self.config = vars(args)
        args.method = args.method.lower()
        save_dir = Path(args.res_dir) / args.ex_name
        pl.seed_everything(args.seed, verbose=False)
        self.data = self._get_data(dataloaders)
        self.method = method_maps[args.method](
            steps_per_epoch=len(self.data.train_loader),
            test_mean=self.data.test_mean,
            test_std=self.data.test_std,
            save_dir=str(save_dir),
            **self.config,
        )
        callbacks, self.save_dir = self._load_callbacks(args, str(save_dir), str(save_dir / "checkpoints"))
        self.trainer = self._init_trainer(args, callbacks, strategy)

    def _get_data(self, dataloaders: Loaders | None = None) -> BaseDataModule:
        if dataloaders is None:
            self.config.update(dataset_parameters[self.args.dataname])
            dataloaders = load_data(**self.config)
        return BaseDataModule(*dataloaders)

    def _load_callbacks(self, args: Namespace, save_dir: str, ckpt_dir: str) -> tuple[list[pl.Callback], str]:
        return [], save_dir

    def _init_trainer(self, args: Namespace, callbacks: list[pl.Callback], strategy: str) -> pl.Trainer:
        return pl.Trainer(max_epochs=args.epoch, callbacks=callbacks, strategy=strategy)
