"""Krea 2: what it reads and samples, on tiny models of random weights; its image to image and inpaint, of which
diffusers has none, against the same done by hand.
"""

from __future__ import annotations

from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from diffusers.pipelines.krea2.pipeline_krea2 import calculate_shift
from safetensors.torch import load_file, save_file

from bridge_server.families.krea_2.prompts import read_prompt
from bridge_server.families.krea_2.spec import BASE, SAMPLERS, TOKENS, TURBO
from bridge_server.families.krea_2.tiny import LAYERS_READ, build
from bridge_server.families.qwen_image.prompts import DESCRIBE
from bridge_server.families.registry import builtin
from bridge_server.models.catalog import find_models
from bridge_server.pipelines import family, memory, part_sources
from bridge_server.pipelines.generation import FloatArray, Unwatched
from bridge_server.pipelines.latents import encode_image
from bridge_server.pipelines.loader import load as load_model
from bridge_server.pipelines.memory import GIB, Device, choose_device, place
from tests.families.contract import Subject
from tests.families.loras import adapter
from tests.support.gguf_file import write_gguf
from tests.support.krea_file import makers_names, write_comfy, write_file

from .conftest import half_mask
from .test_precision import SAME_PICTURE_DB, decibels

CPU = torch.device("cpu")
STEPS, STRENGTH, GUIDANCE = 8, 0.625, 3.0


def load(folder: Path, name: str | None = None) -> Any:
    (model,) = [model for model in find_models([folder]) if not model.shipped and name in (None, model.name)]
    assert model.problem is None, model.note
    return load_model(model.ref, builtin(), choose_device("cpu"), None)


@pytest.fixture(autouse=True)
def single_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "has_fast_bfloat16", lambda: False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("krea")
    build(folder / "turbo")
    build(folder / "base", family=BASE.key)
    return folder


@pytest.fixture(scope="module")
def subjects(folder: Path) -> dict[str, Subject]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(memory, "has_fast_bfloat16", lambda: False)
        loaded = [load(folder, name) for name in ("turbo", "base")]
    return {one.ref.family: Subject(builtin().named(one.ref.family), one) for one in loaded}


@pytest.fixture
def turbo(subjects: dict[str, Subject]) -> Subject:
    return subjects[TURBO.key]


@pytest.fixture
def base(subjects: dict[str, Subject]) -> Subject:
    return subjects[BASE.key]


def own(subject: Subject) -> Any:
    loaded: Any = subject.loaded
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler.from_config(loaded.scheduler_config)
    made = {"text_encoder_select_layers": loaded.layers_read, "is_distilled": loaded.is_distilled}
    return diffusers.Krea2Pipeline(**loaded.parts, scheduler=scheduler, **made)


@pytest.mark.parametrize("prompt", ["red apple", "", "  the cat\n\nон the grass, 红 <|im_end|>"])
def test_prompts_are_read_as_diffusers_reads_them(base: Subject, prompt: str) -> None:
    """Which fills them up before the last words of the request, and lets nothing hear what does."""
    parts = base.loaded.parts
    with torch.no_grad():
        wanted, heard = own(base).encode_prompt(prompt)
    read = read_prompt(parts["tokenizer"], parts["text_encoder"], prompt, CPU, LAYERS_READ)
    assert read.unread == "" and read.embeddings.shape[1] == int(heard.sum())
    assert torch.allclose(read.embeddings[0], wanted[heard], atol=1e-5)
    assert own(base).prompt_template_encode_prefix == DESCRIBE.before
    assert own(base).prompt_template_encode_suffix == DESCRIBE.after


def test_of_a_long_prompt_the_words_that_are_not_read_are_told(turbo: Subject) -> None:
    watch = Unwatched()
    prompt = "red apple " * 400 + "blue automobile"
    parts = turbo.loaded.parts
    read = read_prompt(parts["tokenizer"], parts["text_encoder"], prompt, CPU, LAYERS_READ)
    assert read.unread.endswith("blue automobile") and read.embeddings.shape[1] <= TOKENS
    turbo.paint(watch, prompt=prompt, steps=1)
    assert [warned.code for warned in watch.warnings] == ["unread_words"]


def test_a_negative_prompt_counts_with_the_base_model_alone(turbo: Subject, base: Subject) -> None:
    for subject, counts in ((base, True), (turbo, False)):
        watch = Unwatched()
        plain, other = (subject.paint(watch, negative_prompt=text).pixels for text in ("", "blue cat on the grass"))
        assert np.array_equal(plain, other) != counts
        assert [warned.code for warned in watch.warnings] == ([] if counts else ["negative_prompt_ignored"])
    unguided = base.paint(guidance_scale=1.0).pixels
    assert not np.array_equal(unguided, base.paint().pixels)
    assert np.array_equal(unguided, base.paint(guidance_scale=0.0).pixels)


@torch.no_grad()
def by_hand(subject: Subject, mask: torch.Tensor | None) -> torch.Tensor:
    """(1, channels, h, w): the end of the schedule from the noised picture, step by step; where the mask (1, 1, h, w)
    is 0, what the picture would be there. Prompts, tokens, times and shift are those of diffusers' pipeline.
    """
    loaded: Any = subject.loaded
    pipeline, scheduler = own(subject), own(subject).scheduler
    picture = encode_image(loaded.vae, subject.picture(), CPU)
    noise = torch.randn(picture.shape, generator=torch.Generator().manual_seed(1))
    side = picture.shape[-1]
    prompts = [pipeline.encode_prompt(text) for text in ("red apple", "")]
    places = pipeline.prepare_position_ids(prompts[0][0].shape[1], side // 2, side // 2, CPU)
    mu = 1.15 if loaded.is_distilled else calculate_shift((side // 2) ** 2, 256, 6400, 0.5, 1.15)
    scheduler.set_timesteps(sigmas=np.linspace(1.0, 1 / STEPS, STEPS), mu=mu)
    levels = scheduler.sigmas[STEPS - int(STEPS * STRENGTH) :]
    latents = levels[0] * noise + (1 - levels[0]) * picture
    for level, following in pairwise(levels):
        tokens = pipeline._pack_latents(latents, 1, latents.shape[1], side, side)
        answers = [
            loaded.parts["transformer"](tokens, embeddings, level[None], places, heard).sample
            for embeddings, heard in prompts
        ]
        guidance = 0.0 if loaded.is_distilled else GUIDANCE - 1
        answer = answers[0] + guidance * (answers[0] - answers[1])
        pixels = side * loaded.factor
        latents = latents + (following - level) * pipeline._unpack_latents(answer, pixels, pixels)[:, :, 0]
        if mask is not None:
            latents = mask * latents + (1 - mask) * (following * noise + (1 - following) * picture)
    return latents


@pytest.mark.parametrize("key", [TURBO.key, BASE.key])
@pytest.mark.parametrize("masked", [False, True])
def test_image_to_image_and_inpaint_are_what_they_are_by_hand(
    subjects: dict[str, Subject], key: str, masked: bool
) -> None:
    subject = subjects[key]
    given = {"image": subject.picture(), "strength": STRENGTH, "steps": STEPS, "guidance_scale": GUIDANCE}
    mask = torch.zeros(1, 1, 16, 16)
    mask[..., 8:] = 1
    made = subject.latents_of(**given, **({"mask": subject.strips(0, 1)} if masked else {}))
    wanted = by_hand(subject, mask if masked else None)
    apart = float((made - wanted).abs().max())
    print(f"{key}, {'inpaint' if masked else 'img2img'}: latents apart at most {apart:.1e}")
    assert apart <= 1e-5 < (wanted - encode_image(subject.loaded.parts["vae"], subject.picture(), CPU)).abs().mean()


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_paints(base: Subject, picture: FloatArray, sampler: str) -> None:
    given: dict[str, Any] = {"image": picture, "mask": half_mask(), "strength": 0.6}
    for changes in ({}, given):
        made = base.paint(sampler=sampler, steps=5, **changes)
        assert made.sampler == sampler and np.isfinite(made.pixels).all() and made.pixels.std() > 0.02


def test_bfloat16_paints_the_same_picture(
    base: Subject, folder: Path, picture: FloatArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a graphics card has it."""
    given: dict[str, Any] = {"image": picture, "mask": half_mask()}
    for module in (family, memory):
        monkeypatch.setattr(module, "precision", lambda *_: (torch.bfloat16, torch.bfloat16))
    loaded = load(folder, "base")
    assert loaded.parts["transformer"].dtype == loaded.parts["text_encoder"].dtype == loaded.vae.dtype == torch.bfloat16
    made = Subject(base.family, loaded).paint(**given).pixels
    print(f"{decibels(made, base.paint(**given).pixels):.1f} dB")
    assert decibels(made, base.paint(**given).pixels) > SAME_PICTURE_DB


def test_a_single_file_with_the_folder_of_the_rest_paints_what_its_folder_paints(
    turbo: Subject, folder: Path, tmp_path: Path
) -> None:
    write_file(folder / "turbo", tmp_path / "mine.safetensors", "model.diffusion_model.")
    loaded = load(tmp_path)
    assert loaded.ref.source == "file" and loaded.ref.family == TURBO.key and loaded.ref.hash
    assert Subject(turbo.family, loaded).paint().pixels.tobytes() == turbo.paint().pixels.tobytes()


def test_a_file_for_each_part_paints_what_the_folder_paints(
    turbo: Subject, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for what shapes do not tell, which is the published model's. Of the text encoder what sees is left out."""
    vae = dict(turbo.loaded.parts["vae"].config)
    told = ("dim_mult", "num_res_blocks", "temperal_downsample", "latents_mean", "latents_std")
    monkeypatch.setattr(part_sources, "QWEN_AUTOENCODER", {name: vae[name] for name in told})
    monkeypatch.setattr(part_sources, "QWEN3_VL_AXES", (2, 1, 1))
    for module in ("load", "detect"):
        monkeypatch.setattr(import_module(f"bridge_server.families.krea_2.{module}"), "LAYERS_READ", LAYERS_READ)
    write_comfy(folder / "turbo", tmp_path / "models")
    loaded = load(tmp_path, "krea2_turbo")
    assert set(loaded.ref.parts) == {"text_encoder", "tokenizer", "vae"} and loaded.ref.family == TURBO.key
    assert not any("visual" in name for name, _ in loaded.parts["text_encoder"].named_parameters())
    assert Subject(turbo.family, loaded).paint().pixels.tobytes() == turbo.paint().pixels.tobytes()


def test_a_gguf_file_paints_what_its_numbers_mean(turbo: Subject, folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("gguf")
    weights = makers_names(load_file(folder / "turbo" / "transformer" / "diffusion_pytorch_model.safetensors"))
    plain = write_file(folder / "turbo", tmp_path / "plain.safetensors")
    few, meant = write_gguf(tmp_path / "few.gguf", weights)
    save_file({name: torch.from_numpy(values) for name, values in meant.items()}, plain)
    beside = plain.with_name("plain.layerbridge.json").read_text()
    few.with_name("few.layerbridge.json").write_text(beside)
    made = [Subject(turbo.family, load(tmp_path, name)).paint().pixels for name in ("few", "plain")]
    assert np.array_equal(made[0], made[1]) and not np.array_equal(made[0], turbo.paint().pixels)


def test_a_lora_paints_the_same_under_every_program_s_names(turbo: Subject, tmp_path: Path) -> None:
    random = torch.Generator().manual_seed(0)
    down, up = torch.randn(2, 64, generator=random), torch.randn(64, 2, generator=random)
    ours, theirs = "transformer_blocks.1.attn.to_out.0", "blocks.1.attn.wo"
    files = {
        "diffusers": (f"transformer.{ours}.lora_A.weight", f"transformer.{ours}.lora_B.weight"),
        "comfy": (f"diffusion_model.{theirs}.lora_A.weight", f"diffusion_model.{theirs}.lora_B.weight"),
        "toolkit": (f"base_model.model.{theirs}.lora_A.weight", f"base_model.model.{theirs}.lora_B.weight"),
        "kohya": tuple(f"lora_unet_{theirs.replace('.', '_')}.lora_{end}.weight" for end in ("down", "up")),
    }
    made: list[FloatArray] = []
    for name, (first, second) in files.items():
        save_file({first: down, second: up}, tmp_path / f"{name}.safetensors")
        watch = Unwatched()
        made.append(turbo.paint(watch, adapters=(adapter(tmp_path / f"{name}.safetensors", 0.5),)).pixels)
        assert not watch.warnings
    assert np.abs(made[0] - turbo.paint().pixels).mean() > 1e-4
    assert all(np.array_equal(made[0], other) for other in made[1:])


@pytest.mark.parametrize(("card", "offload"), [(48, "none"), (32, "model"), (16, "layers")])
def test_how_the_published_size_lies_on_a_card(card: int, offload: str) -> None:
    """Transformer, text encoder and autoencoder, as tests/models/test_krea.py counts the first two."""
    sizes = 12_820_073_036, 4_437_815_808, 126_892_531
    device = Device("cuda:0", card * GIB)
    placement = place(device, sum(sizes), max(sizes), 1024, int(card * GIB * 0.95), TURBO.memory)
    assert placement.offload == offload and placement.dtype == placement.denoiser_dtype == torch.bfloat16
