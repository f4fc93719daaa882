"""What a frozen case says: one job as an editor would send it, in words and numbers instead of pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Shape = tuple[str, Mapping[str, Any]]


def rect(x: int, y: int, width: int, height: int, value: int = 255) -> Shape:
    """A box of one value; document pixels, mask values 0 to 255."""
    return "rect", {"box": (x, y, width, height), "value": value}


def ellipse(x: int, y: int, width: int, height: int, soft: int = 0) -> Shape:
    """The ellipse in a box. soft: pixels over which its edge fades, half of them outside; 0: a hard edge."""
    return "ellipse", {"box": (x, y, width, height), "soft": soft}


def line(x0: int, y0: int, x1: int, y1: int, width: int) -> Shape:
    """A line with round ends, so many pixels wide."""
    return "line", {"ends": (x0, y0, x1, y1), "width": width}


def inverted(*shapes: Shape) -> tuple[Shape, ...]:
    """All but these shapes."""
    return (*shapes, ("invert", {}))


@dataclass(frozen=True)
class Case:
    """One job, and one question to the planner.

    name: of the case; unique, and the name it is recorded under. kind: what the user asks for. size: of the document,
    width and height in pixels. options: fields of the request as the wire has them; steps are 3 where none are given.
    model: one of models.MODELS. paint: False where only the plan is asked for.

    picture: a name of inputs.PICTURES. at: the pixel of the photograph that is the document's first. dtype: u8, u16 or
    f32. channels: gray, graya, rgb or rgba. profile: None, a name, or "icc:" and one of inputs.PROFILES.

    mask: shapes, the brightest of which counts where they overlap; empty: nothing is selected. layer: the box that an
    image to image without a selection is for. send: the box that is sent instead of the plan's capture.
    """

    name: str
    kind: str
    size: tuple[int, int]
    mask: tuple[Shape, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    model: str = "tiny"
    picture: str = "photo"
    at: tuple[int, int] = (0, 0)
    dtype: str = "u8"
    channels: str = "rgb"
    profile: str | None = None
    layer: tuple[int, int, int, int] | None = None
    send: tuple[int, int, int, int] | None = None
    paint: bool = True
