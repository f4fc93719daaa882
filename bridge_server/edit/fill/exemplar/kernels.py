"""What a fill by example compiles: its kernels, each for the one list of arguments with which it is ever called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...compiled import made_ready
from . import continuation, first, matching, poisson, voting

FLAGS, PLACES, COSTS, WEIGHTS = "u1[:,::1]", "i2[:,::1]", "i4[:,::1]", "f4[:,::1]"  # of numba: C order
PICTURE, SLOPES = "f4[:,:,::1]", "f4[:,:,:,::1]"
SIDES = "i8,i8,i8,i8"  # first, last, left, right
GUIDE = f"{COSTS},{FLAGS},{WEIGHTS}"  # price, number, ways
FAR = "f8,f8,i8"  # down, across, own

Kernel = tuple[Any, str]  # numba has no types; the types of its arguments

KERNELS: tuple[Kernel, ...] = (
    (matching.distance, f"(i8,i8,i8,i8,{FAR})"),
    (matching.search, f"({SIDES},i2[::1],{FLAGS},{FLAGS},{GUIDE},i4[:,::1],i8,{PLACES},{PLACES},{COSTS},{PLACES},"
                      f"{PLACES},i8[:,::1],i8,{FAR},f8,i8,i8,b1)"),
    (matching.measure, f"({SIDES},i2[::1],{FLAGS},{GUIDE},{PLACES},{PLACES},{COSTS},{FAR})"),
    (first.paste_inwards, f"(i2[:,:,::1],{FLAGS},{FLAGS},{FLAGS},{GUIDE},{WEIGHTS},{WEIGHTS},{FAR},i8)"),
    (voting.weigh, f"({SIDES},{FLAGS},{COSTS},{WEIGHTS},{FLAGS},f8,{WEIGHTS})"),
    (poisson.divergence, f"(i8,i8,{FLAGS},{PICTURE},{SLOPES},{PICTURE},f4)"),
    (voting.vote_features, f"({SIDES},{FLAGS},{FLAGS},{PLACES},{PLACES},{WEIGHTS},{WEIGHTS},i2[:,:,::1])"),
    (poisson.relax, f"(i8,i8,i8,{FLAGS},{PICTURE},{PICTURE},f4,f4)"),
    (voting.vote_colors, f"({SIDES},{FLAGS},{FLAGS},{PLACES},{PLACES},{WEIGHTS},{WEIGHTS},{PICTURE},i8,{PICTURE},"
                         f"{SLOPES})"),
    (continuation.predict, f"(i8,i8,{PICTURE},{FLAGS},{WEIGHTS},f8[:,:,::1],i8[:,::1],f8[:,:,::1],i8[:,::1],"
                           f"{PICTURE},{WEIGHTS})"),
)  # fmt: skip
# The first one is soon done, and tells whether all of it is to be compiled. A second process begins at the other end,
# and those in the middle are the quickest, since both may be at the same one there.


def ready(from_the_end: bool = False) -> Iterator[bool]:
    """Compiles them one by one, or reads them from numba's cache; gives for each whether it had to be compiled."""
    return made_ready(reversed(KERNELS) if from_the_end else KERNELS)
