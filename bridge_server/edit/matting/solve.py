"""Conjugate gradients with a diagonal preconditioner (Saad: Iterative Methods for Sparse Linear Systems, 2003, 9.1)."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ..compiled import processors

Values = NDArray[np.floating[Any]]
Check = Callable[[], None]
Times = Callable[[Values], Values]
ENOUGH = 50_000  # rows that are worth the threads
CHECKED = 8  # rounds between two looks whether the work was stopped


def solve(matrix: csr_array, right: Values, start: Values, tolerance: float, rounds: int, check: Check) -> Values:
    """x of matrix · x = right, for a symmetric positive definite matrix.

    Until the residual is `tolerance` of that of zero, or after `rounds`. The same bytes whatever the number of threads:
    sums are taken by numpy, not by a BLAS. Raises what `check` raises.
    """
    inverse = 1 / np.maximum(matrix.diagonal(), right.dtype.type(1e-12))
    with _times(matrix) as times:
        return _solved(times, inverse, right, start, tolerance, rounds, check)


def _solved(
    times: Times, inverse: Values, right: Values, start: Values, tolerance: float, rounds: int, check: Check
) -> Values:
    x = start.copy()
    residual = right - times(x)
    enough = tolerance**2 * max(_inner(right, inverse * right), 1e-30)
    leaning = inverse * residual
    direction = leaning.copy()
    energy = _inner(residual, leaning)
    for done in range(rounds):
        if energy <= enough:
            return x
        if done % CHECKED == 0:
            check()
        applied = times(direction)
        length = energy / _inner(direction, applied)
        x += length * direction
        residual -= length * applied
        leaning = inverse * residual
        before, energy = energy, _inner(residual, leaning)
        direction *= energy / before
        direction += leaning
    return x


@contextmanager
def _times(matrix: csr_array) -> Generator[Times]:
    """The product with a vector: of a large matrix a part of its rows on each processor, which changes no row's sum."""
    count = processors() if matrix.shape[0] > ENOUGH else 1
    if count == 1:
        yield matrix.__matmul__
        return
    ends = np.linspace(0, matrix.shape[0], count + 1).astype(np.intp)
    parts = [_rows(matrix, int(first), int(last)) for first, last in pairwise(ends)]
    with ThreadPoolExecutor(count - 1, thread_name_prefix="solve") as pool:

        def times(vector: Values) -> Values:
            others = [pool.submit(part.__matmul__, vector) for part in parts[1:]]
            return np.concatenate([parts[0] @ vector, *(other.result() for other in others)])

        yield times


def _rows(matrix: csr_array, first: int, last: int) -> csr_array:
    """Of the same memory."""
    start, end = matrix.indptr[first], matrix.indptr[last]
    parts = matrix.data[start:end], matrix.indices[start:end], matrix.indptr[first : last + 1] - start
    return csr_array(parts, shape=(last - first, matrix.shape[1]))


def _inner(one: Values, other: Values) -> float:
    return float(np.einsum("i,i->", one, other))
