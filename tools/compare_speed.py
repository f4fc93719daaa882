"""Speed and memory of two checkouts, side by side: `python -m tools.compare_speed --before ../start [--pairs 5]`.

    git worktree add ../start COMMIT

Each checkout runs its own bench programs, in turns on this machine, so that what else goes on there falls on both. A
figure is the median of the pairs' ratios (after / before, turned round where more is better): 1.05 means 5 % worse.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
NUMBER = r"([\d.,]+)"


@dataclass(frozen=True)
class Figure:
    """Where a bench program prints it. pattern: one group, the number. more: whether more is better."""

    name: str
    program: str
    pattern: str
    more: bool = False


FIGURES = (
    Figure("daemon ready, s", "daemon", rf"ready after +{NUMBER} s"),
    Figure("resident idle, MB", "daemon", rf"resident, idle +{NUMBER} MB"),
    Figure("resident with 200 MB, MB", "daemon", rf"resident, 200 MB +{NUMBER} MB"),
    Figure("picture there and back, s", "daemon", rf"there and back: ours {NUMBER} s"),
    Figure("frame: writing, MB/s", "frame", rf"writing a file: ours {NUMBER} MB/s", more=True),
    Figure("frame: reading, MB/s", "frame", rf"reading a file: ours {NUMBER} MB/s", more=True),
    Figure("frame: joining, MB/s", "frame", rf"joining in memory: ours {NUMBER} MB/s", more=True),
    Figure("edit core, inpaint 1:1, ms", "edit_core", rf"inpaint 1:1 +\S+ -> \S+ +{NUMBER}"),
    Figure("edit core, outpaint 1:1, ms", "edit_core", rf"outpaint 1:1 +\S+ -> \S+ +{NUMBER}"),
    Figure("edit core, 16-bit P3, ms", "edit_core", rf"inpaint 16-bit P3 +\S+ -> \S+ +{NUMBER}"),
)


def run(tree: Path, program: str) -> dict[str, float]:
    """The figures that a checkout's bench program prints, by name."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", f"bench.{program}"]
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{tree}: bench.{program} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    found: dict[str, float] = {}
    for figure in FIGURES:
        if figure.program == program:
            match = re.search(figure.pattern, done.stdout)
            if match is None:
                raise SystemExit(f"{tree}: bench.{program} does not print {figure.name}:\n{done.stdout}")
            found[figure.name] = float(match[1].replace(",", ""))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, required=True, help="the checkout to compare with")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--only", default="", help="only programs with this in their names")
    options = parser.parse_args()
    programs = [name for name in dict.fromkeys(figure.program for figure in FIGURES) if options.only in name]
    before: list[dict[str, float]] = []
    after: list[dict[str, float]] = []
    for pair in range(options.pairs):
        trees = [(options.before.resolve(), before), (HERE, after)]
        for tree, figures in trees if pair % 2 == 0 else reversed(trees):
            figures.append({name: value for program in programs for name, value in run(tree, program).items()})
        print(f"pair {pair + 1} of {options.pairs}", file=sys.stderr)
    print(f"{'':<28}{'before':>10}{'after':>10}{'ratio':>8}   (medians; 1.05 is 5 % worse)")
    for figure in FIGURES:
        if figure.program not in programs:
            continue
        pairs = [(old[figure.name], new[figure.name]) for old, new in zip(before, after, strict=True)]
        ratio = statistics.median(old / new if figure.more else new / old for old, new in pairs)
        was, now = (statistics.median(values) for values in zip(*pairs, strict=True))
        print(f"{figure.name:<28}{was:>10,.2f}{now:>10,.2f}{ratio:>8.2f}")


if __name__ == "__main__":
    main()
