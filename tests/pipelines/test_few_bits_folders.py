"""Folders whose numbers a library for few bits has written: run where it is there, refused in words where it is not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.families.flux2_klein.tiny import build
from bridge_server.families.registry import builtin
from bridge_server.models.catalog import find_models
from bridge_server.pipelines import memory
from bridge_server.pipelines.loader import load as load_model
from bridge_server.pipelines.memory import choose_device, weight_bytes
from tests.families.contract import Subject
from tests.families.loras import adapter, write_lora
from tests.support.klein_file import write_file


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("klein") / "plain", family="flux2-klein-base-4b")


def load(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(memory, "has_fast_bfloat16", lambda: False)
    (model,) = [model for model in find_models([folder]) if not model.shipped]
    assert model.problem is None, model.note
    return load_model(model.ref, builtin(), choose_device("cpu"), None)


def says(folder: Path, place: Path, config: Any, part: str = "transformer") -> Path:
    """A copy of which a part's configuration says so of its numbers."""
    shutil.copytree(folder, place)
    path = place / part / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"quantization_config": config}))
    return place


def torchao(folder: Path) -> Any:
    import diffusers

    options = pytest.importorskip("torchao.quantization").Int8WeightOnlyConfig(version=2)
    return diffusers.Flux2Transformer2DModel.from_pretrained(
        folder, quantization_config=diffusers.TorchAoConfig(options), torch_dtype=torch.float32
    )


def sdnq(folder: Path) -> Any:
    import diffusers

    config = pytest.importorskip("sdnq").SDNQConfig(weights_dtype="int8", minimum_allowed_numel=64)
    return diffusers.Flux2Transformer2DModel.from_pretrained(
        folder, quantization_config=config, torch_dtype=torch.float32
    )


@pytest.mark.parametrize("written", [torchao, sdnq], ids=lambda one: one.__name__)
def test_folders_of_libraries_paint_and_take_loras(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: Any
) -> None:
    place = tmp_path / "few"
    shutil.copytree(folder, place, ignore=shutil.ignore_patterns("transformer"))
    written(folder / "transformer").save_pretrained(place / "transformer")
    few, many = load(place, monkeypatch), load(folder, monkeypatch)
    sizes = [weight_bytes(loaded.parts["transformer"]) for loaded in (few, many)]
    ink = adapter(write_lora(tmp_path, many, name="ink"), 1.0)
    latents = [
        Subject(builtin().named(loaded.ref.family), loaded).latents_of(steps=2, adapters=adapters)
        for loaded, adapters in ((few, ()), (many, ()), (few, (ink,)), (many, (ink,)))
    ]
    spread = float(latents[1].std())
    apart = [float((latents[at] - latents[at + 1]).abs().mean()) / spread for at in (0, 2)]
    print(f"{written.__name__}: {sizes[0]:,} bytes of {sizes[1]:,}; latents {apart[0]:.3f}, with a LoRA {apart[1]:.3f}")
    assert sizes[0] < 0.6 * sizes[1] and max(apart) < 0.2


def test_bitsandbytes_is_refused_on_a_cpu(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = says(folder, tmp_path / "few", {"quant_method": "bitsandbytes", "load_in_4bit": True})
    with pytest.raises(BridgeError, match="numbers of bitsandbytes, which needs an NVIDIA card; this is cpu") as caught:
        load(place, monkeypatch)
    assert caught.value.code is ErrorCode.UNSUPPORTED


def test_a_library_that_is_missing_is_named(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = says(folder, tmp_path / "few", {"quant_method": "sdnq", "of its own": {"dim": -1, "size": 0}})
    monkeypatch.setattr("bridge_server.pipelines.opening.find_spec", lambda _: None)
    with pytest.raises(BridgeError, match=r'pip install "layerbridge\[sdnq\]"') as caught:
        load(place, monkeypatch)
    assert caught.value.code is ErrorCode.UNSUPPORTED


@pytest.mark.parametrize(
    ("part", "method", "words"),
    [
        ("text_encoder", "sdnq", r'pip install "layerbridge\[sdnq\]"'),
        (
            "text_encoder",
            "bitsandbytes",
            "text_encoder of mine has numbers of bitsandbytes, which needs an NVIDIA card",
        ),
        ("text_encoder", "quanto", r"text_encoder of mine has numbers of few bits of a kind \(quanto\)"),
        ("transformer", "quanto", ""),
    ],
)
def test_of_the_folder_beside_a_file_the_other_parts_are_checked(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str, method: str, words: str
) -> None:
    says(folder, tmp_path / "rest", {"quant_method": method}, part)
    (tmp_path / "models").mkdir()
    write_file(tmp_path / "rest", tmp_path / "models" / "mine.safetensors", "", "flux2-klein-base-4b")
    monkeypatch.setattr("bridge_server.pipelines.opening.find_spec", lambda _: None)
    if not words:
        assert load(tmp_path / "models", monkeypatch).parts["transformer"]
        return
    with pytest.raises(BridgeError, match=words) as caught:
        load(tmp_path / "models", monkeypatch)
    assert caught.value.code is ErrorCode.UNSUPPORTED


@pytest.mark.parametrize("config", [{"quant_method": "quanto"}, "fp8", {"load_in_8bit": True}])
def test_other_libraries_are_listed_as_what_they_are(folder: Path, tmp_path: Path, config: Any) -> None:
    place = says(folder, tmp_path / "few", config)
    (model,) = [model for model in find_models([place]) if not model.shipped]
    assert model.problem is ErrorCode.UNSUPPORTED and "numbers of few bits of a kind" in model.note, model.note
