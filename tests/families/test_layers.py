"""What a family promises that takes pictures apart: contract.py, for layers; and what diffusers' own pipeline makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.pipelines.qwenimage import pipeline_qwenimage_layered
from PIL import Image

from bridge_server.families.base import Family
from bridge_server.families.qwen_image import prompts
from bridge_server.families.qwen_image.layers import LayersPainter
from bridge_server.families.qwen_image.spec import LAYERED
from bridge_server.families.registry import builtin
from bridge_server.pipelines.generation import Cancelled, Generation
from bridge_server.pipelines.samplers import make_scheduler

from .contract import Allocations, Diary, Impatient, Subject

STEPS, GUIDANCE, SEED = 8, 3.0, 1


@pytest.fixture(scope="module")
def subject(exact_subjects: Callable[[Family], Subject]) -> Subject:
    return exact_subjects(builtin().named(LAYERED.key))


def test_layers_are_those_of_diffusers_own_pipeline(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the same noise, seed for seed. Theirs takes pictures of 8 bits, and knows two sizes."""
    monkeypatch.setattr(pipeline_qwenimage_layered, "calculate_dimensions", lambda *_: (subject.side, subject.side))
    loaded: Any = subject.loaded
    bytes_of = np.rint(subject.with_alpha() * 255).astype(np.uint8)
    scheduler, _ = make_scheduler("Euler", LAYERED.samplers, loaded.scheduler_config, loaded.scheduler_class)
    theirs: Any = pipeline_qwenimage_layered.QwenImageLayeredPipeline(
        **loaded.parts, scheduler=scheduler, processor=None
    )
    theirs.set_progress_bar_config(disable=True)
    seen: list[torch.Tensor] = []

    def keep(_pipeline: Any, _step: int, _time: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        seen.append(tensors["latents"])
        return tensors

    with pytest.raises(UnboundLocalError, match="images"):  # diffusers 0.42, at its very end
        theirs(
            image=Image.fromarray(bytes_of, "RGBA"),
            prompt="red apple",
            negative_prompt="",
            true_cfg_scale=GUIDANCE,
            layers=3,
            num_inference_steps=STEPS,
            generator=torch.Generator().manual_seed(SEED),
            output_type="latent",
            callback_on_step_end=keep,
        )
    asked = Generation("red apple", "", subject.side, subject.side, 1.0, STEPS, GUIDANCE, "Euler", SEED, layers=3)
    wanted = LayersPainter(loaded, asked).form.back(seen[-1]).unflatten(1, (4, -1))[0, 1:]
    with subject.decoded() as ours:
        image = bytes_of.astype(np.float32) / 255
        subject.paint(image=image, layers=3, steps=STEPS, guidance_scale=GUIDANCE, sampler="Euler", seed=SEED)
    apart = float((torch.cat(ours) - wanted).abs().max())
    print(f"{LAYERED.key}: latents of 3 layers apart at most {apart:.1e}")
    assert len(ours) == 3 and apart <= 1e-5


def test_the_same_request_gives_the_same_bytes_and_all_that_is_asked_counts(subject: Subject) -> None:
    first = subject.paint()
    assert first.pixels.shape == (2, subject.side, subject.side, 4) and first.pixels.dtype == np.float32
    assert first.pixels.min() >= 0 and first.pixels.max() <= 1
    assert subject.paint().pixels.tobytes() == first.pixels.tobytes()
    changes: tuple[dict[str, Any], ...] = (
        {"seed": 2},
        {"prompt": "blue automobile"},
        {"image": subject.with_alpha() * 0.5},
        {"guidance_scale": 1.0},
    )
    assert len({first.pixels.tobytes(), *(subject.paint(**changed).pixels.tobytes() for changed in changes)}) == 5
    assert subject.paint(layers=5).pixels.shape[0] == 5


def test_sizes_need_not_be_square(subject: Subject) -> None:
    image = np.ascontiguousarray(subject.with_alpha()[: subject.side // 2])
    assert subject.paint(image=image, height=subject.side // 2).pixels.shape == (2, *image.shape)


@pytest.mark.parametrize("sampler", LAYERED.samplers)
def test_every_sampler_that_is_offered_runs(subject: Subject, sampler: str) -> None:
    made = subject.paint(sampler=sampler)
    assert made.sampler == sampler and np.isfinite(made.pixels).all()


def test_it_tells_its_progress_and_shows_the_layers_side_by_side(subject: Subject) -> None:
    diary = Diary()
    assert subject.paint(diary, layers=3).steps_run == 4
    assert diary.stages == ["encoding", "denoising", "decoding"]
    assert diary.steps == [(step, 4) for step in range(1, 5)]
    assert [preview.shape for preview in diary.previews] == [(2 * subject.side, 2 * subject.side, 3)] * 4


def test_it_stops_within_a_step_and_leaves_no_hook(subject: Subject) -> None:
    watch = Impatient()
    with pytest.raises(Cancelled):
        subject.paint(watch, steps=20)
    assert not watch.steps
    parts = [part for part in subject.loaded.parts.values() if isinstance(part, torch.nn.Module)]
    assert not any(layer._forward_pre_hooks for part in parts for layer in part.modules())


def test_without_a_prompt_the_model_describes_the_picture_and_that_counts(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompts, "CAPTION_TOKENS", 12)
    diary = Diary()
    described = subject.paint(diary, prompt=" ")
    assert diary.stages[:2] == ["encoding", "describing"] and described.caption
    assert subject.paint(prompt="").pixels.tobytes() == described.pixels.tobytes()
    assert subject.paint(prompt=described.caption).caption == ""
    darker = subject.paint(prompt="", image=subject.with_alpha() * np.float32([0.1, 0.2, 0.9, 1]))
    assert darker.caption != described.caption, "it looks at the picture"


def test_a_text_encoder_that_cannot_write_is_told_of(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject.loaded.parts["text_encoder"].config, "tie_word_embeddings", True)
    diary = Diary()
    assert subject.paint(diary, prompt="").caption == ""
    assert [(warned.code, "without what writes words" in warned.message) for warned in diary.warnings] == [
        ("not_described", True)
    ]


def test_ten_layers_take_no_more_memory_than_it_says(subject: Subject) -> None:
    tensors = [tensor for part in subject.loaded.parts.values() if isinstance(part, torch.nn.Module)
               for tensor in part.parameters()]  # fmt: skip
    with Allocations(tensors) as made:
        subject.paint(layers=10)
    precision = 2  # the prediction is for half precision, and this is single
    assert 0 < made.most <= precision * LAYERED.memory.work(subject.side**2), made.most
