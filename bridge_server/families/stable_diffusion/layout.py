"""What tensors and configurations of Stable Diffusion and of XL have in common (standard library only).

Tensor names: the `ldm` layout of https://github.com/CompVis/stable-diffusion.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from ...models.bounds import MAX_LEVELS, MAX_WIDTH
from ...models.reading import unreadable
from ..base import AdapterFile, Folder, tensor_named
from .spec import COMPONENTS

UNET = "model.diffusion_model."
UNET_FIRST = f"{UNET}input_blocks.0.0.weight"
VAE = "first_stage_model."
VAE_LEVELS = f"{VAE}encoder.down."
SPECIAL = {  # of the UNet's input channels
    8: "an instruct-pix2pix model (8 input channels)",
    5: "a depth-guided model (5 input channels)",
    7: "an upscaler (7 input channels)",
}
LORA_DOWN = rb"(?:\.lora_down|\.lora_A(?:\.\w+)?|\.lora\.down|_lora\.down|\.lora_linear_layer\.down)\.weight"
LORA_UP = rb"(?:\.lora_up|\.lora_B(?:\.\w+)?|\.lora\.up|_lora\.up|\.lora_linear_layer\.up)\.weight"
_READS_TEXT = rb"attn2[._](?:processor\.)?to_k"
LORA_TEXT = tensor_named(_READS_TEXT + LORA_DOWN)
LOHA_TEXT = tensor_named(_READS_TEXT + rb"\.hada_w1_b")
LOKR_TEXT = tuple(tensor_named(_READS_TEXT + rb"\.lokr_w%d(?:_b)?" % number) for number in (1, 2))
Shapes = Mapping[str, tuple[int, ...]]


def adapted_text_width(file: AdapterFile) -> int | None:
    """The width of the text that an adapter's layers read; None where none of them reads any."""
    shape = file.shape_of(LORA_TEXT) or file.shape_of(LOHA_TEXT) or ()
    if len(shape) > 1:
        return shape[1]
    factors: list[tuple[int, ...]] = [file.shape_of(name) or () for name in LOKR_TEXT]
    return factors[0][1] * factors[1][1] if all(len(one) > 1 for one in factors) else None


def unsupported_channels(channels: int) -> str | None:
    """What a UNet with so many input channels is, where it is neither an ordinary nor an inpainting one."""
    return None if channels in (4, 9) else SPECIAL.get(channels, f"a UNet with {channels} input channels")


def whole_number(folder: Folder, key: str, default: int) -> int:
    """A number of the UNet's configuration, the first where it is a list; its bounds have been checked."""
    value = folder.configs["unet"].get(key)
    chosen: Any = cast("list[Any]", value)[0] if isinstance(value, list) and value else value
    if chosen is None:
        return default
    if not isinstance(chosen, (int, float)):
        raise unreadable(folder.path / "unet" / COMPONENTS["unet"].config, f"{key} is no number")
    return int(chosen)


def levels_of(folder: Folder, part: str) -> int:
    """How many resolutions a UNet or an autoencoder has."""
    channels = folder.configs[part].get("block_out_channels")
    count = len(cast("list[Any]", channels)) if isinstance(channels, list) else 0
    if not 1 <= count <= MAX_LEVELS:
        why = f"block_out_channels has to list 1 to {MAX_LEVELS} numbers of channels"
        raise unreadable(folder.path / part / COMPONENTS[part].config, why)
    return count


def text_projection(shapes: Shapes) -> str | None:
    """The tensor of the UNet that takes the text in; its last side is the width of the text."""
    return next((name for name in shapes if name.startswith(UNET) and name.endswith("attn2.to_k.weight")), None)


def side(file: Path, shapes: Shapes, name: str, axis: int) -> int:
    """Of a tensor with two sides or more. Raises BridgeError(model_unreadable)."""
    shape = shapes[name]
    if len(shape) < 2 or not 1 <= shape[axis] <= MAX_WIDTH:
        raise unreadable(file, f"its tensor {name[:100]} has the shape {list(shape)}, which it cannot have")
    return shape[axis]


def vae_levels(file: Path, shapes: Shapes) -> int:
    return _levels(file, _count(shapes, VAE_LEVELS), "autoencoder")


def unet_levels(file: Path, shapes: Shapes) -> int:
    return _levels(file, _count(shapes, f"{UNET}input_blocks.", ".op.") + 1, "UNet")


def has_encoder(shapes: Shapes) -> bool:
    """Whether the autoencoder can take a picture in."""
    return _count(shapes, VAE_LEVELS) > 0


def _levels(file: Path, count: int, part: str) -> int:
    if not 1 <= count <= MAX_LEVELS:
        raise unreadable(file, f"its {part} has {count} levels of resolution; there can be 1 to {MAX_LEVELS}")
    return count


def _count(shapes: Shapes, prefix: str, infix: str = "") -> int:
    """How many different numbers follow `prefix` in tensor names that hold `infix`."""
    return len({name[len(prefix) :].split(".")[0] for name in shapes if name.startswith(prefix) and infix in name})
