"""PredFormer: Tang et al., "Video Prediction Transformers without Recurrence or Convolution", arXiv 2410.04733.

Images become patches, patches tokens, and gated transformer blocks attend over time, over space or over both; a linear
layer turns each token back into its patch. There is no recurrence and no convolution.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import Any

import torch
from pydantic import Field, model_validator
from timm.layers import DropPath, SwiGLU, trunc_normal_
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

from .. import host
from ..protocols import ONE_SIDED, Abilities
from ..settings import Count, Settings
from .target_slot import REDRAWN, TargetSlot

_STD = 0.02  # of a weight before training
_WAVELENGTH = 10000  # the longest one of the position's sinusoids, divided by 2 pi
FULL, SPACE, TIME = "F", "S", "T"  # the tokens that a block attends over: all, those of an image, those of a patch
# Which blocks follow each other. The factorised types have all of one kind before the other; the rest repeat.
TYPES = {
    "Full": FULL, "FacST": "ST", "FacTS": "TS", "BinaryTS": "TS", "BinaryST": "ST", "TripletTST": "TST",
    "TripletSTS": "STS", "QuadrupletTSST": "TSST", "QuadrupletSTTS": "STTS",
}  # fmt: skip


def blocks(model_type: str, depth: int) -> str:
    """What each of ``depth`` blocks attends over: ``"TSTS"`` for BinaryTS and 4.

    ValueError if they do not fit, or the type is none of `TYPES`.
    """
    name = {each.lower(): each for each in TYPES}.get(model_type.lower())
    if name is None:
        raise ValueError(f"model_type is {model_type!r}, expected one of {', '.join(TYPES)}")
    order = TYPES[name]
    if depth % len(order):
        raise ValueError(f"depth is {depth}, expected a multiple of {len(order)} for model_type {name}")
    repeats = depth // len(order)
    return "".join(each * repeats for each in order) if name.startswith("Fac") else order * repeats


def sinusoid(length: int, width: int, device: torch.device | None = None) -> torch.Tensor:
    """The position code (length, width) of Vaswani et al. (2017), arXiv 1706.03762: sines and cosines in turns."""
    frequencies = torch.exp(-log(_WAVELENGTH) / width * torch.arange(0, width, 2, device=device))
    angles = torch.arange(length, device=device)[:, None] * frequencies
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


class Attention(nn.Module):
    """Multi-head attention of tokens (N, L, D) to each other, without a bias in queries, keys and values."""

    def __init__(self, width: int, heads: int, drop: float) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.proj = nn.Linear(width, width)
        self.drop = nn.Dropout(drop)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        query, key, value = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        attended = scaled_dot_product_attention(query, key, value)
        return self.drop(self.proj(attended.transpose(1, 2).flatten(2)))


class GatedBlock(nn.Module):
    """Attention ``over`` some of the tokens (B, T, P, D) and a SwiGLU, each added to its input; then a LayerNorm."""

    def __init__(self, over: str, width: int, heads: int, mlp_ratio: float, drop: float, drop_path: float) -> None:
        super().__init__()
        self.over = over
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(width) for _ in range(3))
        self.attn = Attention(width, heads, drop)
        self.mlp = SwiGLU(width, int(width * mlp_ratio), drop=(drop, 0.0))
        self.drop_path = DropPath(drop_path)

    def _attend(self, x: torch.Tensor) -> torch.Tensor:
        if self.over == FULL:
            return self.attn(x.flatten(1, 2)).view_as(x)
        if self.over == SPACE:
            return self.attn(x.flatten(0, 1)).view_as(x)
        turned = x.transpose(1, 2)
        return self.attn(turned.flatten(0, 1)).view_as(turned).transpose(1, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.drop_path(self._attend(self.norm1(x)))
        x = x + self.drop_path(self.mlp(self.norm2(x)))
        return self.norm3(x)


class PredFormer_Model(nn.Module):
    """Maps frames (B, T, C, H, W) to as many frames of the same shape.

    ``in_shape`` is (T, C, H, W), ``embed_dim`` the width D of a token, ``mlp_ratio`` the SwiGLU's hidden width over D,
    and ``depth`` the number of blocks, whatever the ``model_type`` of `TYPES`. The defaults are the paper's for Moving
    MNIST.
    """

    def __init__(
        self,
        in_shape: Sequence[int],
        model_type: str,
        patch_size: int = 8,
        embed_dim: int = 256,
        num_heads: int = 8,
        mlp_ratio: float = 4.0,
        depth: int = 24,
        drop: float = 0.0,
        drop_path: float = 0.0,
        **unused: Any,
    ) -> None:
        super().__init__()
        _, channels, height, width = in_shape
        self.patch_size, pixels = patch_size, channels * patch_size**2
        self.rows, self.columns = height // patch_size, width // patch_size
        self.embed = nn.Linear(pixels, embed_dim)
        shape = embed_dim, num_heads, mlp_ratio, drop, drop_path
        self.blocks = nn.Sequential(*(GatedBlock(over, *shape) for over in blocks(model_type, depth)))
        self.head = nn.Sequential(nn.LayerNorm(embed_dim), nn.Linear(embed_dim, pixels))
        for module in self.modules():
            if isinstance(module, nn.Linear):
                trunc_normal_(module.weight, std=_STD)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, x: torch.Tensor, **_: Any) -> torch.Tensor:
        side = self.patch_size
        patches = x.unflatten(4, (-1, side)).unflatten(3, (-1, side))  # (B, T, C, rows, side, columns, side)
        tokens = self.embed(patches.permute(0, 1, 3, 5, 2, 4, 6).flatten(4).flatten(2, 3))
        # Made for the images at hand: ``in_shape`` may come from a checkpoint of anyone's, and be of any size.
        _, frames, places, width = tokens.shape
        position = sinusoid(frames * places, width, tokens.device).unflatten(0, (frames, places))
        drawn = self.head(self.blocks(tokens + position.to(self.embed.weight.dtype)))
        patches = drawn.unflatten(3, (-1, side, side)).unflatten(2, (self.rows, self.columns))
        return patches.permute(0, 1, 4, 2, 5, 3, 6).flatten(5).flatten(3, 4)


class PredFormerSettings(Settings):
    """What a config may set."""

    in_shape: Sequence[int]
    model_type: str
    patch_size: Count = 8
    embed_dim: int = Field(256, ge=2, multiple_of=2)
    num_heads: Count = 8
    mlp_ratio: float = Field(4.0, gt=0)
    depth: Count = 24

    @model_validator(mode="after")
    def _they_fit_each_other(self) -> PredFormerSettings:
        size = self.in_shape[2:]
        if any(side % self.patch_size for side in size):
            raise ValueError(f"images of {list(size)} cannot be divided into patches of patch_size={self.patch_size}")
        if self.embed_dim % self.num_heads:
            raise ValueError(f"embed_dim is {self.embed_dim}, expected a multiple of num_heads={self.num_heads}")
        blocks(self.model_type, self.depth)
        return self


class PredFormer(host.SimVP):
    """The host's SimVP, its training and its way to more or fewer frames, with `PredFormer_Model` as the network."""

    abilities = Abilities(ONE_SIDED, PredFormerSettings, model_types=tuple(TYPES))

    def _build_model(self, **args: Any) -> nn.Module:
        return PredFormer_Model(**args)


class PredFormer_Infill(host.SimVP):
    """The same network on slots on both sides of the missing image, which it draws in the target's."""

    abilities = Abilities(REDRAWN, PredFormerSettings, model_types=tuple(TYPES))

    def _build_model(self, **args: Any) -> nn.Module:
        return TargetSlot(PredFormer_Model(**args))
