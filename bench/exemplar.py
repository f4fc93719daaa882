"""Time and memory of a fill by example: `python -m bench.exemplar [--photo FILE] [--threads 2]`.

Holes of several sizes in a photograph that is enlarged or tiled to 24 megapixels, and a scratch across it. The first
line is the compiling (with an empty NUMBA_CACHE_DIR; by one process, while a worker has a second one do about half) or
the loading of what was compiled. In place, as a job fills.
Seconds of the clock, of all processors, and of the thread that called, while which no other one works: a busy machine
changes the first alone. Memory is the largest resident size that the process has reached beyond what it had before the
first fill, so start the process anew to compare cases.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
import psutil
from numpy.typing import NDArray

from bridge_server.edit.fill.exemplar import FillOptions, fill, prepare_fill

WIDTH, HEIGHT = 6000, 4000
Picture = NDArray[np.float32]


def picture(path: Path) -> Picture:
    """(HEIGHT, WIDTH, 3) sRGB 0 to 1: the photograph, mirrored into itself until it is as large."""
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if pixels is None:
        raise SystemExit(f"{path} is not a picture that can be read")
    height, width = pixels.shape[:2]
    while height < HEIGHT or width < WIDTH:
        pixels = np.vstack((pixels, pixels[::-1])) if height < HEIGHT else np.hstack((pixels, pixels[:, ::-1]))
        height, width = pixels.shape[:2]
    return np.ascontiguousarray(pixels[:HEIGHT, :WIDTH].astype(np.float32) / np.float32(255))


def square(side: int) -> Picture:
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    top, left = (HEIGHT - side) // 2, (WIDTH - side) // 2
    mask[top : top + side, left : left + side] = 1
    return mask


def scratch() -> Picture:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.line(mask, (100, 300), (WIDTH - 100, HEIGHT - 200), 1, 4)
    return mask.astype(np.float32)


def border(margin: int) -> Picture:
    mask = np.ones((HEIGHT, WIDTH), np.float32)
    mask[margin : HEIGHT - margin, margin : WIDTH - margin] = 0
    return mask


CASES: dict[str, Callable[[], Picture]] = {
    "200 x 200": lambda: square(200),
    "500 x 500": lambda: square(500),
    "1000 x 1000": lambda: square(1000),
    "scratch, 4 px": scratch,
    "border, 256 px": lambda: border(256),
}


class Memory:
    """The most that the process has in memory while inside, in bytes."""

    def __enter__(self) -> Memory:
        self._process, self._ended = psutil.Process(), threading.Event()
        self.before = self.most = self._process.memory_info().rss
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def _look(self) -> None:
        while not self._ended.wait(0.02):
            self.most = max(self.most, self._process.memory_info().rss)

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photo", type=Path, default=Path(str(files("skimage") / "data" / "coffee.png")))
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--case", action="append", choices=sorted(CASES))
    options = parser.parse_args()
    began, spent = time.monotonic(), time.process_time()
    prepare_fill()
    print(f"{'preparing':16} {time.monotonic() - began:6.2f} s {time.process_time() - spent:6.2f} s of processors")
    image = picture(options.photo)
    for name in options.case or CASES:
        mask, copy = CASES[name](), image.copy()
        with Memory() as memory:
            began, spent, alone = time.monotonic(), time.process_time(), time.thread_time()
            fill(copy, mask, options=FillOptions(threads=options.threads), in_place=True)
            seconds, work, alone = time.monotonic() - began, time.process_time() - spent, time.thread_time() - alone
        extra = (memory.most - memory.before) / 2**20
        print(
            f"{name:16} {seconds:6.2f} s {work:6.2f} s of processors, {alone:5.2f} s of one thread, "
            f"{extra:6.0f} MB, {mask.sum() / 1e6:.2f} MP filled"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
