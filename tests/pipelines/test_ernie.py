"""ERNIE-Image: what it reads, encodes and samples, on tiny models of random weights; for image to image and inpaint,
for which diffusers has no pipelines, against the same done by hand.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from bridge_server.families.ernie_image import single_file
from bridge_server.families.ernie_image.paint import ErniePainter
from bridge_server.families.ernie_image.prompts import read_prompt
from bridge_server.families.ernie_image.spec import ERNIE, SAMPLERS, TOKENS, TURBO
from bridge_server.families.ernie_image.tiny import build
from bridge_server.families.registry import builtin
from bridge_server.models import part_files
from bridge_server.models.catalog import find_models
from bridge_server.pipelines import family, memory, part_sources
from bridge_server.pipelines.generation import FloatArray, Generation, Unwatched
from bridge_server.pipelines.loader import load as load_model
from bridge_server.pipelines.memory import GIB, Device, choose_device, place
from tests.families.contract import Subject
from tests.families.loras import adapter
from tests.families.published.ernie_folder import INDEX
from tests.support.ernie_file import write_comfy

from .conftest import half_mask
from .test_precision import SAME_PICTURE_DB, decibels

CPU = torch.device("cpu")
STEPS, STRENGTH, GUIDANCE, SIDE = 8, 0.625, 3.0, 64


def load(folder: Path, name: str | None = None) -> Subject:
    (model,) = [model for model in find_models([folder]) if not model.shipped and name in (None, model.name)]
    assert model.problem is None, model.note
    return Subject(builtin().named(model.ref.family), load_model(model.ref, builtin(), choose_device("cpu"), None))


@pytest.fixture(autouse=True)
def single_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    """On every machine."""
    monkeypatch.setattr(memory, "has_fast_bfloat16", lambda: False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Whose autoencoder is told as the published one's, so that a file need not; without its prompt enhancer."""
    made = build(tmp_path_factory.mktemp("ernie") / "ernie")
    config = made / "vae" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"norm_num_groups": 4}))
    index = made / "model_index.json"
    named = {part: INDEX[part] for part in ("pe", "pe_tokenizer")}
    index.write_text(json.dumps(json.loads(index.read_text()) | named))
    return made.parent


@pytest.fixture(scope="module")
def ernie(folder: Path) -> Subject:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(memory, "has_fast_bfloat16", lambda: False)
        return load(folder)


def own(subject: Subject) -> Any:
    loaded: Any = subject.loaded
    scheduler: Any = diffusers.FlowMatchEulerDiscreteScheduler.from_config(loaded.scheduler_config)
    return diffusers.ErnieImagePipeline(**loaded.parts, scheduler=scheduler)


@pytest.mark.parametrize("prompt", ["red apple", "", "  the cat\n\nон the grass, 红"])
def test_prompts_are_read_as_diffusers_reads_them(ernie: Subject, prompt: str) -> None:
    (wanted,) = own(ernie).encode_prompt(prompt, CPU)
    parts = ernie.loaded.parts
    read = read_prompt(parts["tokenizer"], parts["text_encoder"], prompt, CPU)
    assert torch.equal(read.embeddings, wanted) and read.unread == ""


def test_of_a_long_prompt_the_words_that_are_not_read_are_told(ernie: Subject) -> None:
    parts = ernie.loaded.parts
    prompt = "red apple " * 1100 + "blue automobile"
    read = read_prompt(parts["tokenizer"], parts["text_encoder"], prompt, CPU)
    assert read.unread.endswith("blue automobile") and TOKENS - 3 <= len(read.embeddings) <= TOKENS


def test_encoding_is_what_diffusers_decodes(ernie: Subject, picture: FloatArray) -> None:
    loaded: Any = ernie.loaded
    painter = ErniePainter(loaded, Generation("", "", SIDE, SIDE, 1.0, 4, 1.0, "auto", 1))
    latents = painter.encode(picture)
    pipeline, vae = own(ernie), loaded.vae
    deviation = (vae.bn.running_var.view(1, -1, 1, 1) + 1e-5).sqrt()
    with torch.no_grad():
        mode = vae.encode(torch.from_numpy(picture).permute(2, 0, 1)[None] * 2 - 1).latent_dist.mode()
        values = pipeline._patchify_latents(mode)
        wanted = vae.decode(pipeline._unpatchify_latents(values)).sample
    assert torch.allclose(latents, (values - vae.bn.running_mean.view(1, -1, 1, 1)) / deviation, atol=1e-5)
    assert np.abs(painter.decode(latents) - (wanted[0].permute(1, 2, 0) / 2 + 0.5).clamp(0, 1).numpy()).max() < 1e-5


@torch.no_grad()
def by_hand(subject: Subject, mask: torch.Tensor | None) -> torch.Tensor:
    """(1, channels, h, w): the end of the schedule from the noised picture, step by step; where the mask (1, 1, h, w)
    is 0, what the picture would be there.
    """
    loaded: Any = subject.loaded
    pipeline, scheduler = own(subject), own(subject).scheduler
    picture = ErniePainter(loaded, Generation("", "", SIDE, SIDE, 1.0, 4, 1.0, "auto", 1)).encode(subject.picture())
    noise = torch.randn(picture.shape, generator=torch.Generator().manual_seed(1))
    prompts = [pipeline.encode_prompt(text, CPU)[0][None] for text in ("red apple", "")]
    scheduler.set_timesteps(sigmas=np.linspace(1.0, 1 / STEPS, STEPS))
    levels = scheduler.sigmas[STEPS - int(STEPS * STRENGTH) :]
    latents = levels[0] * noise + (1 - levels[0]) * picture
    for level, following in pairwise(levels):
        wanted, avoided = (
            loaded.parts["transformer"](latents, level[None] * 1000, text, torch.tensor([text.shape[1]])).sample
            for text in prompts
        )
        latents = latents + (following - level) * (avoided + GUIDANCE * (wanted - avoided))
        if mask is not None:
            latents = mask * latents + (1 - mask) * (following * noise + (1 - following) * picture)
    return latents


@pytest.mark.parametrize("masked", [False, True])
def test_image_to_image_and_inpaint_are_what_they_are_by_hand(ernie: Subject, masked: bool) -> None:
    given = {"image": ernie.picture(), "strength": STRENGTH, "steps": STEPS, "guidance_scale": GUIDANCE}
    seen: list[torch.Tensor] = []
    plain = ErniePainter.decode
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ErniePainter, "decode", lambda self, latents: seen.append(latents) or plain(self, latents))
        ernie.paint(**given, **({"mask": ernie.strips(0, 1)} if masked else {}))
    mask = torch.zeros(1, 1, 8, 8)
    mask[..., 4:] = 1
    wanted = by_hand(ernie, mask if masked else None)
    apart = float((seen[-1] - wanted).abs().max())
    print(f"{ERNIE.key}, {'inpaint' if masked else 'img2img'}: latents {apart:.1e} apart at most")
    assert apart <= 1e-5


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_paints(ernie: Subject, picture: FloatArray, sampler: str) -> None:
    given: dict[str, Any] = {"image": picture, "mask": half_mask(), "strength": 0.6}
    for changes in ({}, given):
        made = ernie.paint(sampler=sampler, steps=5, **changes)
        assert made.sampler == sampler and np.isfinite(made.pixels).all() and made.pixels.std() > 0.02


def test_bfloat16_paints_the_same_picture(
    ernie: Subject, folder: Path, picture: FloatArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a graphics card has it."""
    given: dict[str, Any] = {"image": picture, "mask": half_mask()}
    for module in (family, memory):
        monkeypatch.setattr(module, "precision", lambda *_: (torch.bfloat16, torch.bfloat16))
    halved = load(folder)
    parts = halved.loaded.parts
    assert {parts[name].dtype for name in ("transformer", "text_encoder", "vae")} == {torch.bfloat16}
    made = halved.paint(**given).pixels
    print(f"{decibels(made, ernie.paint(**given).pixels):.1f} dB")
    assert decibels(made, ernie.paint(**given).pixels) > SAME_PICTURE_DB


@pytest.mark.parametrize("name", ["ernie-image", "ernie-image-turbo"])
def test_a_file_for_each_part_paints_what_the_folder_paints(
    ernie: Subject, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """But for what shapes do not tell, which is the published model's. Turbo reads no negative prompt."""
    text = ernie.loaded.parts["text_encoder"].config.text_config
    monkeypatch.setattr(part_files, "MISTRAL_WORDS", text.vocab_size)
    monkeypatch.setattr(part_sources, "MISTRAL3_HEAD", text.head_dim)
    monkeypatch.setattr(part_sources, "MISTRAL3_PLACES", dict(text.rope_parameters))
    monkeypatch.setattr(single_file, "AXES", (1 / 4, 3 / 8, 3 / 8))
    write_comfy(folder / "ernie", tmp_path / "models", name)
    made = load(tmp_path, name)
    assert set(made.loaded.ref.parts) == {"text_encoder", "tokenizer", "vae"}
    if name == TURBO.key:
        watch = Unwatched()
        plain, avoided = (made.paint(watch, negative_prompt=text).pixels for text in ("", "blue cat"))
        assert np.array_equal(plain, avoided) and [one.code for one in watch.warnings] == ["negative_prompt_ignored"]
        assert np.array_equal(plain, ernie.paint(guidance_scale=1.0).pixels)
    else:
        assert made.paint().pixels.tobytes() == ernie.paint().pixels.tobytes()


def test_a_lora_paints_the_same_under_every_program_s_names(ernie: Subject, tmp_path: Path) -> None:
    random = torch.Generator().manual_seed(0)
    down, up = torch.randn(2, 32, generator=random), torch.randn(32, 2, generator=random)
    layer = "layers.0.self_attention.to_out.0"
    files = {
        "diffusers": (f"transformer.{layer}.lora_A.weight", f"transformer.{layer}.lora_B.weight"),
        "comfy": (f"diffusion_model.{layer}.lora_A.weight", f"diffusion_model.{layer}.lora_B.weight"),
        "peft": (f"base_model.model.{layer}.lora_A.weight", f"base_model.model.{layer}.lora_B.weight"),
        "kohya": tuple(f"lora_unet_{layer.replace('.', '_')}.lora_{end}.weight" for end in ("down", "up")),
    }
    made: list[FloatArray] = []
    for name, (first, second) in files.items():
        save_file({first: down, second: up}, tmp_path / f"{name}.safetensors")
        watch = Unwatched()
        made.append(ernie.paint(watch, adapters=(adapter(tmp_path / f"{name}.safetensors", 0.5),)).pixels)
        assert not watch.warnings, name
    assert np.abs(made[0] - ernie.paint().pixels).mean() > 1e-3
    assert all(np.array_equal(made[0], other) for other in made[1:])


def test_a_file_without_what_comfyui_writes_before_its_names_is_read(
    ernie: Subject, folder: Path, tmp_path: Path
) -> None:
    weights = load_file(folder / "ernie" / "transformer" / "diffusion_pytorch_model.safetensors")
    save_file(weights, tmp_path / "mine.safetensors")
    (tmp_path / "mine.layerbridge.json").write_text(
        json.dumps({"config": str(folder / "ernie"), "native_resolution": SIDE})
    )
    assert load(tmp_path, "mine").paint().pixels.tobytes() == ernie.paint().pixels.tobytes()


@pytest.mark.parametrize(("card", "offload"), [(32, "none"), (24, "model"), (16, "layers")])
def test_how_the_published_size_lies_on_a_card(card: int, offload: str) -> None:
    """Transformer, text encoder and autoencoder, as tests/models/test_ernie.py counts the first two."""
    sizes = 8_033_490_048, 3_849_090_048, 84_046_115
    device = Device("cuda:0", card * GIB)
    placement = place(device, sum(sizes), max(sizes), 1024, int(card * GIB * 0.95), ERNIE.memory)
    assert placement.offload == offload and placement.dtype == placement.denoiser_dtype == torch.bfloat16
