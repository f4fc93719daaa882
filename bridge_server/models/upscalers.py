"""Networks that enlarge pictures, told by the names and shapes of their tensors (standard library only).

RRDBNet is ESRGAN's and Real-ESRGAN's (Wang and others, 2018 and 2021), SRVGGNetCompact Real-ESRGAN's small one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .header import read_header

NCNN = ".bin"  # the end of ncnn's weight files, of which only Real-ESRGAN x4plus is read (packaged.py)
Shapes = Mapping[str, tuple[int, ...]]
SCALES = (2, 4)  # that Real-ESRGAN's networks have
PREFIXES = ("params_ema.", "params.")  # of files that hold what a training saved
MAX_WIDTH = 256  # channels; the published ones have 64
MAX_DEPTH = 100  # blocks, or convolutions of a compact network; the published ones have up to 34
_OLD_BLOCK = re.compile(r"^model\.1\.sub\.(\d+)\.RDB(\d)\.conv(\d)\.0\.(weight|bias)$")
_OLD_LAST = re.compile(r"^model\.1\.sub\.\d+\.(weight|bias)$")
_OLD_LAYERS = {"0": "conv_first", "3": "conv_up1", "6": "conv_up2", "8": "conv_hr", "10": "conv_last"}


@dataclass(frozen=True)
class Upscaler:
    """scale: how many times as large a picture becomes. width: channels. depth: blocks of RRDBNet, or convolutions
    between the first and the last. work: multiplications for each pixel of the picture. The last three are 0 of those
    that are not known (other_upscalers.py).
    """

    kind: Literal["rrdb", "compact", "other"]
    scale: int
    width: int
    depth: int
    work: int


def own_name(name: str) -> str:
    """A tensor's name as Real-ESRGAN has it, whichever of the usual ways the file names it."""
    name = next((name.removeprefix(prefix) for prefix in PREFIXES if name.startswith(prefix)), name)
    if block := _OLD_BLOCK.match(name):
        return f"body.{block[1]}.rdb{block[2]}.conv{block[3]}.{block[4]}"
    if last := _OLD_LAST.match(name):
        return f"conv_body.{last[1]}"
    first, _, end = name.removeprefix("model.").partition(".")
    return f"{_OLD_LAYERS[first]}.{end}" if name.startswith("model.") and first in _OLD_LAYERS else name


def upscaler_at(path: Path) -> Upscaler | None:
    """Of a file, told by its header; None where it is none of these. Raises BridgeError (model_unreadable)."""
    if path.suffix == NCNN:
        return upscaler_of(
            {
                f"{name}.{part}": (made, given, 3, 3) if part == "weight" else (made,)
                for name, (made, given) in rrdb_layers().items()
                for part in ("weight", "bias")
            }
        )
    return upscaler_of(read_header(path).header.shapes)


def upscaler_of(shapes: Shapes) -> Upscaler | None:
    """None where the tensors are of anything else, or where one is missing or of another shape."""
    own = {own_name(name): shape for name, shape in shapes.items()}
    return _rrdb(own) or _compact(own)


def _rrdb(shapes: Shapes) -> Upscaler | None:
    first, growth = shapes.get("conv_first.weight", ()), shapes.get("body.0.rdb1.conv1.weight", ())
    if len(first) != 4 or len(growth) != 4 or first[1] not in (3, 12):
        return None
    width, grown = first[0], growth[0]
    depth = len([name for name in shapes if name.endswith(".rdb1.conv1.weight")])
    if not (0 < width <= MAX_WIDTH and 0 < grown <= MAX_WIDTH and 0 < depth <= MAX_DEPTH):
        return None
    wanted = rrdb_layers(width, grown, depth, first[1])
    if not _are(shapes, wanted):
        return None
    seen = 1 if first[1] == 3 else 4  # pixels that are one at the network's own size
    larger = {"conv_up1": 4, "conv_up2": 16, "conv_hr": 16, "conv_last": 16}
    work = sum(9 * made * given * larger.get(name, 1) for name, (made, given) in wanted.items()) // seen
    return Upscaler("rrdb", 4 if seen == 1 else 2, width, depth, work)


def rrdb_layers(width: int = 64, grown: int = 32, depth: int = 23, channels: int = 3) -> dict[str, tuple[int, int]]:
    """RRDBNet's convolutions in the order in which they run, with the channels that each makes and is given."""
    layers = {"conv_first": (width, channels)}
    for block in range(depth):
        for part in (1, 2, 3):
            for layer in (1, 2, 3, 4, 5):
                made = width if layer == 5 else grown
                layers[f"body.{block}.rdb{part}.conv{layer}"] = (made, width + (layer - 1) * grown)
    same = dict.fromkeys(("conv_body", "conv_up1", "conv_up2", "conv_hr"), (width, width))
    return layers | same | {"conv_last": (3, width)}


def _compact(shapes: Shapes) -> Upscaler | None:
    first = shapes.get("body.0.weight", ())
    if len(first) != 4 or first[1] != 3 or not 0 < first[0] <= MAX_WIDTH:
        return None
    width, count = first[0], len([name for name, shape in shapes.items() if len(shape) == 4])
    scale = math.isqrt(max(0, shapes.get(f"body.{2 * (count - 1)}.weight", (0,))[0]) // 3)
    wanted = {f"body.{2 * at}": (width, 3 if at == 0 else width) for at in range(count)}
    wanted[f"body.{2 * (count - 1)}"] = (3 * scale * scale, width)
    slopes = all(shapes.get(f"body.{2 * at + 1}.weight") == (width,) for at in range(count - 1))
    if scale not in SCALES or not 2 <= count <= MAX_DEPTH or not slopes or not _are(shapes, wanted, count - 1):
        return None
    work = sum(9 * made * given for made, given in wanted.values())
    return Upscaler("compact", scale, width, count - 2, work)


def _are(shapes: Shapes, wanted: Mapping[str, tuple[int, int]], more: int = 0) -> bool:
    """Whether these are the convolutions of 3 by 3 that there are, and so many tensors more."""
    right = all(
        shapes.get(f"{name}.weight") == (*sides, 3, 3) and shapes.get(f"{name}.bias") == (sides[0],)
        for name, sides in wanted.items()
    )
    return right and len(shapes) == 2 * len(wanted) + more
