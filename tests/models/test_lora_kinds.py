"""Whose a LoRA is, and which layers it changes, by names and shapes in its header alone: families with transformers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge_server.errors import ErrorCode
from bridge_server.families.base import AdapterFile
from bridge_server.families.registry import builtin
from bridge_server.models.catalog import find_models
from bridge_server.models.lora import lora_layers, unplaced

from .lora_files import lora
from .made import Shapes, checkpoint

CLIP = "lora_te1_text_model_encoder_layers_0_mlp_fc1"
T5 = "encoder_block_0_layer_0_SelfAttention_q"


def told(shapes: Shapes, notes: dict[str, str] | None = None) -> object:
    header = {"__metadata__": notes or {}, **{name: {"dtype": "F16", "shape": shape} for name, shape in shapes.items()}}
    return builtin().detect_adapter(AdapterFile(Path("style.safetensors"), json.dumps(header).encode()))


ONE_TRAINER = [  # family, what follows lora_transformer_, its outputs, T5 in its files
    ("flux1-dev", "single_transformer_blocks_3_attn_to_q", 3072, "lora_te2"),
    ("sd35-large", "transformer_blocks_3_attn_to_q", 2432, "lora_te3"),
    ("sd35-medium", "transformer_blocks_3_attn_to_q", 1536, "lora_te3"),
]


@pytest.mark.parametrize(("family", "layer", "width", "t5"), ONE_TRAINER)
def test_those_of_onetrainer_are_told_and_each_layer_is_found(family: str, layer: str, width: int, t5: str) -> None:
    plain = lora(f"lora_transformer_{layer}", width, width)
    texts = lora(CLIP, 3072, 768) | lora(f"{t5}_{T5}", 4096, 4096)
    assert told(plain) == told(plain | texts) == family
    spec = builtin().named(family).spec
    found = set(lora_layers(plain | texts, spec.adapters["lora"], spec.denoiser))
    assert {("transformer", layer), ("text_encoder", "encoder_layers_0_mlp_fc1")} <= found
    assert any(name == T5 for _, name in found)


@pytest.mark.parametrize("prefix", ["lora_te", "lora_te1", "lora_te3"])
def test_chroma_s_text_encoder_is_found_as_each_program_numbers_it(prefix: str) -> None:
    spec = builtin().named("chroma").spec
    found = lora_layers(lora(f"{prefix}_{T5}", 4096, 4096), spec.adapters["lora"], spec.denoiser)
    assert set(found) == {("text_encoder", T5)}


@pytest.mark.parametrize(
    "family", ["qwen-image", "z-image", "flux2-klein-4b", "krea-2", "ernie-image", "qwen-image-21"]
)
def test_every_transformer_is_found_with_the_prefix_of_onetrainer(family: str) -> None:
    spec = builtin().named(family).spec
    for start in spec.adapters["lora"].parts["transformer"].layers:
        layer = f"{start}0" if start.endswith("_") else start
        found = lora_layers(lora(f"lora_transformer_{layer}", 8, 8), spec.adapters["lora"], spec.denoiser)
        assert set(found) == {("transformer", layer)}


def loha(layer: str, outputs: int, inputs: int) -> Shapes:
    ends = {"a": (outputs, 4), "b": (4, inputs)}
    return {f"{layer}.hada_w{number}_{end}": shape for number in (1, 2) for end, shape in ends.items()}


def lokr(layer: str, outputs: int, inputs: int) -> Shapes:
    whole: Shapes = {f"{layer}.lokr_w1": (8, 8)}
    return whole | {f"{layer}.lokr_w2_a": (outputs // 8, 4), f"{layer}.lokr_w2_b": (4, inputs // 8)}


def lokr_apart(layer: str, outputs: int, inputs: int) -> Shapes:
    halves: Shapes = {f"{layer}.lokr_w1_a": (8, 4), f"{layer}.lokr_w1_b": (4, 8)}
    return halves | {f"{layer}.lokr_w2": (outputs // 8, inputs // 8)}


LAYERS = [
    ("flux1-dev", "lora_unet_single_blocks_3_linear1", 21504, 3072),
    ("flux1-dev", "lora_unet_double_blocks_12_img_attn_qkv", 9216, 3072),
    ("flux1-dev", "lycoris_single_transformer_blocks_3_attn_to_q", 3072, 3072),
    ("flux1-dev", "transformer.single_transformer_blocks.3.proj_mlp", 12288, 3072),
    ("sd35-large", "lycoris_transformer_blocks_3_attn_to_q", 2432, 2432),
    ("sd35-medium", "lora_unet_joint_blocks_3_x_block_attn_qkv", 4608, 1536),
    ("sd35-medium", "diffusion_model.joint_blocks.3.x_block.mlp.fc1", 6144, 1536),
    ("chroma", "lora_unet_distilled_guidance_layer_layers_0_in_layer", 5120, 5120),
    ("krea-2-turbo", "diffusion_model.blocks.3.attn.wk", 1536, 6144),
    ("krea-2-turbo", "diffusion_model.blocks.3.mlp.down", 6144, 16384),
    ("ernie-image", "diffusion_model.layers.3.self_attention.to_q", 4096, 4096),
    ("qwen-image", "lycoris_transformer_blocks_3_img_mlp_net_0_proj", 12288, 3072),
    ("qwen-image-21", "diffusion_model.transformer_blocks.12.attn.to_q", 4096, 4096),
    ("z-image-turbo", "lora_unet_layers_3_feed_forward_w2", 3840, 10240),
    ("flux2-klein-4b", "lora_unet_single_blocks_3_linear1", 27648, 3072),
]


@pytest.mark.parametrize("written", [lora, loha, lokr, lokr_apart])
@pytest.mark.parametrize(("family", "layer", "outputs", "inputs"), LAYERS)
def test_loha_and_lokr_are_told_as_loras_are(
    family: str, layer: str, outputs: int, inputs: int, written: Callable[[str, int, int], Shapes]
) -> None:
    shapes, spec = written(layer, outputs, inputs), builtin().named(family).spec
    assert told(shapes) == family
    assert told(written(layer, outputs + 64, inputs)) != family or family == "chroma"
    assert len(lora_layers(shapes, spec.adapters["lora"], spec.denoiser)) == 1


def test_layers_that_have_no_place_are_counted_once_each() -> None:
    spec = builtin().named("flux1-dev").spec
    known = lora("lora_unet_single_blocks_3_linear1", 21504, 3072)
    strange = lora("lora_unet_strange_blocks_3_qkv", 9216, 3072) | {"lora_unet_final_layer_other.alpha": ()}
    shapes = known | strange | {"double_blocks.3.norm.scale": (128,)}
    assert unplaced(known, spec.adapters["lora"], spec.denoiser) == 0
    assert unplaced(shapes, spec.adapters["lora"], spec.denoiser) == 2


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        (
            lora("double_blocks.3.img_mlp.0", 12288, 3072) | lora("img_in", 3072, 128),
            "shows FLUX.1 edges or depth (Canny, Depth), which Layerbridge cannot use",
        ),
        (
            lora("transformer.single_transformer_blocks.3.proj_mlp", 12288, 3072)
            | lora("transformer.x_embedder", 3072, 128),
            "shows FLUX.1 edges or depth (Canny, Depth), which Layerbridge cannot use",
        ),
        (lora("lora_unet_single_blocks_38_linear1", 21504, 3072), "such as HunyuanVideo"),
        (lora("diffusion_model.double_blocks.19.img_attn.qkv", 9216, 3072), "such as HunyuanVideo"),
        (lora("transformer.single_transformer_blocks.39.proj_mlp", 12288, 3072), "such as HunyuanVideo"),
    ],
)
def test_those_of_flux_1_s_relatives_are_told(tmp_path: Path, shapes: Shapes, words: str) -> None:
    checkpoint(tmp_path / "style.safetensors", shapes)
    (style,) = [model for model in find_models([tmp_path]) if not model.shipped]
    assert style.problem is ErrorCode.UNSUPPORTED and style.role == "lora" and words in style.note, style.note
    (tmp_path / "style.layerbridge.json").write_text(json.dumps({"family": "flux1-dev"}))
    (style,) = [model for model in find_models([tmp_path]) if not model.shipped]
    assert style.problem is None


@pytest.mark.parametrize("inputs", [64, 384])  # as Fill's
def test_those_of_flux_1_may_change_what_takes_the_picture_in(inputs: int) -> None:
    assert told(lora("double_blocks.3.img_mlp.0", 12288, 3072) | lora("img_in", 3072, inputs)) == "flux1-dev"
    assert told(lora("lora_unet_single_blocks_37_linear1", 21504, 3072)) == "flux1-dev"


@pytest.mark.parametrize(
    ("architecture", "family"),
    [
        ("stable-diffusion-3-m/lora", "sd3-medium"),
        ("stable-diffusion-3-medium/lora", "sd3-medium"),
        ("stable-diffusion-v3-medium/lora", "sd3-medium"),
        ("stable-diffusion-3-5-medium/lora", "sd35-medium"),
        ("stable-diffusion-3-mmdit", "sd35-medium"),
    ],
)
def test_3_medium_is_told_by_the_notes_of_kohya_s_scripts(architecture: str, family: str) -> None:
    shapes = lora("lora_unet_joint_blocks_3_x_block_attn_qkv", 4608, 1536)
    assert told(shapes, {"modelspec.architecture": architecture}) == family
