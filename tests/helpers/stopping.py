"""A training that Ctrl-C ends."""

from contextlib import contextmanager

import pytest


@contextmanager
def stopped(method, stop):
    """Within this block training with the class ``method`` is interrupted at ``stop``, an epoch and a batch of it.

    Gives what pytest knows of the SystemExit that must follow.
    """
    step = method.training_step

    def interrupted(self, batch, batch_idx):
        if self._trainer is not None and (self.current_epoch, batch_idx) == stop:
            raise KeyboardInterrupt
        return step(self, batch, batch_idx)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(method, "training_step", interrupted)
        with pytest.raises(SystemExit) as ended:
            yield ended
