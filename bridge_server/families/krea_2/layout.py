"""What the tensors of a single file tell of Krea 2's transformer (standard library only).

Names: https://github.com/krea-ai/krea-2 and diffusers' Krea2Transformer2DModel; some programs write something before
each.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from ..transformer_files import ROOTS, Shapes, has_each

MARKS = ("txtfusion.projector.weight", "text_fusion.projector.weight")  # one of both
DIFFUSERS = MARKS[1]
PICTURE_IN = ("first.weight", "img_in.weight")
TEXT_IN = ("txtmlp.1.weight", "txt_in.linear_1.weight")
PICTURE_OUT = ("last.linear.weight", "final_layer.linear.weight")
NEEDED = (PICTURE_IN, TEXT_IN, PICTURE_OUT)
UNUSED = ("last.up.weight", "last.down.weight")  # of the makers' files, which no program reads
BLOCK = re.compile(r"(?:transformer_)?blocks\.(\d{1,3})\.attn\.(?:wq|to_q)\.weight")


def root_of(names: Collection[str]) -> str | None:
    """What comes before the names of the transformer's tensors; None: these are none of Krea 2."""
    return next((root for root in ROOTS if any(root + mark in names for mark in MARKS)), None)


def is_whole(names: Collection[str], root: str) -> bool:
    return has_each(names, root, NEEDED)


def layers_read(shapes: Shapes, root: str) -> int:
    """Of the text encoder; 0 where the tensor that tells it is none."""
    shape = next((shapes[root + mark] for mark in MARKS if root + mark in shapes), ())
    return shape[1] if len(shape) == 2 else 0


def blocks_of(names: Collection[str], root: str) -> int:
    """How many blocks there are, counted to the first that is missing."""
    found = {int(match[1]) for name in names if (match := BLOCK.fullmatch(name.removeprefix(root)))}
    return next(number for number in range(len(found) + 1) if number not in found)
