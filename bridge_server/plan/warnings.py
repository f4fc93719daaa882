"""What a user is told about the size of a job before it runs."""

from __future__ import annotations

from dataclasses import dataclass

SLOW = 4.0  # times the work of a small edit, from where on a notice tells so
SOFT_BELOW = 0.5  # painted pixels per document pixel; below, the result is visibly softer than the picture
LARGE_PIXELS = 64 * 1024 * 1024  # no surroundings are added beyond; above, a notice tells of the memory it takes
CONTEXT_BYTES = 30  # per pixel of the context, while the edit core works on it (docs/edit-core.md, Speed and memory)
PAINTED_BYTES = 65  # and per pixel of the picture that is painted of it


@dataclass(frozen=True)
class Notice:
    """code: what it is about, so that a plan's and its job's are known for the same: takes_long, looks_soft,
    much_memory or keeps_fill (docs/protocol.md). message: a sentence for the user.
    """

    code: str
    message: str


def size_notices(
    first_scale: float, scale: float, tiles: int, work: float, pixels: int, painted: int, *, hidden: bool = False
) -> list[Notice]:
    """first_scale, scale: painted pixels per document pixel, in the first and in the last pass that is painted. tiles:
    of the second pass, 0 where there is none. work: times that of a small edit. pixels, painted: of the context, and of
    the picture that is painted of it. hidden: what was hidden is painted, and what was seen can stay as it is.
    """
    notices: list[Notice] = []
    if tiles and work >= SLOW:
        so = f"painted in up to {tiles} tiles, which takes up to about {work:.0f} times as long as a small one."
        notices.append(Notice("takes_long", f"Large area: {so}"))
    if scale < SOFT_BELOW:
        once = f"painted once at the model's size and enlarged {1 / first_scale:.1f} times"
        so = f"painted at {scale:.0%} of its resolution at most" if tiles else once
        more = f"so {'what was hidden' if hidden else 'it'} will look soft. Select a smaller area for more detail."
        notices.append(Notice("looks_soft", f"Large area: {so}, {more}"))
    if pixels > LARGE_PIXELS:
        gigabytes = (pixels * CONTEXT_BYTES + painted * PAINTED_BYTES) / 2**30
        notices.append(Notice("much_memory", f"Working on so large an area takes up to {gigabytes:.0f} GB of memory."))
    return notices
