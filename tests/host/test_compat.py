"""What OpenSTL imports from timm: as older versions had it inside the block, and as it is now outside."""

import importlib

import torch

from openstl_seqinterp import compat

NAMES = [(each.module, each.name) for each in compat.WHILE_IMPORTING]


def there():
    return [getattr(importlib.import_module(module), name, None) for module, name in NAMES]


def test_names_are_there_inside_and_restored_outside():
    before = there()
    with compat.importing():
        assert None not in there()
    assert there() == before


def test_swin_takes_what_older_versions_took():
    x = torch.rand(2, 8, 8, 6, generator=torch.Generator().manual_seed(0))
    with compat.importing():
        from timm.models.swin_transformer import PatchMerging, SwinTransformerBlock, window_partition, window_reverse
        from timm.models.vision_transformer import Block
    # A window (0, 0) of an image is its corner, and all windows together are the image.
    parts = window_partition(x, 4)
    assert torch.equal(parts[0], x[0, :4, :4])
    assert torch.equal(window_reverse(parts, 4, 8, 8), x)
    # Four neighbours become one token, of tokens (B, L, C) as of an image.
    merged = PatchMerging(input_resolution=(8, 8), dim=6)
    assert merged(x.flatten(1, 2)).shape == (2, 16, 12)
    block = SwinTransformerBlock(dim=6, input_resolution=(8, 8), num_heads=2, window_size=4, drop=0.25)
    assert block.window_size == 4
    drops = [each.p for layer in (block, Block(dim=6, num_heads=2, drop=0.25)) for each in layer.modules()
             if isinstance(each, torch.nn.Dropout)]  # fmt: skip
    assert 0.25 in drops
