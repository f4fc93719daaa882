"""Measures a finished model folder as Layerbridge runs it: one table, and a sheet of samples to look at."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

from bridge_server.pipelines.latents import decode_latents, encode_image

from .backgrounds import Picture, photo_crop
from .captions import with_article
from .classifier import JudgeSettings, judged, make_lesson, train_judge, view
from .concepts import COLORS
from .jobs import Model, open_model, run
from .masks import Mask, border_mask, object_mask, removal_mask
from .measures import color_distance, gradient_distance, psnr
from .painting import Task, draw_sheet, sheet_tasks
from .samples import Ingredients

HELD_OUT_SEED = 20_261_122  # settles the crops and masks of every evaluation
INPAINT_RADIUS = 5  # pixels, for OpenCV's methods


@dataclass(frozen=True)
class Figures:
    """Decibels, and shares of 0 to 1. *_target: what is wanted of the figure above it."""

    crops: int
    reconstruction_db: float
    inpaints: int
    concept_top5: float
    concept_top1: float
    color: float
    judge_top5: float  # how well the judge does on real glyphs: nothing painted can be expected to do better
    judge_color: float
    removals: int
    removal_db: float
    telea_db: float
    navier_stokes_db: float
    closer_gradient: float  # share of cases in which it beats Telea and Navier-Stokes
    closer_colors: float
    closer_both: float
    seconds_each: float


TARGETS = (
    ("reconstruction of held-out photographs", "reconstruction_db", ">= 30 dB"),
    ("painted thing is named (top 5)", "concept_top5", ">= 0.80"),
    ("painted thing is named (top 1)", "concept_top1", ""),
    ("painted colour is named", "color", ">= 0.85"),
    ("  judge on real glyphs: thing, top 5", "judge_top5", ""),
    ("  judge on real glyphs: colour", "judge_color", ""),
    ("empty prompt: result", "removal_db", ">= Telea - 1 dB"),
    ("empty prompt: Telea", "telea_db", ""),
    ("empty prompt: Navier-Stokes", "navier_stokes_db", ""),
    ("empty prompt: gradients closer than both", "closer_gradient", ">= 0.60"),
    ("empty prompt: colours closer than both", "closer_colors", ">= 0.60"),
    ("empty prompt: both at once", "closer_both", ""),
    ("seconds for one inpaint", "seconds_each", ""),
)


def case_rng(case: str, index: int) -> np.random.Generator:
    return np.random.default_rng((HELD_OUT_SEED, *case.encode(), index))


def reconstruction(model: Model, photos: tuple[Picture, ...], count: int) -> float:
    """Mean PSNR in dB of crops that went through the autoencoder."""
    values = []
    for index in range(count):
        crop = photo_crop(photos, model.side, case_rng("crop", index))
        latents = encode_image(model.loaded.vae, crop.astype(np.float32) / 255, torch.device("cpu"))
        restored = decode_latents(model.loaded.vae, latents.to(torch.float32))
        values.append(psnr((restored * 255).round().astype(np.uint8), crop))
    return float(np.mean(values))


def thing_task(ingredients: Ingredients, photos: tuple[Picture, ...], index: int) -> tuple[Task, int, int]:
    """A coloured thing in a held-out mask on a held-out photograph; its concept and colour."""
    rng = case_rng("thing", index)
    colorable = [number for number, concept in enumerate(ingredients.concepts) if concept.colorable]
    concept, color = int(rng.choice(colorable)), int(rng.integers(len(COLORS)))
    chosen = ingredients.concepts[concept]
    words = f"{COLORS[color].name} {chosen.name}"
    mask, _ = object_mask(ingredients.side, rng)
    prompt = words if rng.random() < 0.5 else with_article(words, chosen.countable)
    return Task(photo_crop(photos, ingredients.side, rng), mask, prompt), concept, color


def removal_task(photos: tuple[Picture, ...], side: int, index: int) -> Task:
    """Something to remove or a border to continue, in turn; the picture itself is the truth."""
    rng = case_rng("removal", index)
    image = photo_crop(photos, side, rng)
    return Task(image, removal_mask(side, rng) if index % 2 else border_mask(side, rng), "")


def classical(task: Task, method: int) -> Picture:
    """OpenCV's inpainting: cv2.INPAINT_TELEA or cv2.INPAINT_NS."""
    hole = (task.mask > 0.5).astype(np.uint8) * 255
    return cv2.inpaint(np.ascontiguousarray(task.image), hole, INPAINT_RADIUS, method)


def evaluate(folder: Path, photos: tuple[Picture, ...], ingredients: Ingredients, out: Path, divisor: int) -> Figures:
    """Measure, print the table, write figures.json and samples.png to `out`. divisor: take one case of so many."""
    out.mkdir(parents=True, exist_ok=True)
    model = open_model(folder)
    judge = train_judge(ingredients, JudgeSettings(), out.parent / "judge.safetensors")
    lessons = [make_lesson(ingredients, (HELD_OUT_SEED, index)) for index in range(500 // divisor)]
    real_top, real_color = judged(judge, [picture for picture, _, _ in lessons])
    in_words = [(color, guess) for (_, _, color), guess in zip(lessons, real_color, strict=True) if color < len(COLORS)]

    begun = time.monotonic()
    things = [thing_task(ingredients, photos, index) for index in range(500 // divisor)]
    painted = [run(model, task, seed=index) for index, (task, _, _) in enumerate(things)]
    seconds = (time.monotonic() - begun) / len(things)
    top, colors = judged(judge, [view(done, task.mask) for done, (task, _, _) in zip(painted, things, strict=True)])
    wanted = np.array([concept for _, concept, _ in things])[:, None]

    empty = [removal_task(photos, model.side, index) for index in range(200 // divisor)]
    comparison = np.array([_compare(task, run(model, task, seed=index)) for index, task in enumerate(empty)])
    gradients, tints = (comparison[:, ours] < comparison[:, ours + 1 : ours + 3].min(1) for ours in (3, 6))
    figures = Figures(
        crops=200 // divisor,
        reconstruction_db=reconstruction(model, photos, 200 // divisor),
        inpaints=len(things),
        concept_top5=float((top == wanted).any(1).mean()),
        concept_top1=float((top[:, :1] == wanted).mean()),
        color=float(np.mean(colors == [color for _, _, color in things])),
        judge_top5=float(np.mean([thing in five for (_, thing, _), five in zip(lessons, real_top, strict=True)])),
        judge_color=float(np.mean([color == guess for color, guess in in_words])),
        removals=len(empty),
        removal_db=float(comparison[:, 0].mean()),
        telea_db=float(comparison[:, 1].mean()),
        navier_stokes_db=float(comparison[:, 2].mean()),
        closer_gradient=float(gradients.mean()),
        closer_colors=float(tints.mean()),
        closer_both=float((gradients & tints).mean()),
        seconds_each=seconds,
    )
    print(table(figures))
    (out / "figures.json").write_text(json.dumps(asdict(figures), indent=2) + "\n", "utf-8")
    tasks = sheet_tasks(photos, model.side, seed=5)
    Image.fromarray(draw_sheet(tasks, [run(model, task, seed=3) for task in tasks])).save(out / "samples.png")
    return figures


def _compare(task: Task, ours: Picture) -> list[float]:
    """PSNR, gradient and colour distance of three results each: ours, Telea's, Navier-Stokes'."""
    results: list[tuple[Picture, Mask]] = [
        (one, task.mask) for one in (ours, classical(task, cv2.INPAINT_TELEA), classical(task, cv2.INPAINT_NS))
    ]
    return [
        measure(result, task.image, mask)
        for measure in (psnr, gradient_distance, color_distance)
        for result, mask in results
    ]


def table(figures: Figures) -> str:
    """The figures with what is wanted of them, as Markdown."""
    values = asdict(figures)
    counts = f"{figures.crops} crops, {figures.inpaints} inpaints, {figures.removals} removals"
    rows = [f"| {title} | {values[key]:.3g} | {target} |" for title, key, target in TARGETS]
    return "\n".join([f"| {counts} | value | wanted |", "| --- | --- | --- |", *rows])
