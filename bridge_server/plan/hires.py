"""The hires pass: the second one of areas far larger than the model's size. How large, and in which tiles.

The first pass paints the whole context at the working size, which settles what is where. Its picture is then enlarged,
up to the document's own resolution, and painted again at low strength in overlapping tiles of the model's native size.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from .bounds import Bounds
from .native import NativeSize
from .working import nearest_multiple

HIRES_BELOW = 0.75  # working pixels per document pixel; above, enlarging costs little that one would see
STRENGTH = 0.35  # of the second pass: it adds detail, and is too weak to begin new objects
AREA_IN_SQUARES = 64  # of all tiles together at most, in squares of the native resolution
MAX_PIXELS = 24 * 1024 * 1024  # of the picture of the hires pass, whatever the model
THIN = 6  # what is thinner than a sixth of the native resolution holds no composition that tiles could miss
MIN_OVERLAP = 4  # cells
OVERLAP_OF_TILE = 8  # an eighth of the native resolution
SLACK = 2  # cells by which a tile must be inside what is kept to be left out


Changes = Callable[[Bounds], bool]


@dataclass(frozen=True)
class HiresPass:
    """The second pass. All in pixels of its picture, which shows the plan's working_bounds at width by height.

    tiles: in the order in which they are painted, row by row; each covers at least `overlap` pixels of its neighbours,
    and lies at a multiple of the cell. Only tiles that can touch what is repainted are among them.
    cell: as NativeSize.cell. strength: 0 to 1. first_pass: whether the whole is painted at the working size before;
    else the tiles start from the document's own pixels and have the job's own strength, since a first pass would only
    take detail away.
    """

    width: int
    height: int
    tiles: tuple[Bounds, ...]
    overlap: int
    cell: int
    strength: float
    first_pass: bool


def paints_directly(
    strength: float, repainted: int, selected: int, scale: float, native: NativeSize, *, whole_only: bool = False
) -> bool:
    """Whether a first pass would be of no use.

    So for a weak edit, whose result is close to the document, unless whole_only: then each tile would show what the
    prompt says once more. And for a thin one: a scratch or a wire that is a pixel
    or two wide in the first pass, or at least no wider than a latent cell there, as long as half of a tile shows what
    is around it. repainted, selected: how thick these are, in document pixels. scale: working pixels of the first pass
    per document pixel.
    """
    if (strength <= STRENGTH and not whole_only) or repainted * THIN <= native.side:
        return True
    return selected * scale <= native.latent_cell and 2 * repainted <= native.side


def whole_side(length: int, native: NativeSize) -> int:
    """The least side, no shorter than `length`, that the second pass can paint at a document's own resolution."""
    unit = native.multiple if length <= native.side else native.cell
    return -(-length // unit) * unit


def plan_hires(
    bounds: Bounds,
    repainted: Bounds,
    kept: Bounds,
    native: NativeSize,
    strength: float,
    directly: bool = False,
    changes: Changes | None = None,
) -> HiresPass | None:
    """The second pass for what the working picture shows, or None where no tile would touch what is repainted.

    As large as `bounds` or less: both the picture and the work, which is what the tiles cover, have a limit.
    repainted: the box of what changes. kept: a box in which nothing changes (may be empty). changes: whether anything
    may change in a box; None: this is not known. All in document pixels.
    """
    cell = native.cell
    overlap = max(MIN_OVERLAP * cell, native.side // OVERLAP_OF_TILE // cell * cell)
    overlap = min(overlap, native.side // 2 // cell * cell)
    limit = MAX_PIXELS
    while True:
        width, height = hires_size(bounds, native, limit)
        tiles = _tiles(bounds, repainted, kept, (width, height), native, overlap)
        if changes is not None:
            tiles = tuple(tile for tile in tiles if changes(_on_document(tile.grow(cell), bounds, (width, height))))
        excess = sum(tile.area for tile in tiles) / (AREA_IN_SQUARES * native.side * native.side)
        if excess <= 1.0:
            break
        limit = int(min(limit, width * height) / max(1.05, excess))
    if not tiles:
        return None
    return HiresPass(width, height, tiles, overlap, cell, strength if directly else STRENGTH, not directly)


def hires_size(bounds: Bounds, native: NativeSize, limit: int) -> tuple[int, int]:
    """The size of `bounds` or less, so that it has no more than about `limit` pixels.

    A side longer than the native one is a multiple of the cell; a shorter one, which a single tile has to cover, of
    the model's multiple.
    """
    scale = min(1.0, math.sqrt(limit / bounds.area))
    width, height = _side(bounds.width * scale, native), _side(bounds.height * scale, native)
    if width * height > limit:  # a strip so narrow that its short side had to be enlarged
        width, height = min(width, _side(limit / height, native)), min(height, _side(limit / width, native))
    return width, height


def _tiles(
    bounds: Bounds, repainted: Bounds, kept: Bounds, size: tuple[int, int], native: NativeSize, overlap: int
) -> tuple[Bounds, ...]:
    """The tiles of a picture of this size, but for those that cannot touch what is repainted."""
    across, down = size[0] / bounds.width, size[1] / bounds.height
    touched = _scaled(repainted.relative_to(bounds), across, down).grow(native.cell)
    untouched = _scaled(kept.relative_to(bounds), across, down)
    untouched = untouched if untouched.is_empty else untouched.grow(-SLACK * native.cell)
    columns, rows = _spans(size[0], native, overlap), _spans(size[1], native, overlap)
    tiles = (Bounds(x, y, width, height) for y, height in rows for x, width in columns)
    return tuple(tile for tile in tiles if not tile.intersect(touched).is_empty and not _inside(tile, untouched))


def _side(length: float, native: NativeSize) -> int:
    cells = round(length / native.cell) * native.cell
    return cells if cells > native.side else nearest_multiple(length, native.multiple)


def _spans(length: int, native: NativeSize, overlap: int) -> list[tuple[int, int]]:
    """(start, length) of as few equal tiles as cover an axis, each no longer than the native resolution.

    Starts are rounded down to latent cells; two neighbours then still share `overlap` pixels, since the lengths are
    multiples of a cell.
    """
    if length <= native.side:
        return [(0, length)]
    count = math.ceil((length - overlap) / (native.side - overlap))
    tile = -(-(length + (count - 1) * overlap) // (count * native.multiple)) * native.multiple
    free = length - tile
    return [(free * index // (count - 1) // native.cell * native.cell, tile) for index in range(count)]


def _scaled(box: Bounds, across: float, down: float) -> Bounds:
    """The box of all pixels that the scaled box touches."""
    return Bounds.from_edges(
        math.floor(box.x * across),
        math.floor(box.y * down),
        math.ceil(box.right * across),
        math.ceil(box.bottom * down),
    )


def _on_document(box: Bounds, bounds: Bounds, size: tuple[int, int]) -> Bounds:
    """The document's pixels that a box of a picture of this size shows."""
    across, down = bounds.width / size[0], bounds.height / size[1]
    return _scaled(box, across, down).translate(bounds.x, bounds.y)


def _inside(tile: Bounds, box: Bounds) -> bool:
    return not box.is_empty and box.contains(tile)
