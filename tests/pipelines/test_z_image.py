"""Z-Image: what it reads, how it is guided and sampled, on tiny models of random weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from bridge_server.families.registry import builtin
from bridge_server.families.z_image.prompts import read_prompt
from bridge_server.families.z_image.single_file import transformer
from bridge_server.families.z_image.spec import SAMPLERS, SHIFTS, TURBO
from bridge_server.families.z_image.tiny import build
from bridge_server.models.catalog import find_models
from bridge_server.pipelines import family, memory
from bridge_server.pipelines.flow_schedulers import scheduler_by_steps
from bridge_server.pipelines.generation import FloatArray, Unwatched
from bridge_server.pipelines.loader import load as load_model
from bridge_server.pipelines.memory import GIB, Device, choose_device, place
from bridge_server.pipelines.own_memory import own_memory
from bridge_server.pipelines.weight_files import build as build_part
from tests.families.contract import Subject
from tests.families.loras import adapter
from tests.support.few_bits import write
from tests.support.gguf_file import write_gguf
from tests.support.z_image_file import makers_names, write_comfy, write_file

from .conftest import half_mask
from .test_precision import SAME_PICTURE_DB, decibels

CPU = torch.device("cpu")


def load(folder: Path) -> Any:
    (model,) = [model for model in find_models([folder]) if not model.shipped]
    assert model.problem is None, model.note
    return load_model(model.ref, builtin(), choose_device("cpu"), None)


def subject_of(folder: Path) -> Subject:
    loaded = load(folder)
    return Subject(builtin().named(loaded.ref.family), loaded)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("z") / "base", family="z-image").parent


@pytest.fixture(scope="module")
def base(folder: Path) -> Subject:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(memory, "has_fast_bfloat16", lambda: False)
        return subject_of(folder)


@pytest.mark.parametrize("prompt", ["red apple", "", "  the cat\n\nон the grass, 红 <|im_end|>"])
def test_prompts_are_read_as_diffusers_reads_them(base: Subject, prompt: str) -> None:
    parts = base.loaded.parts
    scheduler: Any = diffusers.FlowMatchEulerDiscreteScheduler()
    with torch.no_grad():
        (wanted,), _ = diffusers.ZImagePipeline(**parts, scheduler=scheduler).encode_prompt(prompt)
    read = read_prompt(parts["tokenizer"], parts["text_encoder"], prompt, CPU)
    assert torch.equal(read.embeddings, wanted) and read.unread == ""


def test_of_a_long_prompt_the_words_that_are_not_read_are_told(base: Subject) -> None:
    watch = Unwatched()
    base.paint(watch, prompt="red apple " * 300 + "blue automobile", steps=1)
    assert [warned.code for warned in watch.warnings] == ["unread_words"]
    assert "blue automobile" in watch.warnings[0].message


def test_a_negative_prompt_counts_with_guidance_and_never_in_turbo(base: Subject, tmp_path: Path) -> None:
    watch = Unwatched()
    plain, other = (base.paint(watch, negative_prompt=text).pixels for text in ("", "blue cat"))
    assert not np.array_equal(plain, other) and not watch.warnings
    one, none = (base.paint(guidance_scale=guidance).pixels for guidance in (1.0, 0.0))
    assert np.array_equal(one, none) and not np.array_equal(one, plain)
    turbo = subject_of(build(tmp_path / "few").parent)
    plain, other = (turbo.paint(watch, negative_prompt=text).pixels for text in ("", "blue cat"))
    assert np.array_equal(plain, other) and np.array_equal(plain, turbo.paint(guidance_scale=7.0).pixels)
    assert [warned.code for warned in watch.warnings] == ["negative_prompt_ignored"]


@pytest.mark.parametrize("settings", [{"cfg_normalization": True}, {"cfg_truncation": 0.3}])
def test_how_it_is_guided_can_be_set(base: Subject, tmp_path: Path, settings: dict[str, object]) -> None:
    tamed = subject_of(build(tmp_path / "tamed", family="z-image", overrides=settings).parent)
    changed, plain = (subject.paint(guidance_scale=6.0).pixels for subject in (tamed, base))
    assert not np.array_equal(changed, plain)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_ends_in_what_a_perfect_model_answers(sampler: str) -> None:
    """On the model's own shift, from few steps; asked as diffusers' pipelines ask."""
    config: Any = dict(diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0).config)
    scheduler, name = scheduler_by_steps(sampler, SAMPLERS, config, "FlowMatchEulerDiscreteScheduler")
    scheduler.set_timesteps(sigmas=torch.linspace(1.0, 0.25, 4).tolist(), device="cpu", mu=1.15)
    picture, latents = torch.randn(2, 1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    middle = scheduler.timesteps[len(scheduler.timesteps) // 2]
    for timestep in scheduler.timesteps:
        answer = (latents - picture) / (timestep / 1000)
        latents = scheduler.step(answer, timestep, latents, return_dict=False)[0]
    assert name == sampler and (latents - picture).abs().max() < 0.02  # some round their times to thousandths
    assert 0.6 < middle / 1000 < 0.8  # of an unshifted one 0.5


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_paints_the_same_twice(base: Subject, picture: FloatArray, sampler: str) -> None:
    given: dict[str, Any] = {"image": picture, "mask": half_mask(), "strength": 0.6, "sampler": sampler}
    made = base.paint(**given)
    assert base.paint(**given).pixels.tobytes() == made.pixels.tobytes()
    assert made.sampler == sampler and np.isfinite(made.pixels).all() and made.pixels.std() > 0.02


def test_bfloat16_paints_the_same_picture(
    base: Subject, folder: Path, picture: FloatArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a graphics card has it."""
    for module in (family, memory):
        monkeypatch.setattr(module, "precision", lambda *_: (torch.bfloat16, torch.bfloat16))
    halved = subject_of(folder)
    parts = halved.loaded.parts
    assert all(parts[name].dtype == torch.bfloat16 for name in ("transformer", "text_encoder", "vae"))
    made, wanted = (subject.paint(image=picture, mask=half_mask()).pixels for subject in (halved, base))
    print(f"inpaint: {decibels(made, wanted):.1f} dB")
    assert decibels(made, wanted) > SAME_PICTURE_DB


@pytest.mark.parametrize("root", ["", "model.diffusion_model."])
def test_a_single_file_paints_what_its_folder_paints_with_the_shift_of_its_family(
    base: Subject, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: str
) -> None:
    monkeypatch.setattr(memory, "has_fast_bfloat16", lambda: False)
    key = "z-image" if root else "z-image-turbo"
    write_file(folder / "base", tmp_path / "mine.safetensors", root, key)
    loaded = load(tmp_path)
    assert loaded.ref.source == "file" and loaded.scheduler_config["shift"] == SHIFTS[key]
    made = Subject(builtin().named(key), loaded).paint().pixels
    assert np.array_equal(made, base.paint().pixels) == (key == "z-image")


def test_comfyui_s_files_paint_what_their_folder_paints(
    base: Subject, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "has_fast_bfloat16", lambda: False)
    write_comfy(folder / "base", tmp_path / "models", name="mine", family="z-image")
    (model,) = [model for model in find_models([tmp_path]) if model.name == "mine"]
    assert model.problem is None and set(model.ref.parts) == {"text_encoder", "vae", "tokenizer"}, model.note
    loaded = load_model(model.ref, builtin(), choose_device("cpu"), None)
    assert Subject(base.family, loaded).paint().pixels.tobytes() == base.paint().pixels.tobytes()


@pytest.mark.parametrize("is_renamed", [True, False])
def test_tokens_that_fill_up_may_be_lists(folder: Path, tmp_path: Path, is_renamed: bool) -> None:
    """As stable-diffusion.cpp writes them."""
    weights = load_file(folder / "base" / "transformer" / "diffusion_pytorch_model.safetensors")
    named = makers_names(weights) if is_renamed else dict(weights)
    pads = {name: named[name][0].clone() for name in ("x_pad_token", "cap_pad_token")}
    save_file({name: tensor.contiguous() for name, tensor in (named | pads).items()}, tmp_path / "a.safetensors")
    made = build_part(transformer(), tmp_path / "a.safetensors", torch.float32).state_dict()
    assert made.keys() == weights.keys() and all(torch.equal(made[name], weights[name]) for name in weights)


@pytest.mark.parametrize("kind", ["scaled fp8", "GGUF"])
def test_files_of_few_bits_paint_what_the_same_numbers_paint(
    base: Subject, folder: Path, tmp_path: Path, kind: str
) -> None:
    weights = makers_names(load_file(folder / "base" / "transformer" / "diffusion_pytorch_model.safetensors"))
    pads = {name: weights.pop(name) for name in ("x_pad_token", "cap_pad_token")}
    if kind == "GGUF":
        pytest.importorskip("gguf")
        few, meant = write_gguf(tmp_path / "few.gguf", weights | pads)
        plain = tmp_path / "plain.safetensors"
        save_file({name: torch.from_numpy(values) for name, values in meant.items()}, plain)
    else:
        few, plain = write(tmp_path / "few.safetensors", weights, kind)
        for file in (few, plain):
            save_file(load_file(file) | pads, file)
    made: list[torch.Tensor] = []
    for file in (few, plain):
        part = build_part(transformer(), file, torch.float32).eval()
        own_memory([part])
        loaded: Any = replace(base.loaded, parts={**base.loaded.parts, "transformer": part})
        made.append(Subject(base.family, loaded).latents_of(steps=2))
    print(f"{kind}: latents {float((made[0] - made[1]).abs().max()):.1e} apart")
    assert torch.equal(*made)


def test_a_lora_in_the_makers_names_paints_what_diffusers_names_paint(base: Subject, tmp_path: Path) -> None:
    """Some files have queries, keys and values together and apart: they count once."""
    random = torch.Generator().manual_seed(0)
    down, up = torch.randn(2, 32, generator=random), torch.randn(96, 2, generator=random)
    ours = dict(zip(("to_q", "to_k", "to_v"), up.chunk(3), strict=True))
    layers = {f"transformer.layers.0.attention.{name}": rows for name, rows in ours.items()}
    apart = {f"{layer}.lora_A.weight": down.clone() for layer in layers}
    apart |= {f"{layer}.lora_B.weight": rows.clone() for layer, rows in layers.items()}
    fused = "diffusion_model.layers.0.attention.qkv"
    together = {f"{fused}.lora_A.weight": down, f"{fused}.lora_B.weight": up}
    kohya = fused.replace("diffusion_model.", "lora_unet_").replace(".", "_")
    files = {
        "apart": apart,
        "together": together,
        "both": {name: tensor.clone() for name, tensor in (apart | together).items()},
        "kohya": {f"{kohya}.lora_down.weight": down, f"{kohya}.lora_up.weight": up},
    }
    made: list[FloatArray] = []
    for name, tensors in files.items():
        save_file(tensors, tmp_path / f"{name}.safetensors")
        watch = Unwatched()
        made.append(base.paint(watch, adapters=(adapter(tmp_path / f"{name}.safetensors", 0.5),)).pixels)
        assert not watch.warnings
    assert np.abs(made[0] - base.paint().pixels).mean() > 1e-3
    assert all(np.array_equal(made[0], other) for other in made[1:])


@pytest.mark.parametrize(("card", "offload"), [(32, "none"), (24, "model"), (16, "model"), (12, "layers")])
def test_how_the_published_sizes_lie_on_a_card(card: int, offload: str) -> None:
    """Transformer, text encoder and autoencoder."""
    device = Device("cuda:0", card * GIB)
    sizes = (6_154_908_736, 4_022_468_096, 83_819_683)
    placement = place(device, sum(sizes), max(sizes), 1024, int(card * GIB * 0.95), TURBO.memory)
    assert placement.offload == offload and placement.dtype == placement.denoiser_dtype == torch.bfloat16
