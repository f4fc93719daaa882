"""How soon something happens, measured again where a busy machine made it late: what is always late still fails."""

from __future__ import annotations

from collections.abc import Callable

TRIES = 4


def soonest(measure: Callable[[], float], limit: float) -> float:
    """The least that `measure` gave, which is asked again only as long as nothing was below `limit`."""
    least = float("inf")
    for _ in range(TRIES):
        least = min(least, measure())
        if least < limit:
            break
    return least
