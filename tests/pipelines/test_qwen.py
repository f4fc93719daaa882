"""Qwen-Image: what it reads, encodes and samples, on tiny models of random weights."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from bridge_server.families.base import FamilySpec
from bridge_server.families.qwen_image import parts as part_files
from bridge_server.families.qwen_image import single_file
from bridge_server.families.qwen_image.paint import QwenPainter
from bridge_server.families.qwen_image.prompts import DESCRIBE, read_prompt
from bridge_server.families.qwen_image.spec import QWEN_IMAGE, SAMPLERS, TOKENS
from bridge_server.families.qwen_image.tiny import build
from bridge_server.families.registry import builtin
from bridge_server.models.catalog import find_models
from bridge_server.pipelines import family, memory, part_sources
from bridge_server.pipelines.generation import FloatArray, Generation, Unwatched
from bridge_server.pipelines.loader import load as load_model
from bridge_server.pipelines.memory import GIB, Device, choose_device, place
from tests.families.contract import Subject
from tests.families.loras import adapter
from tests.support.few_bits import write
from tests.support.gguf_file import write_gguf
from tests.support.qwen_file import write_comfy, write_file

from .conftest import half_mask
from .test_precision import SAME_PICTURE_DB, decibels

CPU = torch.device("cpu")


def load(folder: Path, name: str | None = None) -> Any:
    (model,) = [model for model in find_models([folder]) if not model.shipped and name in (None, model.name)]
    assert model.problem is None, model.note
    return load_model(model.ref, builtin(), choose_device("cpu"), None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("qwen") / "qwen").parent


@pytest.fixture(scope="module")
def qwen(folder: Path) -> Subject:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(memory, "has_fast_bfloat16", lambda: False)
        loaded = load(folder)
    return Subject(builtin().named(loaded.ref.family), loaded)


def own(qwen: Subject) -> Any:
    loaded: Any = qwen.loaded
    scheduler: Any = diffusers.FlowMatchEulerDiscreteScheduler.from_config(loaded.scheduler_config)
    pipeline = diffusers.QwenImagePipeline(**loaded.parts, scheduler=scheduler)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def parts(qwen: Subject) -> tuple[Any, Any]:
    return qwen.loaded.parts["tokenizer"], qwen.loaded.parts["text_encoder"]


def test_the_request_is_as_many_tokens_as_the_published_tokenizer_makes_of_it(qwen: Subject) -> None:
    assert len(parts(qwen)[0](DESCRIBE.before).input_ids) == DESCRIBE.told == own(qwen).prompt_template_encode_start_idx
    assert own(qwen).prompt_template_encode == f"{DESCRIBE.before}{{}}{DESCRIBE.after}"


@pytest.mark.parametrize("prompt", ["red apple", "", "  the cat\n\nон the grass, 红 <|im_end|>"])
def test_prompts_are_read_as_diffusers_reads_them(qwen: Subject, prompt: str) -> None:
    with torch.no_grad():
        wanted, _ = own(qwen).encode_prompt(prompt)
    read = read_prompt(*parts(qwen), prompt, CPU)
    assert torch.equal(read.embeddings, wanted) and read.unread == "" and read.mask.shape == wanted.shape[:2]


def test_of_a_long_prompt_the_words_that_are_not_read_are_told(qwen: Subject) -> None:
    tokenizer, encoder = parts(qwen)
    prompt = "red apple " * 600 + "blue automobile"
    read = read_prompt(tokenizer, encoder, prompt, CPU)
    kept = prompt.removesuffix(read.unread)
    assert read.unread.endswith("blue automobile") and kept.endswith(" ") and read.embeddings.shape[1] <= TOKENS
    assert torch.equal(read.embeddings, read_prompt(tokenizer, encoder, kept.rstrip(), CPU).embeddings)
    watch = Unwatched()
    qwen.paint(watch, prompt=prompt, steps=1)  # whose only step diffusers cannot stretch to an end
    assert [warned.code for warned in watch.warnings] == ["unread_words"]


def test_a_negative_prompt_counts_with_guidance(qwen: Subject) -> None:
    watch = Unwatched()
    plain, other = (qwen.paint(watch, negative_prompt=text).pixels for text in ("", "blue cat"))
    assert not np.array_equal(plain, other) and not watch.warnings
    unguided = qwen.paint(watch, negative_prompt="blue cat", guidance_scale=1.0).pixels
    assert [warned.code for warned in watch.warnings] == ["negative_prompt_ignored"]
    assert np.array_equal(unguided, qwen.paint(guidance_scale=1.0).pixels) and not np.array_equal(unguided, plain)


def test_encoding_is_what_diffusers_encodes_and_comes_back(qwen: Subject, picture: FloatArray) -> None:
    loaded: Any = qwen.loaded
    painter = QwenPainter(loaded, Generation("", "", 64, 64, 1.0, 4, 1.0, "auto", 1))
    made = painter.encode(picture)
    pixels = torch.from_numpy(picture).permute(2, 0, 1)[None, :, None] * 2 - 1
    takes_modes = diffusers.QwenImageEditPipeline(**loaded.parts, processor=None, scheduler=own(qwen).scheduler)
    with torch.no_grad():
        assert torch.allclose(made, takes_modes._encode_vae_image(pixels, None)[:, :, 0], atol=1e-6)
        plain = loaded.vae.decode(loaded.vae.encode(pixels).latent_dist.mode()).sample[:, :, 0]
    wanted = (plain[0].permute(1, 2, 0) / 2 + 0.5).clamp(0, 1).numpy()
    assert np.abs(painter.decode(made) - wanted).max() < 1e-5
    shown = painter.form.given(made)
    packed = own(qwen)._pack_latents(made, 1, painter.channels, 16, 16)
    assert torch.equal(shown, packed) and torch.equal(painter.form.back(shown), made)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_paints(qwen: Subject, picture: FloatArray, sampler: str) -> None:
    given: dict[str, Any] = {"image": picture, "mask": half_mask(), "strength": 0.6}
    for changes in ({}, given):
        made = qwen.paint(sampler=sampler, steps=5, **changes)
        assert qwen.paint(sampler=sampler, steps=5, **changes).pixels.tobytes() == made.pixels.tobytes()
        assert made.sampler == sampler and np.isfinite(made.pixels).all() and made.pixels.std() > 0.02


def test_bfloat16_paints_the_same_picture(
    qwen: Subject, folder: Path, picture: FloatArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a graphics card has it."""
    given: dict[str, Any] = {"image": picture, "mask": half_mask()}
    for module in (family, memory):
        monkeypatch.setattr(module, "precision", lambda *_: (torch.bfloat16, torch.bfloat16))
    loaded = load(folder)
    assert loaded.parts["transformer"].dtype == loaded.parts["text_encoder"].dtype == loaded.vae.dtype == torch.bfloat16
    halved = Subject(qwen.family, loaded)
    made = halved.paint(**given).pixels
    print(f"{decibels(made, qwen.paint(**given).pixels):.1f} dB")
    assert decibels(made, qwen.paint(**given).pixels) > SAME_PICTURE_DB


def test_a_single_file_with_the_folder_of_the_rest_paints_what_its_folder_paints(
    qwen: Subject, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "has_fast_bfloat16", lambda: False)
    write_file(folder / "qwen", tmp_path / "mine.safetensors", "model.diffusion_model.")
    loaded = load(tmp_path)
    assert loaded.ref.source == "file" and loaded.ref.family == "qwen-image" and loaded.ref.hash
    assert Subject(qwen.family, loaded).paint().pixels.tobytes() == qwen.paint().pixels.tobytes()


def test_a_file_for_each_part_paints_what_the_folder_paints(
    qwen: Subject, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for what shapes do not tell, which is the published model's."""
    monkeypatch.setattr(memory, "has_fast_bfloat16", lambda: False)
    vae = dict(qwen.loaded.parts["vae"].config)
    told = ("dim_mult", "num_res_blocks", "temperal_downsample", "latents_mean", "latents_std")
    for name, value in {"HEAD": 8, "SECTIONS": (1, 1, 2), "SEEING_HEADS": 2, "SEEING_WHOLE": (0,)}.items():
        monkeypatch.setattr(part_files, name, value)
    monkeypatch.setattr(part_sources, "QWEN_AUTOENCODER", {name: vae[name] for name in told})
    monkeypatch.setattr(single_file, "AXES", (1 / 2, 1 / 4, 1 / 4))
    write_comfy(folder / "qwen", tmp_path / "models")
    loaded = load(tmp_path, "qwen_image")
    assert set(loaded.ref.parts) == {"text_encoder", "tokenizer", "vae"} and loaded.ref.family == "qwen-image"
    assert Subject(qwen.family, loaded).paint().pixels.tobytes() == qwen.paint().pixels.tobytes()


@pytest.mark.parametrize("kind", ["scaled fp8", "GGUF"])
def test_numbers_of_few_bits_paint_what_they_mean(
    qwen: Subject, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(memory, "has_fast_bfloat16", lambda: False)
    weights = load_file(folder / "qwen" / "transformer" / "diffusion_pytorch_model.safetensors")
    plain = tmp_path / "plain.safetensors"
    if kind == "GGUF":
        pytest.importorskip("gguf")
        few, meant = write_gguf(tmp_path / "few.gguf", weights)
        save_file({name: torch.from_numpy(values) for name, values in meant.items()}, plain)
    else:
        few, plain = write(tmp_path / "few.safetensors", weights, kind)
    made: list[FloatArray] = []
    for file in (few, plain):
        settings = {"config": os.path.relpath(folder / "qwen", tmp_path), "native_resolution": 64}
        file.with_name(f"{file.stem}.layerbridge.json").write_text(json.dumps(settings))
        made.append(Subject(qwen.family, load(tmp_path, file.stem)).paint().pixels)
    assert np.array_equal(made[0], made[1]) and not np.array_equal(made[0], qwen.paint().pixels)


def test_lightning_has_the_schedule_that_it_was_distilled_with(folder: Path, tmp_path: Path) -> None:
    """https://github.com/ModelTC/Qwen-Image-Lightning: shifted by 3 whatever the size, and to no other end."""
    file = tmp_path / "qwen-image-lightning-4steps.safetensors"
    write_file(folder / "qwen", file, "")
    loaded = load(tmp_path)
    painter = QwenPainter(loaded, Generation("", "", 64, 64, 1.0, 4, 1.0, "auto", 1))
    scheduler, sampler = painter.scheduler(painter.generation)
    scheduler.set_timesteps(sigmas=[1.0, 0.75, 0.5, 0.25], mu=float(np.log(3)))
    assert sampler == "Euler shift 3" and scheduler.config.base_shift == scheduler.config.max_shift == np.log(3)
    assert torch.allclose(scheduler.sigmas, torch.tensor([1.0, 0.9, 0.75, 0.5, 0.0]))


def test_a_file_s_title_tells_lightning_too(folder: Path, tmp_path: Path) -> None:
    file = write_file(folder / "qwen", tmp_path / "mine.safetensors", "")
    weights = {name: tensor.clone() for name, tensor in load_file(file).items()}
    save_file(weights, file, {"modelspec.title": "Qwen-Image Lightning 4 steps"})
    loaded = load(tmp_path)
    assert (loaded.sampler, loaded.ref.steps, loaded.ref.guidance_scale) == ("Euler shift 3", 4, 1.0)


def test_a_lora_paints_the_same_under_every_program_s_names(qwen: Subject, tmp_path: Path) -> None:
    random = torch.Generator().manual_seed(0)
    down, up = torch.randn(2, 32, generator=random), torch.randn(32, 2, generator=random)
    layer = "transformer_blocks.0.attn.to_out.0"
    files = {
        "diffusers": (f"transformer.{layer}.lora_A.weight", f"transformer.{layer}.lora_B.weight"),
        "comfy": (f"diffusion_model.{layer}.lora_A.weight", f"diffusion_model.{layer}.lora_B.weight"),
        "lightning": (f"{layer}.lora_down.weight", f"{layer}.lora_up.weight"),
        "kohya": tuple(f"lora_unet_{layer.replace('.', '_')}.lora_{end}.weight" for end in ("down", "up")),
    }
    made: list[FloatArray] = []
    for name, (first, second) in files.items():
        save_file({first: down, second: up}, tmp_path / f"{name}.safetensors")
        watch = Unwatched()
        made.append(qwen.paint(watch, adapters=(adapter(tmp_path / f"{name}.safetensors", 0.5),)).pixels)
        assert not watch.warnings
    assert np.abs(made[0] - qwen.paint().pixels).mean() > 1e-3
    assert all(np.array_equal(made[0], other) for other in made[1:])


@pytest.mark.parametrize(
    ("spec", "card", "offload"), [(QWEN_IMAGE, 80, "none"), (QWEN_IMAGE, 48, "model"), (QWEN_IMAGE, 24, "layers")]
)
def test_how_the_published_size_lies_on_a_card(spec: FamilySpec, card: int, offload: str) -> None:
    """Transformer, text encoder and autoencoder, as tests/models/test_qwen.py counts the first two."""
    sizes = 20_430_401_088, 8_292_166_656, 126_892_531
    device = Device("cuda:0", card * GIB)
    placement = place(device, sum(sizes), max(sizes), 1328, int(card * GIB * 0.95), spec.memory)
    assert placement.offload == offload and placement.dtype == placement.denoiser_dtype == torch.bfloat16
