"""Which runner carries out which operation."""

from __future__ import annotations

from collections.abc import Mapping

from . import img2img, inpaint, outpaint, remove, txt2img
from .base import Runner


def builtin_runners() -> Mapping[str, Runner]:
    """Those of the operations that Layerbridge ships, by the operation's name."""
    return {
        "inpaint": inpaint.run,
        "remove": remove.run,
        "outpaint": outpaint.run,
        "img2img": img2img.run,
        "txt2img": txt2img.run,
    }
