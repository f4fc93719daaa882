"""What a painter is told about the size of a job before it runs."""

from __future__ import annotations

SLOW = 4.0  # times the work of a small edit, from where on a warning tells so
SOFT_BELOW = 0.5  # painted pixels per document pixel; below, the result is visibly softer than the picture
LARGE_PIXELS = 64 * 1024 * 1024  # no surroundings are added beyond; above, a warning tells of the memory it takes
CONTEXT_BYTES = 30  # per pixel of the context, while the edit core works on it (docs/edit-core.md, Speed and memory)
PAINTED_BYTES = 65  # and per pixel of the picture that is painted of it


def size_warnings(first_scale: float, scale: float, tiles: int, work: float, pixels: int, painted: int) -> list[str]:
    """first_scale, scale: painted pixels per document pixel, in the first and in the last pass. tiles: of the second
    pass, 0 where there is none. work: times that of a small edit. pixels, painted: of the context, and of the picture
    that is painted of it.
    """
    warnings: list[str] = []
    times = f"This area is {1 / first_scale:.1f} times as large as what the model paints at once"
    if tiles and work >= SLOW:
        so = f"so it is painted in up to {tiles} tiles, and takes up to about {work:.0f} times as long as a small one."
        warnings.append(f"{times}, {so}")
    if scale < SOFT_BELOW:
        so = f"It is painted at {scale:.0%} of its resolution at most" if tiles else times
        warnings.append(f"{so}, so the result will look soft. Select a smaller area for more detail.")
    if pixels > LARGE_PIXELS:
        gigabytes = (pixels * CONTEXT_BYTES + painted * PAINTED_BYTES) / 2**30
        warnings.append(f"Working on so large an area takes up to {gigabytes:.0f} GB of memory.")
    return warnings
