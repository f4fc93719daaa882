"""The demonstration: two photographs with what Layerbridge can do before any model is downloaded. Run by `make demo`.

Everything is done with the command `layerbridge`, as a user would, with a daemon and a home of its own; the pictures
and one overview of all go to demo-output/.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFilter

ROOT = Path(__file__).resolve().parent.parent
CUP, MEADOW = (ROOT / "tools" / "demo" / name for name in ("coffee.png", "dandelion.jpg"))
OUT = ROOT / "demo-output"


@dataclass(frozen=True)
class Scene:
    """One picture to make. ellipse: the selection (left, top, right, bottom) in pixels of the photograph, or None; a
    stem goes from it down to the bottom edge where there is one, so many pixels wide.
    """

    name: str
    title: str
    operation: str
    options: tuple[str, ...] = ()
    ellipse: tuple[int, int, int, int] | None = None
    photo: Path = CUP
    stem: int = 0


APPLE = (470, 230, 570, 330)
DANDELION = (476, 237, 574, 318)
AROUND = ("--left", "48", "--top", "32", "--right", "48", "--bottom", "32")
COFFEE = (200, 110, 375, 200)
SCENES = (
    Scene("remove", "remove a dandelion (by example)", "remove", ("--seed", "2"), DANDELION, MEADOW, stem=20),
    Scene("outpaint", "continue it on all sides (by example)", "outpaint", (*AROUND, "--seed", "2"), None, MEADOW),
    Scene("cut-out", "cut out to layer", "cut-out"),
    Scene(
        "replace-background",
        "replace background",
        "replace-background",
        ("--new-background", "color", "--background-color", "#7A8F6A"),
    ),
    Scene("upscale", "upscale 2 times (part of it)", "upscale", ("--scale", "2")),
    Scene("inpaint", 'inpaint "red apple" (starter model)', "inpaint", ("--prompt", "red apple", "--seed", "4"), APPLE),
    Scene(
        "img2img",
        'img2img "green apple" (starter model)',
        "img2img",
        ("--prompt", "green apple", "--strength", "0.8", "--seed", "2"),
        COFFEE,
    ),
)
REMARK = "The starter model works at 128 px and knows few things: a real model does better (docs/models.md)."
BEHIND = "#303030"
TITLE, GAP = 24, 16  # pixels of the sheet: above each picture, and between two


def outline(scene: Scene, draw: ImageDraw.ImageDraw, **how: Any) -> None:
    """Draws the ellipse that is selected, and the stem below it."""
    left, top, right, bottom = scene.ellipse or (0, 0, 0, 0)
    if scene.stem:
        middle = (left + right) // 2
        draw.rectangle((middle - scene.stem, bottom - 4, middle + scene.stem // 2, 10_000), **how)
    draw.ellipse((left, top, right, bottom), **how)


def draw_selection(scene: Scene, path: Path) -> None:
    """Soft, as an editor's selection with a feathered edge is."""
    mask = Image.new("L", Image.open(scene.photo).size, 0)
    outline(scene, ImageDraw.Draw(mask), fill=255)
    mask.filter(ImageFilter.GaussianBlur(2)).save(path)


def run(*words: str) -> None:
    environment = {**os.environ, "LAYERBRIDGE_HOME": str(OUT / "home")}
    subprocess.run([sys.executable, "-m", "bridge_server", *words], env=environment, check=True, stdout=sys.stderr)


def paint(scene: Scene) -> None:
    folder = OUT / scene.name
    words = ["--image", str(scene.photo)]
    if scene.ellipse is not None:
        folder.mkdir(parents=True)
        draw_selection(scene, folder / "selection.png")
        words += ["--mask", str(folder / "selection.png")]
    started = time.monotonic()
    print(f"\n{scene.title} …", file=sys.stderr)
    run("generate", scene.operation, *words, *scene.options, "--out", str(folder))
    print(f"{time.monotonic() - started:.1f} s", file=sys.stderr)


def shown(scene: Scene) -> Image.Image:
    """As large as the photograph: what is transparent is checked, of an enlarged picture only a part is seen."""
    kind = "layer" if scene.operation == "cut-out" else "flat"
    picture = Image.open(OUT / scene.name / f"{kind}-1.png").convert("RGBA")
    size = Image.open(scene.photo).size
    if scene.operation == "upscale":
        left, top = (picture.width - size[0]) // 2, (picture.height - size[1]) // 2
        picture = picture.crop((left, top, left + size[0], top + size[1]))
    squares = Image.new("RGB", picture.size, "#909090")
    for y in range(0, picture.height, 16):
        for x in range(y % 32, picture.width, 32):
            squares.paste("#B0B0B0", (x, y, x + 16, y + 16))
    squares.paste(picture, mask=picture.getchannel("A"))
    if scene.ellipse is not None:
        outline(scene, ImageDraw.Draw(squares), outline="white")
    return squares


def overview(path: Path) -> None:
    """The photographs and all results on one sheet, each with its title; selections are outlined."""
    photos = [("a photograph", MEADOW), ("another", CUP)]
    pictures = [(title, Image.open(photo).convert("RGB")) for title, photo in photos]
    pictures += [(scene.title, shown(scene)) for scene in SCENES]
    rows = [pictures[at : at + 2] for at in range(0, len(pictures), 2)]
    width = max(picture.width for _, picture in pictures)
    heights = [max(picture.height for _, picture in row) + TITLE for row in rows]
    sheet = Image.new("RGB", (width * 2 + GAP, sum(heights) + TITLE), BEHIND)
    for number, row in enumerate(rows):
        for column, (title, picture) in enumerate(row):
            x, y = column * (width + GAP), sum(heights[:number])
            ImageDraw.Draw(sheet).text((x + 4, y + 6), title, fill="white")
            sheet.paste(picture, (x, y + TITLE))
    ImageDraw.Draw(sheet).text((4, sum(heights) + 6), REMARK, fill="white")
    sheet.save(path)


def main() -> int:
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    try:
        for scene in SCENES:
            paint(scene)
    except subprocess.CalledProcessError as error:
        print(f"demo: `layerbridge {' '.join(error.cmd[3:5])}` failed; its message is above.", file=sys.stderr)
        return 1
    finally:
        subprocess.run(
            [sys.executable, "-m", "bridge_server", "stop"],
            env={**os.environ, "LAYERBRIDGE_HOME": str(OUT / "home")},
            check=False,
            stdout=sys.stderr,
        )
    overview(OUT / "overview.png")
    print(f"\nThe pictures are in {OUT}; all on one sheet: {OUT / 'overview.png'}")
    print("To go on: `. .venv/bin/activate`, then `layerbridge --help`, or `layerbridge plugin install gimp`.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
