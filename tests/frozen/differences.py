"""What differs between two outcomes of one case, as lines that can be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .drive import Outcome, Painted

SHOWN = 160  # characters of a value


def differences(before: Outcome, after: Outcome) -> list[str]:
    """None where plan, end, names, warnings, requests and every byte are the same."""
    lines = [*compare("plan", before.plan, after.plan), *compare("job", before.job, after.job)]
    if len(before.painted) != len(after.painted):
        return [*lines, f"results: {len(before.painted)} -> {len(after.painted)}"]
    for number, (one, other) in enumerate(zip(before.painted, after.painted, strict=True)):
        lines += _results(f"result {number}", one, other)
    return lines


def compare(where: str, before: Any, after: Any) -> Iterator[str]:
    """A line for each value in two JSON values that is not the same; what one of them lacks is `absent`."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            yield from compare(f"{where}.{key}", before.get(key, ABSENT), after.get(key, ABSENT))
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield f"{where}: {_short(before)} -> {_short(after)}"


class _Absent:
    def __repr__(self) -> str:
        return "absent"


ABSENT = _Absent()


def _results(where: str, before: Painted, after: Painted) -> Iterator[str]:
    yield from compare(where, before.told, after.told)
    yield from _bytes(f"{where} image", before.image, after.image)
    yield from _bytes(f"{where} mask", before.mask, after.mask)
    if before.icc != after.icc:
        yield f"{where} icc: {len(before.icc)} bytes -> {len(after.icc)} others"


def _bytes(where: str, before: NDArray[Any], after: NDArray[Any]) -> Iterator[str]:
    if (before.shape, before.dtype) != (after.shape, after.dtype):
        yield f"{where}: {before.dtype} {before.shape} -> {after.dtype} {after.shape}"
    elif before.tobytes() != after.tobytes():
        apart = np.abs(before.astype(np.float64) - after.astype(np.float64))
        yield f"{where}: {np.count_nonzero(apart)} of {apart.size} values differ, by {apart.max():.6g} at most"


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}…"
