"""FLUX.2 Klein's folders and names: told from one another by configurations alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge_server.errors import ErrorCode
from bridge_server.families.base import HubName, Match
from bridge_server.families.registry import builtin
from bridge_server.models.catalog import find_models
from bridge_server.models.described import Model
from tests.families.published.klein_folder import klein_folder


def only(folder: Path) -> Model:
    (model,) = [model for model in find_models([folder]) if not model.shipped]
    return model


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
    model = only(tmp_path)
    assert model.problem is None, model.note
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
    path = klein_folder(tmp_path / "klein", "4b", is_distilled=True) / file
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    assert only(tmp_path).problem is not None and words in only(tmp_path).note, only(tmp_path).note


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
    match = builtin().detect(HubName(name))
    assert isinstance(match, Match) and match.family == family and match.unsupported is None


def test_the_model_that_keeps_its_references_is_refused_by_name() -> None:
    match = builtin().detect(HubName("black-forest-labs/FLUX.2-klein-9b-kv"))
    assert isinstance(match, Match) and match.unsupported is not None


@pytest.mark.parametrize(
    ("size", "transformer", "text_encoder"),
    [("4b", 3_875_544_576, 4_022_468_096), ("9b", 9_078_581_248, 8_190_735_360)],
)
def test_the_configurations_lead_to_the_published_sizes(size: str, transformer: int, text_encoder: int) -> None:
    from accelerate import init_empty_weights
    from diffusers import Flux2Transformer2DModel
    from transformers import Qwen3Config, Qwen3ForCausalLM

    from tests.families.published.klein_folder import TEXT_ENCODERS, TRANSFORMERS

    config = Qwen3Config(**TEXT_ENCODERS[size])
    with init_empty_weights():
        made = Flux2Transformer2DModel(**TRANSFORMERS[size]), Qwen3ForCausalLM(config)
    counts = [sum(tensor.numel() for tensor in part.parameters()) for part in made]
    tied = config.vocab_size * config.hidden_size if config.tie_word_embeddings else 0
    assert (counts[0], counts[1] - tied) == (transformer, text_encoder)
