"""Stable Diffusion 3: what it reads, samples and loads, on tiny models of random weights."""

from __future__ import annotations

import json
import os
from importlib import import_module
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from bridge_server.families.registry import builtin
from bridge_server.families.stable_diffusion_3.prompts import read_prompt
from bridge_server.families.stable_diffusion_3.spec import LARGE, MEDIUM, SAMPLERS, T5_TOKENS
from bridge_server.families.stable_diffusion_3.tiny import CLIPS, HEAD, WIDTH, build
from bridge_server.models.catalog import find_models
from bridge_server.pipelines import family, memory, text_sources
from bridge_server.pipelines.generation import FloatArray, Unwatched
from bridge_server.pipelines.loader import load as load_model
from bridge_server.pipelines.memory import GIB, Device, choose_device, place
from tests.families.contract import Subject
from tests.families.loras import adapter
from tests.support.gguf_file import write_gguf
from tests.support.sd3_file import makers_names, write_file

from .conftest import half_mask
from .test_precision import SAME_PICTURE_DB, decibels

CPU = torch.device("cpu")


def load(folder: Path, name: str | None = None) -> Any:
    (model,) = [model for model in find_models([folder]) if not model.shipped and name in (None, model.name)]
    assert model.problem is None, model.note
    return load_model(model.ref, builtin(), choose_device("cpu"), None)


@pytest.fixture(autouse=True)
def single_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "has_fast_bfloat16", lambda: False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Whose CLIP-L does not project its summary, as that of every published model."""
    folder = tmp_path_factory.mktemp("sd3")
    build(folder / "large")
    build(folder / "medium", family=MEDIUM.key)
    build(folder / "few", has_t5=False)
    for name in ("large", "medium", "few"):
        file = folder / name / "text_encoder" / "model.safetensors"
        weights = load_file(file)
        save_file({**weights, "text_projection.weight": torch.eye(CLIPS[0])}, file, {"format": "pt"})
    return folder


@pytest.fixture(scope="module")
def subjects(folder: Path) -> dict[str, Subject]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(memory, "has_fast_bfloat16", lambda: False)
        loaded = {name: load(folder, name) for name in ("large", "medium", "few")}
    return {name: Subject(builtin().named(one.ref.family), one) for name, one in loaded.items()}


@pytest.fixture
def large(subjects: dict[str, Subject]) -> Subject:
    return subjects["large"]


def own(subject: Subject) -> Any:
    loaded: Any = subject.loaded
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler.from_config(loaded.scheduler_config)
    absent = {name: None for name in ("text_encoder_3", "tokenizer_3") if name not in loaded.parts}
    return diffusers.StableDiffusion3Pipeline(**loaded.parts, **absent, scheduler=scheduler)


@pytest.mark.parametrize("name", ["large", "few"])
@pytest.mark.parametrize("prompt", ["red apple", "", "  the cat on the grass"])
def test_prompts_are_read_as_diffusers_reads_them(subjects: dict[str, Subject], name: str, prompt: str) -> None:
    """Also without T5, in whose place the transformer hears nothing."""
    parts = subjects[name].loaded.parts
    with torch.no_grad():
        words, _, summary, _ = own(subjects[name]).encode_prompt(prompt, None, None, CPU)
    read = read_prompt(parts, prompt, WIDTH, CPU)
    assert torch.equal(read.words, words) and torch.equal(read.summary, summary) and read.unread == ""
    assert (read.words[:, -T5_TOKENS:].abs().max() > 0) == (name == "large")


@pytest.mark.parametrize(("name", "words"), [("large", 150), ("few", 40)])
def test_of_a_long_prompt_the_words_that_are_not_read_are_told(
    subjects: dict[str, Subject], name: str, words: int
) -> None:
    """T5 reads more than the CLIPs do, so that theirs are told without it alone."""
    watch = Unwatched()
    subjects[name].paint(watch, prompt="red apple " * words + "blue automobile", steps=1)
    (warned,) = watch.warnings
    assert warned.code == "unread_words" and warned.message.endswith("blue automobile")
    subjects["large"].paint(watch, prompt="red apple " * 60, steps=1)
    assert len(watch.warnings) == 1


def test_a_negative_prompt_counts_with_guidance(large: Subject) -> None:
    watch = Unwatched()
    plain, other = (large.paint(watch, negative_prompt=text).pixels for text in ("", "blue cat"))
    assert not np.array_equal(plain, other) and not watch.warnings
    unguided = large.paint(watch, negative_prompt="blue cat", guidance_scale=1.0).pixels
    assert [warned.code for warned in watch.warnings] == ["negative_prompt_ignored"]
    assert np.array_equal(unguided, large.paint(guidance_scale=0.0).pixels)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_paints(large: Subject, picture: FloatArray, sampler: str) -> None:
    for changes in ({}, {"image": picture, "mask": half_mask(), "strength": 0.6}):
        made = large.paint(sampler=sampler, steps=5, **changes)
        assert made.sampler == sampler and np.isfinite(made.pixels).all() and made.pixels.std() > 0.02


def test_bfloat16_paints_the_same_picture(
    large: Subject, folder: Path, picture: FloatArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a graphics card has it."""
    given: dict[str, Any] = {"image": picture, "mask": half_mask()}
    for module in (family, memory):
        monkeypatch.setattr(module, "precision", lambda *_: (torch.bfloat16, torch.bfloat16))
    loaded = load(folder, "large")
    assert loaded.parts["transformer"].dtype == loaded.parts["text_encoder"].dtype == loaded.vae.dtype == torch.bfloat16
    made = Subject(large.family, loaded).paint(**given).pixels
    print(f"{decibels(made, large.paint(**given).pixels):.1f} dB")
    assert decibels(made, large.paint(**given).pixels) > SAME_PICTURE_DB


ENCODERS = ("text_encoder", "text_encoder_2", "text_encoder_3")


@pytest.mark.parametrize(
    ("name", "inside", "found"),
    [
        ("large", ("vae",), {*ENCODERS, "tokenizer_3"}),
        ("medium", (), {*ENCODERS, "tokenizer_3", "vae"}),
        ("large", ("vae", *ENCODERS[:2]), {"text_encoder_3", "tokenizer_3"}),
        ("large", ("vae", *ENCODERS), {"tokenizer_3"}),
        ("few", ("vae", *ENCODERS[:2]), set[str]()),
    ],
)
def test_single_files_paint_what_their_folders_paint(
    subjects: dict[str, Subject],
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    inside: tuple[str, ...],
    found: set[str],
) -> None:
    """With all other parts in them, with some, with none. But for what shapes do not tell, and for CLIP's tokenizers,
    which come with Layerbridge.
    """
    subject = subjects[name]
    root = "bridge_server.families.stable_diffusion_3"
    monkeypatch.setattr(text_sources, "CLIP_HEAD", 24)
    monkeypatch.setattr(import_module(f"{root}.single_file"), "HEAD", HEAD)
    monkeypatch.setattr(
        import_module(f"{root}.detect"), "TEXT_WIDTHS", {**dict(zip(ENCODERS, (*CLIPS, WIDTH), strict=True))}
    )
    own_tokenizers = {"<|endoftext|>": "tokenizer", "!": "tokenizer_2"}
    monkeypatch.setattr(
        import_module(f"{root}.load"), "clip_tokenizer", lambda pad: subject.loaded.parts[own_tokenizers[pad]]
    )
    write_file(folder / name, tmp_path / "mine.safetensors", inside)
    loaded = load(tmp_path, "mine")
    assert set(loaded.ref.parts) == found and loaded.ref.family == subject.family.key
    assert ("text_encoder_3" in loaded.parts) == (name != "few")
    assert Subject(subject.family, loaded).paint().pixels.tobytes() == subject.paint().pixels.tobytes()


def test_a_gguf_file_paints_what_its_numbers_mean(large: Subject, folder: Path, tmp_path: Path) -> None:
    """In its makers' names, with queries, keys and values as one and halves that change places."""
    pytest.importorskip("gguf")
    weights = makers_names(load_file(folder / "large" / "transformer" / "diffusion_pytorch_model.safetensors"))
    few, meant = write_gguf(tmp_path / "few.gguf", weights)
    save_file({name: torch.from_numpy(values) for name, values in meant.items()}, tmp_path / "plain.safetensors")
    settings = json.loads((folder / "large" / "layerbridge.json").read_text())
    settings |= {"config": os.path.relpath(folder / "large", tmp_path)}
    for name in ("few", "plain"):
        few.with_name(f"{name}.layerbridge.json").write_text(json.dumps(settings))
    made = [Subject(large.family, load(tmp_path, name)).paint().pixels for name in ("few", "plain")]
    assert np.array_equal(made[0], made[1]) and not np.array_equal(made[0], large.paint().pixels)


def test_a_lora_paints_the_same_under_every_program_s_names(large: Subject, tmp_path: Path) -> None:
    """Of queries, keys and values, which makers' names have as one."""
    random = torch.Generator().manual_seed(0)
    down, up = torch.randn(2, 32, generator=random), torch.randn(96, 2, generator=random)
    ours, theirs = "transformer_blocks.0.attn.to_{}", "joint_blocks.0.x_block.attn.qkv"
    apart: dict[str, torch.Tensor] = {}
    for part, piece in zip("qkv", up.chunk(3), strict=True):
        apart |= {f"transformer.{ours.format(part)}.lora_A.weight": down}
        apart |= {f"transformer.{ours.format(part)}.lora_B.weight": piece}
    flat = f"lora_unet_{theirs.replace('.', '_')}"
    files = {
        "diffusers": apart,
        "comfy": {f"diffusion_model.{theirs}.lora_A.weight": down, f"diffusion_model.{theirs}.lora_B.weight": up},
        "kohya": {f"{flat}.lora_down.weight": down, f"{flat}.lora_up.weight": up},
    }
    made: list[FloatArray] = []
    for name, tensors in files.items():
        save_file({key: tensor.clone() for key, tensor in tensors.items()}, tmp_path / f"{name}.safetensors")
        watch = Unwatched()
        made.append(large.paint(watch, adapters=(adapter(tmp_path / f"{name}.safetensors", 0.5),)).pixels)
        assert not watch.warnings
    assert np.abs(made[0] - large.paint().pixels).mean() > 1e-3
    assert all(np.abs(made[0] - other).max() < 1e-5 for other in made[1:])


@pytest.mark.parametrize(("card", "offload"), [(32, "none"), (24, "model"), (16, "layers")])
def test_how_the_published_size_lies_on_a_card(card: int, offload: str) -> None:
    """Large: transformer, three text encoders and autoencoder, as tests/models/test_sd3.py counts the first."""
    sizes = 8_056_627_520, 123_060_480, 694_659_840, 4_762_310_656, 83_819_683
    device = Device("cuda:0", card * GIB)
    placement = place(device, sum(sizes), max(sizes), 1024, int(card * GIB * 0.95), LARGE.memory)
    assert placement.offload == offload and placement.dtype == placement.denoiser_dtype == torch.bfloat16
