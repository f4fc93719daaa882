"""`python -m bench.fidelity` measures the edit core beside published methods and prints the tables."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import platformdirs
import torch
from diffusers.utils import logging as diffusers_logging
from transformers.utils import logging as transformers_logging

from bridge_server.families.registry import builtin
from bridge_server.families.stable_diffusion.load import StableDiffusion
from bridge_server.plan.native import NativeSize
from bridge_server.plan.steps import STEPS

from .cases import Case, make_cases
from .documents import IMAGES, read_rows, write_rows, write_tables, write_worst
from .extras import EXTRAS, run_extras
from .fill_trial import fill_sheet
from .methods import Method, ours
from .models import Paint, biased, ideal, identity_ideal, intended, shifted
from .photographs import photographs
from .published import PUBLISHED
from .report import MEASURED, OURS, by_group, table, target_table, targets
from .run import Models, measure
from .sheets import save
from .starter import autoencoder, load_starter, starter

NATIVE = NativeSize.around(192, 16)  # of the models that return the truth
MODELS = ("ideal", "shifted", "biased", "intended", "starter")
ON_DEMAND = ("identity",)


def main() -> None:
    options = _options()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    for logging in (diffusers_logging, transformers_logging):
        logging.set_verbosity_error()
        logging.disable_progress_bar()
    loaded = load_starter()
    vae = autoencoder(loaded, options.cache)
    models = _models(loaded, vae, options.cache)
    known: dict[str, Method] = {OURS: ours(options.disabled_steps)} | PUBLISHED
    methods = {name: known[name] for name in options.methods}
    photos = photographs(options.photographs)
    wanted = options.models or ([] if options.also else list(MODELS))
    also = list(EXTRAS) if options.also is None and not options.models else options.also or []
    rows = read_rows(options.measured)
    cases: dict[str, list[Case]] = {}
    for model in wanted:
        cases[model] = make_cases(options.cases, options.seed, photos, models[model][1].side)
        if not options.measured:
            rows += measure(cases[model], {model: models[model]}, methods, _progress(model, options.cases))
    extras = run_extras(also, methods, vae, NATIVE, loaded, photos, options.cache)
    blocks = {name: found for name, (found, _) in extras.items()}
    asked = [target for _, found in extras.values() for target in found]
    if rows:
        blocks |= {"methods": table(rows), "selections": by_group(rows, 1), "contents": by_group(rows, 2)}
        asked = targets(rows) + asked
    blocks["targets"] = target_table(asked)
    print("", *(f"## {name}\n{block}\n" for name, block in blocks.items()), sep="\n")
    folders = [options.out] if options.out else []
    if options.write_docs:
        write_tables(blocks, partly=set(wanted) < set(MODELS))
        folders.append(IMAGES)
        if "fills" in also:
            save(IMAGES / "fidelity-fills.jpg", fill_sheet(photos, loaded.ref.native_resolution))
    for folder in folders:
        for model in (name for name in wanted if name in MEASURED and OURS in methods):
            write_worst(folder, rows, model, models, cases[model], methods)
    if options.out:
        write_rows(options.out / "rows.json", rows)


def _models(loaded: StableDiffusion, vae: Paint, cache: Path) -> Models:
    real = starter(loaded, cache)
    native = builtin().native_size(loaded.ref.family, loaded.ref.native_resolution, loaded.ref.size_multiple)
    return {
        "identity": (identity_ideal, NATIVE),
        "ideal": (lambda case: ideal(case, vae), NATIVE),
        "shifted": (shifted, NATIVE),
        "biased": (lambda case: biased(case, vae), NATIVE),
        "intended": (intended, NATIVE),
        "starter": (lambda _case: real, native),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.fidelity", description=__doc__)
    names = (OURS, *PUBLISHED)
    parser.add_argument("--cases", type=int, default=220, help="how many, for each model")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--models",
        type=_list_of(MODELS + ON_DEMAND),
        help=f"{','.join(MODELS + ON_DEMAND)}; left out: all but the last, and --also",
    )
    parser.add_argument("--also", type=_list_of(EXTRAS), help=f"what else to measure: {','.join(EXTRAS)}")
    parser.add_argument("--methods", type=_list_of(names), default=list(names), help=",".join(names))
    parser.add_argument(
        "--disabled-steps", type=_steps, default=frozenset[str](), help=f"steps left out: {','.join(STEPS)}"
    )
    parser.add_argument("--photographs", type=Path, help="a folder with more photographs")
    parser.add_argument(
        "--measured", type=Path, nargs="+", default=[], help="rows.json of earlier runs, not to be repeated"
    )
    parser.add_argument("--out", type=Path, help="folder for the rows and the pictures of the worst cases")
    parser.add_argument("--write-docs", action="store_true", help="write tables and pictures into docs/")
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
