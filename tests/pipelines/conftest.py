"""Tiny models, loaded once, and a way to run them without a worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge_server.families.registry import builtin
from bridge_server.families.stable_diffusion.load import StableDiffusion
from bridge_server.models.catalog import STARTER
from bridge_server.models.folders import read_folder
from bridge_server.pipelines.family import code_of
from bridge_server.pipelines.generation import FloatArray, Generation, Picture, Unwatched
from bridge_server.pipelines.loader import load as load_model
from bridge_server.pipelines.memory import choose_device
from tests.support.tiny import build_tiny

SIDE = 64
Paint = Callable[..., Picture]


def load(folder: Path) -> StableDiffusion:
    ref = read_folder(folder, folder.name).ref
    return load_model(ref, builtin(), choose_device("cpu"), None)


@pytest.fixture(scope="session")
def tiny_folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """inpaint: 9 channels; plain: 4 channels; v: 4 channels that predict v."""
    folder = tmp_path_factory.mktemp("tiny")
    return {
        "inpaint": build_tiny(folder / "inpaint"),
        "plain": build_tiny(folder / "plain", inpaint=False),
        "v": build_tiny(folder / "v", inpaint=False, prediction_type="v_prediction"),
    }


@pytest.fixture(scope="session")
def tiny(tiny_folders: dict[str, Path]) -> dict[str, StableDiffusion]:
    return {name: load(folder) for name, folder in tiny_folders.items()}


@pytest.fixture(scope="session")
def starter() -> StableDiffusion:
    return load(STARTER)


@pytest.fixture(scope="session")
def picture() -> FloatArray:
    """(64, 64, 3): smooth colours."""
    rows, columns = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) / SIDE
    return np.stack([rows, columns, 0.5 + 0.5 * np.sin(6 * rows + 3 * columns)], axis=2).astype(np.float32)


def half_mask() -> FloatArray:
    """(64, 64): the right half is to be repainted."""
    mask = np.zeros((SIDE, SIDE), np.float32)
    mask[:, SIDE // 2 :] = 1.0
    return mask


def paint(loaded: StableDiffusion, watch: Any = None, **changes: Any) -> Picture:
    """One run of a small request, changed as told."""
    base = Generation("red apple", "", SIDE, SIDE, 1.0, 4, 3.0, "auto", 1)
    return code_of(builtin().named(loaded.ref.family)).generate(loaded, replace(base, **changes), watch or Unwatched())
