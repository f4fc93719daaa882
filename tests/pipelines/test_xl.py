"""Stable Diffusion XL, against diffusers' own pipelines and as files are found; on tiny models of random weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.families.registry import builtin
from bridge_server.families.stable_diffusion_xl.load import StableDiffusionXL
from bridge_server.families.stable_diffusion_xl.prompts import read_prompts
from bridge_server.families.stable_diffusion_xl.spec import SAMPLERS
from bridge_server.families.stable_diffusion_xl.tiny import build
from bridge_server.models.catalog import find_models
from bridge_server.pipelines import family, memory
from bridge_server.pipelines.generation import FloatArray, Unwatched
from bridge_server.pipelines.loader import load as load_model
from bridge_server.pipelines.memory import choose_device
from tests.families.contract import Subject
from tests.families.loras import adapter, write_lora
from tests.support.runnable import runnable
from tests.support.tiny_checkpoint import write_checkpoint

from .conftest import half_mask, paint
from .test_precision import SAME_PICTURE_DB, decibels

LONG = "a red apple, " * 40


def load(folder: Path) -> Any:
    (model,) = [model for model in find_models([folder]) if not model.shipped]
    assert model.problem is None, model.note
    return load_model(model.ref, builtin(), choose_device("cpu"), None)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("xl")
    made: dict[str, dict[str, Any]] = {
        "plain": {},
        "inpaint": {"inpaint": True},
        "v": {"prediction_type": "v_prediction", "zero_snr": True},
        "told": {"guidance_width": 16, "family": "sdxl-lcm"},
        "skips": {"overrides": {"clip_skip": 1, "guidance_rescale": 0.7}},
    }
    return {name: build(root / name / name, **changes).parent for name, changes in made.items()}


@pytest.fixture(scope="module")
def models(folders: dict[str, Path]) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(memory, "has_fast_bfloat16", lambda: False)
        return {name: load(folder) for name, folder in folders.items()}


def own(loaded: StableDiffusionXL, kind: Any = diffusers.StableDiffusionXLPipeline) -> Any:
    scheduler = getattr(diffusers, loaded.scheduler_class).from_config(loaded.scheduler_config)
    pipeline = kind(**loaded.parts, scheduler=scheduler, add_watermarker=False)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def latents(loaded: Any, **changes: Any) -> torch.Tensor:
    subject = Subject(builtin().named(loaded.ref.family), loaded)
    return subject.latents_of(**changes)


@pytest.mark.parametrize("name", ["plain", "skips"])
@pytest.mark.parametrize("negative", ["", "blue automobile"])
def test_prompts_are_read_as_diffusers_reads_them(models: dict[str, Any], name: str, negative: str) -> None:
    loaded = models[name]
    read = read_prompts(loaded, "red apple", negative, guided=True)
    given = {"prompt": "red apple", "negative_prompt": negative or None}
    skip = {"clip_skip": loaded.clip_skip} if loaded.clip_skip else {}
    wanted = own(loaded).encode_prompt(**given, device=torch.device("cpu"), **skip)
    assert read.negative is not None and read.unread == ""
    made = (read.prompt.text, read.negative.text, read.prompt.pooled, read.negative.pooled)
    assert all(torch.equal(one, other) for one, other in zip(made, wanted, strict=True))
    assert bool(read.negative.text.abs().max()) is bool(negative)


def test_a_long_prompt_is_read_to_its_end_and_its_summary_is_that_of_its_beginning(models: dict[str, Any]) -> None:
    loaded = models["plain"]
    read = read_prompts(loaded, LONG, "blue", guided=True)
    longer = read_prompts(loaded, f"{LONG} blue automobile", "", guided=False).prompt
    assert read.prompt.text.shape[1] > 77 and read.negative is not None
    assert read.negative.text.shape == read.prompt.text.shape
    assert torch.equal(read.prompt.pooled, longer.pooled) and not torch.equal(read.prompt.text, longer.text)
    watch = Unwatched()
    shown = {prompt: paint(loaded, watch, prompt=prompt).pixels for prompt in (LONG, LONG + "blue automobile")}
    assert not watch.warnings and not np.array_equal(*shown.values())
    paint(loaded, watch, prompt=LONG * 8)
    assert [warned.code for warned in watch.warnings] == ["unread_words"]


def test_a_nine_channel_unet_paints_what_diffusers_inpaint_paints(models: dict[str, Any], picture: FloatArray) -> None:
    """With a mask of everything, since diffusers keeps nothing outside the mask of such a model, and we do."""
    loaded = models["inpaint"]
    vae = loaded.vae
    with torch.no_grad():
        grey = vae.encode(torch.zeros(1, 3, 64, 64)).latent_dist.mode() * vae.config.scaling_factor
        wanted = own(loaded, diffusers.StableDiffusionXLInpaintPipeline)(
            prompt="red apple",
            image=torch.zeros(1, 4, 16, 16),
            mask_image=torch.ones(1, 1, 64, 64),
            masked_image_latents=grey,
            strength=1.0,
            num_inference_steps=8,
            guidance_scale=3.0,
            generator=torch.Generator().manual_seed(1),
            output_type="latent",
            width=64,
            height=64,
        ).images
    apart = (latents(loaded, steps=8) - wanted).abs().max()
    print(f"nine channels: latents {float(apart):.1e} apart at most")
    assert apart <= 1e-5


@pytest.mark.parametrize(("name", "guidance"), [("skips", 3.0), ("told", 8.0), ("v", 3.0)])
def test_settings_and_told_guidance_come_to_the_unet_as_in_diffusers(
    models: dict[str, Any], name: str, guidance: float
) -> None:
    loaded = models[name]
    with torch.no_grad():
        wanted = own(loaded)(
            prompt="red apple",
            num_inference_steps=6,
            guidance_scale=guidance,
            guidance_rescale=loaded.guidance_rescale,
            clip_skip=loaded.clip_skip or None,
            generator=torch.Generator().manual_seed(1),
            output_type="latent",
            width=64,
            height=64,
        ).images
    apart = (latents(loaded, steps=6, guidance_scale=guidance) - wanted).abs().max()
    print(f"{name}: latents {float(apart):.1e} apart at most")
    assert apart <= 1e-5
    other = latents(loaded, steps=6, guidance_scale=guidance + 2)
    assert (other - wanted).abs().max() > 1e-3


def test_a_model_that_was_told_its_guidance_reads_no_negative_prompt(models: dict[str, Any]) -> None:
    watch = Unwatched()
    plain = paint(models["told"], watch, guidance_scale=8.0).pixels
    assert not watch.warnings
    assert np.array_equal(paint(models["told"], watch, guidance_scale=8.0, negative_prompt="blue").pixels, plain)
    assert [warned.code for warned in watch.warnings] == ["negative_prompt_ignored"]


@pytest.mark.parametrize("name", ["plain", "inpaint", "v"])
def test_a_single_file_paints_what_its_folder_paints(
    models: dict[str, Any], folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(memory, "has_fast_bfloat16", lambda: False)
    write_checkpoint(folders[name] / name, tmp_path / "one.safetensors")
    loaded = load(tmp_path)
    assert loaded.ref.inpaint_model is (name == "inpaint") and loaded.ref.family == models[name].ref.family
    assert paint(loaded).pixels.tobytes() == paint(models[name]).pixels.tobytes()


@pytest.mark.parametrize(
    ("file", "marks", "told", "scheduler", "config"),
    [
        ("a", ("v_pred", "ztsnr"), {}, "Euler", {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True}),
        ("a", ("v_pred",), {}, "Euler", {"prediction_type": "v_prediction", "timestep_spacing": "leading"}),
        ("noob_vpred", (), {}, "Euler", {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True}),
        ("a", ("v_pred",), {"zero_terminal_snr": True}, "Euler", {"rescale_betas_zero_snr": True}),
        ("a", ("v_pred",), {"family": "sdxl"}, "Euler", {"prediction_type": "epsilon"}),
        ("a", (), {"family": "sdxl-v"}, "Euler", {"prediction_type": "v_prediction"}),
        ("sdxl_lightning_4step", (), {}, "Euler", {"timestep_spacing": "trailing", "prediction_type": "epsilon"}),
        ("sdxl_lightning_1step_x0", (), {}, "Euler", {"timestep_spacing": "trailing", "prediction_type": "sample"}),
        ("mine_turbo", (), {}, "Euler a", {"timestep_spacing": "trailing"}),
        ("hyper-sdxl", (), {}, "DDIM", {"timestep_spacing": "trailing"}),
        ("sdxl_lcm", (), {}, "LCM", {"timestep_spacing": "leading"}),
        ("noob_lightning", ("v_pred",), {}, "Euler", {"prediction_type": "v_prediction"}),
        ("mine_turbo", (), {"sampler": "DPM++ 2M Karras"}, "DPM++ 2M Karras", {"timestep_spacing": "trailing"}),
    ],
)
def test_a_file_runs_on_the_schedule_that_it_was_made_for(
    folders: dict[str, Path],
    tmp_path: Path,
    file: str,
    marks: tuple[str, ...],
    told: dict[str, Any],
    scheduler: str,
    config: dict[str, Any],
) -> None:
    written = write_checkpoint(folders["plain"] / "plain", tmp_path / f"{file}.safetensors", marks=marks)
    sidecar = written.with_name(f"{file}.layerbridge.json")
    settings = {key: value for key, value in json.loads(sidecar.read_text()).items() if key != "family"}
    sidecar.write_text(json.dumps(settings | told))
    loaded = load(tmp_path)
    made = paint(loaded)
    assert made.sampler == scheduler and np.isfinite(made.pixels).all()
    assert config.items() <= loaded.scheduler_config.items()


@pytest.mark.parametrize("sampler", runnable(SAMPLERS))
def test_every_sampler_paints_on_a_schedule_that_ends_in_pure_noise(
    models: dict[str, Any], picture: FloatArray, sampler: str
) -> None:
    """As NoobAI's: the first step begins where nothing of a picture is left."""
    given: dict[str, Any] = {"image": picture, "mask": half_mask(), "strength": 0.6}
    for changes in ({}, given):
        made = paint(models["v"], sampler=sampler, steps=8, **changes)
        assert made.sampler == sampler and np.isfinite(made.pixels).all() and made.pixels.std() > 0.02


def test_a_folder_whose_maker_chose_a_schedule_for_few_steps_keeps_it(tmp_path: Path) -> None:
    folder = build(tmp_path / "some_turbo", family="sdxl-turbo")
    file = folder / "scheduler" / "scheduler_config.json"
    config = json.loads(file.read_text())
    assert (load(tmp_path).scheduler_class, config["timestep_spacing"]) == (
        "EulerAncestralDiscreteScheduler",
        "leading",
    )
    file.write_text(json.dumps(config | {"timestep_spacing": "trailing"}))
    assert load(tmp_path).scheduler_class == "EulerDiscreteScheduler"


@pytest.mark.parametrize("upcast", [True, False])
@pytest.mark.parametrize("kind", ["txt2img", "img2img", "inpaint"])
def test_half_precision_paints_the_same_picture(
    tmp_path: Path, picture: FloatArray, monkeypatch: pytest.MonkeyPatch, kind: str, upcast: bool
) -> None:
    """As a graphics card has it, but for the autoencoder where its numbers run over in half precision."""
    build(tmp_path / "m", inpaint=kind == "inpaint", force_upcast=upcast)
    given: dict[str, Any] = {
        "txt2img": {},
        "img2img": {"image": picture, "strength": 0.6},
        "inpaint": {"image": picture, "mask": half_mask()},
    }[kind]
    whole = paint(load(tmp_path), **given).pixels
    for module in (family, memory):
        monkeypatch.setattr(module, "precision", lambda *_: (torch.float16, torch.float16))
    halved = load(tmp_path)
    assert halved.unet.dtype == torch.float16 and halved.vae.dtype == (torch.float32 if upcast else torch.float16)
    made = paint(halved, **given).pixels
    assert decibels(made, whole) > SAME_PICTURE_DB
    assert paint(halved, **given).pixels.tobytes() == made.tobytes()


def test_of_a_single_file_the_autoencoder_alone_runs_in_single_precision(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In half its numbers run over; the file does not say so, the shipped configuration does (below)."""
    write_checkpoint(folders["plain"] / "plain", tmp_path / "one.safetensors")
    for module in (family, memory):
        monkeypatch.setattr(module, "precision", lambda *_: (torch.float16, torch.float16))
    parts = load(tmp_path).parts
    dtypes = {name: parts[name].dtype for name in ("unet", "vae", "text_encoder", "text_encoder_2")}
    assert dtypes.pop("vae") == torch.float32 and set(dtypes.values()) == {torch.float16}


def test_the_shipped_configuration_and_tokenizers_are_those_of_the_published_model(
    models: dict[str, Any], tmp_path: Path
) -> None:
    """What a file of the published size is loaded with; its weights are too large for a test."""
    from bridge_server.families.stable_diffusion.single_file import Configuration, configured, read_tokenizer
    from bridge_server.families.stable_diffusion_xl.single_file import PADDING
    from bridge_server.models.overrides import Overrides
    from bridge_server.models.parts import check_required, read_parts
    from bridge_server.pipelines.family import LoadOrder, NothingKept

    loaded, told = models["plain"], Overrides()
    rest = (choose_device("cpu"), None, lambda **_: None, builtin(), NothingKept())
    order = LoadOrder(loaded.ref, loaded.spec, tmp_path / "file.safetensors", {}, *rest)
    with configured(order, told, Configuration("sdxl", {"unet/config.json": {"in_channels": 9}})) as folder:
        index = json.loads((folder / "model_index.json").read_text())
        parts = read_parts(folder, index, loaded.spec.components)
        check_required(folder, parts, loaded.spec.components)
        scheduler = diffusers.EulerDiscreteScheduler.from_pretrained(folder, subfolder="scheduler")
        tokenizers = [read_tokenizer(folder, told, name, padding) for name, padding in PADDING.items()]
    assert parts.configs["unet"]["in_channels"] == 9 and parts.configs["vae"]["force_upcast"] is True
    assert scheduler.config.timestep_spacing == "leading" and index["force_zeros_for_empty_prompt"] is True
    assert [tokenizer.pad_token_id for tokenizer in tokenizers] == [49407, 0]


def test_more_layers_than_the_text_encoders_have_cannot_be_left_out(tmp_path: Path) -> None:
    build(tmp_path / "m", overrides={"clip_skip": 3})
    with pytest.raises(BridgeError) as caught:
        load(tmp_path)
    assert caught.value.code is ErrorCode.MODEL_UNREADABLE and "2 is the most" in caught.value.message


def test_loras_in_generative_models_names_paint_what_diffusers_names_paint(
    models: dict[str, Any], tmp_path: Path
) -> None:
    """The names of the published UNet: the tiny one has fewer blocks, so its own are given to the published places."""
    loaded = models["plain"]
    part = loaded.spec.adapters["lora"].parts["unet"]
    ours = {
        "down_blocks_1_attentions_0_": "input_blocks_4_1_",
        "mid_block_attentions_0_": "middle_block_1_",
        "up_blocks_0_attentions_1_": "output_blocks_1_1_",
    }
    assert {part.renamed[theirs] for theirs in ours.values()} == set(ours)

    def where(name: str) -> bool:
        return name.startswith(("down_blocks.1.attentions.0.", "mid_block.attentions.0.", "up_blocks.0.attentions.1."))

    file = write_lora(tmp_path, loaded, where=where)
    renamed = {
        next((name.replace(one, other) for one, other in ours.items() if one in name), name): tensor
        for name, tensor in load_file(file).items()
    }
    other = tmp_path / "other.safetensors"
    save_file(renamed, other)
    wanted = paint(loaded, adapters=(adapter(file),)).pixels
    assert np.abs(wanted - paint(loaded).pixels).mean() > 1e-3
    watch = Unwatched()
    assert np.array_equal(paint(loaded, watch, adapters=(adapter(other),)).pixels, wanted)
    assert not watch.warnings
