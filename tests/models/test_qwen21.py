"""Qwen-Image 2.1's folders, files and names: told by configurations and headers alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge_server.families.qwen_image_21.noise_levels import TURBO as TURBO_LEVELS
from bridge_server.families.qwen_image_21.single_file import transformer as source
from bridge_server.models.lora import layer_name
from tests.families.published.qwen21_file import Shapes, transformer
from tests.families.published.qwen21_folder import TEXT_ENCODER, TRANSFORMER, TURBO, VAE, qwen21_folder

from .listing import (
    file_with,
    file_with_the_rest,
    named,
    only,
    part_names,
    refused,
    refused_once_changed,
    told_by_name,
    usable,
)
from .lora_files import WRITTEN, layers_found, lora, style_of, written_as
from .made import checkpoint

FEW = transformer(blocks=2)


@pytest.mark.parametrize(
    ("name", "index", "family", "steps"),
    [
        ("Qwen-Image-2.1", {}, "qwen-image-21", 40),
        ("Qwen-Image-2.1", {"sample_sigmas": None}, "qwen-image-21", 40),
        ("Qwen-Image-2.1-Turbo", TURBO, "qwen-image-21-turbo", 8),
        ("mine", {"sample_sigmas": [1, 0.5]}, "qwen-image-21-turbo", 2),
        ("Qwen-Image-2.1-lightning-4steps", {}, "qwen-image-21-turbo", 4),
    ],
)
def test_folders(tmp_path: Path, name: str, index: dict[str, Any], family: str, steps: int) -> None:
    qwen21_folder(tmp_path / name, **index)
    model = usable(only(tmp_path))
    assert (model.ref.family, model.ref.steps, model.ref.guidance_scale) == (family, steps, 1.0)
    assert (model.ref.native_resolution, model.ref.size_multiple, model.ref.inpaint_model) == (1024, 32, False)
    assert model.gives == {"qwen3-tokenizer": str(tmp_path / name / "processor")}


def test_its_owner_is_believed(tmp_path: Path) -> None:
    folder = qwen21_folder(tmp_path / "turbo")
    (folder / "layerbridge.json").write_text(json.dumps({"family": "qwen-image-21", "native_resolution": 2048}))
    ref = only(tmp_path).ref
    assert (ref.family, ref.native_resolution, ref.steps) == ("qwen-image-21", 2048, 40)


@pytest.mark.parametrize(
    ("file", "changes", "words"),
    [
        ("model_index.json", {"processor": ["transformers", "AutoProcessor"]}, "its processor is of a class"),
        ("model_index.json", {"sample_sigmas": [0.5, 0.5]}, "its sample_sigmas has to be 1 to"),
        ("model_index.json", {"sample_sigmas": [2, 1]}, "its sample_sigmas has to be 1 to"),
        ("model_index.json", {"sample_sigmas": []}, "its sample_sigmas has to be 1 to"),
        ("model_index.json", {"sample_sigmas": "none"}, "its sample_sigmas has to be 1 to"),
        ("transformer/config.json", {"num_layers": 5000}, "num_layers is 5,000"),
        ("transformer/config.json", {"context_in_dim": 1e6}, "context_in_dim is 1,000,000"),
        ("vae/config.json", {"temperal_downsample": [True] * 9}, "1 to 8 levels"),
        ("vae/config.json", {"decoder_base_dim": 10**6}, "decoder_base_dim is 1,000,000"),
    ],
)
def test_what_cannot_be_used_is_listed_with_the_reason(
    tmp_path: Path, file: str, changes: dict[str, Any], words: str
) -> None:
    refused_once_changed(qwen21_folder(tmp_path / "qwen"), file, changes, words)


@pytest.mark.parametrize(
    ("name", "family", "unsupported"),
    [
        ("Qwen/Qwen-Image-2.1", "qwen-image-21", None),
        ("someone/qwen_image_2.1_fp8", "qwen-image-21", None),
        ("Qwen/Qwen-Image-2.1-Turbo", "qwen-image-21-turbo", None),
        ("alibaba-pai/Qwen-Image-2.1-Fun-ControlNet-Union", "qwen-image-21", "a ControlNet"),
        ("Qwen/Qwen-Image-2.1-PE-T2I", "qwen-image-21", "writes prompts"),
        ("someone/qwen-image-edit-2509-v2.1", "qwen-image-edit-plus", None),
        ("someone/qwen-image-2.10", "qwen-image", None),
        ("tencent/HunyuanImage-2.1", "sd1", None),  # what is of no known name
    ],
)
def test_a_hub_s_model_is_told_by_its_name(name: str, family: str, unsupported: str | None) -> None:
    told_by_name(name, family, unsupported)


def test_the_configurations_lead_to_the_published_sizes_and_names() -> None:
    from accelerate import init_empty_weights
    from diffusers import AutoencoderKLQwenImage21, QwenImage21Transformer2DModel
    from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

    with init_empty_weights():
        made = QwenImage21Transformer2DModel(**TRANSFORMER)
        text_encoder = Qwen3VLForConditionalGeneration(Qwen3VLConfig(**TEXT_ENCODER))
        vae = AutoencoderKLQwenImage21(**VAE)
    counts = [sum(tensor.numel() for tensor in part.parameters()) for part in (made, text_encoder, vae)]
    assert counts == [7_115_124_736, 8_767_123_696, 337_740_404]
    shapes = {name: tuple(tensor.shape) for name, tensor in made.state_dict().items()}
    assert shapes == transformer(fused=False)


def test_a_file_s_shapes_lead_to_the_published_configuration() -> None:
    from accelerate import init_empty_weights

    with init_empty_weights():
        made = source().make(transformer(fused=False))
    assert {name: made.config[name] for name in TRANSFORMER} == {**TRANSFORMER, "axes_dims_rope": [16, 56, 56]}


@pytest.mark.parametrize("root", ["", "model.diffusion_model."])
@pytest.mark.parametrize(
    ("name", "family", "steps"),
    [
        ("qwen_image_2.1_bf16", "qwen-image-21", 40),
        ("mine", "qwen-image-21", 40),
        ("qwen_image_2.1_turbo_bf16", "qwen-image-21-turbo", 8),
        ("Qwen-Image-2.1-Fun-Acc-4Step", "qwen-image-21-turbo", 4),
    ],
)
def test_single_files_with_the_folder_that_has_the_rest(
    tmp_path: Path, name: str, family: str, steps: int, root: str
) -> None:
    model = file_with_the_rest(qwen21_folder(tmp_path / "rest" / "qwen"), name, transformer(root, fused=bool(root)))
    assert (model.ref.family, model.ref.steps, model.ref.native_resolution) == (family, steps, 1024)


@pytest.mark.parametrize(
    ("shapes", "settings", "words"),
    [
        (FEW, {}, "Missing: the text encoder Qwen3-VL 8B (qwen3vl_8b_bf16.safetensors in text_encoders)"),
        (FEW, {}, "the autoencoder of Qwen-Image 2.1 (qwen_image_2.1_vae_bf16.safetensors in vae)"),
        (FEW, {"config": "nowhere"}, "There is none here; name one"),
        (FEW, {"config": "qwen"}, "transformer with 2 blocks, and its own has another number"),
        (FEW, {"config": "//elsewhere/qwen"}, "config has the value"),
        (FEW | {"control_img_in.weight": (4096, 64)}, {}, "a ControlNet"),
        ({name: shape for name, shape in FEW.items() if "proj_out" not in name}, {}, "some of its layers"),
    ],
)
def test_files_that_cannot_be_used_are_listed_with_what_is_missing(
    tmp_path: Path, shapes: Shapes, settings: dict[str, Any], words: str
) -> None:
    qwen21_folder(tmp_path / "qwen")
    refused(file_with(tmp_path / "mine.safetensors", shapes, settings), words)


def test_parts_as_comfyui_keeps_them_are_found(tmp_path: Path) -> None:
    """Its tokenizer is that of a whole folder of the same family."""
    text = {
        "model.embed_tokens.weight": (151_936, 4096),
        "model.layers.0.self_attn.q_norm.weight": (128,),
        "model.norm.weight": (4096,),
        "model.visual.patch_embed.proj.weight": (1152, 3, 2, 16, 16),
    }
    checkpoint(tmp_path / "diffusion_models" / "qwen_image_2.1.safetensors", FEW)
    checkpoint(tmp_path / "text_encoders" / "text.safetensors", text)
    vae = {"encoder.conv1.weight": (96, 4, 1, 3, 3), "conv2.weight": (64, 64, 1, 1, 1)}
    checkpoint(tmp_path / "vae" / "vae.safetensors", vae)
    qwen21_folder(tmp_path / "whole")
    model = usable(named(tmp_path, "qwen_image_2.1"))
    assert part_names(model) == {"text_encoder": "text.safetensors", "vae": "vae.safetensors", "tokenizer": "processor"}


def test_the_published_levels_of_noise_are_those_of_files() -> None:
    assert list(TURBO_LEVELS) == TURBO["sample_sigmas"]


@pytest.mark.parametrize(
    ("shapes", "family"),
    [
        (lora("diffusion_model.transformer_blocks.3.img_mlp.gate_up", 24_576, 4096, peft=True), "qwen-image-21"),
        (lora("transformer.transformer_blocks.3.img_mlp.gate_layer", 12_288, 4096, peft=True), "qwen-image-21"),
        (lora("transformer.transformer_blocks.3.img_mlp.proj", 12_288, 4096, peft=True), "qwen-image-21"),
        (lora("transformer.transformer_blocks.30.attn.to_q", 4096, 4096, peft=True), "qwen-image-21"),
        (lora("transformer.transformer_blocks.30.attn.to_q", 3072, 3072, peft=True), "qwen-image"),
        (lora("transformer.single_transformer_blocks.30.attn.to_q", 4096, 4096, peft=True), ""),
        (lora("transformer.transformer_blocks.3.attn.to_q", 4096, 4096, peft=True), ""),  # may be FLUX.2 Klein's
    ],
)
def test_loras_are_told_and_fit(tmp_path: Path, shapes: Shapes, family: str) -> None:
    qwen21_folder(tmp_path / "qwen", **TURBO)
    style_of(tmp_path, shapes, family, ["qwen"] if family == "qwen-image-21" else [])


@pytest.mark.parametrize("written", [*WRITTEN, "{}.lora_down"])
def test_every_layer_of_the_model_is_found_by_its_name_in_lora_files(written: str) -> None:
    layers = [name.removesuffix(".weight") for name, shape in transformer(fused=False).items() if len(shape) == 2]
    assert layers_found("qwen-image-21", written_as(written, layers)) == {layer_name(layer) for layer in layers}
