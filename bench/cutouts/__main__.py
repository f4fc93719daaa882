"""`python -m bench.cutouts [--rounds 2] [--width 960]` prints how exact cut-outs are, where alpha is known."""

from __future__ import annotations

import argparse

import cv2

from .composites import composites
from .measure import measure, table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2, help="how many times two pictures of each kind")
    parser.add_argument("--width", type=int, default=960, help="pixels; the height is three quarters of it")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    print(table(list(measure(composites(options.width, options.width * 3 // 4, options.rounds)))))


if __name__ == "__main__":
    main()
