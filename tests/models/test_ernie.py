"""ERNIE-Image's folders, files and names: told by configurations and headers alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge_server.families.ernie_image.single_file import transformer as source
from bridge_server.models.lora import layer_name
from bridge_server.models.part_files import part_file
from tests.families.published.ernie_file import Shapes, transformer
from tests.families.published.ernie_folder import TEXT_ENCODER, TOKENIZER, TRANSFORMER, ernie_folder

from .listing import (
    file_with,
    file_with_the_rest,
    named,
    part_names,
    refused,
    refused_once_changed,
    told_by_name,
    usable,
)
from .lora_files import WRITTEN, layers_found, lora, style_of, written_as
from .made import checkpoint

FEW = transformer(blocks=2)
TEXT: Shapes = {
    "model.embed_tokens.weight": (131_072, 3072),
    "model.layers.0.self_attn.q_proj.weight": (4096, 3072),
    "model.norm.weight": (3072,),
}
SEES: Shapes = {"multi_modal_projector.linear_1.weight": (3072, 1024)}


@pytest.mark.parametrize(
    ("name", "family", "steps", "guidance"),
    [("ERNIE-Image", "ernie-image", 50, 4.0), ("ERNIE-Image-Turbo", "ernie-image-turbo", 8, 1.0)],
)
def test_folders(tmp_path: Path, name: str, family: str, steps: int, guidance: float) -> None:
    ernie_folder(tmp_path / name)
    model = usable(named(tmp_path, name))
    assert (model.ref.family, model.ref.steps, model.ref.guidance_scale) == (family, steps, guidance)
    assert (model.ref.native_resolution, model.ref.size_multiple) == (1024, 16)
    assert model.gives == {"mistral-tokenizer": str(tmp_path / name / "tokenizer")}


@pytest.mark.parametrize(
    ("file", "changes", "words"),
    [
        ("model_index.json", {"pe": ["transformers", "AutoModel"]}, "its pe is of a class"),
        ("transformer/config.json", {"ffn_hidden_size": 10**6}, "ffn_hidden_size is 1,000,000"),
        ("vae/config.json", {"block_out_channels": [8] * 9}, "1 to 8 levels"),
    ],
)
def test_what_cannot_be_used_is_listed_with_the_reason(
    tmp_path: Path, file: str, changes: dict[str, Any], words: str
) -> None:
    refused_once_changed(ernie_folder(tmp_path / "ernie"), file, changes, words)


@pytest.mark.parametrize(
    ("name", "family", "unsupported"),
    [
        ("baidu/ERNIE-Image", "ernie-image", None),
        ("baidu/ERNIE-Image-Turbo", "ernie-image-turbo", None),
        ("someone/ernie_image_turbo_fp8", "ernie-image-turbo", None),
        ("someone/ERNIE-Image-ControlNet", "ernie-image", "a ControlNet"),
        ("baidu/ERNIE-Image-Prompt-Enhancer", "ernie-image", "writes prompts"),
    ],
)
def test_a_hub_s_model_is_told_by_its_name(name: str, family: str, unsupported: str | None) -> None:
    told_by_name(name, family, unsupported)


def test_the_configurations_lead_to_the_published_sizes_and_names() -> None:
    from accelerate import init_empty_weights
    from diffusers import ErnieImageTransformer2DModel
    from transformers import Mistral3Config, Mistral3Model

    with init_empty_weights():
        made = ErnieImageTransformer2DModel(**TRANSFORMER)
        text_encoder = Mistral3Model(Mistral3Config(**TEXT_ENCODER))
    counts = [sum(tensor.numel() for tensor in part.parameters()) for part in (made, text_encoder)]
    assert counts == [8_033_490_048, 3_849_090_048]
    shapes = {name: tuple(tensor.shape) for name, tensor in made.state_dict().items()}
    assert shapes == transformer()
    with init_empty_weights():
        from_shapes = source().make(shapes)
    told = {name: from_shapes.config[name] for name in TRANSFORMER}
    assert told | {"rope_axes_dim": list(told["rope_axes_dim"])} == TRANSFORMER


@pytest.mark.parametrize("root", ["", "model.diffusion_model."])
@pytest.mark.parametrize(
    ("name", "family"), [("ernie-image", "ernie-image"), ("ernie-image-turbo", "ernie-image-turbo")]
)
def test_single_files_with_the_folder_that_has_the_rest(tmp_path: Path, name: str, family: str, root: str) -> None:
    model = file_with_the_rest(ernie_folder(tmp_path / "rest" / "ernie"), name, transformer(root))
    assert model.ref.family == family


@pytest.mark.parametrize(
    ("shapes", "settings", "words"),
    [
        (FEW, {}, "Missing: the text encoder Ministral 3 3B (ministral-3-3b.safetensors in text_encoders)"),
        (FEW, {"config": "nowhere"}, "There is none here; name one"),
        ({name: shape for name, shape in FEW.items() if "final_linear" not in name}, {}, "some of its layers"),
    ],
)
def test_files_that_cannot_be_used_are_listed_with_what_is_missing(
    tmp_path: Path, shapes: Shapes, settings: dict[str, Any], words: str
) -> None:
    refused(file_with(tmp_path / "mine.safetensors", shapes, settings), words)


def test_parts_as_comfyui_keeps_them_are_found(tmp_path: Path) -> None:
    """And not its prompt enhancer, which is a language model of the same size that sees nothing."""
    checkpoint(tmp_path / "diffusion_models" / "ernie-image.safetensors", FEW)
    checkpoint(tmp_path / "text_encoders" / "ernie-image-prompt-enhancer.safetensors", TEXT)
    checkpoint(tmp_path / "text_encoders" / "ministral-3-3b.safetensors", TEXT | SEES)
    vae = {"decoder.conv_in.weight": (512, 32, 3, 3), "bn.running_mean": (128,)}
    checkpoint(tmp_path / "vae" / "flux2-vae.safetensors", vae)
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "tokenizer_config.json").write_text(json.dumps(TOKENIZER))
    model = usable(named(tmp_path, "ernie-image"))
    assert part_names(model) == {
        "text_encoder": "ministral-3-3b.safetensors",
        "vae": "flux2-vae.safetensors",
        "tokenizer": "words",
    }
    assert part_file({**TEXT, **SEES, "model.embed_tokens.weight": (32_000, 3072)}) is None


@pytest.mark.parametrize(
    ("shapes", "family"),
    [
        (lora("diffusion_model.layers.3.self_attention.to_q", 4096, 4096, peft=True), "ernie-image"),
        (lora("base_model.model.layers.3.mlp.linear_fc2", 4096, 4096, peft=True), "ernie-image"),
        (lora("transformer.layers.3.self_attention.to_q", 3072, 4096, peft=True), ""),
        (lora("model.layers.3.self_attn.q_proj", 4096, 4096, peft=True), ""),  # of a language model
    ],
)
def test_loras_are_told_and_fit(tmp_path: Path, shapes: Shapes, family: str) -> None:
    ernie_folder(tmp_path / "turbo")
    style_of(tmp_path, shapes, family, ["turbo"] if family else [])


@pytest.mark.parametrize("written", WRITTEN)
def test_every_layer_of_the_model_is_found_by_its_name_in_lora_files(written: str) -> None:
    layers = [name.removesuffix(".weight") for name, shape in transformer().items() if len(shape) > 1]
    assert layers_found("ernie-image", written_as(written, layers)) == {layer_name(layer) for layer in layers}
