"""The demonstration: inpaint, remove, outpaint and img2img a photograph with the shipped model. Run by `make demo`.

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
    kind: str
    seed: int
    options: tuple[str, ...]
    ellipse: tuple[int, int, int, int] | None = None


APPLE = (470, 230, 570, 330)
SCRATCH = (5, 225, 40, 275)
COFFEE = (200, 110, 375, 200)
SCENES = (
    Scene("inpaint", 'inpaint "red apple"', "inpaint", 4, ("--prompt", "red apple"), APPLE),
    Scene("remove", "remove a scratch (no prompt)", "inpaint", 2, (), SCRATCH),
    Scene("outpaint", "outpaint 32 px right", "outpaint", 2, ("--right", "32")),
    Scene(
        "img2img",
        'img2img "green apple", strength 0.8',
        "img2img",
        2,
        ("--prompt", "green apple", "--strength", "0.8"),
        COFFEE,
    ),
)
REMARK = "Painted by the shipped starter model, which works at 128 px: a real model does better (docs/models.md)."


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
    run("generate", scene.kind, *words, *scene.options, "--seed", str(scene.seed), "--out", str(folder))
    print(f"{time.monotonic() - started:.1f} s", file=sys.stderr)


def overview(path: Path) -> None:
    """The photograph and all results on one sheet, each with its title; selections are outlined."""
    pictures = [("the photograph", Image.open(PHOTO).convert("RGB"))]
    for scene in SCENES:
        shown = Image.open(OUT / scene.name / "flat-1.png").convert("RGB")
        if scene.ellipse is not None:
            ImageDraw.Draw(shown).ellipse(scene.ellipse, outline="white")
        pictures.append((scene.title, shown))
    width, height = max(p.width for _, p in pictures), max(p.height for _, p in pictures) + 24
    rows = (len(pictures) + 1) // 2
    sheet = Image.new("RGB", (width * 2 + 16, (height + 8) * rows + 24), "#303030")
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
