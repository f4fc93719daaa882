"""How much the blocks of a JPEG show: steps between pixels where its blocks of 8 by 8 meet, beyond those elsewhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .blocks import SIDE

LARGEST = 0.1  # of the values' range: larger steps are edges of the picture
LEAST = 0.6 / 255  # of the values' range: smaller steps nobody sees
SURE = 3.0  # times as far as the other places differ among themselves


def step_of(channel: NDArray[np.float32]) -> float:
    """How high the step is at the blocks' borders of (h, w), the mean of both directions; 0 where there are no blocks.

    The blocks may begin anywhere.
    """
    across, down = _step(channel), _step(channel.T)
    return (across + down) / 2 if min(across, down) >= LEAST else 0.0


def _step(channel: NDArray[np.float32]) -> float:
    """Of the columns. A border's neighbours, whose steps are smaller for it, are no measure of the others."""
    steps = np.abs(np.diff(channel, axis=1))
    beyond = np.clip(steps[:, 1:-1] - (steps[:, :-2] + steps[:, 2:]) / 2, -LARGEST, LARGEST).mean(axis=0, dtype=float)
    if len(beyond) < 4 * SIDE:
        return 0.0
    places = np.array([beyond[place::SIDE].mean() for place in range(SIDE)])
    most = int(places.argmax())
    others = np.roll(places, -most)[2 : SIDE - 1]
    above = float(places[most] - others.mean())
    return above if above > SURE * float(np.ptp(others)) else 0.0
