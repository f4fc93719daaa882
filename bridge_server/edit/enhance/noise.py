"""How strong a picture's noise is: what its smoothest places hold of the finest detail.

Ponomarenko and others: "An automatic approach to lossy compression of AVIRIS images" (2007), section 3.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .blocks import SIDE, coefficients

SMOOTHEST = 0.03  # of the blocks
FEWEST = 16  # blocks of which a deviation can be told
FINE = 9  # from this sum of both frequencies on, of at most 14, a coefficient is of fine detail
MEDIAN = 0.6745  # of the absolute values of a normal distribution of deviation 1

_SUM = np.add.outer(np.arange(SIDE), np.arange(SIDE))


def noise_of(channel: NDArray[np.float32], usable: NDArray[np.bool_]) -> float:
    """The standard deviation of the noise in (8 m, 8 n); 0 where there is too little to tell it.

    usable: (m, n), of each block whether it counts.
    """
    blocks = coefficients(channel)[usable]
    if len(blocks) < FEWEST:
        return 0.0
    coarse = np.square(blocks[:, (_SUM > 0) & (_SUM < FINE)]).sum(axis=1)
    smooth = np.argsort(coarse, kind="stable")[: max(FEWEST, round(SMOOTHEST * len(blocks)))]
    return float(np.median(np.abs(blocks[smooth][:, _SUM >= FINE]))) / MEDIAN
