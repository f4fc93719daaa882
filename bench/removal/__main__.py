"""`python -m bench.removal FOLDER` measures fills by example beside others on the photographs that
`python -m bench.removal.gather FOLDER` has fetched. What was made stays in the folder; the same command goes on.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import torch
from diffusers.utils import logging as diffusers_logging
from transformers.utils import logging as transformers_logging

from bridge_server.edit.fill.exemplar import prepare_fill

from ..fidelity.documents import write_tables
from ..fidelity.sheets import save
from .cases import Case, make_cases
from .methods import OURS, Method, methods
from .report import blocks, worst
from .run import Row, Store, run
from .sheets import chance, sheet
from .sources import SHAREABLE

PAGE = Path(__file__).parents[2] / "docs" / "fill-by-example.md"
IMAGE = PAGE.parent / "images" / "fill-by-example.jpg"
WORST, CHANCE, PER_SHEET = 10, 20, 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1, help="of the holes, and of the fill by example")
    parser.add_argument("--rounds", type=int, default=1, help="holes in each photograph")
    parser.add_argument("--methods", help="names with commas between; left out: all that are there")
    parser.add_argument("--made", action="store_true", help="make nothing: tables of what is there")
    parser.add_argument("--sheets", type=Path, help="folder for the pictures of the worst cases and of some by chance")
    parser.add_argument("--write-docs", action="store_true", help="write the tables into docs/fill-by-example.md")
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    for logging in (diffusers_logging, transformers_logging):
        logging.set_verbosity_error()
        logging.disable_progress_bar()
    prepare_fill()  # so that compiling is not counted
    folder = options.folder.absolute()
    cases = make_cases(folder / "photographs", options.seed, options.rounds)
    there = methods(folder, options.seed)
    chosen = [method for method in there if not options.methods or method.name in options.methods.split(",")]
    store = Store(folder / "results", makes=not options.made)
    rows = run(cases, chosen, store, lambda text: print(f"\r\033[K{text}", end="", file=sys.stderr))
    found = blocks(rows)
    print("", *(f"## {name}\n{block}\n" for name, block in found.items()), sep="\n")
    filled = {row.case for row in rows if row.method == OURS}
    cases = [case for case in cases if case.name in filled]
    if options.sheets:
        _write_sheets(options.sheets, cases, rows, chosen, store, options.seed)
    if options.write_docs:
        write_tables(found, PAGE)
        shareable = [case for case in cases if case.photograph.licence in SHAREABLE]
        save(IMAGE, sheet(chance(shareable, PER_SHEET, options.seed), chosen, store))


def _write_sheets(
    folder: Path, cases: Sequence[Case], rows: Sequence[Row], methods: Sequence[Method], store: Store, seed: int
) -> None:
    """worst-N.jpg and chance-N.jpg, of which each shows a few cases; what was not made yet is made."""
    named = {case.name: case for case in cases}
    for name, chosen in (
        ("worst", [named[case] for case in worst(rows, WORST)]),
        ("chance", chance(cases, CHANCE, seed)),
    ):
        for start in range(0, len(chosen), PER_SHEET):
            picture = sheet(chosen[start : start + PER_SHEET], methods, store)
            save(folder / f"{name}-{start // PER_SHEET + 1}.jpg", picture)


if __name__ == "__main__":
    main()
