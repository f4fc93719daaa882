"""Runs every method on every case, keeps what came out, and measures it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache, lru_cache, partial
from pathlib import Path

import cv2
import numpy as np

from ..fidelity import measures as fidelity
from . import measures, network, pyramid
from .cases import Bytes, Case
from .measures import Floats
from .methods import Method


@dataclass(frozen=True)
class Row:
    """What one method made of one case.

    seam, step, tone: see bench.fidelity.measures; fine, features, texture, psnr: bench.removal's. seconds: of
    processors, a program's start included.
    """

    case: str
    kind: str
    photograph: str
    method: str
    seam: float
    step: float
    tone: float
    fine: float
    features: float
    texture: float
    psnr: float
    seconds: float


@dataclass(frozen=True)
class Store:
    """Pictures and figures in a folder, under what they follow from, so that a run that was stopped goes on.

    makes: whether what is not there is made.
    """

    folder: Path
    makes: bool = True

    def picture(self, case: Case, method: Method) -> tuple[Path, float] | None:
        """The file and the seconds that it took; None where the method fails at it, or nothing is to be made."""
        path = self.folder / method.name / f"{_digest(case.name, method.version, case.hidden, case.hole)}.png"
        note = path.with_suffix(".json")
        if not note.exists():
            if not self.makes:
                return None
            path.parent.mkdir(parents=True, exist_ok=True)
            began = _worked()
            failed = ""
            try:
                cv2.imwrite(str(path), method.run(case)[:, :, ::-1])
            except (subprocess.SubprocessError, FileNotFoundError) as error:
                failed = str(error)
            _write(note, {"seconds": _worked() - began, "failed": failed})
        told = json.loads(note.read_text(encoding="utf-8"))
        return None if told["failed"] else (path, told["seconds"])

    def row(self, case: Case, method: Method, seen: Callable[[], list[Floats]]) -> Row | None:
        made = self.picture(case, method)
        if made is None:
            return None
        path, seconds = made
        note = path.with_suffix(f".{_measured_by()}.json")
        if not note.exists():
            _write(note, asdict(measure(case, method.name, read(path), seconds, seen())))
        return Row(**json.loads(note.read_text(encoding="utf-8")))


def run(cases: Sequence[Case], methods: Sequence[Method], store: Store, progress: Callable[[str], None]) -> list[Row]:
    """Every method on the cases of its kinds. Where a program fails, there is no row."""
    rows: list[Row] = []
    for case in cases:
        seen = cache(partial(features_of, case))
        for method in methods:
            if case.kind in method.kinds:
                progress(f"{case.name}: {method.name}")
                row = store.row(case, method, seen)
                if row is not None:
                    rows.append(row)
    return rows


def features_of(case: Case) -> list[Floats]:
    """Of the truth around the hole."""
    return network.features(case.truth[measures.window(case.hole, network.SIDE)] / np.float32(255))


def measure(case: Case, method: str, pixels: Bytes, seconds: float, seen: Sequence[Floats]) -> Row:
    result, truth = (picture / np.float32(255) for picture in (pixels, case.truth))
    exact, true = result.astype(np.float64), truth.astype(np.float64)
    selection = case.hole.astype(np.uint8) * np.uint8(255)
    place = measures.window(case.hole, network.SIDE)
    part, hole = result[place], case.hole[place]
    return Row(
        case=case.name,
        kind=case.kind,
        photograph=case.photograph.name,
        method=method,
        seam=fidelity.seam(exact, true, selection),
        step=fidelity.seam_step(exact, true, selection),
        tone=fidelity.border_tone(exact, true, selection),
        fine=measures.fine_detail(result, truth, case.hole),
        features=measures.distance_of_features(network.features(part), seen, hole),
        texture=pyramid.texture_distance(measures.luma(part), measures.luma(truth[place]), hole),
        psnr=measures.psnr(result, truth, case.hole),
        seconds=seconds,
    )


def read(path: Path) -> Bytes:
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), np.uint8)


def _worked() -> float:
    """Seconds that processors have worked for this process and for the programs that it ran."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


@lru_cache(maxsize=1)
def _measured_by() -> str:
    return _digest(
        *(Path(module.__file__ or "").read_text("utf-8") for module in (fidelity, measures, network, pyramid))
    )


def _digest(*parts: object) -> str:
    digest = hashlib.blake2b(digest_size=12)
    for part in parts:
        digest.update(part.tobytes() if isinstance(part, np.ndarray) else str(part).encode())
    return digest.hexdigest()


def _write(path: Path, told: dict[str, object]) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(told), encoding="utf-8")
    part.replace(path)
