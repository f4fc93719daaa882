"""Qwen-Image's folders, files and names: told from one another by configurations and headers alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge_server.models.lora import layer_name
from bridge_server.pipelines.part_sources import qwen_vae_names
from tests.families.published.qwen_file import Shapes, layered_transformer, transformer
from tests.families.published.qwen_folder import TEXT_ENCODER, TRANSFORMER, qwen_folder
from tests.support.qwen_file import wan_names

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

FEW, LAYERED = transformer(blocks=2), layered_transformer(blocks=2)
BLOCK = "transformer_blocks.3"


@pytest.mark.parametrize(
    ("name", "family", "steps", "guidance"),
    [
        ("Qwen-Image", "qwen-image", 50, 4.0),
        ("Qwen-Image-2512", "qwen-image", 50, 4.0),
        ("Qwen-Image-Lightning-8steps", "qwen-image", 8, 1.0),
        ("qwen-image-lightx2v-4step", "qwen-image", 4, 1.0),
    ],
)
def test_folders(tmp_path: Path, name: str, family: str, steps: int, guidance: float) -> None:
    qwen_folder(tmp_path / name)
    model = usable(only(tmp_path))
    assert (model.ref.family, model.ref.steps, model.ref.guidance_scale) == (family, steps, guidance)
    assert (model.ref.native_resolution, model.ref.size_multiple, model.ref.inpaint_model) == (1328, 16, False)


@pytest.mark.parametrize(
    ("pipeline", "family"),
    [
        ("QwenImageEditPipeline", "qwen-image-edit"),
        ("QwenImageEditInpaintPipeline", "qwen-image-edit"),
        ("QwenImageEditPlusPipeline", "qwen-image-edit-plus"),
    ],
)
def test_folders_that_edit(tmp_path: Path, pipeline: str, family: str) -> None:
    folder = qwen_folder(tmp_path / "edit", pipeline)
    (folder / "processor").mkdir()
    (folder / "processor" / "preprocessor_config.json").write_text(json.dumps({"max_pixels": 12_845_056}))
    model = usable(only(tmp_path))
    assert (model.ref.family, model.ref.native_resolution) == (family, 1024)


def test_a_folder_that_takes_pictures_apart(tmp_path: Path) -> None:
    """Whatever its owner says: no other family can run it."""
    folder = qwen_folder(tmp_path / "layered", "QwenImageLayeredPipeline")
    (folder / "processor").mkdir()
    (folder / "layerbridge.json").write_text(json.dumps({"family": "qwen-image"}))
    model = usable(only(tmp_path))
    assert (model.ref.family, model.ref.native_resolution, model.ref.steps) == ("qwen-image-layered", 640, 50)


@pytest.mark.parametrize("root", ["", "model.diffusion_model."])
def test_a_file_that_takes_pictures_apart_is_told_by_its_tensors(tmp_path: Path, root: str) -> None:
    """And by nothing else: with the folder of the rest, or with files that are its parts."""
    model = file_with_the_rest(
        qwen_folder(tmp_path / "rest" / "layered", "QwenImageLayeredPipeline"), "mine", layered_transformer(root)
    )
    assert (model.ref.family, model.ref.native_resolution) == ("qwen-image-layered", 640)


def test_its_owner_is_believed(tmp_path: Path) -> None:
    folder = qwen_folder(tmp_path / "mine")
    (folder / "layerbridge.json").write_text(
        json.dumps({"guidance_scale": 1.0, "steps": 6, "sampler": "Euler shift 3"})
    )
    assert (only(tmp_path).ref.guidance_scale, only(tmp_path).ref.steps) == (1.0, 6)


@pytest.mark.parametrize(
    ("file", "changes", "words"),
    [
        ("model_index.json", {"text_encoder": ["transformers", "Qwen3ForCausalLM"]}, "its text_encoder is of a class"),
        ("transformer/config.json", {"num_layers": 5000}, "num_layers is 5,000"),
        ("vae/config.json", {"temperal_downsample": [True] * 9}, "1 to 8 levels"),
    ],
)
def test_what_cannot_be_used_is_listed_with_the_reason(
    tmp_path: Path, file: str, changes: dict[str, Any], words: str
) -> None:
    refused_once_changed(qwen_folder(tmp_path / "qwen"), file, changes, words)


@pytest.mark.parametrize(
    ("name", "family", "unsupported"),
    [
        ("Qwen/Qwen-Image", "qwen-image", None),
        ("Qwen/Qwen-Image-2512", "qwen-image", None),
        ("Qwen/Qwen-Image-Edit", "qwen-image-edit", None),
        ("Qwen/Qwen-Image-Edit-2509", "qwen-image-edit-plus", None),
        ("Qwen/Qwen-Image-Edit-2511", "qwen-image-edit-plus", None),
        ("Qwen/Qwen-Image-Layered", "qwen-image-layered", None),
        ("InstantX/Qwen-Image-ControlNet-Union", "qwen-image", "a ControlNet"),
    ],
)
def test_a_hub_s_model_is_told_by_its_name(name: str, family: str, unsupported: str | None) -> None:
    told_by_name(name, family, unsupported)


def test_the_configurations_lead_to_the_published_sizes_and_names() -> None:
    from accelerate import init_empty_weights
    from diffusers import QwenImageTransformer2DModel
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    with init_empty_weights():
        made = QwenImageTransformer2DModel(**TRANSFORMER)
        text_encoder = Qwen2_5_VLForConditionalGeneration(Qwen2_5_VLConfig(**TEXT_ENCODER))
    counts = [sum(tensor.numel() for tensor in part.parameters()) for part in (made, text_encoder)]
    assert counts == [20_430_401_088, 8_292_166_656]
    assert {name: tuple(tensor.shape) for name, tensor in made.state_dict().items()} == transformer()


@pytest.mark.parametrize("root", ["", "model.diffusion_model."])
@pytest.mark.parametrize(
    ("name", "family", "steps"),
    [
        ("qwen_image_bf16", "qwen-image", 50),
        ("qwen-image-lightning-4steps", "qwen-image", 4),
        ("qwen_image_edit_fp8", "qwen-image-edit", 50),
        ("qwen_image_edit_2511_lightning", "qwen-image-edit-plus", 8),
    ],
)
def test_single_files_with_the_folder_that_has_the_rest(
    tmp_path: Path, name: str, family: str, steps: int, root: str
) -> None:
    model = file_with_the_rest(qwen_folder(tmp_path / "rest" / "qwen"), name, transformer(root))
    side = 1024 if "edit" in family else 1328
    assert (model.ref.family, model.ref.steps, model.ref.native_resolution) == (family, steps, side)


@pytest.mark.parametrize(
    ("name", "shapes", "settings", "words"),
    [
        ("mine", FEW, {}, "Missing: the text encoder Qwen2.5-VL 7B (qwen_2.5_vl_7b.safetensors in text_encoders)"),
        ("mine", FEW, {"config": "nowhere"}, "There is none here; name one"),
        ("mine", FEW, {"config": "x" * 300}, "There is none here; name one"),
        ("mine", FEW, {"config": "qwen"}, "transformer with 2 blocks, and its own has another number"),
        ("mine", FEW, {"config": "//elsewhere/qwen"}, "config has the value"),
        ("mine", FEW | {"controlnet_x_embedder.weight": (3072, 64)}, {}, "a ControlNet"),
        ("mine", LAYERED, {}, "the autoencoder of Qwen-Image-Layered (qwen_image_layered_vae.safetensors in vae)"),
        ("mine", LAYERED, {"config": "qwen"}, "There is none here; name one"),
        ("mine", {name: shape for name, shape in FEW.items() if "proj_out" not in name}, {}, "some of its layers"),
    ],
)
def test_files_that_cannot_be_used_are_listed_with_what_is_missing(
    tmp_path: Path, name: str, shapes: Shapes, settings: dict[str, Any], words: str
) -> None:
    qwen_folder(tmp_path / "qwen")
    refused(file_with(tmp_path / f"{name}.safetensors", shapes, settings), words)


@pytest.mark.parametrize("ours", [False, True])
def test_parts_as_comfyui_keeps_them_are_found(tmp_path: Path, ours: bool) -> None:
    """ours: in the names of transformers and diffusers."""
    language, seeing = ("model.language_model.", "model.") if ours else ("model.", "")
    text = {
        f"{language}embed_tokens.weight": (152_064, 3584),
        f"{language}layers.0.self_attn.q_proj.bias": (3584,),
        f"{language}norm.weight": (3584,),
        f"{seeing}visual.patch_embed.proj.weight": (1280, 3, 2, 14, 14),
    }
    first, last = ("encoder.conv_in", "post_quant_conv") if ours else ("encoder.conv1", "conv2")
    checkpoint(tmp_path / "diffusion_models" / "qwen_image_fp8.safetensors", FEW)
    checkpoint(tmp_path / "text_encoders" / "text.safetensors", text)
    checkpoint(tmp_path / "diffusion_models" / "qwen_image_layered_bf16.safetensors", LAYERED)
    for name, channels in (("vae", 3), ("layered_vae", 4)):
        vae = {f"{first}.weight": (96, channels, 3, 3, 3), f"{last}.weight": (16, 16, 1, 1, 1)}
        checkpoint(tmp_path / "vae" / f"{name}.safetensors", vae)
    (tmp_path / "words").mkdir()
    words = {"tokenizer_class": "Qwen2Tokenizer", "additional_special_tokens": ["<|image_pad|>"]}
    (tmp_path / "words" / "tokenizer_config.json").write_text(json.dumps(words))
    files = {"qwen_image_fp8": "vae.safetensors", "qwen_image_layered_bf16": "layered_vae.safetensors"}
    for name, vae_file in files.items():
        model = usable(named(tmp_path, name))
        assert part_names(model) == {"text_encoder": "text.safetensors", "vae": vae_file, "tokenizer": "words"}


def test_the_autoencoder_in_its_makers_names_is_the_published_one() -> None:
    from accelerate import init_empty_weights
    from diffusers import AutoencoderKLQwenImage

    with init_empty_weights():
        state = AutoencoderKLQwenImage().state_dict()
    theirs = {theirs: state[name] for name, theirs in wan_names(state).items()}
    assert {"encoder.downsamples.0.residual.2.weight", "decoder.upsamples.3.resample.1.weight"} <= theirs.keys()
    made = qwen_vae_names(theirs)
    assert {name: made[name].shape for name in made} == {name: state[name].shape for name in state}


@pytest.mark.parametrize(
    ("shapes", "family"),
    [
        (lora(f"{BLOCK}.img_mlp.net.0.proj", 12288), "qwen-image"),  # Lightning's own
        (lora("lora_unet_transformer_blocks_3_txt_mod_1", 18432), "qwen-image"),
        (lora("diffusion_model.transformer_blocks.30.attn.to_q", 3072, peft=True), "qwen-image"),
        (lora("transformer.transformer_blocks.30.attn.add_q_proj.default", 3072, peft=True), ""),
        (lora("transformer.transformer_blocks.3.attn.to_q", 3072, peft=True), ""),  # may be FLUX.1's
        (lora("transformer.single_transformer_blocks.30.attn.to_q", 3072, peft=True), "flux1-dev"),
    ],
)
def test_loras_are_told_and_fit(tmp_path: Path, shapes: Shapes, family: str) -> None:
    qwen_folder(tmp_path / "qwen")
    style_of(tmp_path, shapes, family, ["qwen"] if family == "qwen-image" else [])


@pytest.mark.parametrize("written", [*WRITTEN, "{}.lora_down"])
def test_every_layer_of_the_published_file_is_found_by_its_name_in_lora_files(written: str) -> None:
    layers = [name.removesuffix(".weight") for name, shape in transformer().items() if len(shape) == 2]
    assert layers_found("qwen-image", written_as(written, layers)) == {layer_name(layer) for layer in layers}
