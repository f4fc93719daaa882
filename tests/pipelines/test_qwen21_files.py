"""Qwen-Image 2.1 from single files, with few bits and with LoRAs, on tiny models of random weights."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from bridge_server.families.qwen_image_21 import single_file
from bridge_server.families.qwen_image_21.noise_levels import TURBO as TURBO_LEVELS
from bridge_server.families.qwen_image_21.spec import QWEN21, TURBO
from bridge_server.families.qwen_image_21.tiny import build
from bridge_server.pipelines import part_sources
from bridge_server.pipelines.generation import FloatArray, Unwatched
from bridge_server.pipelines.memory import GIB, Device, place
from tests.families.contract import Subject
from tests.families.loras import adapter
from tests.support.few_bits import write
from tests.support.qwen21 import exact, write_comfy, write_transformer

SIDE = 64


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("qwen") / "qwen").parent


@pytest.fixture(scope="module")
def qwen(folder: Path) -> Subject:
    return exact(folder)


@pytest.mark.parametrize("name", ["qwen_image_2.1", "qwen_image_2.1_turbo"])
def test_a_file_for_each_part_paints_what_the_folder_paints(
    qwen: Subject, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """But for what shapes do not tell, which is the published model's, and Turbo's levels of noise."""
    vae = dict(qwen.loaded.parts["vae"].config)
    told = ("dim_mult", "num_res_blocks", "latents_mean", "latents_std")
    monkeypatch.setattr(part_sources, "QWEN21_AUTOENCODER", {name: vae[name] for name in told})
    monkeypatch.setattr(part_sources, "QWEN3_VL_AXES", (2, 1, 1))
    monkeypatch.setattr(part_sources, "QWEN3_VL_EYE", {"num_heads": 2})
    monkeypatch.setattr(part_sources, "QWEN3_VL_DEEP", {1: (0,)})
    monkeypatch.setattr(single_file, "AXES", (1 / 4, 3 / 8, 3 / 8))
    write_comfy(folder / "qwen", tmp_path / "models", name)
    made = exact(tmp_path, name)
    assert set(made.loaded.ref.parts) == {"text_encoder", "tokenizer", "vae"}
    given = (qwen.picture(),)
    loaded: Any = made.loaded
    if "turbo" in name:
        assert made.family.key == TURBO.key and loaded.levels == TURBO_LEVELS
        assert not loaded.scheduler_config["use_dynamic_shifting"] and made.paint(steps=8).steps_run == 8
    else:
        assert made.family.key == QWEN21.key and loaded.levels is None
        mine, theirs = (one.loaded.parts["text_encoder"].config for one in (made, qwen))
        mine.image_token_id = theirs.image_token_id  # of the tiny tokenizer
        assert made.paint(references=given).pixels.tobytes() == qwen.paint(references=given).pixels.tobytes()


def with_the_rest(file: Path, folder: Path) -> Subject:
    settings = {"config": os.path.relpath(folder / "qwen", file.parent), "native_resolution": SIDE}
    file.with_name(f"{file.stem}.layerbridge.json").write_text(json.dumps(settings))
    return exact(file.parent, file.stem)


def test_a_single_file_with_the_folder_of_the_rest_paints_what_its_folder_paints(
    qwen: Subject, folder: Path, tmp_path: Path
) -> None:
    made = with_the_rest(write_transformer(folder / "qwen", tmp_path / "mine.safetensors"), folder)
    assert made.loaded.ref.source == "file" and made.loaded.ref.hash
    assert made.paint().pixels.tobytes() == qwen.paint().pixels.tobytes()


def test_numbers_of_few_bits_paint_what_they_mean(qwen: Subject, folder: Path, tmp_path: Path) -> None:
    weights = load_file(write_transformer(folder / "qwen", tmp_path / "whole" / "mine.safetensors"))
    files = write(tmp_path / "few.safetensors", weights, "scaled fp8")
    few, meant = (with_the_rest(file, folder).paint().pixels for file in files)
    assert np.array_equal(few, meant) and not np.array_equal(few, qwen.paint().pixels)


def test_a_lora_paints_the_same_under_every_program_s_names(qwen: Subject, tmp_path: Path) -> None:
    """Of two layers that ComfyUI has as one."""
    random = torch.Generator().manual_seed(0)
    down, up = torch.randn(2, 32, generator=random), torch.randn(128, 2, generator=random)
    block, apart = "transformer_blocks.0.img_mlp", up.split(64)
    layers = {f"{block}.gate_layer": apart[0], f"{block}.proj": apart[1]}
    files = {
        "comfy": {f"diffusion_model.{block}.gate_up": up},
        "kohya one": {"lora_unet_transformer_blocks_0_img_mlp_gate_up": up},
        "diffusers": {f"transformer.{name}": half for name, half in layers.items()},
        "kohya": {f"lora_unet_{name.replace('.', '_')}": half for name, half in layers.items()},
    }
    made: list[FloatArray] = []
    for name, ups in files.items():
        ends = ("lora_down", "lora_up") if "kohya" in name else ("lora_A", "lora_B")
        tensors = {f"{layer}.{ends[0]}.weight": down.clone() for layer in ups}
        tensors |= {f"{layer}.{ends[1]}.weight": half.contiguous() for layer, half in ups.items()}
        save_file(tensors, tmp_path / f"{name}.safetensors")
        watch = Unwatched()
        made.append(qwen.paint(watch, adapters=(adapter(tmp_path / f"{name}.safetensors", 0.5),)).pixels)
        assert not watch.warnings
    assert np.abs(made[0] - qwen.paint().pixels).mean() > 1e-3
    assert all(np.allclose(made[0], other, atol=1e-6) for other in made[1:])


@pytest.mark.parametrize(("card", "offload"), [(48, "none"), (24, "model"), (16, "layers")])
def test_how_the_published_size_lies_on_a_card(card: int, offload: str) -> None:
    """Transformer, text encoder and autoencoder, as tests/models/test_qwen21.py counts them."""
    paints, reads, sees = 7_115_124_736, 8_767_123_696, 337_740_404
    device = Device("cuda:0", card * GIB)
    free = int(card * GIB * 0.95)
    placement = place(device, paints + reads + sees, paints, 1024, free, QWEN21.memory, other_part=reads)
    assert placement.offload == offload and placement.dtype == placement.denoiser_dtype == torch.bfloat16
