"""Boxes and where a result goes: pure functions. Document pixels, half-open boxes, negative outside the canvas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

STRIP_BYTES = 2**28  # of pixels in one call: GEGL counts bytes in 32 bits


@dataclass(frozen=True)
class Box:
    """[x, x + width) by [y, y + height) in document pixels."""

    x: int
    y: int
    width: int
    height: int

    @classmethod
    def from_edges(cls, left: int, top: int, right: int, bottom: int) -> Box:
        """The box between edges; empty where they cross."""
        return cls(left, top, max(0, right - left), max(0, bottom - top))

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Box:
        return cls(int(value["x"]), int(value["y"]), int(value["width"]), int(value["height"]))

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height

    @property
    def is_empty(self) -> bool:
        return self.width <= 0 or self.height <= 0

    def to_json(self) -> dict[str, int]:
        return {"x": self.x, "y": self.y, "width": self.width, "height": self.height}

    def shifted(self, dx: int, dy: int) -> Box:
        return Box(self.x + dx, self.y + dy, self.width, self.height)

    def union(self, other: Box) -> Box:
        return Box.from_edges(
            min(self.x, other.x), min(self.y, other.y), max(self.right, other.right), max(self.bottom, other.bottom)
        )

    def intersection(self, other: Box) -> Box:
        return Box.from_edges(
            max(self.x, other.x), max(self.y, other.y), min(self.right, other.right), min(self.bottom, other.bottom)
        )

    def contains(self, other: Box) -> bool:
        return self.x <= other.x and self.y <= other.y and self.right >= other.right and self.bottom >= other.bottom


@dataclass(frozen=True)
class Placement:
    """How a result enters an image.

    `canvas` is the box the canvas must cover, in the image's present pixels; None leaves it alone. `shift` leads from
    the present pixels to those after the canvas was resized. `bounds` is where the layer lies after that.
    """

    bounds: Box
    canvas: Box | None
    shift: tuple[int, int]


def place(bounds: Box, canvas: Box | None, origin: tuple[int, int], now: Box, origin_now: tuple[int, int]) -> Placement:
    """Where a result made in older coordinates lies today.

    `origin` and `origin_now` count how far Layerbridge's outpaints had moved the picture to the right and down when the
    job was sent, and now: an outpaint that was applied in between moved everything. `canvas` is the canvas that the
    result wants (outpaint only), in the older coordinates; `now` is the present canvas.
    """
    dx, dy = origin_now[0] - origin[0], origin_now[1] - origin[1]
    there = bounds.shifted(dx, dy)
    if canvas is None:
        return Placement(there, None, (0, 0))
    wanted = now.union(canvas.shifted(dx, dy))
    if wanted == now:
        return Placement(there, None, (0, 0))
    return Placement(there.shifted(-wanted.x, -wanted.y), wanted, (-wanted.x, -wanted.y))


def origin_text(origin: tuple[int, int]) -> str:
    """As it is noted with an image, a result or a job."""
    return f"{origin[0]},{origin[1]}"


def origin_from(text: str) -> tuple[int, int]:
    """What `origin_text` gave; 0, 0 of anything else."""
    x, _comma, y = text.partition(",")
    try:
        return int(x), int(y)
    except ValueError:
        return 0, 0


def recut(data: bytes, box: Box, wanted: Box) -> bytes:
    """An 8-bit mask that covers `box`, cut or extended with zeros to cover `wanted`."""
    out = bytearray(wanted.width * wanted.height)
    common = box.intersection(wanted)
    for y in range(common.y, common.bottom):
        start = (y - box.y) * box.width + common.x - box.x
        there = (y - wanted.y) * wanted.width + common.x - wanted.x
        out[there : there + common.width] = data[start : start + common.width]
    return bytes(out)


def strips_of(rows: int, bytes_per_row: int, most_bytes: int = STRIP_BYTES) -> Iterator[tuple[int, int]]:
    """The first row and the number of rows of strips of at most `most_bytes` each, but of one row at least."""
    step = max(1, most_bytes // max(1, bytes_per_row))
    for top in range(0, rows, step):
        yield top, min(step, rows - top)


def shortened(text: str, longest: int = 48) -> str:
    """One line of at most `longest` characters, cut between words where that is possible."""
    line = " ".join(text.split())
    if len(line) <= longest:
        return line
    at_word = line[:longest].rpartition(" ")[0]
    return (at_word if len(at_word) > longest // 2 else line[: longest - 1]).rstrip(" ,;.") + "…"
