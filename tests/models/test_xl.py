"""Stable Diffusion XL's files and folders: told from one another by names, shapes, notes and configurations alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.families.base import HubName, Match
from bridge_server.families.registry import builtin
from bridge_server.models.adapters import check_fits
from bridge_server.models.catalog import find_models, resolve
from tests.families.published.xl_file import Shapes, autoencoder, checkpoint_of_xl, first_text_encoder, refiner, unet

from .listing import only
from .made import checkpoint, folder_model

UNET = "model.diffusion_model."
V = {"v_pred": (), "ztsnr": ()}


def xl_folder(folder: Path, *, channels: int = 4, unet: dict[str, Any] | None = None, **scheduler: Any) -> Path:
    """A diffusers folder with the configurations of a real model and empty weights."""
    folder_model(folder, kind="StableDiffusionXLPipeline", channels=channels, text_width=2048, sample_size=128)
    config = json.loads((folder / "unet" / "config.json").read_text())
    config |= {"block_out_channels": [320, 640, 1280], **(unet or {})}
    (folder / "unet" / "config.json").write_text(json.dumps(config))
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(scheduler))
    for part in ("text_encoder", "text_encoder_2"):
        (folder / part).mkdir(exist_ok=True)
        (folder / part / "config.json").write_text("{}")
        (folder / part / "model.safetensors").write_bytes(b"\0" * 10)
    return folder


@pytest.mark.parametrize(
    ("file", "shapes", "metadata", "family", "steps", "guidance"),
    [
        ("sd_xl_base_1.0.safetensors", {}, {}, "sdxl", 28, 6.0),
        ("ponyDiffusionV6XL.safetensors", {}, {}, "sdxl", 28, 6.0),
        ("NoobAI-XL-Vpred-v1.0.safetensors", V, {}, "sdxl-v", 28, 5.0),
        ("any.safetensors", V, {}, "sdxl-v", 28, 5.0),
        ("any.safetensors", {}, {"modelspec.prediction_type": "v"}, "sdxl-v", 28, 5.0),
        ("noob_vPred10.safetensors", {}, {}, "sdxl-v", 28, 5.0),
        ("noob_vpred.safetensors", {}, {"modelspec.prediction_type": "epsilon"}, "sdxl", 28, 6.0),
        ("sdxl_lightning_4step.safetensors", {}, {}, "sdxl-lightning", 4, 1.0),
        ("juggernautXL_v9Rdphoto2Lightning.safetensors", {}, {}, "sdxl-lightning", 6, 1.0),
        ("DreamShaperXL_Turbo_v2_1.safetensors", {}, {}, "sdxl-turbo", 4, 1.0),
        ("Juggernaut_X_RunDiffusion_Hyper.safetensors", {}, {}, "sdxl-hyper", 8, 1.0),
        ("Hyper-SDXL-8step.safetensors", {}, {}, "sdxl-hyper", 8, 1.0),
        ("merged-Hyper-SDXL-12steps-CFG.safetensors", {}, {}, "sdxl-hyper", 12, 5.0),
        ("sdxl_lightning_1step_x0.safetensors", {}, {}, "sdxl-lightning", 1, 1.0),
        ("hyperrealisticXL.safetensors", {}, {}, "sdxl", 28, 6.0),
        ("sdxl-lcm-merged.safetensors", {}, {}, "sdxl-lcm", 6, 1.0),
        ("any.safetensors", {}, {"modelspec.title": "Some SDXL Turbo"}, "sdxl-turbo", 4, 1.0),
    ],
)
def test_single_files(
    tmp_path: Path, file: str, shapes: Shapes, metadata: dict[str, str], family: str, steps: int, guidance: float
) -> None:
    checkpoint(tmp_path / file, checkpoint_of_xl() | shapes, metadata)
    model = only(tmp_path)
    assert model.problem is None, model.note
    assert (model.ref.family, model.ref.steps, model.ref.guidance_scale) == (family, steps, guidance)
    assert (model.ref.native_resolution, model.ref.size_multiple, model.ref.inpaint_model) == (1024, 32, False)


def test_nine_channels_are_an_inpainting_model(tmp_path: Path) -> None:
    checkpoint(tmp_path / "sd_xl_inpaint.safetensors", checkpoint_of_xl(9))
    assert (only(tmp_path).ref.family, only(tmp_path).ref.inpaint_model) == ("sdxl", True)


def test_stability_s_own_turbo_works_at_512(tmp_path: Path) -> None:
    checkpoint(tmp_path / "sd_xl_turbo_1.0_fp16.safetensors", checkpoint_of_xl())
    assert (only(tmp_path).ref.family, only(tmp_path).ref.native_resolution) == ("sdxl-turbo", 512)


def test_its_owner_is_believed(tmp_path: Path) -> None:
    checkpoint(tmp_path / "mine.safetensors", checkpoint_of_xl())
    (tmp_path / "mine.layerbridge.json").write_text(json.dumps({"family": "sdxl-lightning", "clip_skip": 1}))
    assert (only(tmp_path).ref.family, only(tmp_path).problem) == ("sdxl-lightning", None)
    (tmp_path / "mine.layerbridge.json").write_text(json.dumps({"clip_skip": 40}))
    assert "clip_skip has the value 40" in only(tmp_path).note


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        ({n: s for n, s in refiner().items() if "first_stage" not in n}, "refiner of Stable Diffusion XL without"),
        (dict(unet()), "the UNet of a Stable Diffusion XL model, without its text encoders"),
        ({"add_embedding.linear_1.weight": (1280, 2816)}, "the UNet of a Stable Diffusion XL model"),
        (checkpoint_of_xl() | {"edm_mean": (4,)}, "Playground 2.5"),
        (checkpoint_of_xl() | {"edm_vpred.sigma_max": ()}, "CosXL"),
        (checkpoint_of_xl(8), "instruct-pix2pix"),
        (dict([*unet(), *first_text_encoder(), *autoencoder()]), "without both of its text encoders"),
        (dict([*first_text_encoder(), *autoencoder()]), "without its UNet"),
        ({name: shape for name, shape in checkpoint_of_xl().items() if "first_stage" not in name}, "its autoencoder"),
        (
            {n: s for n, s in checkpoint_of_xl().items() if "first_stage_model.encoder" not in n},
            "without the encoder of its autoencoder",
        ),
        ({n: s for n, s in checkpoint_of_xl().items() if "transformer_blocks.9." not in n}, "a smaller relative"),
    ],
)
def test_what_cannot_be_used_is_listed_with_the_reason(tmp_path: Path, shapes: Shapes, words: str) -> None:
    checkpoint(tmp_path / "thing.safetensors", shapes)
    model = only(tmp_path)
    assert model.problem is ErrorCode.UNSUPPORTED and words in model.note, model.note


def test_a_control_net_is_not_called_a_model(tmp_path: Path) -> None:
    shapes = {"add_embedding.linear_1.weight": (1280, 2816), "controlnet_cond_embedding.conv_in.weight": (16, 3, 3, 3)}
    checkpoint(tmp_path / "thing.safetensors", shapes)
    assert "UNet" not in only(tmp_path).note and only(tmp_path).problem is ErrorCode.UNSUPPORTED


@pytest.mark.parametrize(
    ("name", "given", "family", "steps", "guidance"),
    [
        ("base", {}, "sdxl", 28, 6.0),
        ("noob", {"prediction_type": "v_prediction"}, "sdxl-v", 28, 5.0),
        ("RealVisXL_Lightning", {}, "sdxl-lightning", 6, 1.0),
        ("distilled", {"unet": {"time_cond_proj_dim": 256}}, "sdxl-lcm", 6, 8.0),
    ],
)
def test_folders(tmp_path: Path, name: str, given: dict[str, Any], family: str, steps: int, guidance: float) -> None:
    xl_folder(tmp_path / name, **given)
    model = only(tmp_path)
    assert model.problem is None, model.note
    assert (model.ref.family, model.ref.steps, model.ref.guidance_scale) == (family, steps, guidance)
    assert (model.ref.native_resolution, model.ref.size_multiple) == (1024, 32) and model.size == 40


def test_the_refiner_is_listed_with_a_role_of_its_own_and_paints_nothing_by_itself(tmp_path: Path) -> None:
    checkpoint(tmp_path / "sd_xl_refiner_1.0.safetensors", refiner())
    model = only(tmp_path)
    assert (model.role, model.problem, model.ref.family) == ("refiner", None, "sdxl-refiner"), model.note
    assert (model.ref.native_resolution, model.ref.size_multiple) == (1024, 64)
    with pytest.raises(BridgeError, match="only finishes what another model begins and cannot paint") as caught:
        resolve("sd_xl_refiner_1.0", [model])
    assert caught.value.code is ErrorCode.UNSUPPORTED
    checkpoint(tmp_path / "base.safetensors", checkpoint_of_xl())
    with pytest.raises(BridgeError, match="cannot finish the pictures of a model"):
        resolve("base", find_models([tmp_path]), role="refiner")


def test_a_folder_of_the_refiner_is_one_and_one_of_the_base_without_a_text_encoder_is_none(tmp_path: Path) -> None:
    folder = xl_folder(tmp_path / "refiner")
    for file in (folder / "text_encoder").iterdir():
        file.unlink()
    assert "the download is not complete" in only(tmp_path).note
    index = {"_class_name": "StableDiffusionXLImg2ImgPipeline", "text_encoder": [None, None]}
    (folder / "model_index.json").write_text(json.dumps(index))
    assert "the download is not complete" in only(tmp_path).note
    config = json.loads((folder / "unet" / "config.json").read_text())
    (folder / "unet" / "config.json").write_text(json.dumps(config | {"cross_attention_dim": 1280}))
    assert (only(tmp_path).role, only(tmp_path).problem) == ("refiner", None), only(tmp_path).note


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("stabilityai/stable-diffusion-xl-base-1.0", "sdxl"),
        ("stabilityai/sdxl-turbo", "sdxl-turbo"),
        ("diffusers/stable-diffusion-xl-1.0-inpainting-0.1", "sdxl"),
        ("Laxhar/noobai-XL-Vpred-1.0", "sdxl-v"),
        ("SG161222/RealVisXL_V4.0_Lightning", "sdxl-lightning"),
        ("OnomaAIResearch/Illustrious-xl-early-release-v0", "sdxl"),
        ("stable-diffusion-v1-5/stable-diffusion-v1-5", "sd1"),
        ("stabilityai/stable-diffusion-2-1", "sd2"),
    ],
)
def test_a_hub_s_model_is_told_by_its_name(name: str, family: str) -> None:
    match = builtin().detect(HubName(name))
    assert isinstance(match, Match) and match.family == family
    assert match.paints_masked is ("inpaint" in name)


def test_a_hub_s_refiner_is_refused_before_it_is_downloaded_and_steps_in_a_name_count() -> None:
    with pytest.raises(BridgeError, match="is the refiner of Stable Diffusion XL") as caught:
        resolve("stabilityai/stable-diffusion-xl-refiner-1.0", [])
    assert caught.value.code is ErrorCode.UNSUPPORTED
    assert resolve("maker/some-sdxl-lightning-4step", []).ref.steps == 4


def kohya(layer: str, inputs: int, outputs: int = 640) -> Shapes:
    return {f"{layer}.alpha": (), f"{layer}.lora_down.weight": (4, inputs), f"{layer}.lora_up.weight": (outputs, 4)}


READS = "lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k"
ENCODER = "lora_te{}_text_model_encoder_layers_0_mlp_fc1"


@pytest.mark.parametrize(
    "shapes",
    [
        kohya(READS, 2048),
        kohya("lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k", 2048),
        kohya(ENCODER.format(1), 768, 3072),
        kohya(ENCODER.format(2), 1280, 5120),
        kohya(READS, 2048) | kohya(ENCODER.format(2), 1280, 5120),
    ],
)
def test_loras_are_told_and_fit_every_descendant(tmp_path: Path, shapes: Shapes) -> None:
    checkpoint(tmp_path / "base_lightning.safetensors", checkpoint_of_xl())
    checkpoint(tmp_path / "style.safetensors", shapes)
    models = find_models([tmp_path])
    style = resolve("style", models, role="lora").ref
    assert style.family == "sdxl"
    check_fits(style, resolve("base_lightning", models).ref, builtin())


def test_loras_of_families_with_the_same_text_encoders_are_none_of_its(tmp_path: Path) -> None:
    shapes = kohya("lora_unet_double_blocks_0_img_attn_proj", 3072) | kohya(ENCODER.format(1), 768, 3072)
    checkpoint(tmp_path / "style.safetensors", shapes)
    assert only(tmp_path).problem is ErrorCode.UNSUPPORTED and "for FLUX.1" in only(tmp_path).note


def test_every_layer_of_the_published_unet_is_found_by_its_name_in_lora_files() -> None:
    """kohya's scripts write generative-models' names, with _ for each dot."""
    from accelerate import init_empty_weights
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
    from torch import nn

    from bridge_server.families.stable_diffusion.single_file import CONFIGS
    from bridge_server.models.lora import layer_name, lora_layers

    with init_empty_weights():
        made = UNet2DConditionModel.from_config(json.loads((CONFIGS / "sdxl" / "unet" / "config.json").read_text()))
    ours = {layer_name(name) for name, layer in made.named_modules() if isinstance(layer, nn.Linear | nn.Conv2d)}
    weights = [name for name, shape in unet() if name.endswith(".weight") and len(shape) > 1]
    flat = {f"lora_unet_{name.removeprefix(UNET).removesuffix('.weight').replace('.', '_')}" for name in weights}
    spec = builtin().named("sdxl").spec
    found = lora_layers([f"{name}.lora_down.weight" for name in flat], spec.adapters["lora"], spec.denoiser)
    assert {layer for _, layer in found} == ours and len(flat) == len(ours) == 794


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        *(("sdxl", part) for part in ("unet", "vae", "text_encoder", "text_encoder_2")),
        *(("sdxl-refiner", part) for part in ("unet", "vae", "text_encoder_2")),
    ],
)
def test_the_published_files_are_what_the_shipped_configurations_make(kind: str, part: str) -> None:
    """diffusers converts every name, to the shape that the configuration leads to; nothing is left over."""
    import torch
    from accelerate import init_empty_weights
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from diffusers.loaders import single_file_utils as convert
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    from bridge_server.families.stable_diffusion.single_file import CONFIGS

    config = json.loads((CONFIGS / kind / part / "config.json").read_text())
    shapes = checkpoint_of_xl() if kind == "sdxl" else refiner()
    published = {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}
    with init_empty_weights():
        if part == "unet":
            made, named = (
                UNet2DConditionModel.from_config(config),
                convert.convert_ldm_unet_checkpoint(published, config),
            )
        elif part == "vae":
            made, named = AutoencoderKL.from_config(config), convert.convert_ldm_vae_checkpoint(published, config)
        elif part == "text_encoder":
            made = CLIPTextModel(CLIPTextConfig(**config))
            named = convert.convert_ldm_clip_checkpoint(published)
            named = {name.removeprefix("text_model."): tensor for name, tensor in named.items() if "_ids" not in name}
        else:
            made = CLIPTextModelWithProjection(CLIPTextConfig(**config))
            named = convert.convert_open_clip_checkpoint(
                made, published, prefix=f"conditioner.embedders.{1 if kind == 'sdxl' else 0}.model."
            )
    wanted = {name: tuple(tensor.shape) for name, tensor in made.state_dict().items()}
    assert {name: tuple(tensor.shape) for name, tensor in named.items() if name in wanted} == wanted
    counts = {
        "unet": 2_567_463_684 if kind == "sdxl" else 2_259_526_660,
        "vae": 83_653_863,
        "text_encoder": 123_060_480,
        "text_encoder_2": 694_659_840,
    }
    assert sum(tensor.numel() for tensor in made.parameters()) == counts[part]
    assert len(checkpoint_of_xl()) == 2515
