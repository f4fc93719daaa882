"""What happens to a model's files during and after a load: never a mixture, never the hash of something else."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.families.stable_diffusion.load import StableDiffusion
from bridge_server.pipelines import opening
from bridge_server.pipelines.loader import is_current
from bridge_server.pipelines.stamps import stamps_of

from .conftest import load, paint


@pytest.fixture
def copy(tiny_folders: dict[str, Path], tmp_path: Path) -> Path:
    return shutil.copytree(tiny_folders["plain"], tmp_path / "copy")


def test_a_loaded_model_is_no_view_of_its_files(copy: Path, tiny: dict[str, StableDiffusion]) -> None:
    """Overwritten and emptied files change no weight and end no process (SIGBUS)."""
    loaded = load(copy)
    assert is_current(loaded)
    for file in copy.rglob("*.safetensors"):
        with file.open("r+b") as stream:
            stream.write(b"\x7f" * file.stat().st_size)
        os.truncate(file, 0)
    assert not is_current(loaded)
    assert paint(loaded).pixels.tobytes() == paint(tiny["plain"]).pixels.tobytes()


@pytest.mark.parametrize("name", ["unet/diffusion_pytorch_model.safetensors", "unet/config.json", "layerbridge.json"])
@pytest.mark.parametrize("fails", [False, True])
def test_files_that_change_during_the_load_are_told(
    copy: Path, monkeypatch: pytest.MonkeyPatch, name: str, fails: bool
) -> None:
    hashed = opening.combined

    def change(*arguments: Any) -> str:
        made = hashed(*arguments)
        (copy / name).write_bytes((copy / name).read_bytes() + b" ")
        if fails:
            raise ValueError("as a reader of half a file may")
        return made

    monkeypatch.setattr(opening, "combined", change)
    with pytest.raises(BridgeError, match="changed while it was being loaded") as caught:
        load(copy)
    assert caught.value.code is ErrorCode.MODEL_UNREADABLE


@pytest.mark.parametrize(
    "name", ["unet/config.json", "vae/diffusion_pytorch_model.safetensors", "tokenizer/vocab.json", "model_index.json"]
)
def test_each_file_counts(copy: Path, name: str) -> None:
    before = stamps_of(copy)
    assert stamps_of(copy) == before
    (copy / "notes.md").write_text("nothing that is loaded")
    assert stamps_of(copy) == before
    status = (copy / name).stat()
    (copy / name).write_bytes((copy / name).read_bytes())
    os.utime(copy / name, ns=(status.st_atime_ns, status.st_mtime_ns + 10**9))
    assert stamps_of(copy) != before


def test_a_single_file_counts_with_its_settings_and_its_configuration(tmp_path: Path, copy: Path) -> None:
    file = tmp_path / "one.safetensors"
    file.write_bytes(b"weights")
    seen = [stamps_of(file)]
    for settings in ("{", f'{{"config": "{copy.name}"}}'):
        (tmp_path / "one.layerbridge.json").write_text(settings)
        seen.append(stamps_of(file))
    os.utime(copy / "unet" / "config.json", ns=(1, 1))
    seen.append(stamps_of(file))
    file.unlink()
    seen.append(stamps_of(file))
    assert all(seen[index] != seen[other] for index in range(len(seen)) for other in range(index))
