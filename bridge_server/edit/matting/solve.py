"""Conjugate gradients with a diagonal preconditioner (Saad: Iterative Methods for Sparse Linear Systems, 2003, 9.1)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Doubles = NDArray[np.float64]
CHECKED = 8  # rounds between two looks whether the work was stopped


def solve(
    matrix: csr_array, right: Doubles, start: Doubles, tolerance: float, rounds: int, check: Callable[[], None]
) -> Doubles:
    """x of matrix · x = right, for a symmetric positive definite matrix.

    Until the residual is `tolerance` of that of zero, or after `rounds`. The same bytes whatever the number of threads:
    sums are taken by numpy, not by a BLAS. Raises what `check` raises.
    """
    inverse = 1 / np.maximum(matrix.diagonal(), 1e-12)
    x = start.copy()
    residual = right - matrix @ x
    enough = tolerance**2 * max(_inner(right, inverse * right), 1e-30)
    leaning = inverse * residual
    direction = leaning.copy()
    energy = _inner(residual, leaning)
    for done in range(rounds):
        if energy <= enough:
            return x
        if done % CHECKED == 0:
            check()
        applied = matrix @ direction
        length = energy / _inner(direction, applied)
        x += length * direction
        residual -= length * applied
        leaning = inverse * residual
        before, energy = energy, _inner(residual, leaning)
        direction *= energy / before
        direction += leaning
    return x


def _inner(one: Doubles, other: Doubles) -> float:
    return float(np.einsum("i,i->", one, other))
