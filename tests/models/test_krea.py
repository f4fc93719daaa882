"""Krea 2's folders, files and names: told from one another by configurations and headers alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge_server.families.base import HubName, Match
from bridge_server.families.krea_2.single_file import transformer as source
from bridge_server.families.registry import builtin
from bridge_server.models.lora import layer_name
from tests.families.published.klein_file import transformer as klein
from tests.families.published.krea_file import Shapes, transformer
from tests.families.published.krea_folder import TEXT_ENCODER, TRANSFORMER, krea_folder
from tests.families.published.qwen_folder import qwen_folder

from .listing import file_with, file_with_the_rest, named, only, part_names, refused, refused_once_changed, usable
from .lora_files import WRITTEN, layers_found, lora, style_of, written_as
from .made import checkpoint

FEW = transformer(blocks=2)


@pytest.mark.parametrize(
    ("is_distilled", "family", "steps", "guidance"), [(True, "krea-2-turbo", 8, 1.0), (False, "krea-2", 52, 4.5)]
)
def test_folders(tmp_path: Path, is_distilled: bool, family: str, steps: int, guidance: float) -> None:
    krea_folder(tmp_path / "mine", is_distilled=is_distilled)
    model = usable(only(tmp_path))
    assert (model.ref.family, model.ref.steps, model.ref.guidance_scale) == (family, steps, guidance)
    assert (model.ref.native_resolution, model.ref.size_multiple, model.ref.inpaint_model) == (1024, 16, False)


def test_its_owner_is_believed(tmp_path: Path) -> None:
    (krea_folder(tmp_path / "mine") / "layerbridge.json").write_text(json.dumps({"family": "krea-2", "steps": 30}))
    assert (only(tmp_path).ref.family, only(tmp_path).ref.steps) == ("krea-2", 30)


@pytest.mark.parametrize(
    ("file", "changes", "words"),
    [
        ("model_index.json", {"text_encoder": ["transformers", "Qwen3Model"]}, "its text_encoder is of a class"),
        ("model_index.json", {"text_encoder_select_layers": [2, 5, 37]}, "can be numbers from 0 to 36"),
        ("model_index.json", {"text_encoder_select_layers": "all"}, "can be numbers from 0 to 36"),
        ("model_index.json", {"text_encoder_select_layers": [2, 5]}, "reads 2 layers of the text encoder, and its"),
        ("model_index.json", {"text_encoder_select_layers": [2, "os"]}, "of a class that Layerbridge does not know"),
        ("model_index.json", {"patch_size": 4}, "patch_size can be 2"),
        ("transformer/config.json", {"num_layers": 5000}, "num_layers is 5,000"),
        ("transformer/config.json", {"text_intermediate_size": 10**7}, "text_intermediate_size is"),
        ("vae/config.json", {"temperal_downsample": [True] * 9}, "1 to 8 levels"),
    ],
)
def test_what_cannot_be_used_is_listed_with_the_reason(
    tmp_path: Path, file: str, changes: dict[str, Any], words: str
) -> None:
    refused_once_changed(krea_folder(tmp_path / "krea"), file, changes, words)


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("krea/Krea-2-Turbo", "krea-2-turbo"),
        ("krea/Krea-2-Raw", "krea-2"),
        ("someone/krea2-base-diffusers", "krea-2"),
        ("someone/realism_krea_2", "krea-2-turbo"),
        ("someone/Krea2-base-to-turbo", "krea-2-turbo"),
        ("black-forest-labs/FLUX.1-Krea-dev", None),
        ("someone/flux-krea-2", None),
        ("someone/krea-25", None),
    ],
)
def test_a_hub_s_model_is_told_by_its_name(name: str, family: str | None) -> None:
    match = builtin().detect(HubName(name))
    found = match.family if isinstance(match, Match) else None
    assert found == family if family else not (found or "").startswith("krea")


def test_the_configurations_lead_to_the_published_sizes_and_names() -> None:
    import torch
    from accelerate import init_empty_weights
    from diffusers import Krea2Transformer2DModel
    from transformers import Qwen3VLConfig, Qwen3VLModel

    with init_empty_weights():
        made = Krea2Transformer2DModel(**TRANSFORMER)
        text_encoder = Qwen3VLModel(Qwen3VLConfig(**TEXT_ENCODER))
    counts = [sum(tensor.numel() for tensor in part.parameters()) for part in (made, text_encoder)]
    assert counts == [12_820_073_036, 4_437_815_808], counts
    with torch.device("meta"):
        file = {name: torch.empty(shape) for name, shape in transformer("model.diffusion_model.").items()}
        named = source().convert(file | {"model.diffusion_model.last.up.weight": torch.empty(6144, 6144)})
        told = source().make({name: tuple(tensor.shape) for name, tensor in named.items()})
    shapes = {name: tuple(tensor.shape) for name, tensor in made.state_dict().items()}
    assert {name: tuple(tensor.shape) for name, tensor in named.items()} == shapes
    assert {name: tuple(tensor.shape) for name, tensor in told.state_dict().items()} == shapes
    assert {**TRANSFORMER, "axes_dims_rope": [32, 48, 48]}.items() <= dict(told.config).items()


@pytest.mark.parametrize("root", ["", "model.diffusion_model."])
@pytest.mark.parametrize(
    ("name", "family", "steps"),
    [("krea2_turbo_fp8", "krea-2-turbo", 8), ("krea2_raw_bf16", "krea-2", 52), ("photoreal_v3", "krea-2-turbo", 8)],
)
def test_single_files_with_the_folder_that_has_the_rest(
    tmp_path: Path, name: str, family: str, steps: int, root: str
) -> None:
    model = file_with_the_rest(krea_folder(tmp_path / "rest" / "krea"), name, transformer(root))
    assert (model.ref.family, model.ref.steps, model.ref.native_resolution) == (family, steps, 1024)


@pytest.mark.parametrize(
    ("shapes", "settings", "words"),
    [
        (FEW, {}, "Missing: the text encoder Qwen3-VL 4B (qwen3vl_4b_bf16.safetensors in text_encoders)"),
        (FEW, {"config": "nowhere"}, "There is none here; name one"),
        (FEW, {"config": "qwen"}, "There is none here; name one"),
        (FEW, {"config": "krea"}, "transformer with 2 blocks, and its own has another number"),
        (FEW, {"config": "//elsewhere/krea"}, "config has the value"),
        (FEW | {"txtfusion.projector.weight": (1, 8)}, {}, "reads other layers of its text encoder"),
        ({name: shape for name, shape in FEW.items() if "last.linear" not in name}, {}, "some of its layers"),
    ],
)
def test_files_that_cannot_be_used_are_listed_with_what_is_missing(
    tmp_path: Path, shapes: Shapes, settings: dict[str, Any], words: str
) -> None:
    krea_folder(tmp_path / "krea")
    qwen_folder(tmp_path / "qwen")
    refused(file_with(tmp_path / "mine.safetensors", shapes, settings), words)


def test_parts_as_comfyui_keeps_them_are_found(tmp_path: Path) -> None:
    """Its text encoder is not taken for that of Klein and Z-Image, which is as wide."""
    text = {
        "model.embed_tokens.weight": (151_936, 2560),
        "model.layers.0.self_attn.q_norm.weight": (128,),
        "model.norm.weight": (2560,),
        "visual.patch_embed.proj.weight": (1024, 3, 2, 16, 16),
    }
    checkpoint(tmp_path / "diffusion_models" / "krea2_turbo_fp8_scaled.safetensors", transformer())
    checkpoint(tmp_path / "diffusion_models" / "flux-2-klein-4b.safetensors", klein("4b"))
    checkpoint(tmp_path / "text_encoders" / "qwen3vl_4b.safetensors", text)
    checkpoint(
        tmp_path / "vae" / "vae.safetensors",
        {"encoder.conv1.weight": (96, 3, 3, 3, 3), "conv2.weight": (16, 16, 1, 1, 1)},
    )
    (tmp_path / "words").mkdir()
    words = {"tokenizer_class": "Qwen2Tokenizer", "added_tokens_decoder": {"151667": {"content": "<think>"}}}
    (tmp_path / "words" / "tokenizer_config.json").write_text(json.dumps(words))
    parts = part_names(usable(named(tmp_path, "krea2_turbo_fp8_scaled")))
    assert parts == {
        "text_encoder": "qwen3vl_4b.safetensors",
        "vae": "vae.safetensors",
        "tokenizer": "words",
    }
    assert "Missing: the text encoder Qwen3 4B" in named(tmp_path, "flux-2-klein-4b").note


OURS = "transformer.transformer_blocks.3.attn"
WQ = "diffusion_model.blocks.3.attn.wq"
HADA = ("w1_a", "w1_b", "w2_a", "w2_b")


@pytest.mark.parametrize(
    ("shapes", "family"),
    [
        (lora("lora_unet_blocks_0_attn_wq", 6144, 6144), "krea-2-turbo"),  # musubi-tuner
        (lora("diffusion_model.blocks.3.mlp.up", 16384, 6144, peft=True), "krea-2-turbo"),  # AI-Toolkit, ComfyUI
        (lora(f"{OURS}.to_gate", 6144, 6144, peft=True), "krea-2-turbo"),
        (lora(f"{OURS}.to_q", 6144, 6144, peft=True) | lora(f"{OURS}.to_v", 1536, 6144, peft=True), "krea-2-turbo"),
        ({f"{WQ}.lokr_w1": (8, 8), f"{WQ}.lokr_w2_a": (768, 4), f"{WQ}.lokr_w2_b": (4, 768)}, "krea-2-turbo"),
        ({f"{WQ}.hada_{name}": (6144, 4) if name[-1] == "a" else (4, 6144) for name in HADA}, "krea-2-turbo"),
        (lora(f"{OURS}.to_q", 6144, 6144, peft=True), ""),  # may be FLUX.2's
        (lora(f"{OURS}.to_q", 1536, 1536, peft=True) | lora(f"{OURS}.to_v", 1536, 1536, peft=True), "sd35-medium"),
    ],
)
def test_loras_are_told_and_fit_turbo_and_the_base_model(tmp_path: Path, shapes: Shapes, family: str) -> None:
    krea_folder(tmp_path / "turbo")
    krea_folder(tmp_path / "base", is_distilled=False)
    style_of(tmp_path, shapes, family, ("turbo", "base") if family.startswith("krea-2") else ())


@pytest.mark.parametrize("written", WRITTEN)
def test_every_layer_of_the_published_file_is_found_by_its_name_in_lora_files(written: str) -> None:
    import torch

    with torch.device("meta"):
        ours = source().convert({name: torch.empty(shape) for name, shape in transformer().items()})
    layers = [name.removesuffix(".weight") for name in transformer() if name.endswith(".weight")]
    matrices = [name.removesuffix(".weight") for name in ours if name.endswith(".weight") and "norm" not in name]
    if written.startswith("transformer."):
        layers = matrices
    assert layers_found("krea-2", written_as(written, layers)) == {layer_name(name) for name in matrices}
