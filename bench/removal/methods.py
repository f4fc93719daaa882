"""The methods side by side: each takes a case and gives the filled picture, (H, W, 3) uint8 sRGB."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from bridge_server.edit import fill as fills
from bridge_server.edit.fill.exemplar import FillOptions, fill
from bridge_server.families.registry import builtin
from bridge_server.models.catalog import STARTER
from bridge_server.models.folders import read_folder

from ..fidelity.cases import Case as Edited
from ..fidelity.methods import Model
from ..fidelity.methods import ours as painted_by
from ..fidelity.spaces import SRGB
from ..fidelity.starter import load_starter, starter
from .cases import KINDS, Bytes, Case
from .gather import engine_of, python_of

OURS = "by example"
PATIENCE = 600  # seconds for a program
RADIUS = 5  # pixels, of OpenCV's two methods
HERE = Path(__file__).parent
MATCHPATCH = "-inpaint_matchpatch[0] [1] -k[0] -o"  # with its defaults


@dataclass(frozen=True)
class Method:
    """version: changes when the method gives other pictures. kinds: of the cases that it is run on."""

    name: str
    version: str
    run: Callable[[Case], Bytes]
    kinds: tuple[str, ...] = tuple(KINDS)


def methods(folder: Path, seed: int) -> list[Method]:
    """All that are there: programs that are missing in the folder or on the PATH are left out."""
    found = [
        Method(OURS, f"{_written(Path(fills.__file__).parent)} {seed}", lambda case: by_example(case, seed)),
        Method("Telea", "1", lambda case: opencv(case, cv2.INPAINT_TELEA)),
        Method("Navier-Stokes", "1", lambda case: opencv(case, cv2.INPAINT_NS)),
        Method(
            "starter model", read_folder(STARTER, STARTER.name).ref.hash, lambda case: by_starter(case, folder),
            kinds=("object",),  # half a minute for each of the others
        ),
    ]  # fmt: skip
    python, engine, gmic = python_of(folder), engine_of(folder), shutil.which("gmic")
    if python.exists():
        for name in ("SHIFTMAP", "FSR"):
            found.append(_program(name, [python, HERE / "contrib_program.py", name]))
    if gmic:
        found.append(Method("G'MIC", "1", lambda case: _through_files([gmic], MATCHPATCH.split(), case)))
    if python.exists() and engine.exists():
        found.append(_program("resynthesizer", [python, HERE / "resynthesizer_program.py", engine]))
    return found


def by_example(case: Case, seed: int) -> Bytes:
    """Layerbridge's fill by example, rounded to 8 bit."""
    picture = case.hidden / np.float32(255)
    filled = fill(picture, case.hole.astype(np.float32), seed=seed, options=FillOptions(threads=1))
    return np.rint(np.clip(filled, 0, 1) * 255).astype(np.uint8)


def opencv(case: Case, method: int) -> Bytes:
    return np.asarray(cv2.inpaint(case.hidden, case.hole.astype(np.uint8), RADIUS, method), np.uint8)


def by_starter(case: Case, folder: Path) -> Bytes:
    """As the worker removes something with the starter model. In the hole is Telea's fill, not what was there."""
    selection = case.hole.astype(np.uint8) * np.uint8(255)
    edited = Edited(case.name, opencv(case, cv2.INPAINT_TELEA), case.truth, selection, SRGB, case.kind)
    model, native = _starter(folder)
    return np.asarray(painted_by()(edited, model, native).pixels, np.uint8)


@cache
def _starter(folder: Path) -> tuple[Model, object]:
    loaded = load_starter()
    ref = loaded.ref
    return starter(loaded, folder / "starter"), builtin().native_size(
        ref.family, ref.native_resolution, ref.size_multiple
    )


def _program(name: str, command: Sequence[str | Path]) -> Method:
    return Method(name, "1", lambda case: _through_files(command, [], case))


def _through_files(command: Sequence[str | Path], then: Sequence[str], case: Case) -> Bytes:
    """COMMAND PICTURE HOLE THEN RESULT. Raises CalledProcessError, FileNotFoundError where there is no result."""
    with tempfile.TemporaryDirectory() as scratch:
        picture, hole, result = (Path(scratch) / f"{name}.png" for name in ("picture", "hole", "result"))
        cv2.imwrite(str(picture), case.hidden[:, :, ::-1])
        cv2.imwrite(str(hole), case.hole.astype(np.uint8) * 255)
        one = os.environ | {"OMP_NUM_THREADS": "1"}
        subprocess.run(
            [*command, picture, hole, *then, result], check=True, capture_output=True, env=one, timeout=PATIENCE
        )
        pixels = cv2.imread(str(result), cv2.IMREAD_COLOR_RGB)
    if pixels is None:
        raise FileNotFoundError(result)
    return np.asarray(pixels, np.uint8)


def _written(folder: Path) -> str:
    """Of the source code in a folder."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
