"""Networks that enlarge and that spandrel runs, told by tensors that only they have (standard library only).

The names are those by which spandrel 0.4.2 tells them (its architectures/*/__init__.py, `detect`).
"""

from __future__ import annotations

from collections.abc import Iterable

from .upscalers import PREFIXES

KINDS: dict[str, tuple[str, ...]] = {  # the more special before the more general
    "HAT": ("layers.0.residual_group.overlap_attn.qkv.weight",),
    "ATD": ("layers.0.residual_group.td",),
    "CRAFT": ("layers.0.residual_group.hf_blocks.0.attn.temperature",),
    "SwinIR": ("layers.0.residual_group.blocks.0.norm1.weight", "layers.0.residual_group.blocks.0.mlp.fc1.bias"),
    "DAT": ("before_RG.1.weight", "layers.0.blocks.0.attn.dwconv.0.weight"),
    "RGT": ("before_RG.1.weight", "layers.0.blocks.0.gamma"),
    "DRCT": ("layers.0.swin1.attn.qkv.weight", "layers.0.adjust1.weight"),
    "GRL": ("norm_start.weight", "layers.0.blocks.0.attn.window_attn.attn_transform.logit_scale"),
    "OmniSR": ("residual_layer.0.residual_layer.0.layer.0.fn.0.weight", "up.0.weight"),
    "SPAN": ("block_1.c1_r.sk.weight", "upsampler.0.weight"),
    "PLKSR": ("feats.0.weight", "feats.1.lk.conv.weight"),
    "SAFMN": ("to_feat.weight", "feats.0.safm.aggr.weight"),
    "MoSR": ("gblocks.0.weight", "gblocks.1.fc1.weight"),
}


def other_kind(names: Iterable[str]) -> str:
    """Which of KINDS the tensors of a file are; empty where they are none."""
    own = {next((name.removeprefix(prefix) for prefix in PREFIXES if name.startswith(prefix)), name) for name in names}
    return next((kind for kind, telling in KINDS.items() if own.issuperset(telling)), "")
