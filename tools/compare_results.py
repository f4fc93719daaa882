"""Compares what two checkouts paint: `python -m tools.compare_results --before ../start`. Equal bytes are asked for.

    git worktree add ../start COMMIT
    .venv/bin/python -m tools.compare_results --before ../start

Every frozen case (tests/frozen) is run by a daemon of each, on this machine, with one thread and in single precision;
plans, requests, warnings, names, refusals and geometry are compared by what they mean, pictures, masks and profiles by
their bytes. Cases and models are those of the checkout that the command is run in. Two to four minutes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.frozen.cases import CASES
from tests.frozen.differences import compare, differences
from tests.frozen.drive import HERE, Outcome, run_all, serving
from tests.frozen.models import build_models


def run_tree(tree: Path, home: Path, chosen: list[Any]) -> tuple[dict[str, Outcome], dict[str, Any]]:
    """Outcomes by case, and the names that a user chooses from."""
    started = time.monotonic()
    with serving(tree, home, home.parent / "models") as running:
        names = running.names()
        outcomes = run_all(running, chosen)
    print(f"{tree}: {len(outcomes)} cases in {time.monotonic() - started:.0f} s", file=sys.stderr)
    return outcomes, names


def report(before: dict[str, Outcome], after: dict[str, Outcome], names: list[str]) -> int:
    """Print what differs, case by case; how many cases do."""
    found = {"names": names} | {name: differences(before[name], after[name]) for name in before}
    found = {name: lines for name, lines in found.items() if lines}
    for name, lines in found.items():
        print(f"{name}\n" + "\n".join(f"    {line}" for line in lines))
    print(f"{len(before) - len(found.keys() & before.keys())} of {len(before)} cases are the same")
    sys.stdout.flush()
    return len(found)


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, required=True, help="the checkout to compare with")
    parser.add_argument(
        "--after", type=Path, nargs="+", default=[HERE], help="checkouts that were changed (default: this one)"
    )
    parser.add_argument("--only", default="", help="only cases with this in their names")
    options = parser.parse_args(words)
    os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}
    chosen = [case for case in CASES if options.only in case.name]
    root = Path(tempfile.mkdtemp(prefix="layerbridge-compare-"))
    found = 0
    try:
        build_models(root / "models")
        before, names = run_tree(options.before, root / "before", chosen)
        for number, tree in enumerate(options.after):
            after, names_after = run_tree(tree, root / f"after-{number}", chosen)
            print(f"== {tree}")
            found += report(before, after, list(compare("models", names, names_after)))
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
