"""Make the weights that are shipped: train SimVP_Motion on synthetic motion (tools/synthetic.py) and score it.

    python tools/pretrain.py                 # about an hour on a core; --resume continues after the last epoch
    python tools/pretrain.py --epoch 40      # any flag of seqinterp train

The extension's runner trains. The weights of the last epoch are taken: with its learning rate near zero it is the best
but for chance. On kept-out textures they are compared with `motion`, which needs no training.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from synthetic import GAPS, KEPT_OUT, TRAINING, Synthetic
from torch.utils.data import DataLoader

from openstl_seqinterp.checkpoint import LAST, load_checkpoint, load_weights
from openstl_seqinterp.config import resolve
from openstl_seqinterp.data.dataset import EpochSampler
from openstl_seqinterp.data.loaders import ensure_files
from openstl_seqinterp.experiment import SeqInterpExperiment
from openstl_seqinterp.methods.frame_blend import as_motion_has_it
from openstl_seqinterp.running import quiet_lightning
from openstl_seqinterp.shipped import WEIGHTS, save_weights

VALIDATED, SCORED = 48, 200  # cases: after each epoch, and in the end
_CASES = 100_000  # numbers of cases until an epoch's begin anew
_ROUNDING = 1 / 12 / 255**2  # mean squared error of 8 bits, without which a scene at rest would outweigh the others
_FOLDER = Path("work_dirs")


def compared(experiment: SeqInterpExperiment, cases: Synthetic) -> dict[str, dict[str, float]]:
    """The mean PSNR in dB of the trained network and of `motion`, over all cases and by what is missing."""
    found: dict[str, list[tuple[float, float]]] = {kind: [] for kind in GAPS}
    model = experiment.method.model.eval()
    with torch.no_grad():
        for number in range(len(cases)):
            x, y = cases[number]
            predicted = model.predict(x[None])
            both = predicted.image, as_motion_has_it(predicted.frames)
            errors = [float((image[0] - y).square().mean()) + _ROUNDING for image in both]
            found[cases.kind(number)].append((-10 * np.log10(errors[0]), -10 * np.log10(errors[1])))
    rows = {"all": [pair for pairs in found.values() for pair in pairs], **found}
    return {
        kind: {
            "cases": len(pairs),
            **{
                name: round(float(np.mean(each)), 3)
                for name, each in zip(("network", "motion"), zip(*pairs, strict=True), strict=True)
            },
            "better": round(float(np.mean([one > other for one, other in pairs])), 3),
        }
        for kind, pairs in rows.items()
        if pairs
    }


def main(argv: Sequence[str]) -> None:
    """Train, score, and write the weights."""
    cv2.setNumThreads(1)
    quiet_lightning()
    given = ["-m", "SimVP_Motion", "-c", "SimVP_Motion_shipped", "--ex_name", "pretrain", "--no_display_method_info"]
    args = resolve([*given, "--res_dir", str(_FOLDER), *argv], prog="tools/pretrain.py")
    ensure_files(Path(args.data_root))  # the runner wants test sets, which are not used
    training = Synthetic(_CASES, args.seed, TRAINING)
    sampler = EpochSampler(_CASES, args.seed, args.epoch_cases)
    validation = DataLoader(Synthetic(VALIDATED, args.seed + 1, KEPT_OUT), args.val_batch_size)
    loaders = DataLoader(training, args.batch_size, sampler=sampler), validation, validation
    experiment = SeqInterpExperiment(args, dataloaders=loaders)
    experiment.train()
    path = experiment.checkpoints / LAST
    checkpoint = load_checkpoint(path)
    load_weights(experiment.method, checkpoint, path)
    scores = compared(experiment, Synthetic(SCORED, args.seed + 2, KEPT_OUT))
    print(json.dumps(scores, indent=2))
    save_weights(WEIGHTS, checkpoint, scores)
    print(f"wrote {WEIGHTS}: {WEIGHTS.stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
