"""SimVP_Infill: gSTA draws the missing image from both of its sides, without moving any pixel."""

from __future__ import annotations

from typing import Any

from torch import nn

from .. import host
from ..protocols import Abilities
from .target_slot import REDRAWN, TargetSlot
from .upstream import SimVPSettings


class SimVP_Infill(host.SimVP):
    """The host's SimVP and its unmodified SimVP_Model on the slots of ``seqinterp_infill``.

    Beside SimVP it shows what both sides are worth; beside SimVP_Motion, what moving pixels instead of drawing them is.
    """

    abilities = Abilities(REDRAWN, SimVPSettings, any_size=True, compiles=True)

    def _build_model(self, **args: Any) -> nn.Module:
        return TargetSlot(host.SimVP_Model(**args))
