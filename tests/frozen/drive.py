"""Runs frozen cases in the daemon of a tree, and tells what came back.

The tree's own code runs in processes of its own, with one thread and in single precision; cases, pictures and models
are those of this tree, whichever is asked.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import urllib.error
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bridge_server.protocol.frame import Tensor, decode, encode
from tests.support.daemon import Daemon
from tests.support.requests import tensor

from .case import Case
from .dialect import FlatDialect, Json, dialect_of
from .inputs import image_of, mask_of, profile_of

HERE = Path(__file__).resolve().parents[2]
SURROUNDINGS = Path(__file__).with_name("surroundings")
FAINT = 5  # of 255: what an editor's selection box leaves out where anything is selected by more
SIZES = {"U8": np.uint8, "U16": np.uint16, "F32": np.float32}
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


@dataclass(frozen=True)
class Painted:
    """One result. image: (H, W, 2 or 4); mask: (H, W) uint8; told: what its message means, without times."""

    image: NDArray[Any]
    mask: NDArray[np.uint8]
    icc: bytes
    told: Json


@dataclass(frozen=True)
class Outcome:
    """What a case gave. plan: the answer, or a refusal under `error`; job: how it ended, without results."""

    plan: Json
    job: Json = field(default_factory=dict)
    painted: tuple[Painted, ...] = ()


@dataclass(frozen=True)
class Tree:
    """A running daemon and how it is spoken to."""

    daemon: Daemon
    dialect: FlatDialect

    def run(self, case: Case) -> Outcome:
        image, mask = image_of(case), mask_of(case)
        try:
            asked = self.dialect.plan_request(case, selection_box(mask))
            plan = self.dialect.plan_meaning(self.daemon.call("POST", "/v1/plan", asked))
        except urllib.error.HTTPError as error:
            return Outcome(_refused(error))
        if not case.paint:
            return Outcome(plan)
        bounds = plan["capture"] if case.send is None else _box(case.send)
        tensors = _tensors(case, image if plan["needs_image"] else None, mask, bounds)
        roles = [name for name in tensors if name != "icc"]
        try:
            job = self.daemon.submit(encode(self.dialect.job_request(case, bounds, roles), tensors))["id"]
        except urllib.error.HTTPError as error:
            return Outcome(plan, _refused(error))
        ended = self.daemon.wait(job)
        told: Json = {name: ended[name] for name in ("state", "warnings", "error") if ended[name]}
        told["request"] = self.dialect.request_meaning(ended["request"])
        return Outcome(plan, told, tuple(self._fetch(path) for path in self.dialect.artifacts(ended)))

    def _fetch(self, path: str) -> Painted:
        frame = decode(self.daemon.call("GET", path))
        arrays = {
            name: np.frombuffer(frame.tensor(name), SIZES[spec.dtype]).reshape(spec.shape)
            for name, spec in frame.header.tensors.items()
        }
        icc = arrays["icc"].tobytes() if "icc" in arrays else b""
        return Painted(arrays["image"], arrays["mask"], icc, self.dialect.result_meaning(frame.message))

    def names(self) -> Json:
        """What a user chooses from: each model's name, family, defaults and samplers."""
        shown = ("name", "family", "native_side", "steps", "guidance_scale", "samplers", "default")
        models = [self.dialect.model_meaning(model) for model in self.daemon.call("GET", "/v1/models")["models"]]
        return {model["name"]: {name: model[name] for name in shown if name in model} for model in models}


@contextmanager
def serving(tree: Path, home: Path, models: Path) -> Iterator[Tree]:
    """The daemon of the code in `tree`, with a home of its own and the models in a folder besides the shipped one."""
    environment = ONE_THREAD | {
        "PYTHONPATH": os.pathsep.join([str(SURROUNDINGS), str(tree.resolve())]),
        "LAYERBRIDGE_MODELS": str(models),
        "HF_HOME": str(home / "hub"),
        "HF_HUB_OFFLINE": "1",
    }
    _check_tree(tree, environment)
    _name_settings_as_the_tree_does(tree, models)
    daemon = Daemon(home, environment).start()
    try:
        yield Tree(daemon, dialect_of(lambda path: daemon.call("GET", path)))
    finally:
        daemon.stop()


def _name_settings_as_the_tree_does(tree: Path, models: Path) -> None:
    """In the files beside models: the code before today's names reads one setting by another."""
    names = ("native_side", "native_resolution")
    code = (tree / "bridge_server" / "models" / "overrides.py").read_text(encoding="utf-8")
    own = next(name for name in names if f"    {name}: int" in code)
    for file in models.glob("*.json"):
        told = json.loads(file.read_text(encoding="utf-8"))
        file.write_text(json.dumps({own if name in names else name: value for name, value in told.items()}))


def run_all(tree: Tree, cases: Sequence[Case]) -> dict[str, Outcome]:
    """By name. Cases of one model run one after another, so that each is loaded once."""
    done = {case.name: tree.run(case) for case in sorted(cases, key=lambda case: case.model)}
    return {case.name: done[case.name] for case in cases}


def selection_box(mask: NDArray[np.uint8] | None) -> Json | None:
    """The box that an editor sends of a selection; one of no size where nothing is selected."""
    if mask is None:
        return None
    counts = mask > (FAINT if mask.max(initial=0) > FAINT else 0)
    rows, columns = np.flatnonzero(counts.any(axis=1)), np.flatnonzero(counts.any(axis=0))
    if not rows.size:
        return _box((0, 0, 0, 0))
    left, top = int(columns[0]), int(rows[0])
    return _box((left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top))


def input_hash(case: Case) -> str:
    """Of pixels and selection: tells a changed case from a changed result."""
    mask = mask_of(case)
    return digest(image_of(case), *([] if mask is None else [mask]))


def digest(*arrays: NDArray[Any]) -> str:
    made = hashlib.sha256()
    for array in arrays:
        made.update(f"{array.dtype.name}{array.shape}".encode())
        made.update(np.ascontiguousarray(array).tobytes())
    return made.hexdigest()[:16]


def _tensors(case: Case, image: NDArray[Any] | None, mask: NDArray[np.uint8] | None, box: Json) -> dict[str, Tensor]:
    rows, columns = slice(box["y"], box["y"] + box["height"]), slice(box["x"], box["x"] + box["width"])
    tensors = {} if image is None else {"image": tensor(image[rows, columns])}
    if mask is not None:
        tensors["mask"] = tensor(mask[rows, columns])
    if profile := profile_of(case):
        tensors["icc"] = Tensor("U8", (len(profile),), profile)
    return tensors


def _refused(error: urllib.error.HTTPError) -> Json:
    told: Mapping[str, Any] = json.loads(error.read())
    return {"state": "refused", "error": {"code": told["code"], "message": told["message"]}}


def _box(values: tuple[int, int, int, int]) -> Json:
    return dict(zip(("x", "y", "width", "height"), values, strict=True))


def _check_tree(tree: Path, environment: Mapping[str, str]) -> None:
    """Raises ValueError where another installation would answer."""
    asked = [sys.executable, "-P", "-c", "import bridge_server; print(bridge_server.__file__)"]
    found = subprocess.run(asked, env={**os.environ, **environment}, capture_output=True, text=True, check=True).stdout
    if tree.resolve() not in Path(found.strip()).resolve().parents:
        raise ValueError(f"{tree} has no bridge_server: Python found {found.strip()}")
