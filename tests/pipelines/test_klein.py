"""FLUX.2 Klein: what it reads, what it is shown and how it samples, on tiny models of random weights."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.families.base import FamilySpec
from bridge_server.families.flux2_klein.load import Klein
from bridge_server.families.flux2_klein.paint import KleinPainter, fitted_reference
from bridge_server.families.flux2_klein.prompts import read_prompt
from bridge_server.families.flux2_klein.spec import DISTILLED_4B, DISTILLED_9B, SAMPLERS, TOKENS
from bridge_server.families.flux2_klein.tiny import build
from bridge_server.families.registry import builtin
from bridge_server.models.catalog import find_models
from bridge_server.pipelines import family, memory
from bridge_server.pipelines.generation import FloatArray, Generation, Unwatched
from bridge_server.pipelines.hub import wanted_files
from bridge_server.pipelines.loader import load as load_model
from bridge_server.pipelines.memory import GIB, Device, choose_device, place
from tests.families.contract import Subject
from tests.families.loras import adapter
from tests.support.klein_file import write_file

from .conftest import half_mask
from .test_precision import SAME_PICTURE_DB, decibels

CPU = torch.device("cpu")


def load(folder: Path) -> Any:
    (model,) = [model for model in find_models([folder]) if not model.shipped]
    assert model.problem is None, model.note
    return load_model(model.ref, builtin(), choose_device("cpu"), None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("klein") / "base", family="flux2-klein-base-4b").parent


@pytest.fixture(scope="module")
def klein(folder: Path) -> Subject:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(memory, "has_fast_bfloat16", lambda: False)
        loaded: Klein = load(folder)
    return Subject(builtin().named(loaded.ref.family), loaded)


def own(klein: Subject) -> Any:
    loaded: Any = klein.loaded
    scheduler: Any = diffusers.FlowMatchEulerDiscreteScheduler.from_config(loaded.scheduler_config)
    pipeline = diffusers.Flux2KleinPipeline(**loaded.parts, scheduler=scheduler)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def parts(klein: Subject) -> tuple[Any, Any]:
    return klein.loaded.parts["tokenizer"], klein.loaded.parts["text_encoder"]


@pytest.mark.parametrize("prompt", ["red apple", "", "  the cat\n\nон the grass, 红 <|im_end|>"])
def test_prompts_are_read_as_diffusers_reads_them(klein: Subject, prompt: str) -> None:
    with torch.no_grad():
        wanted, _ = own(klein).encode_prompt(prompt)
    read = read_prompt(*parts(klein), prompt, CPU)
    assert torch.equal(read.embeddings, wanted) and read.unread == "" and wanted.shape[1] == TOKENS


def test_of_a_long_prompt_the_words_that_are_not_read_are_told(klein: Subject) -> None:
    tokenizer, encoder = parts(klein)
    prompt = "red apple " * 300 + "blue automobile"
    read = read_prompt(tokenizer, encoder, prompt, CPU)
    kept = prompt.removesuffix(read.unread)
    assert read.unread.endswith("blue automobile") and kept.endswith(" ")
    assert torch.equal(read.embeddings, read_prompt(tokenizer, encoder, kept.rstrip(), CPU).embeddings)
    assert read_prompt(tokenizer, encoder, kept, CPU).unread == ""
    watch = Unwatched()
    klein.paint(watch, prompt=prompt)
    assert [warned.code for warned in watch.warnings] == ["unread_words"]


def test_a_negative_prompt_counts_with_guidance_and_never_in_a_distilled_model(klein: Subject, tmp_path: Path) -> None:
    watch = Unwatched()
    plain, other = (klein.paint(watch, negative_prompt=text).pixels for text in ("", "blue cat"))
    assert not np.array_equal(plain, other) and not watch.warnings
    distilled = Subject(builtin().named("flux2-klein-4b"), load(build(tmp_path / "few").parent))
    plain, other = (distilled.paint(watch, negative_prompt=text).pixels for text in ("", "blue cat"))
    assert np.array_equal(plain, other) and np.array_equal(plain, distilled.paint(guidance_scale=1.0).pixels)
    assert [warned.code for warned in watch.warnings] == ["negative_prompt_ignored"]


def test_references_are_shown_as_diffusers_shows_them(klein: Subject) -> None:
    """Two of 8 bits, of which one is cut to whole cells; from the same noise."""
    one = (klein.picture() * 255).round().astype(np.uint8)
    two = np.ascontiguousarray(one[::-1, :, ::-1])[:, :60]
    two = np.concatenate([two, two[:, :10]], axis=1)  # 64 by 70 pixels
    with torch.no_grad():
        wanted = own(klein)(
            image=[Image.fromarray(picture) for picture in (one, two)],
            prompt="red apple",
            num_inference_steps=4,
            guidance_scale=3.0,
            generator=torch.Generator().manual_seed(1),
            output_type="latent",
            width=64,
            height=64,
        ).images
    given = tuple(picture.astype(np.float32) / 255 for picture in (one, two))
    apart = (klein.latents_of(references=given) - wanted).abs().max()
    print(f"two references: latents {float(apart):.1e} apart at most")
    assert apart <= 1e-5


def test_references_keep_their_depth(klein: Subject) -> None:
    fine = klein.picture() * np.float32(0.999)
    coarse = (fine * 255).round().astype(np.float32) / 255
    made = [klein.paint(references=(picture,)).pixels for picture in (fine, coarse)]
    assert 0 < np.abs(made[0] - made[1]).max() < 0.1


@pytest.mark.parametrize(
    ("size", "fitted"),
    [
        ((64, 64), (64, 64)),
        ((70, 66), (64, 64)),
        ((1, 300), (16, 288)),
        ((3000, 1500), (1440, 720)),
        ((5, 5), (16, 16)),
    ],
)
def test_references_fit_into_a_megapixel_of_whole_cells(size: tuple[int, int], fitted: tuple[int, int]) -> None:
    made = fitted_reference(np.random.default_rng(0).random((*size, 3), np.float32), 16)
    assert made.shape == (*fitted, 3) and 0 <= made.min() <= made.max() <= 1


def test_encoding_is_what_diffusers_encodes_and_comes_back(klein: Subject, picture: FloatArray) -> None:
    loaded: Any = klein.loaded
    painter = KleinPainter(loaded, Generation("", "", 64, 64, 1.0, 4, 1.0, "auto", 1))
    made = painter.encode(picture)
    pixels = torch.from_numpy(picture).permute(2, 0, 1)[None] * 2 - 1
    with torch.no_grad():
        assert torch.allclose(made, own(klein)._encode_vae_image(pixels, None), atol=1e-6)
        plain = loaded.vae.decode(loaded.vae.encode(pixels).latent_dist.mode()).sample
    wanted = (plain[0].permute(1, 2, 0) / 2 + 0.5).clamp(0, 1).numpy()
    assert np.abs(painter.decode(made) - wanted).max() < 1e-5
    shown = painter.form.inside(made)
    assert shown.shape == (1, 64, painter.channels) and torch.equal(painter.form.back(shown), made)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_paints(klein: Subject, picture: FloatArray, sampler: str) -> None:
    given: dict[str, Any] = {"image": picture, "mask": half_mask(), "strength": 0.6}
    for changes in ({}, given):
        made = klein.paint(sampler=sampler, steps=8, **changes)
        assert klein.paint(sampler=sampler, steps=8, **changes).pixels.tobytes() == made.pixels.tobytes()
        assert made.sampler == sampler and np.isfinite(made.pixels).all() and made.pixels.std() > 0.02
    assert klein.paint().sampler == "Euler"


@pytest.mark.parametrize("kind", ["txt2img", "inpaint"])
def test_bfloat16_paints_the_same_picture(
    klein: Subject, folder: Path, picture: FloatArray, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """As a graphics card has it."""
    given: dict[str, Any] = {} if kind == "txt2img" else {"image": picture, "mask": half_mask()}
    for module in (family, memory):
        monkeypatch.setattr(module, "precision", lambda *_: (torch.bfloat16, torch.bfloat16))
    loaded = load(folder)
    assert loaded.parts["transformer"].dtype == loaded.parts["text_encoder"].dtype == loaded.vae.dtype == torch.bfloat16
    halved = Subject(klein.family, loaded)
    made = halved.paint(**given).pixels
    print(f"{kind}: {decibels(made, klein.paint(**given).pixels):.1f} dB")
    assert decibels(made, klein.paint(**given).pixels) > SAME_PICTURE_DB
    assert halved.paint(**given).pixels.tobytes() == made.tobytes()


@pytest.mark.parametrize("root", ["", "model.diffusion_model."])
def test_a_single_file_with_the_folder_of_the_rest_paints_what_its_folder_paints(
    klein: Subject, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: str
) -> None:
    monkeypatch.setattr(memory, "has_fast_bfloat16", lambda: False)
    write_file(folder / "base", tmp_path / "mine.safetensors", root, "flux2-klein-base-4b")
    loaded = load(tmp_path)
    assert loaded.ref.source == "file" and loaded.ref.family == "flux2-klein-base-4b" and loaded.ref.hash
    assert Subject(klein.family, loaded).paint().pixels.tobytes() == klein.paint().pixels.tobytes()


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("text_encoder/model.safetensors", "text_encoder of the model in"),
        ("tokenizer/tokenizer_config.json", "it is missing"),
        ("transformer/config.json", "it is missing"),
    ],
)
def test_what_the_folder_of_the_rest_lacks_is_told(folder: Path, tmp_path: Path, missing: str, words: str) -> None:
    rest = Path(shutil.copytree(folder / "base", tmp_path / "rest" / "base"))
    (tmp_path / "models").mkdir()
    write_file(rest, tmp_path / "models" / "mine.safetensors", "", "flux2-klein-base-4b")
    (rest / missing).unlink()
    with pytest.raises(BridgeError) as caught:
        load(tmp_path / "models")
    assert caught.value.code is ErrorCode.MODEL_UNREADABLE and words in caught.value.message


def test_what_is_downloaded_of_the_published_repository() -> None:
    parts = [name for name, component in DISTILLED_4B.components.items() if not component.optional]
    wanted = {
        "model_index.json",
        "scheduler/scheduler_config.json",
        "text_encoder/config.json",
        "text_encoder/model-00001-of-00002.safetensors",
        "text_encoder/model-00002-of-00002.safetensors",
        "text_encoder/model.safetensors.index.json",
        "tokenizer/merges.txt",
        "tokenizer/tokenizer_config.json",
        "tokenizer/vocab.json",
        "transformer/config.json",
        "transformer/diffusion_pytorch_model.safetensors",
        "vae/config.json",
        "vae/diffusion_pytorch_model.safetensors",
    }
    others = {"README.md", "flux-2-klein-4b.safetensors", "tokenizer/chat_template.jinja", "teaser.png"}
    assert set(wanted_files(sorted(wanted | others), parts, True, "transformer")) == wanted


def test_a_lora_in_the_makers_names_paints_what_diffusers_names_paint(klein: Subject, tmp_path: Path) -> None:
    """Queries, keys and values are one layer there: what goes in is shared, what comes out is one below the other."""
    random = torch.Generator().manual_seed(0)
    down, up = torch.randn(2, 32, generator=random), torch.randn(96, 2, generator=random)
    ours = zip(("to_q", "to_k", "to_v"), up.chunk(3), strict=True)
    layers = {f"transformer.transformer_blocks.0.attn.{name}": rows for name, rows in ours}
    fused = "double_blocks.0.img_attn.qkv"
    files = {
        "diffusers": {f"{layer}.lora_A.weight": down.clone() for layer in layers}
        | {f"{layer}.lora_B.weight": rows.contiguous() for layer, rows in layers.items()},
        "comfy": {f"diffusion_model.{fused}.lora_A.weight": down, f"diffusion_model.{fused}.lora_B.weight": up},
        "kohya": {
            f"lora_unet_{fused.replace('.', '_')}.lora_down.weight": down,
            f"lora_unet_{fused.replace('.', '_')}.lora_up.weight": up,
        },
    }
    made: list[FloatArray] = []
    for name, tensors in files.items():
        save_file(tensors, tmp_path / f"{name}.safetensors")
        watch = Unwatched()
        made.append(klein.paint(watch, adapters=(adapter(tmp_path / f"{name}.safetensors", 0.5),)).pixels)
        assert not watch.warnings
    assert np.abs(made[0] - klein.paint().pixels).mean() > 1e-3
    assert np.array_equal(made[0], made[1]) and np.array_equal(made[0], made[2])


@pytest.mark.parametrize(
    ("spec", "card", "offload"),
    [
        (DISTILLED_4B, 24, "none"),
        (DISTILLED_4B, 16, "model"),
        (DISTILLED_4B, 8, "layers"),
        (DISTILLED_9B, 48, "none"),
        (DISTILLED_9B, 24, "model"),
        (DISTILLED_9B, 16, "layers"),
    ],
)
def test_how_the_published_sizes_lie_on_a_card(spec: FamilySpec, card: int, offload: str) -> None:
    """Transformer, text encoder and autoencoder, as tests/models/test_klein.py counts the first two."""
    of_4b, of_9b = (3_875_544_576, 4_022_468_096), (9_078_581_248, 8_190_735_360)
    sizes = of_4b if spec is DISTILLED_4B else of_9b
    device = Device("cuda:0", card * GIB)
    placement = place(device, sum(sizes) + 84_000_000, max(sizes), 1024, int(card * GIB * 0.95), spec.memory)
    assert placement.offload == offload and placement.dtype == placement.denoiser_dtype == torch.bfloat16
