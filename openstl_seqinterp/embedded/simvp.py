"""SimVPv2 with the gSTA translator: Tan et al., "SimVPv2: Towards Simple yet Powerful Spatiotemporal Predictive
Learning", arXiv:2211.12509. An encoder per frame, a translator over frames stacked as channels, a decoder per frame
with a skip from the first encoder layer.

Parameter names, shapes and initial distributions are those of OpenSTL's SimVP_Model: weights fit both hosts.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any

import torch
from timm.layers import DropPath
from torch import nn


def _initialise(conv: nn.Conv2d, std: float) -> None:
    nn.init.normal_(conv.weight, 0, std)
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)


class _Conv(nn.Module):
    """Convolution (doubling the size by PixelShuffle if ``up``), GroupNorm(2), SiLU."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, down: bool, up: bool) -> None:
        super().__init__()
        stride = 2 if down else 1
        conv = nn.Conv2d(channels_in, channels_out * (4 if up else 1), kernel, stride, (kernel - stride + 1) // 2)
        _initialise(conv, 0.02)
        self.conv = nn.Sequential(conv, nn.PixelShuffle(2)) if up else conv
        self.norm = nn.GroupNorm(2, channels_out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.silu(self.norm(self.conv(x)))


class _Stage(nn.Module):
    """One layer of the encoder or the decoder. (The nesting names its weights ``conv.conv`` and ``conv.norm``.)"""

    def __init__(
        self, channels_in: int, channels_out: int, kernel: int, *, down: bool = False, up: bool = False
    ) -> None:
        super().__init__()
        self.conv = _Conv(channels_in, channels_out, kernel, down, up)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x)


class _Encoder(nn.Module):
    def __init__(self, channels: int, hidden: int, depth: int, kernel: int) -> None:
        super().__init__()
        widths = [channels] + [hidden] * depth
        self.enc = nn.Sequential(*(_Stage(widths[i], hidden, kernel, down=i % 2 == 1) for i in range(depth)))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        first = self.enc[0](x)
        return self.enc[1:](first), first


class _Decoder(nn.Module):
    def __init__(self, hidden: int, channels: int, depth: int, kernel: int) -> None:
        super().__init__()
        self.dec = nn.Sequential(*(_Stage(hidden, hidden, kernel, up=(depth - 1 - i) % 2 == 1) for i in range(depth)))
        self.readout = nn.Conv2d(hidden, channels, 1)

    def forward(self, hidden: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        return self.readout(self.dec[-1](self.dec[:-1](hidden) + skip))


class _Gate(nn.Module):
    """Large-kernel attention: a 21x21 depthwise kernel as 5x5, then 7x7 dilated by 3, then 1x1 to value and gate."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.conv0 = nn.Conv2d(dim, dim, 5, padding=2, groups=dim)
        self.conv_spatial = nn.Conv2d(dim, dim, 7, padding=9, groups=dim, dilation=3)
        self.conv1 = nn.Conv2d(dim, 2 * dim, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        value, gate = self.conv1(self.conv_spatial(self.conv0(x))).chunk(2, dim=1)
        return torch.sigmoid(gate) * value


class _Attention(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.proj_1 = nn.Conv2d(dim, dim, 1)
        self.spatial_gating_unit = _Gate(dim)
        self.proj_2 = nn.Conv2d(dim, dim, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.proj_2(self.spatial_gating_unit(nn.functional.gelu(self.proj_1(x))))


class _Depthwise(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(dim, dim, 3, padding=1, groups=dim)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.dwconv(x)


class _Mlp(nn.Module):
    def __init__(self, dim: int, hidden: int, drop: float) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(dim, hidden, 1)
        self.dwconv = _Depthwise(hidden)
        self.fc2 = nn.Conv2d(hidden, dim, 1)
        self.drop = nn.Dropout(drop)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.drop(self.fc2(self.drop(nn.functional.gelu(self.dwconv(self.fc1(x))))))


class _GatedBlock(nn.Module):
    """The gSTA block: attention and MLP, each with BatchNorm before, layer scale and stochastic depth after."""

    def __init__(self, dim: int, mlp_ratio: float, drop: float, drop_path: float) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(dim)
        self.attn = _Attention(dim)
        self.norm2 = nn.BatchNorm2d(dim)
        self.mlp = _Mlp(dim, int(dim * mlp_ratio), drop)
        self.drop_path = DropPath(drop_path)
        self.layer_scale_1 = nn.Parameter(torch.full((dim,), 1e-2))
        self.layer_scale_2 = nn.Parameter(torch.full((dim,), 1e-2))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                fan_out = module.kernel_size[0] * module.kernel_size[1] * module.out_channels // module.groups
                _initialise(module, sqrt(2 / fan_out))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.drop_path(self.layer_scale_1[:, None, None] * self.attn(self.norm1(x)))
        return x + self.drop_path(self.layer_scale_2[:, None, None] * self.mlp(self.norm2(x)))


class _Translate(nn.Module):
    def __init__(self, channels_in: int, channels_out: int, mlp_ratio: float, drop: float, drop_path: float) -> None:
        super().__init__()
        self.block = _GatedBlock(channels_in, mlp_ratio, drop, drop_path)
        self.reduction = nn.Conv2d(channels_in, channels_out, 1) if channels_in != channels_out else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.reduction(self.block(x))


class _Translator(nn.Module):
    def __init__(self, channels: int, hidden: int, depth: int, mlp_ratio: float, drop: float, drop_path: float) -> None:
        super().__init__()
        # Stochastic depth rises from 0.01; the last block has the full rate, as in OpenSTL.
        rates = [*torch.linspace(1e-2, drop_path, depth).tolist()[:-1], drop_path]
        widths = [channels] + [hidden] * (depth - 1) + [channels]
        blocks = (_Translate(widths[i], widths[i + 1], mlp_ratio, drop, rates[i]) for i in range(depth))
        self.enc = nn.Sequential(*blocks)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.enc(x)


class SimVP_Model(nn.Module):
    """Maps frames (B, T, C, H, W) to as many frames of the same shape.

    ``in_shape`` is (T, C, H, W); ``hid_S`` and ``N_S`` are the encoder's channels and layers (every second one halves
    the size), ``hid_T`` and ``N_T`` the translator's.
    """

    def __init__(
        self,
        in_shape: Sequence[int],
        hid_S: int = 16,
        hid_T: int = 256,
        N_S: int = 4,
        N_T: int = 4,
        model_type: str | None = "gSTA",
        mlp_ratio: float = 8.0,
        drop: float = 0.0,
        drop_path: float = 0.0,
        spatio_kernel_enc: int = 3,
        spatio_kernel_dec: int = 3,
        **unused: Any,
    ) -> None:
        super().__init__()
        frames, channels = in_shape[:2]
        depth = N_S - N_S % 2  # OpenSTL pairs the layers, so an odd N_S is rounded down
        self.enc = _Encoder(channels, hid_S, depth, spatio_kernel_enc)
        self.dec = _Decoder(hid_S, channels, depth, spatio_kernel_dec)
        self.hid = _Translator(frames * hid_S, hid_T, N_T, mlp_ratio, drop, drop_path)

    def forward(self, x_raw: torch.Tensor, **_: Any) -> torch.Tensor:
        batch, frames = x_raw.shape[:2]
        embedded, skip = self.enc(x_raw.flatten(0, 1))
        hidden = self.hid(embedded.reshape(batch, -1, *embedded.shape[2:])).reshape(embedded.shape)
        return self.dec(hidden, skip).unflatten(0, (batch, frames))
