"""What baselines make of the cases of a test set, of which scoring keeps no image."""

import numpy as np

from openstl_seqinterp.evaluation.baselines import BASELINES
from openstl_seqinterp.evaluation.scores import handed


def predictions(dataset, name, cases=None):
    """The images float32 (N, C, H, W) that a baseline predicts of ``cases`` (default: all)."""
    images = []
    for number in range(len(dataset)) if cases is None else cases:
        target, near = handed(dataset, number)
        images.append(BASELINES[name].predict(near[name], target).astype(np.float32))
    return np.stack(images)
