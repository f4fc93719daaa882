"""Gathers the photographs of SOURCES: from an npm package and from two installed Python packages."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from importlib.util import find_spec
from pathlib import Path

from .backgrounds import SOURCES

ENVIRONMENTS = "@pmndrs/assets@1.7.0"  # CC0
PACKAGES = {"skimage": "data", "sklearn": "datasets/images"}  # package -> its folder with pictures


def fetch_backgrounds(folder: Path) -> None:
    """Fill the folder. Raises FileNotFoundError naming what is not installed, CalledProcessError if npm fails."""
    unfinished = folder.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    copy_packaged(unfinished)
    with tempfile.TemporaryDirectory() as scratch:
        npm = shutil.which("npm")
        if npm is None:
            raise FileNotFoundError("npm is not installed; it gets the environment photographs")
        subprocess.run([npm, "pack", "--silent", ENVIRONMENTS], cwd=scratch, check=True, stdout=subprocess.DEVNULL)
        unpack_environments(next(Path(scratch).glob("*.tgz")), unfinished)
    unfinished.replace(folder)


def copy_packaged(folder: Path) -> None:
    """The single pictures of SOURCES. Raises FileNotFoundError for those that no installed package has."""
    for package, inside in PACKAGES.items():
        spec = find_spec(package)
        for root in (spec.submodule_search_locations or ()) if spec else ():
            for path in sorted((Path(root) / inside).glob("*")):
                if path.name in SOURCES:
                    shutil.copyfile(path, folder / path.name)
    missing = sorted(name for name in SOURCES if not (folder / name).is_file())
    if missing:
        raise FileNotFoundError(f"install tools/starter/requirements.txt; missing pictures: {', '.join(missing)}")


def unpack_environments(archive: Path, folder: Path) -> None:
    """The packed OpenEXR pictures of the archive, and nothing else of it."""
    with tarfile.open(archive) as tar:
        for member in tar:
            name = Path(member.name).name
            packed = tar.extractfile(member) if name.endswith(".exr.js") else None
            if packed is not None:
                (folder / name).write_bytes(packed.read())
