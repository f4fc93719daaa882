"""CLIP-L and the encoder of T5 as single files, as ComfyUI keeps them: they answer what their folders answer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel, T5Config, T5EncoderModel

from bridge_server.models.gguf import told_of
from bridge_server.models.part_files import clip, part_file, t5
from bridge_server.pipelines.text_sources import CLIP, T5, inside
from bridge_server.pipelines.weight_files import build
from tests.support.few_bits import write
from tests.support.gguf_file import write_gguf

IDS = torch.tensor([[7, 5, 3, 9, 19, 19]])
GGUF = (
    ("encoder.final_layer_norm", "enc.output_norm"),
    ("shared", "token_embd"),
    (r"encoder.block.(\d+).layer.0.SelfAttention.relative_attention_bias", r"enc.blk.\1.attn_rel_b"),
    (r"encoder.block.(\d+).layer.0.SelfAttention.(\w)\.", r"enc.blk.\1.attn_\2."),
    (r"encoder.block.(\d+).layer.0.layer_norm", r"enc.blk.\1.attn_norm"),
    (r"encoder.block.(\d+).layer.1.DenseReluDense.wi_0", r"enc.blk.\1.ffn_gate"),
    (r"encoder.block.(\d+).layer.1.DenseReluDense.wi_1", r"enc.blk.\1.ffn_up"),
    (r"encoder.block.(\d+).layer.1.DenseReluDense.wo", r"enc.blk.\1.ffn_down"),
    (r"encoder.block.(\d+).layer.1.layer_norm", r"enc.blk.\1.ffn_norm"),
)


@pytest.fixture(scope="module")
def encoder() -> Any:
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=20, d_model=32, d_kv=16, d_ff=64, num_layers=2, num_heads=2, feed_forward_proj="gated-gelu"
    )
    return T5EncoderModel(config).eval()


def weights(module: Any) -> dict[str, torch.Tensor]:
    """Without what is another tensor as well."""
    return {name: tensor.clone() for name, tensor in module.state_dict().items() if "embed_tokens" not in name}


@torch.no_grad()
def answer(module: Any) -> torch.Tensor:
    return module.eval()(IDS)[0]


@pytest.mark.parametrize("root", ["", "text_encoders.t5xxl.transformer."])
@pytest.mark.parametrize("words", [["shared"], ["encoder.embed_tokens"], ["shared", "encoder.embed_tokens"]])
def test_t5_is_read_from_a_file(encoder: Any, tmp_path: Path, words: list[str], root: str) -> None:
    plain = weights(encoder)
    embedded = plain.pop("shared.weight")
    tensors = plain | {f"{name}.weight": embedded.clone() for name in words}
    assert (found := part_file({name: tuple(tensor.shape) for name, tensor in tensors.items()})) is not None
    assert found.kind == t5(32)
    save_file({root + name: tensor for name, tensor in tensors.items()}, tmp_path / "a.safetensors")
    made: Any = build(inside(T5, "text_encoders.t5xxl.transformer."), tmp_path / "a.safetensors", torch.float32)
    assert torch.equal(answer(made), answer(encoder))
    assert made.get_input_embeddings().weight is made.encoder.embed_tokens.weight


@pytest.mark.parametrize("kind", ["scaled fp8", "plain fp8"])
def test_t5_of_eight_bits_answers_what_the_same_numbers_answer(encoder: Any, tmp_path: Path, kind: str) -> None:
    file, plain = write(tmp_path / "a.safetensors", weights(encoder), kind)
    made, same = (cast(Any, build(T5, one, torch.float32)) for one in (file, plain))
    assert torch.allclose(answer(made), answer(same), atol=1e-6)
    assert "data" in dict(made.encoder.block[0].layer[1].DenseReluDense.wo.named_parameters())


def test_t5_of_llama_cpp_is_read(encoder: Any, tmp_path: Path) -> None:
    def named(name: str) -> str:
        for ours, theirs in GGUF:
            name = re.sub(ours, theirs, name)
        return name

    tensors = {named(name): tensor for name, tensor in weights(encoder).items()}
    file, _ = write_gguf(tmp_path / "t5.gguf", tensors)
    found = part_file(told_of(file).header.shapes)
    assert found is not None and found.kind == t5(32)
    assert (answer(build(T5, file, torch.float32)) - answer(encoder)).abs().max() < 0.05


def test_in_bfloat16_all_of_t5_is(encoder: Any, tmp_path: Path) -> None:
    """transformers keeps a layer in single precision for the range that float16 has not."""
    save_file(weights(encoder), tmp_path / "a.safetensors")
    made = {dtype: build(T5, tmp_path / "a.safetensors", dtype) for dtype in (torch.bfloat16, torch.float16)}
    kinds = {dtype: {tensor.dtype for tensor in module.parameters()} for dtype, module in made.items()}
    assert kinds == {torch.bfloat16: {torch.bfloat16}, torch.float16: {torch.float16, torch.float32}}


@pytest.mark.parametrize("root", ["", "text_encoders.clip_l.transformer."])
def test_clip_is_read_from_a_file(tmp_path: Path, root: str) -> None:
    torch.manual_seed(0)
    config = CLIPTextConfig(
        vocab_size=20,
        hidden_size=64,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=1,
        max_position_embeddings=8,
        projection_dim=16,
        eos_token_id=2,
    )
    own = CLIPTextModel(config).eval()
    tensors = {f"text_model.{name}": tensor for name, tensor in own.state_dict().items()}
    more = {"text_model.embeddings.position_ids": torch.arange(8)[None], "text_projection.weight": torch.ones(4, 4)}
    found = part_file({name: tuple(tensor.shape) for name, tensor in (tensors | more).items()})
    assert found is not None and found.kind == clip(64)
    save_file({root + name: tensor for name, tensor in (tensors | more).items()}, tmp_path / "a.safetensors")
    made: Any = build(inside(CLIP, "text_encoders.clip_l.transformer."), tmp_path / "a.safetensors", torch.float32)
    with torch.no_grad():
        assert torch.equal(made(IDS).pooler_output, own(IDS).pooler_output)
