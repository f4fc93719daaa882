"""How long a network takes to enlarge a picture: from how much it multiplies, and how fast this machine is at that."""

from __future__ import annotations

from .warnings import Notice

TILE = 320  # pixels of the source
HEAVY_TILE = 160  # the same for RRDBNet: it takes 0.8 GB for one of them, and up to 1.3 s for a layer, on two cores
AROUND = 36  # pixels of the source: what the network (18), the scaling (2 a round) and NEAR (9) look at, and some
ON_CPU = {"rrdb": 2.5e10, "compact": 4e10}  # multiplications a second: measured on two cores
ON_GPU = 5e12  # the same of a graphics card: a guess
LEAST = 10  # seconds: what takes less is not worth a word


def tile_side(kind: str) -> int:
    return TILE if kind == "compact" else HEAVY_TILE


def upscaling_work(kind: str, work: int, own_scale: int, scale: int, pixels: int) -> float:
    """Multiplications. work: for each pixel, of a network that makes pictures own_scale times as large; it runs twice
    where the picture is to become larger. pixels: of the picture.
    """
    side = tile_side(kind)
    around = min(4.0, (side + 2 * AROUND) ** 2 / side**2)
    return work * around * pixels * (1 + own_scale**2 if own_scale < scale else 1)


def takes_long(
    work: float, kind: str, device: str, measured: float | None = None, least: float = LEAST
) -> Notice | None:
    """None where it takes less than so many seconds. work: multiplications of a network of this kind. device: a name
    as torch has it, or "auto" where it is not known yet. measured: multiplications a second there, None: not yet.
    """
    on_cpu, on_gpu = work / ON_CPU.get(kind, ON_CPU["rrdb"]), work / ON_GPU
    if measured:
        seconds, told = work / measured, f"{_told(work / measured)} on this machine"
    elif device.partition(":")[0] == "cpu":
        seconds, told = on_cpu, f"{_told(on_cpu)} on two processor cores"
    elif device == "auto":
        seconds, told = on_cpu, f"{_told(on_cpu)} on two processor cores, or {_told(on_gpu)} on a graphics card"
    else:
        seconds, told = on_gpu, f"{_told(on_gpu)} on a graphics card"
    if seconds < least:
        return None
    return Notice("takes_long", f"Enlarging takes about {told}. It can be stopped at any time.")


def _told(seconds: float) -> str:
    for limit, unit, name in ((90, 1, "seconds"), (7200, 60, "minutes"), (float("inf"), 3600, "hours")):
        if seconds < limit:
            return _counted(max(1, round(seconds / unit)), name)
    raise ValueError(seconds)


def _counted(number: int, name: str) -> str:
    return f"{number} {name.removesuffix('s') if number == 1 else name}"
