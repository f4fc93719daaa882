"""How large a picture is on paper: pixels per inch, as each kind of file tells them."""

from __future__ import annotations

import math
import struct

Resolution = tuple[float, float]  # pixels per inch, across and down

INCH = 0.0254  # metres
INCHES, CENTIMETERS = 2, 3  # TIFF 6.0, ResolutionUnit
PER_METER = 1  # PNG (third edition), 11.3.4.3: the unit of pHYs that says more than a ratio
MOST = 1e6  # pixels per inch; beyond it, and at 0, what a file says is nonsense
SIDEWAYS = (5, 6, 7, 8)  # Exif's orientations that swap across and down


def plausible(across: float, down: float) -> Resolution | None:
    """None for what no picture can have."""
    return (across, down) if all(math.isfinite(one) and 0 < one <= MOST for one in (across, down)) else None


def turned(resolution: Resolution | None, orientation: int) -> Resolution | None:
    """Of the picture the right way up."""
    return (resolution[1], resolution[0]) if resolution is not None and orientation in SIDEWAYS else resolution


def of_phys(chunk: bytes) -> Resolution | None:
    """The content of PNG's pHYs."""
    if len(chunk) != 9:
        return None
    across, down, unit = struct.unpack(">IIB", chunk)
    return plausible(across * INCH, down * INCH) if unit == PER_METER else None


def phys_of(resolution: Resolution) -> bytes:
    """The content of pHYs: whole pixels per metre."""
    across, down = (max(1, round(one / INCH)) for one in resolution)
    return struct.pack(">IIB", across, down, PER_METER)


def of_tags(across: object, down: object, unit: object) -> Resolution | None:
    """Of TIFF's tags: a fraction (numerator, denominator) for each way, and the unit."""
    scale = {INCHES: 1.0, CENTIMETERS: INCH * 100}.get(int(unit)) if isinstance(unit, int) else None
    match across, down:
        case (int(x), int(x_parts)), (int(y), int(y_parts)) if scale and x_parts and y_parts:
            return plausible(x / x_parts * scale, y / y_parts * scale)
    return None
