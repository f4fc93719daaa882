"""Chroma's folders, files and names: told by configurations and headers alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge_server.families.base import HubName, Match
from bridge_server.families.registry import builtin
from bridge_server.models.lora import layer_name
from tests.families.published.chroma_file import Shapes, transformer
from tests.families.published.chroma_folder import TRANSFORMER, chroma_folder
from tests.families.published.flux_folder import T5

from .listing import listed, only, part_names, refused, refused_once_changed, usable
from .lora_files import WRITTEN, layers_found, lora, style_of, written_as
from .made import checkpoint
from .test_flux import comfy, without


@pytest.mark.parametrize(
    ("name", "family", "side", "steps", "guidance"),
    [
        ("Chroma1-HD", "chroma", 1024, 40, 3.0),
        ("Chroma1-Base", "chroma-base", 512, 40, 3.0),
        ("Chroma1-HD-Flash", "chroma-flash", 1024, 8, 1.0),
        ("chroma-unlocked-v50", "chroma", 1024, 40, 3.0),
    ],
)
def test_folders_and_files_are_told(
    tmp_path: Path, name: str, family: str, side: int, steps: int, guidance: float
) -> None:
    chroma_folder(tmp_path / "folders" / name)
    checkpoint(comfy(tmp_path / "comfy") / "unet" / f"{name}.safetensors", transformer())
    for model in (only(tmp_path / "folders"), listed(tmp_path / "comfy")[name]):
        ref = usable(model).ref
        assert (ref.family, ref.native_resolution, ref.size_multiple) == (family, side, 16)
        assert (ref.steps, ref.guidance_scale) == (steps, guidance)


@pytest.mark.parametrize("root", ["", "model.diffusion_model."])
def test_files_find_their_parts(tmp_path: Path, root: str) -> None:
    checkpoint(comfy(tmp_path) / "unet" / "mine.safetensors", transformer(root))
    model = usable(listed(tmp_path)["mine"])
    assert model.ref.family == "chroma"
    assert part_names(model) == {
        "text_encoder": "t5xxl_fp16.safetensors",
        "tokenizer": "t5",
        "vae": "ae.safetensors",
    }


@pytest.mark.parametrize(
    ("file", "changes", "words"),
    [
        ("transformer/config.json", {"in_channels": 128}, "a relative of Chroma"),
        ("vae/config.json", {"block_out_channels": [4] * 9}, "1 to 8 levels"),
        ("text_encoder/config.json", {"d_model": 10**6}, "d_model is 1,000,000"),
    ],
)
def test_folders_that_cannot_be_used_are_listed_with_the_reason(
    tmp_path: Path, file: str, changes: dict[str, Any], words: str
) -> None:
    refused_once_changed(chroma_folder(tmp_path / "chroma"), file, changes, words)


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        (transformer(), "Missing: the text encoder T5-XXL (t5xxl_fp16.safetensors in text_encoders); the"),
        (transformer() | {"nerf_blocks.0.norm.scale": (64,)}, "Chroma1-Radiance, which paints pixels"),
        (without(transformer(), "single_blocks.0."), "without some of its blocks"),
        (transformer() | {"txt_in.weight": (1024, 4096)}, "a relative of Chroma"),
        (transformer() | {"double_blocks.0.img_mlp.0.weight_scale_2": ()}, "nvfp4"),
    ],
)
def test_files_that_cannot_be_used_are_listed_with_the_reason(tmp_path: Path, shapes: Shapes, words: str) -> None:
    checkpoint(tmp_path / "mine.safetensors", shapes)
    refused(only(tmp_path), words)


def test_a_folder_of_the_rest_has_to_fit(tmp_path: Path) -> None:
    rest = chroma_folder(tmp_path / "rest") / "text_encoder" / "config.json"
    checkpoint(tmp_path / "models" / "mine.safetensors", transformer())
    beside = tmp_path / "models" / "mine.layerbridge.json"
    beside.write_text(json.dumps({"config": "../rest"}))
    model = only(tmp_path / "models")
    assert model.problem is None and (model.ref.family, model.ref.size_multiple) == ("chroma", 16), model.note
    rest.write_text(json.dumps(T5 | {"d_model": 1024}))
    assert "has another text encoder" in only(tmp_path / "models").note
    beside.write_text(json.dumps({"config": "../none"}))
    assert "There is none here; name one" in only(tmp_path / "models").note


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("lodestones/Chroma1-HD", "chroma"),
        ("lodestones/Chroma1-Base", "chroma-base"),
        ("lodestones/Chroma1-Flash", "chroma-flash"),
        ("lodestones/Chroma", "chroma"),
        ("lodestones/Chroma1-Radiance", None),
        ("lodestones/Chroma2-Kaleidoscope", None),
        ("lodestones/Zeta-Chroma", None),
        ("someone/Monochromatic", None),
    ],
)
def test_a_hub_s_model_is_told_by_its_name(name: str, family: str | None) -> None:
    match = builtin().detect(HubName(name))
    told = match.family if isinstance(match, Match) and match.unsupported is None else None
    assert told == family or (family is None and not str(told).startswith("chroma"))


def test_the_published_names_and_numbers_are_what_the_configuration_makes() -> None:
    """Every name is converted, to the shape that the configuration leads to; nothing is left over; and as diffusers'
    own code converts it. Newer programs write `weight` for `scale`.
    """
    import torch
    from accelerate import init_empty_weights
    from diffusers import ChromaTransformer2DModel
    from diffusers.loaders import single_file_utils as convert

    from bridge_server.families.chroma.single_file import transformer as source

    with init_empty_weights():
        made = ChromaTransformer2DModel(**TRANSFORMER)
    assert sum(tensor.numel() for tensor in made.parameters()) // 10**6 == 8_899
    shapes = transformer("model.diffusion_model.")
    published: Any = {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}
    expected = {name: tensor.shape for name, tensor in made.state_dict().items()}
    newer = {
        f"{name.removesuffix('scale')}weight" if name.endswith("scale") else name: tensor
        for name, tensor in published.items()
    }
    named = source().convert(newer)
    assert {name: tensor.shape for name, tensor in named.items()} == expected
    named = source().convert(dict(published))
    assert {name: tensor.shape for name, tensor in named.items()} == expected
    with init_empty_weights():
        again: Any = source().make({name: tuple(tensor.shape) for name, tensor in named.items()})
    told = {name: value for name, value in made.config.items() if not name.startswith("_")}
    assert {name: again.config[name] for name in told} == told | {"out_channels": 64}
    theirs = convert.convert_chroma_transformer_checkpoint_to_diffusers(published)
    assert {name: tensor.shape for name, tensor in theirs.items()} == expected


@pytest.mark.parametrize("written", WRITTEN)
def test_every_layer_of_the_published_file_is_found_by_its_name_in_lora_files(written: str) -> None:
    from accelerate import init_empty_weights
    from diffusers import ChromaTransformer2DModel
    from torch import nn

    with init_empty_weights():
        made = ChromaTransformer2DModel(**TRANSFORMER)
    layers = {name for name, layer in made.named_modules() if isinstance(layer, nn.Linear)}
    weights = [name.removesuffix(".weight") for name in transformer() if name.endswith(".weight")]
    names = written_as(written, layers if written.startswith("transformer.") else weights)
    assert {layer_name(name) for name in layers} <= layers_found("chroma", names)


@pytest.mark.parametrize(
    ("shapes", "notes", "family"),
    [
        (lora("lora_unet_distilled_guidance_layer_layers_0_in_layer", 5120, 5120), {}, "chroma"),
        (lora("diffusion_model.distilled_guidance_layer.out_proj", 3072, 5120, peft=True), {}, "chroma"),
        (lora("lora_unet_single_blocks_3_linear1", 21504), {"ss_base_model_version": "chroma"}, "chroma"),
        (lora("lora_unet_single_blocks_3_linear1", 21504), {}, "flux1-dev"),
    ],
)
def test_loras_are_told_and_those_that_look_like_flux_1_s_fit_too(
    tmp_path: Path, shapes: Shapes, notes: dict[str, str], family: str
) -> None:
    chroma_folder(tmp_path / "model")
    style_of(tmp_path, shapes, family, ["model"], notes)
