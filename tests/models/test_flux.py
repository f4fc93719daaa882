"""FLUX.1's folders, files and names: told by configurations and headers alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge_server.errors import ErrorCode
from bridge_server.families.base import HubName, Match
from bridge_server.families.registry import builtin
from bridge_server.models.lora import layer_name
from tests.families.published.flux_file import WHOLE, Shapes, transformer
from tests.families.published.flux_folder import CLIP, T5, TRANSFORMER, flux_folder

from .listing import listed, only, part_names, refused, refused_once_changed, usable
from .lora_files import WRITTEN, layers_found, lora, style_of, written_as
from .made import checkpoint
from .test_part_files import CLIP as CLIP_FILE
from .test_part_files import T5 as T5_FILE
from .test_part_files import tokenizer

VAE_FILE: Shapes = {"decoder.conv_in.weight": (512, 16, 3, 3)}


def comfy(folder: Path) -> Path:
    """ComfyUI's folder `models` with all but a transformer, and T5's tokenizer."""
    checkpoint(folder / "text_encoders" / "t5xxl_fp16.safetensors", T5_FILE)
    checkpoint(folder / "text_encoders" / "clip_l.safetensors", CLIP_FILE)
    checkpoint(folder / "vae" / "ae.safetensors", VAE_FILE)
    tokenizer(folder / "tokenizers" / "t5", tokenizer_class="T5Tokenizer", extra_ids=100)
    return folder


@pytest.mark.parametrize(
    ("kind", "steps", "guidance"), [("dev", 28, 3.5), ("schnell", 4, 1.0), ("fill", 50, 30.0), ("kontext", 28, 2.5)]
)
def test_folders(tmp_path: Path, kind: str, steps: int, guidance: float) -> None:
    flux_folder(tmp_path / "flux", kind)
    ref = usable(only(tmp_path)).ref
    assert (ref.family, ref.steps, ref.guidance_scale) == (f"flux1-{kind}", steps, guidance)
    assert (ref.native_resolution, ref.size_multiple, ref.inpaint_model) == (1024, 16, kind == "fill")


def test_krea_is_dev_with_a_guidance_of_its_own(tmp_path: Path) -> None:
    flux_folder(tmp_path / "FLUX.1-Krea-dev", "dev")
    checkpoint(comfy(tmp_path / "models") / "flux1-krea-dev_fp8_scaled.safetensors", transformer("dev"))
    for name in ("FLUX.1-Krea-dev", "flux1-krea-dev_fp8_scaled"):
        ref = listed(tmp_path)[name].ref
        assert (ref.family, ref.guidance_scale) == ("flux1-dev", 4.5)


@pytest.mark.parametrize(
    ("file", "changes", "words"),
    [
        ("model_index.json", {"_class_name": "FluxControlPipeline"}, "is FluxControlPipeline, which"),
        ("transformer/config.json", {"in_channels": 128}, "a relative of FLUX.1"),
        ("transformer/config.json", {"num_layers": 5000}, "num_layers is 5,000"),
        ("text_encoder_2/config.json", {"d_model": 10**6}, "d_model is 1,000,000"),
        ("vae/config.json", {"latent_channels": 4}, "a relative of FLUX.1"),
        ("vae/config.json", {"block_out_channels": [4] * 9}, "1 to 8 levels"),
        ("tokenizer_2/tokenizer_config.json", {"auto_map": {"AutoTokenizer": "x.Y"}}, "names Python"),
    ],
)
def test_folders_that_cannot_be_used_are_listed_with_the_reason(
    tmp_path: Path, file: str, changes: dict[str, Any], words: str
) -> None:
    refused_once_changed(flux_folder(tmp_path / "flux", "dev"), file, changes, words)


@pytest.mark.parametrize("root", ["", "model.diffusion_model."])
@pytest.mark.parametrize(
    ("name", "kind"),
    [("flux1-dev", "dev"), ("flux1-schnell", "schnell"), ("any", "fill"), ("flux1-dev-kontext_fp8_scaled", "kontext")],
)
def test_files_find_their_parts(tmp_path: Path, name: str, kind: str, root: str) -> None:
    checkpoint(comfy(tmp_path) / "unet" / f"{name}.safetensors", transformer(kind, root))
    model = usable(listed(tmp_path)[name])
    assert model.ref.family == f"flux1-{kind}"
    assert part_names(model) == {
        "text_encoder": "clip_l.safetensors",
        "text_encoder_2": "t5xxl_fp16.safetensors",
        "tokenizer_2": "t5",
        "vae": "ae.safetensors",
    }


def test_a_file_with_all_parts_needs_but_a_tokenizer(tmp_path: Path) -> None:
    file = checkpoint(tmp_path / "flux1-dev-fp8.safetensors", transformer("dev", "model.diffusion_model.") | WHOLE)
    words = "flux1-dev-fp8.safetensors lacks: the tokenizer of T5 (the folder tokenizer_2 of https://"
    assert only(tmp_path).note.startswith(words), only(tmp_path).note
    flux_folder(tmp_path / "schnell", "schnell")
    model = listed(tmp_path)["flux1-dev-fp8"]
    assert usable(model).size == file.stat().st_size
    assert model.ref.parts == {"tokenizer_2": str(tmp_path / "schnell" / "tokenizer_2")}
    file.with_name("flux1-dev-fp8.layerbridge.json").write_text(json.dumps({"vae": "none.safetensors"}))
    assert "named as none.safetensors, which is none" in listed(tmp_path)["flux1-dev-fp8"].note


def without(shapes: Shapes, beginning: str) -> Shapes:
    return {name: shape for name, shape in shapes.items() if not name.startswith(beginning)}


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        (
            transformer("dev"),
            "Missing: the text encoder CLIP-L (clip_l.safetensors in text_encoders); the",
        ),
        (transformer("canny"), "FLUX.1 Canny or Depth"),
        (transformer("dev") | {"img_in.weight": (3072, 96)}, "a relative of FLUX.1"),
        (transformer("schnell") | {"img_in.weight": (3072, 320)}, "a relative of FLUX.1"),
        (transformer("schnell") | {"connector.S.final_norm.weight": (3072,)}, "This is Step1X-Edit"),
        (transformer("dev") | {"controlnet_blocks.0.weight": (3072, 3072)}, "a ControlNet for FLUX.1"),
        (without(transformer("dev"), "single_blocks.0."), "without some of its blocks"),
        (transformer("dev") | {"double_blocks.0.img_mod.lin.weight": (6, 1)}, "a relative of FLUX.1"),
        ({"redux_down.weight": (4096, 12_288), "redux_up.weight": (12_288, 1152)}, "FLUX.1 Redux"),
        (
            without(transformer("schnell"), "vector_in."),
            "is a relative of FLUX.1, or a part",
        ),  # a relative without CLIP's summary
        (transformer("dev") | {"double_blocks.0.img_mlp.0.weight_scale_2": ()}, "nvfp4"),
        (transformer("dev") | {"img_in.weight.quant_state.bitsandbytes__nf4": (9,)}, "numbers of bitsandbytes"),
    ],
)
def test_files_that_cannot_be_used_are_listed_with_the_reason(tmp_path: Path, shapes: Shapes, words: str) -> None:
    checkpoint(tmp_path / "mine.safetensors", shapes)
    refused(only(tmp_path), words)


@pytest.mark.parametrize("name", ["OpenFLUX.1-fp8", "libreflux", "flux1-dev-de-distill", "fluxDeDistilled"])
def test_those_with_the_distillation_undone_are_not_taken_for_schnell(tmp_path: Path, name: str) -> None:
    """But their owner is believed who says so."""
    flux_folder(tmp_path / "folders" / name, "schnell")
    file = checkpoint(comfy(tmp_path / "files") / f"{name}.safetensors", transformer("schnell"))
    for model in (only(tmp_path / "folders"), listed(tmp_path / "files")[name]):
        assert model.problem is ErrorCode.UNSUPPORTED and "de-distilled" in model.note, model.note
    for beside in (file.with_name(f"{name}.layerbridge.json"), tmp_path / "folders" / name / "layerbridge.json"):
        beside.write_text(json.dumps({"family": "flux1-schnell"}))
    for model in (only(tmp_path / "folders"), listed(tmp_path / "files")[name]):
        assert (model.problem, model.ref.family) == (None, "flux1-schnell"), model.note


def test_a_folder_of_the_rest_has_to_fit(tmp_path: Path) -> None:
    rest = flux_folder(tmp_path / "rest", "schnell") / "text_encoder_2" / "config.json"
    checkpoint(tmp_path / "models" / "mine.safetensors", transformer("fill"))
    (tmp_path / "models" / "mine.layerbridge.json").write_text(json.dumps({"config": "../rest"}))
    model = only(tmp_path / "models")
    assert model.problem is None and (model.ref.family, model.ref.size_multiple) == ("flux1-fill", 16), model.note
    rest.write_text(json.dumps(T5 | {"d_model": 1024}))
    assert "has another text encoder" in only(tmp_path / "models").note
    (tmp_path / "models" / "mine.layerbridge.json").write_text(json.dumps({"config": "../none"}))
    assert "There is none here; name one" in only(tmp_path / "models").note


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("black-forest-labs/FLUX.1-dev", "flux1-dev"),
        ("black-forest-labs/FLUX.1-schnell", "flux1-schnell"),
        ("black-forest-labs/FLUX.1-Fill-dev", "flux1-fill"),
        ("black-forest-labs/FLUX.1-Kontext-dev", "flux1-kontext"),
        ("black-forest-labs/FLUX.1-Krea-dev", "flux1-dev"),
        ("black-forest-labs/FLUX.1-Redux-dev", None),
        ("black-forest-labs/FLUX.1-Canny-dev", None),
        ("black-forest-labs/FLUX.2-dev", None),
        ("ostris/OpenFLUX.1", None),
        ("jimmycarter/LibreFLUX", None),
        ("nyanko7/flux-dev-de-distill", None),
        ("someone/flux-guide-distilled", "flux1-dev"),
    ],
)
def test_a_hub_s_model_is_told_by_its_name(name: str, family: str | None) -> None:
    match = builtin().detect(HubName(name))
    told = match.family if isinstance(match, Match) and match.unsupported is None else None
    assert told == family or (family is None and not str(told).startswith("flux1"))


@pytest.mark.parametrize("kind", ["dev", "schnell", "fill"])
def test_the_published_names_and_numbers_are_what_the_configuration_makes(kind: str) -> None:
    """Every name is converted, to the shape that the configuration leads to; nothing is left over. What is several in
    diffusers splits as its own code splits it.
    """
    import torch
    from accelerate import init_empty_weights
    from diffusers import FluxTransformer2DModel
    from diffusers.loaders import single_file_utils as convert

    from bridge_server.families.flux1.single_file import transformer as source

    shown = {"in_channels": 384, "out_channels": 64} if kind == "fill" else {}
    with init_empty_weights():
        made = FluxTransformer2DModel(**TRANSFORMER, **shown, guidance_embeds=kind != "schnell")
    assert sum(tensor.numel() for tensor in made.parameters()) // 10**6 == {"schnell": 11_891, "fill": 11_902}.get(
        kind, 11_901
    )
    shapes = transformer(kind, "model.diffusion_model.")
    published: Any = {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}
    expected = {name: tensor.shape for name, tensor in made.state_dict().items()}
    named = source().convert(dict(published))
    assert {name: tensor.shape for name, tensor in named.items()} == expected
    with init_empty_weights():
        again: Any = source().make({name: tuple(tensor.shape) for name, tensor in named.items()})
    told = {name: value for name, value in made.config.items() if not name.startswith("_")}
    assert {name: again.config[name] for name in told} == told | {"out_channels": 64}
    if kind != "fill":
        theirs = convert.convert_flux_transformer_checkpoint_to_diffusers(published)
        assert {name: tensor.shape for name, tensor in theirs.items()} == expected


def test_the_published_text_encoders_are_what_their_files_make() -> None:
    from accelerate import init_empty_weights
    from transformers import CLIPTextConfig, CLIPTextModel, T5Config, T5EncoderModel

    from bridge_server.pipelines import text_sources

    with init_empty_weights():
        clip, t5 = CLIPTextModel(CLIPTextConfig(**CLIP)), T5EncoderModel(T5Config(**T5))
    sizes = [sum(tensor.numel() for tensor in module.parameters()) for module in (clip, t5)]
    assert [size // 10**6 for size in sizes] == [123, 4_762 + 131]  # whose words are not yet shared
    kept = ("hidden_size", "num_attention_heads", "num_hidden_layers", "hidden_act", "d_kv", "d_ff")
    for source, module, root in ((text_sources.CLIP, clip, "text_model."), (text_sources.T5, t5, "")):
        tensors = {f"{root}{name}": tensor for name, tensor in module.state_dict().items()}
        named = source.convert(tensors)
        with init_empty_weights():
            made = source.make({name: tuple(tensor.shape) for name, tensor in named.items()})
        told, wanted = made.config.to_dict(), module.config.to_dict()
        assert all(told.get(name) == wanted.get(name) for name in kept)


@pytest.mark.parametrize("written", WRITTEN)
def test_every_layer_of_the_published_file_is_found_by_its_name_in_lora_files(written: str) -> None:
    from accelerate import init_empty_weights
    from diffusers import FluxTransformer2DModel
    from torch import nn

    with init_empty_weights():
        made = FluxTransformer2DModel(**TRANSFORMER, guidance_embeds=True)
    layers = {name for name, layer in made.named_modules() if isinstance(layer, nn.Linear)}
    weights = [name.removesuffix(".weight") for name in transformer("dev") if name.endswith(".weight")]
    is_peft = written.startswith("transformer.")
    named = layers if is_peft else weights
    missing = {layer_name(name) for name in layers} - layers_found("flux1-dev", written_as(written, named))
    assert missing <= {"norm_out_linear"} and (not missing or not is_peft), missing


@pytest.mark.parametrize(
    ("shapes", "family"),
    [
        (lora("lora_unet_single_blocks_3_linear1", 21504), "flux1-dev"),
        (lora("diffusion_model.single_blocks.3.linear1", 21504, peft=True), "flux1-dev"),
        (lora("transformer.single_transformer_blocks.3.proj_mlp", 12288, peft=True), "flux1-dev"),
        (lora("transformer.single_transformer_blocks.3.attn.to_q", 3072, peft=True), "flux1-dev"),
        (lora("transformer.transformer_blocks.3.ff.net.0.proj", 12288, peft=True), "flux1-dev"),
        (lora("lora_unet_double_blocks_3_img_mod_lin", 18432), "flux1-dev"),
        (lora("lora_unet_double_blocks_12_img_attn_qkv", 9216), "flux1-dev"),  # where FLUX.2 Klein has no such block
        (lora("lora_unet_single_blocks_30_linear2", 3072, 15360), "flux1-dev"),
        (lora("lora_unet_double_blocks_3_img_attn_qkv", 9216), ""),  # FLUX.2 Klein 4B's are as wide
        (lora("lora_unet_single_blocks_3_linear1", 27648), "flux2-klein-4b"),  # FLUX.2 Klein 4B
        (lora("transformer.transformer_blocks.3.ff.net.0.proj", 6144, 1536, peft=True), ""),  # SD 3
    ],
)
def test_loras_are_told_and_fit_all_kinds(tmp_path: Path, shapes: Shapes, family: str) -> None:
    kinds = ("dev", "schnell", "fill", "kontext")
    for kind in kinds:
        flux_folder(tmp_path / kind, kind)
    style_of(tmp_path, shapes, family, kinds if family == "flux1-dev" else ())
