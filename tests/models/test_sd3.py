"""Stable Diffusion 3's folders, files and names: told from one another by configurations and headers alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge_server.errors import ErrorCode
from bridge_server.families.base import HubName, Match
from bridge_server.families.registry import builtin
from bridge_server.families.stable_diffusion_3.single_file import transformer as source
from bridge_server.models.lora import lora_layers
from tests.families.published.sd3_file import CLIPS, T5, VAE, Shapes, transformer
from tests.families.published.sd3_folder import sd3_folder
from tests.families.published.sd3_folder import transformer as config

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
from .lora_files import WRITTEN, lora, style_of, written_as
from .made import checkpoint

CLIP_FILES = {
    "clip_l": {name.partition("transformer.")[2]: shape for name, shape in CLIPS.items() if "clip_l" in name},
    "clip_g": {name.partition("transformer.")[2]: shape for name, shape in CLIPS.items() if "clip_g" in name},
}
T5_FILE: Shapes = {
    "shared.weight": (32128, 4096),
    "encoder.final_layer_norm.weight": (4096,),
    "encoder.block.0.layer.1.DenseReluDense.wi_0.weight": (10240, 4096),
}


def clips(folder: Path) -> None:
    for name, shapes in CLIP_FILES.items():
        checkpoint(folder / "text_encoders" / f"{name}.safetensors", shapes)


def t5_tokenizer(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "T5TokenizerFast", "extra_ids": 100}))


@pytest.mark.parametrize(
    ("name", "size", "family", "steps", "guidance"),
    [
        ("stable-diffusion-3.5-large", "large", "sd35-large", 28, 3.5),
        ("stable-diffusion-3.5-large-turbo", "large", "sd35-large-turbo", 4, 1.0),
        ("mine", "medium", "sd35-medium", 40, 4.5),
        ("stable-diffusion-3.5-medium-turbo", "medium", "sd35-medium", 8, 1.0),
        ("other", "old medium", "sd3-medium", 28, 7.0),
    ],
)
@pytest.mark.parametrize("has_t5", [True, False])
def test_folders(tmp_path: Path, name: str, size: str, family: str, steps: int, guidance: float, has_t5: bool) -> None:
    sd3_folder(tmp_path / name, size, has_t5=has_t5)
    model = usable(only(tmp_path))
    assert (model.ref.family, model.ref.steps, model.ref.guidance_scale) == (family, steps, guidance)
    assert (model.ref.native_resolution, model.ref.size_multiple, model.ref.inpaint_model) == (1024, 16, False)


@pytest.mark.parametrize(
    ("file", "changes", "words"),
    [
        ("model_index.json", {"text_encoder": ["transformers", "CLIPTextModel"]}, "its text_encoder is of a class"),
        ("transformer/config.json", {"num_layers": 5000}, "num_layers is 5,000"),
        ("transformer/config.json", {"num_layers": 12}, "a relative of Stable Diffusion 3"),
        ("vae/config.json", {"block_out_channels": [8] * 9}, "1 to 8 levels"),
    ],
)
def test_what_cannot_be_used_is_listed_with_the_reason(
    tmp_path: Path, file: str, changes: dict[str, Any], words: str
) -> None:
    refused_once_changed(sd3_folder(tmp_path / "sd3"), file, changes, words)


@pytest.mark.parametrize(
    ("name", "family", "unsupported"),
    [
        ("stabilityai/stable-diffusion-3.5-large", "sd35-large", None),
        ("stabilityai/stable-diffusion-3.5-large-turbo", "sd35-large-turbo", None),
        ("stabilityai/stable-diffusion-3.5-medium", "sd35-medium", None),
        ("stabilityai/stable-diffusion-3-medium-diffusers", "sd3-medium", None),
        ("someone/stable-diffusion-3.5-medium-turbo", "sd35-medium", None),
        ("someone/sd3.5_large_gguf", "sd35-large", None),
        ("stabilityai/stable-diffusion-3.5-large-controlnet-canny", "sd35-large", "a ControlNet"),
        ("someone/msd35-x", None, None),
    ],
)
def test_a_hub_s_model_is_told_by_its_name(name: str, family: str | None, unsupported: str | None) -> None:
    if family is None:
        match = builtin().detect(HubName(name))
        assert not isinstance(match, Match) or not match.family.startswith("sd3")
        return
    match = told_by_name(name, family, unsupported)
    assert match.steps == (8 if "medium-turbo" in name else None)


@pytest.mark.parametrize("size", ["large", "medium", "old medium"])
def test_the_configurations_lead_to_the_published_sizes_and_names(size: str) -> None:
    import torch
    from accelerate import init_empty_weights
    from diffusers import SD3Transformer2DModel

    with init_empty_weights(), torch.device("meta"):
        made = SD3Transformer2DModel(**config(size))
    counts = {"large": 8_056_627_520, "medium": 2_243_171_520, "old medium": 2_028_328_000}
    assert sum(tensor.numel() for tensor in made.parameters()) == counts[size]
    with torch.device("meta"):
        file = {name: torch.empty(shape) for name, shape in (transformer(size) | VAE | CLIPS | T5).items()}
        named = source().convert(file)
        shapes = {name: tuple(tensor.shape) for name, tensor in named.items()}
    with init_empty_weights():
        told = source().make(shapes)
    assert shapes == {name: tuple(tensor.shape) for name, tensor in made.state_dict().items()}
    assert shapes == {name: tuple(tensor.shape) for name, tensor in told.state_dict().items()}


@pytest.mark.parametrize("root", ["", "model.diffusion_model."])
@pytest.mark.parametrize(
    ("name", "size", "family", "steps"),
    [
        ("sd3.5_large", "large", "sd35-large", 28),
        ("sd3.5_large_turbo", "large", "sd35-large-turbo", 4),
        ("sd3.5_medium", "medium", "sd35-medium", 40),
        ("sd3.5m_turbo", "medium", "sd35-medium", 8),
        ("sd3_medium", "old medium", "sd3-medium", 28),
    ],
)
def test_single_files_with_the_folder_that_has_the_rest(
    tmp_path: Path, name: str, size: str, family: str, steps: int, root: str
) -> None:
    model = file_with_the_rest(sd3_folder(tmp_path / "rest" / "sd3"), name, transformer(size, root))
    assert (model.ref.family, model.ref.native_resolution, model.ref.steps) == (family, 1024, steps)


@pytest.mark.parametrize(
    ("shapes", "settings", "words"),
    [
        (transformer("large"), {}, "Missing: the text encoder CLIP-L (clip_l.safetensors in text_encoders); the text"),
        (transformer("large"), {}, "the autoencoder of Stable Diffusion 3 (a file with sd3 in its name"),
        (transformer("large"), {"config": "nowhere"}, "There is none here; name one"),
        (transformer("large"), {"config": "//elsewhere/sd3"}, "config has the value"),
        (transformer("large") | {"model.diffusion_model.controlnet_x": (1,)}, {}, "a ControlNet"),
        ({name: shape for name, shape in transformer("medium").items() if "final" not in name}, {}, "some of its"),
        ({name: shape for name, shape in transformer("medium").items() if ".23." not in name}, {}, "a relative of"),
    ],
)
def test_files_that_cannot_be_used_are_listed_with_what_is_missing(
    tmp_path: Path, shapes: Shapes, settings: dict[str, Any], words: str
) -> None:
    refused(file_with(tmp_path / "mine.safetensors", shapes, settings), words)


def test_a_file_with_all_but_t5_paints_without_it_and_says_so(tmp_path: Path) -> None:
    checkpoint(tmp_path / "sd3_medium_incl_clips.safetensors", transformer("old medium") | VAE | CLIPS)
    model = only(tmp_path)
    assert (model.problem, model.ref.family, dict(model.ref.parts)) == (None, "sd3-medium", {})
    assert (
        "It paints without T5, since the text encoder T5-XXL (t5xxl_fp16.safetensors in text_encoders) and"
        in model.note
    )
    assert model.note.endswith("tokenizer_2 of https://huggingface.co/black-forest-labs/FLUX.1-schnell) are missing.")
    t5_tokenizer(tmp_path / "words")
    assert named(tmp_path, "sd3_medium_incl_clips").ref.parts == {}  # of which one alone is of no use
    checkpoint(tmp_path / "text_encoders" / "t5xxl_fp16.safetensors", T5_FILE)
    whole = named(tmp_path, "sd3_medium_incl_clips")
    assert set(whole.ref.parts) == {"text_encoder_3", "tokenizer_3"} and "without" not in whole.note


def test_a_file_with_t5_needs_its_tokenizer_to_read_with_it(tmp_path: Path) -> None:
    checkpoint(tmp_path / "all.safetensors", transformer("old medium") | VAE | CLIPS | T5)
    assert "It paints without T5, since the tokenizer of T5 (" in only(tmp_path).note and only(tmp_path).problem is None
    t5_tokenizer(tmp_path / "words")
    assert set(named(tmp_path, "all").ref.parts) == {"tokenizer_3"}


def test_parts_as_comfyui_keeps_them_are_found(tmp_path: Path) -> None:
    """The autoencoder has the shapes of FLUX.1's, and is told by its file's name or by the owner."""
    checkpoint(tmp_path / "diffusion_models" / "sd3.5_large.safetensors", transformer("large") | VAE)
    bare = checkpoint(tmp_path / "diffusion_models" / "bare.safetensors", transformer("medium", ""))
    vae = {"decoder.conv_in.weight": (512, 16, 3, 3), "encoder.conv_in.weight": (128, 3, 3, 3)}
    checkpoint(tmp_path / "vae" / "ae.safetensors", vae)
    clips(tmp_path)
    assert set(usable(named(tmp_path, "sd3.5_large")).ref.parts) == {"text_encoder", "text_encoder_2"}
    assert named(tmp_path, "bare").problem is ErrorCode.MODEL_NOT_FOUND
    beside = bare.with_name("bare.layerbridge.json")
    beside.write_text(json.dumps({"vae": "../vae/ae.safetensors"}))
    assert Path(named(tmp_path, "bare").ref.parts["vae"]).name == "ae.safetensors"
    beside.unlink()
    checkpoint(tmp_path / "vae" / "sd3_vae.safetensors", vae)
    assert part_names(named(tmp_path, "bare")) == {
        "text_encoder": "clip_l.safetensors",
        "text_encoder_2": "clip_g.safetensors",
        "vae": "sd3_vae.safetensors",
    }


def test_t5_is_left_out_where_the_owner_says_so_and_missed_where_he_names_it(tmp_path: Path) -> None:
    file = checkpoint(tmp_path / "mine.safetensors", transformer("old medium") | VAE | CLIPS)
    checkpoint(tmp_path / "text_encoders" / "t5xxl_fp16.safetensors", T5_FILE)
    t5_tokenizer(tmp_path / "words")
    beside = file.with_name("mine.layerbridge.json")
    beside.write_text(json.dumps({"text_encoder_3": False}))
    assert (named(tmp_path, "mine").ref.parts, named(tmp_path, "mine").note) == ({}, "")
    beside.write_text(json.dumps({"text_encoder_3": "nowhere.safetensors"}))
    assert "named as nowhere.safetensors, which is none" in named(tmp_path, "mine").note
    assert named(tmp_path, "mine").problem is ErrorCode.MODEL_NOT_FOUND


@pytest.mark.parametrize("left_out", ["text_encoder_3", "tokenizer_3"])
def test_t5_is_left_out_of_a_file_that_has_it(tmp_path: Path, left_out: str) -> None:
    file = checkpoint(tmp_path / "mine.safetensors", transformer("old medium") | VAE | CLIPS | T5)
    t5_tokenizer(tmp_path / "words")
    file.with_name("mine.layerbridge.json").write_text(json.dumps({left_out: False}))
    assert (named(tmp_path, "mine").ref.parts, named(tmp_path, "mine").note) == ({}, "")


def test_a_part_that_the_owner_names_is_used_instead_of_the_file_s_own(tmp_path: Path) -> None:
    file = checkpoint(tmp_path / "mine.safetensors", transformer("old medium") | VAE | CLIPS)
    clips(tmp_path)
    settings = {"text_encoder": "text_encoders/clip_l.safetensors", "text_encoder_3": False}
    file.with_name("mine.layerbridge.json").write_text(json.dumps(settings))
    assert part_names(named(tmp_path, "mine")) == {"text_encoder": "clip_l.safetensors"}


@pytest.mark.parametrize(
    ("shapes", "family"),
    [
        (lora("lora_unet_joint_blocks_3_x_block_attn_qkv", 7296, 2432), "sd35-large"),
        (lora("transformer.transformer_blocks.3.attn.to_q", 2432, 2432, peft=True), "sd35-large"),
        (lora("diffusion_model.joint_blocks.3.context_block.mlp.fc1", 6144, 1536, peft=True), "sd35-medium"),
        (lora("transformer.transformer_blocks.3.attn.add_k_proj", 1536, 1536, peft=True), "sd35-medium"),
        (lora("transformer.transformer_blocks.3.attn.to_q", 3072, 3072, peft=True), ""),
    ],
)
def test_loras_are_told_and_fit(tmp_path: Path, shapes: Shapes, family: str) -> None:
    sd3_folder(tmp_path / "large")
    sd3_folder(tmp_path / "turbo")
    sd3_folder(tmp_path / "medium", "medium")
    fits = {"sd35-large": ("large", "turbo"), "sd35-medium": ("medium",)}
    style_of(tmp_path, shapes, family, fits.get(family, ()))


@pytest.mark.parametrize(("size", "family"), [("large", "sd35-large"), ("medium", "sd35-medium")])
@pytest.mark.parametrize("written", WRITTEN[:2])
def test_every_layer_of_the_published_file_is_found_by_its_name_in_lora_files(
    written: str, size: str, family: str
) -> None:
    """But for those that diffusers has in another order."""
    spec = builtin().named(family).spec
    layers = [name.removesuffix(".weight") for name, shape in transformer(size, "").items() if len(shape) == 2]
    found = lora_layers(written_as(written, layers), spec.adapters["lora"], spec.denoiser)
    assert len(found) == len(layers) - 2
