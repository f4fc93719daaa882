"""`python -m bench.fidelity` measures the edit core beside published methods and prints the tables."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import cv2
import platformdirs
import torch
from diffusers.utils import logging as diffusers_logging
from transformers.utils import logging as transformers_logging

from bridge_server.plan.families import NativeSize
from bridge_server.plan.steps import STEPS

from .cases import Case, make_cases
from .methods import Method, Model, ours
from .models import biased, ideal, identity_ideal, intended
from .photographs import photographs
from .published import PUBLISHED
from .report import OURS, table, target_table, targets
from .run import Row, measure
from .starter import autoencoder, load_starter, starter

NATIVE = NativeSize.around(192, 16)  # of the models that return the truth
MODELS = ("identity", "ideal", "biased", "intended", "starter")
STARTER_CASES = 60


def main() -> None:
    options = _options()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    for logging in (diffusers_logging, transformers_logging):
        logging.set_verbosity_error()
        logging.disable_progress_bar()
    loaded = load_starter()
    vae = autoencoder(loaded, options.cache)
    makers: dict[str, tuple[Callable[[Case], Model], NativeSize]] = {
        "identity": (identity_ideal, NATIVE),
        "ideal": (lambda case: ideal(case, vae), NATIVE),
        "biased": (lambda case: biased(case, vae), NATIVE),
        "intended": (intended, NATIVE),
        "starter": (
            lambda _case: starter(loaded, options.cache),
            NativeSize.around(loaded.ref.native_side, loaded.ref.multiple),
        ),
    }
    methods: dict[str, Method] = {OURS: ours(options.without)} | PUBLISHED
    methods = {name: method for name, method in methods.items() if name in options.methods}
    photos = photographs(options.photographs)
    rows: list[Row] = []
    for model in options.models:
        native = makers[model][1]
        count = min(options.cases, STARTER_CASES) if model == "starter" else options.cases
        cases = make_cases(count, options.seed, photos, native.side)
        rows += measure(cases, {model: makers[model]}, methods, _progress(model, len(cases)))
    print(file=sys.stderr)
    print(table(rows), "", target_table(targets(rows)), sep="\n")
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        lines = [{k: None if v != v else v for k, v in asdict(row).items()} for row in rows]
        (options.out / "rows.json").write_text(json.dumps(lines, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.fidelity", description=__doc__)
    names = (OURS, *PUBLISHED)
    parser.add_argument("--cases", type=int, default=220)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--models", type=_list_of(MODELS), default=list(MODELS), help=",".join(MODELS))
    parser.add_argument("--methods", type=_list_of(names), default=list(names), help=",".join(names))
    parser.add_argument("--without", type=_steps, default=frozenset[str](), help=f"steps left out: {','.join(STEPS)}")
    parser.add_argument("--photographs", type=Path, help="a folder with more photographs")
    parser.add_argument("--out", type=Path, help="folder for the rows and the pictures")
    parser.add_argument(
        "--cache", type=Path, default=platformdirs.user_cache_path("layerbridge") / "fidelity", help="of model outputs"
    )
    return parser.parse_args()


def _list_of(allowed: tuple[str, ...]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        wanted = [name for name in text.split(",") if name]
        unknown = [name for name in wanted if name not in allowed]
        if unknown:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: choose from {', '.join(allowed)}")
        return wanted

    return parse


def _steps(text: str) -> frozenset[str]:
    return frozenset(_list_of(STEPS)(text))


def _progress(model: str, count: int) -> Callable[[str], None]:
    done = 0

    def report(name: str) -> None:
        nonlocal done
        done += 1
        print(f"\r\033[K{model} {done}/{count} {name}", end="", file=sys.stderr, flush=True)

    return report


if __name__ == "__main__":
    main()
