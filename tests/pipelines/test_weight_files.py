"""Models of single files: with parts beside them, and with numbers of few bits, which stay as small in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge_server.families.flux2_klein.tiny import build
from bridge_server.families.registry import builtin
from bridge_server.models.catalog import find_models
from bridge_server.pipelines import memory
from bridge_server.pipelines.loader import is_current
from bridge_server.pipelines.loader import load as load_model
from bridge_server.pipelines.memory import choose_device
from tests.families.contract import Subject
from tests.support.klein_file import as_published, write_comfy

NAME = "flux-2-klein-base-4b"


@pytest.fixture(autouse=True)
def single_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "has_fast_bfloat16", lambda: False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return as_published(build(tmp_path_factory.mktemp("klein") / "base", family="flux2-klein-base-4b"))


def load(models: Path, name: str) -> Any:
    (model,) = [model for model in find_models([models]) if model.name == name]
    assert model.problem is None, model.note
    return load_model(model.ref, builtin(), choose_device("cpu"), None)


def subject(loaded: Any) -> Subject:
    return Subject(builtin().named(loaded.ref.family), loaded)


@pytest.mark.parametrize("root", ["", "model.diffusion_model."])
def test_comfyui_s_files_paint_what_their_folder_paints(folder: Path, tmp_path: Path, root: str) -> None:
    write_comfy(folder, tmp_path / "models", root=root)
    loaded = load(tmp_path / "models", NAME)
    made = subject(loaded).paint(guidance_scale=3.0, steps=4).pixels
    assert made.tobytes() == subject(load(folder.parent, "base")).paint(guidance_scale=3.0, steps=4).pixels.tobytes()
    assert is_current(loaded)
    file = tmp_path / "models" / "vae" / "flux2-vae.safetensors"
    file.write_bytes(file.read_bytes())
    assert not is_current(loaded)
