"""FLUX.2 Klein's folders and names: told from one another by configurations alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge_server.errors import ErrorCode
from bridge_server.families.base import HubName, Match
from bridge_server.families.registry import builtin
from bridge_server.models.lora import layer_name
from tests.families.published.klein_file import Shapes, transformer
from tests.families.published.klein_folder import TEXT_ENCODERS, TRANSFORMERS, klein_folder

from .listing import file_with, file_with_the_rest, only, refused, refused_once_changed, told_by_name, usable
from .lora_files import WRITTEN, layers_found, lora, style_of, written_as
from .made import checkpoint


@pytest.mark.parametrize(
    ("size", "distilled", "family", "steps", "guidance"),
    [
        ("4b", True, "flux2-klein-4b", 4, 1.0),
        ("4b", False, "flux2-klein-base-4b", 50, 4.0),
        ("9b", True, "flux2-klein-9b", 4, 1.0),
        ("9b", False, "flux2-klein-base-9b", 50, 4.0),
    ],
)
def test_folders(tmp_path: Path, size: str, distilled: bool, family: str, steps: int, guidance: float) -> None:
    klein_folder(tmp_path / "klein", size, is_distilled=distilled)
    model = usable(only(tmp_path))
    assert (model.ref.family, model.ref.steps, model.ref.guidance_scale) == (family, steps, guidance)
    assert (model.ref.native_resolution, model.ref.size_multiple, model.ref.inpaint_model) == (1024, 16, False)


def test_its_owner_is_believed(tmp_path: Path) -> None:
    folder = klein_folder(tmp_path / "klein", "4b", is_distilled=False)
    (folder / "layerbridge.json").write_text(json.dumps({"family": "flux2-klein-4b", "steps": 8}))
    assert (only(tmp_path).ref.family, only(tmp_path).ref.steps) == ("flux2-klein-4b", 8)
    (folder / "layerbridge.json").write_text(json.dumps({"clip_skip": 1}))
    assert "has no setting 'clip_skip'" in only(tmp_path).note


@pytest.mark.parametrize(
    ("file", "changes", "words"),
    [
        ("transformer/config.json", {"num_attention_heads": 48}, "a FLUX.2 model of another size"),
        ("model_index.json", {"_class_name": "Flux2Pipeline"}, "is Flux2Pipeline, which"),
        ("model_index.json", {"text_encoder": ["transformers", "Mistral3Model"]}, "its text_encoder is of a class"),
        ("transformer/config.json", {"num_layers": 5000}, "num_layers is 5,000"),
        ("vae/config.json", {"block_out_channels": [4] * 9}, "1 to 8 levels"),
    ],
)
def test_what_cannot_be_used_is_listed_with_the_reason(
    tmp_path: Path, file: str, changes: dict[str, Any], words: str
) -> None:
    refused_once_changed(klein_folder(tmp_path / "klein", "4b", is_distilled=True), file, changes, words)


def test_a_folder_without_its_text_encoder_is_an_unfinished_download(tmp_path: Path) -> None:
    folder = klein_folder(tmp_path / "klein", "4b", is_distilled=True)
    (folder / "text_encoder" / "model.safetensors").unlink()
    assert only(tmp_path).problem is ErrorCode.MODEL_UNREADABLE and "no weights in text_encoder" in only(tmp_path).note


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("black-forest-labs/FLUX.2-klein-4B", "flux2-klein-4b"),
        ("black-forest-labs/FLUX.2-klein-base-4B", "flux2-klein-base-4b"),
        ("black-forest-labs/FLUX.2-klein-9B", "flux2-klein-9b"),
        ("black-forest-labs/FLUX.2-klein-base-9B", "flux2-klein-base-9b"),
    ],
)
def test_a_hub_s_model_is_told_by_its_name(name: str, family: str) -> None:
    told_by_name(name, family)


def test_the_model_that_keeps_its_references_is_refused_by_name() -> None:
    match = builtin().detect(HubName("black-forest-labs/FLUX.2-klein-9b-kv"))
    assert isinstance(match, Match) and match.unsupported is not None


@pytest.mark.parametrize(
    ("size", "of_transformer", "of_text_encoder"),
    [("4b", 3_875_544_576, 4_022_468_096), ("9b", 9_078_581_248, 8_190_735_360)],
)
def test_the_configurations_lead_to_the_published_sizes(size: str, of_transformer: int, of_text_encoder: int) -> None:
    from accelerate import init_empty_weights
    from diffusers import Flux2Transformer2DModel
    from transformers import Qwen3Config, Qwen3ForCausalLM

    config = Qwen3Config(**TEXT_ENCODERS[size])
    with init_empty_weights():
        made = Flux2Transformer2DModel(**TRANSFORMERS[size]), Qwen3ForCausalLM(config)
    counts = [sum(tensor.numel() for tensor in part.parameters()) for part in made]
    tied = config.vocab_size * config.hidden_size if config.tie_word_embeddings else 0
    assert (counts[0], counts[1] - tied) == (of_transformer, of_text_encoder)


@pytest.mark.parametrize("size", ["4b", "9b"])
def test_the_published_files_are_what_the_configurations_make(size: str) -> None:
    """diffusers converts every name, to the shape that the configuration leads to; nothing is left over."""
    import torch
    from accelerate import init_empty_weights
    from diffusers import Flux2Transformer2DModel
    from diffusers.loaders import single_file_utils as convert

    published = {name: torch.empty(shape, device="meta") for name, shape in transformer(size).items()}
    with init_empty_weights():
        made = Flux2Transformer2DModel(**TRANSFORMERS[size])
    named = convert.convert_flux2_transformer_checkpoint_to_diffusers(published)
    assert {name: tensor.shape for name, tensor in named.items()} == {
        name: tensor.shape for name, tensor in made.state_dict().items()
    }


@pytest.mark.parametrize("root", ["", "model.diffusion_model.", "diffusion_model."])
@pytest.mark.parametrize(
    ("name", "size", "family"),
    [
        ("flux-2-klein-4b", "4b", "flux2-klein-4b"),
        ("flux-2-klein-base-4b", "4b", "flux2-klein-base-4b"),
        ("flux-2-klein-9b", "9b", "flux2-klein-9b"),
        ("flux-2-klein-base-9b", "9b", "flux2-klein-base-9b"),
    ],
)
def test_single_files_with_the_folder_that_has_the_rest(
    tmp_path: Path, name: str, size: str, family: str, root: str
) -> None:
    model = file_with_the_rest(
        klein_folder(tmp_path / "rest" / "klein", size, is_distilled=True), name, transformer(size, root)
    )
    assert (model.ref.family, model.ref.native_resolution, model.ref.size_multiple) == (family, 1024, 16)


@pytest.mark.parametrize(
    ("shapes", "settings", "words"),
    [
        (transformer("4b"), {}, "is the transformer of FLUX.2 Klein 4B alone. Missing: the text encoder Qwen3 4B"),
        (transformer("9b"), {}, "the text encoder Qwen3 8B (qwen_3_8b.safetensors in text_encoders)"),
        (transformer("4b"), {"config": "nowhere"}, "There is none here; name one"),
        (transformer("9b"), {"config": "klein"}, "has another text encoder"),
        (transformer("4b"), {"config": "//elsewhere/klein"}, "config has the value"),
        (transformer("4b") | {"double_blocks.0.img_mlp.0.weight_scale_2": ()}, {}, "numbers of four bits (nvfp4)"),
        (
            transformer("4b") | {"double_blocks.0.img_mlp.0.weight.quant_state.bitsandbytes__nf4": (4,)},
            {},
            "numbers of bitsandbytes",
        ),
        (transformer("4b") | {"double_blocks.0.img_mlp.0.weight_scale": ()}, {}, "Missing: the text encoder"),
        ({"single_stream_modulation.lin.weight": (18432, 6144)}, {}, "another size"),
        ({"single_stream_modulation.lin.weight": (9216, 3072)}, {}, "without some of its blocks"),
        ({"single_stream_modulation.lin.weight": (9216,)}, {}, "another size"),
    ],
)
def test_files_that_cannot_be_used_are_listed_with_what_is_missing(
    tmp_path: Path, shapes: Shapes, settings: dict[str, Any], words: str
) -> None:
    klein_folder(tmp_path / "klein", "4b", is_distilled=True)
    refused(file_with(tmp_path / "mine.safetensors", shapes, settings), words)


def test_flux_1_is_none_of_it(tmp_path: Path) -> None:
    checkpoint(tmp_path / "flux1.safetensors", {"double_blocks.0.img_attn.qkv.weight": (9216, 3072)})
    assert "is a relative of FLUX.1, or a part for it. Choose a model" in only(tmp_path).note


@pytest.mark.parametrize(
    ("shapes", "family"),
    [
        (lora("lora_unet_single_blocks_3_linear1", 27648), "flux2-klein-4b"),
        (lora("diffusion_model.single_blocks.3.linear1", 36864, 4096, peft=True), "flux2-klein-9b"),
        (lora("transformer.single_transformer_blocks.3.attn.to_qkv_mlp_proj", 27648, peft=True), "flux2-klein-4b"),
        (lora("lora_unet_double_blocks_0_txt_mlp_0", 24576, 4096), "flux2-klein-9b"),
        (lora("lora_unet_single_blocks_3_linear1", 21504), "flux1-dev"),
        (lora("diffusion_model.single_blocks.3.linear1", 55296, 6144, peft=True), ""),  # FLUX.2 dev
    ],
)
def test_loras_are_told_and_fit_the_distilled_and_the_base_model(tmp_path: Path, shapes: Shapes, family: str) -> None:
    for name in ("distilled", "base"):
        klein_folder(tmp_path / name, "9b" if family.endswith("9b") else "4b", is_distilled=name == "distilled")
    style_of(tmp_path, shapes, family, ("distilled", "base") if family.startswith("flux2") else ())


@pytest.mark.parametrize("written", WRITTEN[:2])
def test_every_layer_of_the_published_file_is_found_by_its_name_in_lora_files(written: str) -> None:
    from accelerate import init_empty_weights
    from diffusers import Flux2Transformer2DModel
    from torch import nn

    with init_empty_weights():
        made = Flux2Transformer2DModel(**TRANSFORMERS["9b"])
    ours = {layer_name(name) for name, layer in made.named_modules() if isinstance(layer, nn.Linear)}
    weights = [name.removesuffix(".weight") for name in transformer("9b") if name.endswith(".weight")]
    found = layers_found("flux2-klein-9b", written_as(written, weights))
    assert ours - found == {"norm_out_linear"} and found <= ours  # whose halves are the other way round there
