"""The demonstration: a photograph with what Layerbridge can do before any model is downloaded. Run by `make demo`.

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

from PIL import Image, ImageDraw, ImageFilter

ROOT = Path(__file__).resolve().parent.parent
PHOTO = ROOT / "tools" / "demo" / "coffee.png"
OUT = ROOT / "demo-output"


@dataclass(frozen=True)
class Scene:
    """One picture to make. ellipse: the selection (left, top, right, bottom) in pixels of the photograph, or None."""

    name: str
    title: str
    operation: str
    options: tuple[str, ...] = ()
    ellipse: tuple[int, int, int, int] | None = None


APPLE = (470, 230, 570, 330)
SCRATCH = (5, 225, 40, 275)
COFFEE = (200, 110, 375, 200)
SCENES = (
    Scene("remove", "remove a scratch (by example)", "remove", ("--seed", "2"), SCRATCH),
    Scene("outpaint", "outpaint 64 px right (by example)", "outpaint", ("--right", "64", "--seed", "2")),
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


def draw_selection(ellipse: tuple[int, int, int, int], path: Path) -> None:
    """A soft elliptical selection, as an editor's ellipse tool with a feathered edge makes it."""
    mask = Image.new("L", Image.open(PHOTO).size, 0)
    ImageDraw.Draw(mask).ellipse(ellipse, fill=255)
    mask.filter(ImageFilter.GaussianBlur(2)).save(path)


def run(*words: str) -> None:
    environment = {**os.environ, "LAYERBRIDGE_HOME": str(OUT / "home")}
    subprocess.run([sys.executable, "-m", "bridge_server", *words], env=environment, check=True, stdout=sys.stderr)


def paint(scene: Scene) -> None:
    folder = OUT / scene.name
    words = ["--image", str(PHOTO)]
    if scene.ellipse is not None:
        folder.mkdir(parents=True)
        draw_selection(scene.ellipse, folder / "selection.png")
        words += ["--mask", str(folder / "selection.png")]
    started = time.monotonic()
    print(f"\n{scene.title} …", file=sys.stderr)
    run("generate", scene.operation, *words, *scene.options, "--out", str(folder))
    print(f"{time.monotonic() - started:.1f} s", file=sys.stderr)


def shown(scene: Scene) -> Image.Image:
    """As large as the photograph: what is transparent is checked, of an enlarged picture only a part is seen."""
    kind = "layer" if scene.operation == "cut-out" else "flat"
    picture = Image.open(OUT / scene.name / f"{kind}-1.png").convert("RGBA")
    size = Image.open(PHOTO).size
    if scene.operation == "upscale":
        left, top = (picture.width - size[0]) // 2, (picture.height - size[1]) // 2
        picture = picture.crop((left, top, left + size[0], top + size[1]))
    squares = Image.new("RGB", picture.size, "#909090")
    for y in range(0, picture.height, 16):
        for x in range(y % 32, picture.width, 32):
            squares.paste("#B0B0B0", (x, y, x + 16, y + 16))
    squares.paste(picture, mask=picture.getchannel("A"))
    if scene.ellipse is not None:
        ImageDraw.Draw(squares).ellipse(scene.ellipse, outline="white")
    return squares


def overview(path: Path) -> None:
    """The photograph and all results on one sheet, each with its title; selections are outlined."""
    pictures = [("the photograph", Image.open(PHOTO).convert("RGB"))]
    pictures += [(scene.title, shown(scene)) for scene in SCENES]
    width, height = max(p.width for _, p in pictures), max(p.height for _, p in pictures) + 24
    rows = (len(pictures) + 1) // 2
    sheet = Image.new("RGB", (width * 2 + 16, (height + 8) * rows + 24), BEHIND)
    ImageDraw.Draw(sheet).text((4, (height + 8) * rows + 4), REMARK, fill="white")
    for number, (title, picture) in enumerate(pictures):
        x, y = (number % 2) * (width + 16), (number // 2) * (height + 8)
        ImageDraw.Draw(sheet).text((x + 4, y + 6), title, fill="white")
        sheet.paste(picture, (x, y + 24))
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
