"""`python -m bench.cutouts [--rounds 2] [--width 960]` prints how exact cut-outs are, where alpha is known.

`--held-out FOLDER --font NotoColorEmoji.ttf`: of composites on which nothing was chosen, from the photographs that
`bench.removal.gather` puts into FOLDER/photographs. `--set 2`: of those that were drawn after the first were
seen; `--set 3`: of other photographs, glyphs and ways to draw than the network that refines edges has met.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2

from starter_training.glyphs import find_font

from .composites import composites
from .held_out import SETS, held_out
from .measure import measure, summary, table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2, help="how many times two pictures of each kind")
    parser.add_argument("--width", type=int, default=960, help="pixels; the height is three quarters of it")
    parser.add_argument("--held-out", type=Path, help="folder of bench.removal.gather")
    parser.add_argument("--set", type=int, choices=SETS, default=1, help="which of the held-out ones")
    parser.add_argument("--font", type=Path, help="NotoColorEmoji.ttf, where it is not found by itself")
    parser.add_argument("--pictures", type=Path, help="folder for a picture of each: composite, alpha, network's, ours")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    size = options.width, options.width * 3 // 4
    if options.held_out is None:
        cases = composites(*size, options.rounds)
    else:
        cases = held_out(options.held_out / "photographs", find_font(options.font), *size, of=SETS[options.set])
    rows = list(measure(cases, options.pictures))
    print(table(rows), summary(rows), sep="\n\n")


if __name__ == "__main__":
    main()
