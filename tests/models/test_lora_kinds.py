"""Whose a LoRA is, and which layers it changes, by names and shapes in its header alone: families with transformers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge_server.families.base import AdapterFile
from bridge_server.families.registry import builtin
from bridge_server.models.lora import lora_layers

from .made import Shapes

CLIP = "lora_te1_text_model_encoder_layers_0_mlp_fc1"
T5 = "encoder_block_0_layer_0_SelfAttention_q"


def told(shapes: Shapes, notes: dict[str, str] | None = None) -> object:
    header = {"__metadata__": notes or {}, **{name: {"dtype": "F16", "shape": shape} for name, shape in shapes.items()}}
    return builtin().detect_adapter(AdapterFile(Path("style.safetensors"), json.dumps(header).encode()))


def lora(layer: str, outputs: int, inputs: int) -> Shapes:
    return {f"{layer}.lora_down.weight": (4, inputs), f"{layer}.lora_up.weight": (outputs, 4)}


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
