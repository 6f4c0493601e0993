"""Make the weights that are shipped: train SimVP_Motion on synthetic motion and on free videos, and score it.

    tools/free_clips.sh work_dirs/clips && python tools/pretrain.py --clips work_dirs/clips
    python tools/pretrain.py --resume --clips work_dirs/clips   # goes on after the last epoch
    python tools/pretrain.py --epoch 2 --epoch_cases 64         # synthetic motion alone; any flag of seqinterp train

The extension's runner trains. The weights of the last epoch are taken: with its learning rate near zero it is the best
but for chance. On textures and videos that were kept out they are compared with `motion`, which needs no training.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from footage import Footage
from synthetic import KEPT_OUT, TRAINING, Synthetic
from torch.utils.data import DataLoader, Dataset

from openstl_seqinterp.checkpoint import LAST, load_checkpoint, load_weights
from openstl_seqinterp.config import resolve
from openstl_seqinterp.data.dataset import EpochSampler
from openstl_seqinterp.data.loaders import ensure_files
from openstl_seqinterp.experiment import SeqInterpExperiment
from openstl_seqinterp.methods.frame_blend import as_motion_has_it
from openstl_seqinterp.running import quiet_lightning
from openstl_seqinterp.shipped import WEIGHTS, save_weights

VALIDATED, SCORED = 48, 600  # cases: after each epoch, and in the end
_CASES = 100_000  # numbers of cases until an epoch's begin anew
_ROUNDING = 1 / 12 / 255**2  # mean squared error of 8 bits, without which a scene at rest would outweigh the others
_FOLDER = Path("work_dirs")


class Mixed(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Cases of several datasets, which take turns."""

    mean, std, data_name = 0, 1, "pretraining"

    def __init__(self, *datasets: Synthetic | Footage) -> None:
        self.datasets = datasets

    def __len__(self) -> int:
        return sum(len(each) for each in self.datasets)

    def of(self, number: int) -> tuple[Synthetic | Footage, int]:
        """The dataset of a case, and the case's number there."""
        return self.datasets[number % len(self.datasets)], number // len(self.datasets)

    def __getitem__(self, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        dataset, case = self.of(number)
        return dataset[case]


def compared(experiment: SeqInterpExperiment, cases: Mixed) -> dict[str, dict[str, float]]:
    """The mean PSNR in dB of the trained network and of `motion`, by dataset and by what is missing."""
    found: dict[str, list[tuple[float, float]]] = {}
    model = experiment.method.model.eval()
    with torch.no_grad():
        for number in range(len(cases)):
            x, y = cases[number]
            predicted = model.predict(x[None])
            both = predicted.image, as_motion_has_it(predicted.frames)
            errors = [float((image[0] - y).square().mean()) + _ROUNDING for image in both]
            dataset, case = cases.of(number)
            for key in ("all", dataset.data_name, f"{dataset.data_name}, {dataset.kind(case)}"):
                found.setdefault(key, []).append((-10 * np.log10(errors[0]), -10 * np.log10(errors[1])))
    return {
        key: {
            "cases": len(pairs),
            **{
                name: round(float(np.mean(each)), 3)
                for name, each in zip(("network", "motion"), zip(*pairs, strict=True), strict=True)
            },
            "worst difference": round(min(one - other for one, other in pairs), 3),
        }
        for key, pairs in found.items()
    }


def _cases(folder: Path | None, part: str, count: int, seed: int) -> Mixed:
    """``count`` cases: of synthetic motion and, where there is a ``folder`` of clips, as many of its ``part``."""
    synthetic = Synthetic(count, seed, TRAINING if part == "training" else KEPT_OUT)
    if folder is None:
        return Mixed(synthetic)
    synthetic.length = count // 2
    return Mixed(synthetic, Footage(folder / part, count // 2, seed))


def main(argv: Sequence[str]) -> None:
    """Train, score, and write the weights."""
    cv2.setNumThreads(1)
    quiet_lightning()
    parser = ArgumentParser(add_help=False)
    parser.add_argument("--clips", type=Path, help="folder of tools/free_clips.sh")
    own, argv = parser.parse_known_args(argv)
    given = ["-m", "SimVP_Motion", "-c", "SimVP_Motion_shipped", "--ex_name", "pretrain", "--no_display_method_info"]
    args = resolve([*given, "--res_dir", str(_FOLDER), *argv], prog="tools/pretrain.py")
    ensure_files(Path(args.data_root))  # the runner wants test sets, which are not used
    training = _cases(own.clips, "training", _CASES, args.seed)
    sampler = EpochSampler(_CASES, args.seed, args.epoch_cases)
    kept_out = _cases(own.clips, "kept-out", VALIDATED, args.seed + 1)
    validation = DataLoader(kept_out, args.val_batch_size)
    loaders = DataLoader(training, args.batch_size, sampler=sampler), validation, validation
    experiment = SeqInterpExperiment(args, dataloaders=loaders)
    experiment.train()
    path = experiment.checkpoints / LAST
    checkpoint = load_checkpoint(path)
    load_weights(experiment.method, checkpoint, path)
    scores = compared(experiment, _cases(own.clips, "kept-out", SCORED, args.seed + 2))
    print(json.dumps(scores, indent=2))
    save_weights(WEIGHTS, checkpoint, scores)
    print(f"wrote {WEIGHTS}: {WEIGHTS.stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
