"""Makes the starter model: python -m starter_training.run --stage all --out DIR.

Stop it at any time; the same command goes on. The denoiser is trained by several processes together with
torchrun --nproc-per-node 2 -m starter_training.run --stage denoiser --out DIR --threads 1.
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from transformers import CLIPTokenizer

from .autoencoder import AutoencoderSettings, train_autoencoder
from .backgrounds import Backgrounds, load_backgrounds
from .checkpoints import Pauses
from .concepts import load_concepts
from .denoiser import Settings, Training, train
from .export import Card, export_pipeline
from .fetch import fetch_backgrounds
from .glyphs import draw_glyphs, find_font
from .latents import Pool
from .networks import Denoiser, Sizes, load_autoencoder, make_denoiser, make_scheduler, parameter_count
from .painting import Painter, write_sheet
from .samples import Ingredients
from .team import in_company, join_team
from .tokenizer import caption_corpus, train_tokenizer

log = logging.getLogger(__name__)

STAGES = ("tokenizer", "autoencoder", "denoiser", "export", "evaluate")
SIDE, STEPS, GUIDANCE = 128, 10, 2.0
REMOVAL_STRENGTH, REMOVAL_DETAIL = 0.5, 3.0
DATA_SEED = 1


@dataclass(frozen=True)
class Workshop:
    """Where things lie and what they are made of."""

    out: Path
    backgrounds: Backgrounds
    ingredients: Ingredients
    sizes: Sizes
    device: torch.device

    @property
    def tokenizer_folder(self) -> Path:
        return self.out / "tokenizer"

    @property
    def autoencoder_folder(self) -> Path:
        return self.out / "vae"

    @property
    def checkpoint(self) -> Path:
        return self.out / "denoiser.safetensors"

    def tokenizer(self) -> CLIPTokenizer:
        return CLIPTokenizer.from_pretrained(self.tokenizer_folder)


class Unfinished(Exception):  # noqa: N818  (not an error: it was told to stop)
    """A stage stopped before its end, so that the next one cannot begin."""


def make_pauses(
    arguments: argparse.Namespace, checkpoint: Path, at_checkpoint: Callable[[], None] = lambda: None
) -> Pauses:
    """Stops at SIGTERM and Ctrl-C too, with a checkpoint."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    seconds = arguments.checkpoint_seconds
    return Pauses(checkpoint, arguments.minutes, at_checkpoint, seconds, asked_to_stop=stopping.is_set)


def open_workshop(arguments: argparse.Namespace) -> Workshop:
    concepts = load_concepts()
    photographs = arguments.backgrounds or arguments.out / "backgrounds"
    if not photographs.is_dir():
        fetch_backgrounds(photographs)
    backgrounds = load_backgrounds(photographs)
    glyphs = draw_glyphs(concepts, find_font(arguments.font))
    arguments.out.mkdir(parents=True, exist_ok=True)
    ingredients = Ingredients(concepts, glyphs, backgrounds.training, SIDE)
    return Workshop(arguments.out, backgrounds, ingredients, Sizes(), torch.device(arguments.device))


def tokenizer_stage(shop: Workshop, _arguments: argparse.Namespace) -> None:
    if not shop.tokenizer_folder.is_dir():
        corpus = caption_corpus(shop.ingredients.concepts, DATA_SEED)
        train_tokenizer(corpus, shop.tokenizer_folder, shop.sizes.tokens)


def autoencoder_stage(shop: Workshop, arguments: argparse.Namespace) -> None:
    """Once the denoiser has begun, the autoencoder must not change any more: a finished one is left alone."""
    if shop.autoencoder_folder.is_dir():
        return
    settings = AutoencoderSettings(steps=arguments.autoencoder_steps)
    pauses = make_pauses(arguments, shop.out / "autoencoder.safetensors")
    made = train_autoencoder(shop.ingredients, shop.sizes, settings, shop.device, pauses)
    if made is None:
        raise Unfinished("the autoencoder is not finished; the same command goes on with it")
    unfinished = shop.autoencoder_folder.with_suffix(".unfinished")
    made.save_pretrained(unfinished)
    unfinished.replace(shop.autoencoder_folder)


def latent_scale(pool: Pool, path: Path) -> float:
    """What brings latents to a standard deviation of 1; measured once on the first shard and written down."""
    if not path.is_file():
        scale = 1 / float(pool.shard(0).picture.float().std())
        path.write_text(json.dumps({"scaling_factor": scale}), "utf-8")
    return float(json.loads(path.read_text("utf-8"))["scaling_factor"])


def open_pool(shop: Workshop, side: int = SIDE) -> Pool:
    """Samples of `side` pixels, encoded."""
    autoencoder = load_autoencoder(shop.autoencoder_folder).to(shop.device)
    return Pool(shop.out / f"latents-{side}", replace(shop.ingredients, side=side), autoencoder, DATA_SEED)


def open_training(shop: Workshop, settings: Settings) -> Training:
    torch.manual_seed(settings.seed)
    training = Training(make_denoiser(shop.sizes, shop.tokenizer()), settings, shop.device)
    if shop.checkpoint.is_file():
        training.resume(shop.checkpoint)
    return training


def denoiser_stage(shop: Workshop, arguments: argparse.Namespace) -> None:
    settings = replace(Settings(), last_step=arguments.last_step, cooldown=arguments.cooldown)
    team, training, pool = join_team(), open_training(shop, settings), open_pool(shop)
    log.info("%.1f million parameters, step %d", parameter_count(training.denoiser) / 1e6, training.step)
    team.share_out(range(1), lambda _: latent_scale(pool, shop.out / "scale.json"))
    scale = latent_scale(pool, shop.out / "scale.json")

    looked = time.monotonic()

    def look() -> None:
        nonlocal looked
        if time.monotonic() - looked < arguments.sheet_seconds:
            return
        looked = time.monotonic()
        painter = Painter(pool.autoencoder, _copied(training), shop.tokenizer(), scale)
        path = shop.out / "sheets" / f"{training.step:06d}.png"
        path.parent.mkdir(exist_ok=True)
        side = settings.stage(training.step).side
        write_sheet(painter, shop.backgrounds.held_out, path, STEPS, GUIDANCE, side)

    pauses = make_pauses(arguments, shop.checkpoint, look)
    train(training, lambda side: open_pool(shop, side), shop.tokenizer(), scale, make_scheduler(), pauses, team)
    if training.step < settings.last_step:
        raise Unfinished(
            f"the denoiser is at step {training.step} of {settings.last_step}; the same command goes on with it, "
            "and --stage export takes it as it is"
        )


def _copied(training: Training) -> Denoiser:
    return copy.deepcopy(training.average.average)


def export_stage(shop: Workshop, _arguments: argparse.Namespace) -> None:
    training, pool = open_training(shop, Settings()), open_pool(shop)
    painter = Painter(
        pool.autoencoder, _copied(training), shop.tokenizer(), latent_scale(pool, shop.out / "scale.json")
    )
    card = Card(SIDE, STEPS, GUIDANCE, REMOVAL_STRENGTH, REMOVAL_DETAIL)
    export_pipeline(painter, card, shop.backgrounds.training, shop.out / "starter")


def evaluate_stage(shop: Workshop, arguments: argparse.Namespace) -> None:
    from .evaluate import evaluate  # it takes long to import

    evaluate(
        shop.out / "starter",
        shop.backgrounds.held_out,
        shop.ingredients,
        shop.out / "evaluation",
        10 if arguments.quick else 1,
    )


def parse_arguments(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m starter_training.run", description=__doc__)
    parser.add_argument("--stage", choices=("all", *STAGES), default="all")
    parser.add_argument("--out", type=Path, required=True, help="everything is kept here; the model in DIR/starter")
    parser.add_argument(
        "--backgrounds", type=Path, help="folder with the photographs; they are fetched if it is absent"
    )
    parser.add_argument("--font", type=Path, help="NotoColorEmoji.ttf, where it is not found by itself")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or mps")
    parser.add_argument("--threads", type=int, default=0, help="of a CPU; 0: all")
    parser.add_argument("--minutes", type=float, default=1e9, help="train a network for so long at most")
    parser.add_argument("--autoencoder-steps", type=int, default=6000)
    parser.add_argument("--last-step", type=int, default=40_000)
    parser.add_argument("--cooldown", type=int, default=6000, help="last steps, in which the learning rate falls")
    parser.add_argument("--checkpoint-seconds", type=float, default=300)
    parser.add_argument("--sheet-seconds", type=float, default=900, help="between two sheets of samples")
    parser.add_argument("--quick", action="store_true", help="evaluate a tenth of the cases")
    return parser.parse_args(words)


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    arguments = parse_arguments()
    if in_company() and arguments.stage != "denoiser":
        raise SystemExit("torchrun is for --stage denoiser only; run the other stages without it")
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    shop = open_workshop(arguments)
    stages = {
        "tokenizer": tokenizer_stage,
        "autoencoder": autoencoder_stage,
        "denoiser": denoiser_stage,
        "export": export_stage,
        "evaluate": evaluate_stage,
    }
    for stage in STAGES if arguments.stage == "all" else (arguments.stage,):
        log.info("stage %s", stage)
        try:
            stages[stage](shop, arguments)
        except Unfinished as reason:
            raise SystemExit(str(reason)) from None


if __name__ == "__main__":
    main()
