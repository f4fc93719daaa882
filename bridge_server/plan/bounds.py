"""Boxes of whole pixels. Half-open, in document pixels, may be negative: [x, x + width) by [y, y + height)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Bounds:
    """A box; width and height are never negative. Raises ValueError where they would be."""

    x: int
    y: int
    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 0 or self.height < 0:
            raise ValueError(f"a box cannot be {self.width} by {self.height} pixels")

    @classmethod
    def from_edges(cls, left: int, top: int, right: int, bottom: int) -> Bounds:
        """The box between two edges; empty (0 by 0) where they cross."""
        if right <= left or bottom <= top:
            return cls(left, top, 0, 0)
        return cls(left, top, right - left, bottom - top)

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height

    @property
    def area(self) -> int:
        return self.width * self.height

    @property
    def is_empty(self) -> bool:
        return self.width == 0 or self.height == 0

    def pad(self, left: int, top: int, right: int, bottom: int) -> Bounds:
        return Bounds.from_edges(self.x - left, self.y - top, self.right + right, self.bottom + bottom)

    def grow(self, pixels: int) -> Bounds:
        return self.pad(pixels, pixels, pixels, pixels)

    def intersect(self, other: Bounds) -> Bounds:
        return Bounds.from_edges(
            max(self.x, other.x), max(self.y, other.y), min(self.right, other.right), min(self.bottom, other.bottom)
        )

    def union(self, other: Bounds) -> Bounds:
        """The smallest box around both; an empty box adds nothing."""
        if self.is_empty:
            return other
        if other.is_empty:
            return self
        return Bounds.from_edges(
            min(self.x, other.x), min(self.y, other.y), max(self.right, other.right), max(self.bottom, other.bottom)
        )

    def contains(self, other: Bounds) -> bool:
        return self.x <= other.x and self.y <= other.y and self.right >= other.right and self.bottom >= other.bottom

    def translate(self, dx: int, dy: int) -> Bounds:
        return Bounds(self.x + dx, self.y + dy, self.width, self.height)

    def relative_to(self, origin: Bounds) -> Bounds:
        """The same box in the coordinates of `origin`'s own pixels, as used to index an array that covers `origin`."""
        return self.translate(-origin.x, -origin.y)

    def grow_to(self, width: int, height: int) -> Bounds:
        """At least width by height pixels, grown evenly on both sides (an odd pixel goes right and down)."""
        dx, dy = max(0, width - self.width), max(0, height - self.height)
        return self.pad(dx // 2, dy // 2, dx - dx // 2, dy - dy // 2)

    def shift_inside(self, outer: Bounds) -> Bounds:
        """Moved, not cut, to lie inside `outer`; on an axis where it is longer than `outer`, cut to `outer`."""
        width, height = min(self.width, outer.width), min(self.height, outer.height)
        x = min(max(self.x, outer.x), outer.right - width)
        y = min(max(self.y, outer.y), outer.bottom - height)
        return Bounds(x, y, width, height)
