"""Qwen-Image 2.1: what it reads, sees, keeps and samples, on tiny models of random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from PIL import Image

from bridge_server.families.qwen_image_21 import paint
from bridge_server.families.qwen_image_21.embedded import TextToImage
from bridge_server.families.qwen_image_21.noise_levels import TURBO as TURBO_LEVELS
from bridge_server.families.qwen_image_21.noise_levels import resampled
from bridge_server.families.qwen_image_21.paint import Qwen21Painter
from bridge_server.families.qwen_image_21.prompts import AFTER, BEFORE, read_prompt
from bridge_server.families.qwen_image_21.spec import QWEN21, TURBO
from bridge_server.families.qwen_image_21.tiny import LEVELS, build
from bridge_server.pipelines import family, memory
from bridge_server.pipelines.generation import FloatArray, Generation, Unwatched
from bridge_server.pipelines.latents import encode_image
from tests.families.contract import Subject
from tests.support.qwen21 import exact, load, own_pipeline

from .conftest import half_mask
from .test_precision import SAME_PICTURE_DB, decibels

CPU = torch.device("cpu")
SIDE = 64


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("qwen") / "qwen").parent


@pytest.fixture(scope="module")
def qwen(folder: Path) -> Subject:
    return exact(folder)


@pytest.fixture(scope="module")
def turbo(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    return exact(build(tmp_path_factory.mktemp("turbo") / "turbo", family=TURBO.key).parent)


def own(qwen: Subject, **more: Any) -> Any:
    loaded: Any = qwen.loaded
    scheduler: Any = diffusers.FlowMatchEulerDiscreteScheduler.from_config(loaded.scheduler_config)
    pipeline = own_pipeline(**loaded.parts, scheduler=scheduler, **more)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def pictures(count: int) -> tuple[list[Any], tuple[FloatArray, ...]]:
    """Of 8 bits, as PIL has them and as ours are."""
    random = np.random.default_rng(0)
    made = [random.integers(0, 256, (SIDE, SIDE, 3), np.uint8) for _ in range(count)]
    return [Image.fromarray(one) for one in made], tuple(one.astype(np.float32) / 255 for one in made)


def test_the_request_is_diffusers_own(qwen: Subject) -> None:
    assert own(qwen).prompt_template_t2i == f"{BEFORE}{{}}{AFTER}"


@pytest.mark.parametrize("count", [0, 1, 2])
@pytest.mark.parametrize("prompt", ["red apple", "", "  the cat\n\nон the grass, 红 <|im_end|>"])
def test_prompts_are_read_as_diffusers_reads_them(qwen: Subject, prompt: str, count: int) -> None:
    given, ours = pictures(count)
    with torch.no_grad():
        wanted, _, places = own(qwen).encode_prompt(prompt, given or None)
    parts = qwen.loaded.parts
    seen = [paint.seen_by(paint.QWEN3_VL, one) for one in ours]
    read = read_prompt(parts["tokenizer"], parts["text_encoder"], prompt, CPU, seen)
    assert torch.equal(read.embeddings, wanted) and read.unread == ""
    assert read.places.tolist() == places[0].nonzero()[:, 0].tolist() and len(read.places) == 4 * count


def test_of_a_long_prompt_the_words_that_are_not_read_are_told(qwen: Subject) -> None:
    watch = Unwatched()
    qwen.paint(watch, prompt="red apple " * 600 + "blue automobile", steps=1)
    assert [warned.code for warned in watch.warnings] == ["unread_words"]
    assert watch.warnings[0].message.endswith("blue automobile")


def test_a_prompt_with_the_token_of_a_picture_is_read_without_it(qwen: Subject) -> None:
    given = (qwen.picture(),)
    plain = qwen.paint(references=given).pixels
    assert qwen.paint(prompt="red<|image_pad|> apple", references=given).pixels.tobytes() == plain.tobytes()


@pytest.mark.parametrize("is_kept", [True, False])
@pytest.mark.parametrize(("count", "guidance"), [(1, 1.0), (1, 3.0), (3, 3.0)])
def test_pictures_are_shown_as_diffusers_shows_them(
    qwen: Subject, monkeypatch: pytest.MonkeyPatch, count: int, guidance: float, is_kept: bool
) -> None:
    """is_kept: what is computed of them in the first step; else it is computed again in each."""
    given, ours = pictures(count)
    monkeypatch.setattr(paint, "CACHED_TOKENS", 10**6 if is_kept else 0)
    with torch.no_grad():
        wanted = own(qwen)(
            image=given,
            prompt="red apple",
            negative_prompt="",
            true_cfg_scale=guidance,
            num_inference_steps=4,
            generator=torch.Generator().manual_seed(1),
            output_type="latent",
            width=SIDE,
            height=SIDE,
            output_resolution=SIDE,
        ).images
    made = qwen.latents_of(references=ours, guidance_scale=guidance)
    apart = float((made.flatten(2).transpose(1, 2) - wanted).abs().max())
    print(f"{QWEN21.key}, {count} shown, guidance {guidance}: latents {apart:.1e} apart at most")
    assert apart <= 1e-5 and (qwen.latents_of(guidance_scale=guidance) - made).abs().max() > 1e-3


@pytest.mark.parametrize("masked", [False, True])
def test_image_to_image_and_inpaint_are_diffusers_pipeline_begun_at_the_noised_picture(
    turbo: Subject, masked: bool
) -> None:
    """diffusers has no pipelines for them. Turbo's levels are not shifted, so that its own runs the end of them; what
    is around the mask is put back after each step, and shown.
    """
    (given,), (picture,) = pictures(1)
    loaded: Any = turbo.loaded
    levels, pipeline = LEVELS[1:], own(turbo)
    noise = torch.randn(1, 8, 4, 4, generator=torch.Generator().manual_seed(1)).flatten(2).transpose(1, 2)
    kept = encode_image(loaded.vae, picture, CPU).flatten(2).transpose(1, 2)
    free = (torch.arange(4) >= 2).float().repeat(4)[None, :, None]

    def keep(_pipeline: Any, index: int, _time: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        level = (*levels, 0.0)[index + 1]
        return {"latents": free * tensors["latents"] + (1 - free) * (level * noise + (1 - level) * kept)}

    shown: dict[str, Any] = {"image": [given], "output_resolution": SIDE, "callback_on_step_end": keep}
    with torch.no_grad():
        wanted = pipeline(
            prompt="red apple",
            sigmas=list(levels),
            latents=levels[0] * noise + (1 - levels[0]) * kept,
            width=SIDE,
            height=SIDE,
            output_type="latent",
            **(shown if masked else {}),
        ).images
    strips = {"mask": turbo.strips(0, 1)} if masked else {}
    made = turbo.latents_of(image=picture, strength=0.75, **strips).flatten(2).transpose(1, 2)
    apart = float((made - wanted).abs().max())
    print(f"{TURBO.key}, {'inpaint' if masked else 'img2img'}: latents {apart:.1e} apart at most")
    assert apart <= 1e-5 < (wanted - kept).abs().mean()


def test_so_much_is_kept_from_step_to_step(qwen: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture of a megapixel without guidance, or two prompts without any."""
    kept: list[bool] = []
    plain = TextToImage.__call__

    def call(self: Any, *given: Any, use_kv_cache: bool, **more: Any) -> Any:
        kept.append(use_kv_cache)
        return plain(self, *given, use_kv_cache=use_kv_cache, **more)

    monkeypatch.setattr(TextToImage, "__call__", call)
    megapixel = 4096 // (SIDE // 16) ** 2  # times of the tokens of a picture here
    monkeypatch.setattr(paint, "TOKENS", 1024 // megapixel)
    monkeypatch.setattr(paint, "CACHED_TOKENS", 6144 // megapixel)
    for count, guidance in ((0, 3.0), (1, 1.0), (1, 3.0), (2, 1.0)):
        qwen.paint(steps=1, references=(qwen.picture(),) * count, guidance_scale=guidance)
    assert kept == [True, True, False, False]


def test_what_is_shown_keeps_its_depth_and_leaves_no_trace(qwen: Subject) -> None:
    fine = qwen.picture() * np.float32(0.999)
    coarse = (fine * 255).round().astype(np.float32) / 255
    plain = qwen.paint().pixels
    made = [qwen.paint(references=(picture,)).pixels for picture in (fine, coarse)]
    assert 0 < np.abs(made[0] - made[1]).max() < 0.1
    assert qwen.paint().pixels.tobytes() == plain.tobytes()


def test_with_a_mask_it_is_shown_the_picture_around(qwen: Subject) -> None:
    given: dict[str, Any] = {"image": qwen.picture(), "mask": qwen.strips(0, 1)}
    other = np.ascontiguousarray(qwen.picture()[::-1])
    other[:, SIDE // 2 :] = given["image"][:, SIDE // 2 :]
    made = qwen.latents_of(**given)[..., -1]
    assert (made - qwen.latents_of(**given | {"image": other})[..., -1]).abs().max() > 1e-3


@pytest.mark.parametrize(("height", "width"), [(96, 32), (64, 128)])
def test_other_shapes_and_what_is_shown_of_another_are_painted(qwen: Subject, height: int, width: int) -> None:
    tall = np.random.default_rng(0).random((90, 40, 3), np.float32)
    made = qwen.paint(width=width, height=height, references=(tall,)).pixels
    assert made.shape == (height, width, 3) and np.isfinite(made).all()


def test_encoding_is_what_diffusers_encodes(qwen: Subject, picture: FloatArray) -> None:
    loaded: Any = qwen.loaded
    painter = Qwen21Painter(loaded, Generation("", "", SIDE, SIDE, 1.0, 4, 1.0, "auto", 1))
    made = painter.encode(picture)
    pixels = torch.from_numpy(picture).permute(2, 0, 1)[None, :, None] * 2 - 1
    opaque = torch.cat([pixels, torch.ones_like(pixels[:, :1])], dim=1)
    with torch.no_grad():
        wanted = own(qwen)._encode_vae_image(opaque, None)
    assert torch.allclose(made, wanted[:, :, 0], atol=1e-6)
    shown = painter.form.given(made)
    packed = own(qwen)._pack_latents(made, 1, painter.channels, 4, 4)
    assert torch.equal(shown, packed) and torch.equal(painter.form.back(shown), made)


def test_another_number_of_steps_lies_along_the_same_line(turbo: Subject) -> None:
    assert resampled(TURBO_LEVELS, 8) == list(TURBO_LEVELS) and resampled((1.0, 0.5), 4) == [1.0, 0.75, 0.5, 0.25]
    assert resampled(TURBO_LEVELS, 1) == [1.0]
    made = [turbo.paint(steps=steps) for steps in (1, 4, 7)]
    assert [one.steps_run for one in made] == [1, 4, 7] and all(np.isfinite(one.pixels).all() for one in made)


def test_turbo_reads_no_negative_prompt_and_begins_where_the_strength_says(turbo: Subject) -> None:
    watch = Unwatched()
    plain = turbo.paint(watch, guidance_scale=5.0).pixels
    assert turbo.paint(watch, negative_prompt="blue cat").pixels.tobytes() == plain.tobytes()
    assert [warned.code for warned in watch.warnings] == ["negative_prompt_ignored"]
    loaded: Any = turbo.loaded
    assert loaded.levels == LEVELS
    assert turbo.paint(image=turbo.picture(), strength=0.5).steps_run == 2


def test_bfloat16_paints_the_same_picture(
    qwen: Subject, folder: Path, picture: FloatArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a graphics card has it."""
    given: dict[str, Any] = {"image": picture, "mask": half_mask(), "references": (picture,)}
    for module in (family, memory):
        monkeypatch.setattr(module, "precision", lambda *_: (torch.bfloat16, torch.bfloat16))
    loaded = load(folder)
    assert loaded.parts["transformer"].dtype == loaded.parts["text_encoder"].dtype == loaded.vae.dtype == torch.bfloat16
    made = Subject(qwen.family, loaded).paint(**given).pixels
    print(f"{decibels(made, qwen.paint(**given).pixels):.1f} dB")
    assert decibels(made, qwen.paint(**given).pixels) > SAME_PICTURE_DB
