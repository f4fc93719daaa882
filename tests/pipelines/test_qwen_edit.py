"""Qwen-Image-Edit, of one picture and of several: what it sees and is shown, on tiny models of random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit, pipeline_qwenimage_edit_plus
from PIL import Image
from transformers import Qwen2VLImageProcessorPil

from bridge_server.families.qwen_image.pictures import LEAST, QWEN3_VL, fitted, seen, seen_by, sides_seen
from bridge_server.families.qwen_image.prompts import CHANGE, PAD
from bridge_server.families.qwen_image.spec import EDIT, EDIT_PLUS
from bridge_server.families.qwen_image.tiny import build
from bridge_server.families.registry import builtin
from bridge_server.models.catalog import find_models
from bridge_server.pipelines import memory
from bridge_server.pipelines.generation import FloatArray, Unwatched
from bridge_server.pipelines.loader import load
from bridge_server.pipelines.memory import choose_device
from tests.families.contract import Subject
from tests.support.qwen_file import write_file

SIDE = 64


def subject(folder: Path, family: str) -> Subject:
    build(folder / "edit", family=family)
    (model,) = [model for model in find_models([folder]) if not model.shipped]
    assert model.problem is None and model.ref.family == family, model.note
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(memory, "has_fast_bfloat16", lambda: False)
        return Subject(builtin().named(family), load(model.ref, builtin(), choose_device("cpu"), None))


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    return subject(tmp_path_factory.mktemp("single"), EDIT.key)


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    return subject(tmp_path_factory.mktemp("several"), EDIT_PLUS.key)


def processor(tokenizer: Any) -> Any:
    """In the place of transformers' Qwen2VLProcessor, which wants torchvision for films."""

    def process(text: list[str], images: Any, **_: Any) -> Any:
        shown = images if isinstance(images, list) else [images]
        looked = [seen(np.asarray(picture, np.float32) / 255) for picture in shown]
        before, *after = text[0].split(PAD)
        for one, piece in zip(looked, after, strict=True):
            before += PAD * one.tokens + piece
        grid = torch.tensor([[1, one.rows, one.columns] for one in looked])
        patches = torch.cat([one.patches for one in looked])
        return Given(tokenizer(before, return_tensors="pt"), pixel_values=patches, image_grid_thw=grid)

    return process


class Given(dict[str, Any]):
    def to(self, _device: Any) -> Given:
        return self


def theirs(subject: Subject, kind: Any, monkeypatch: pytest.MonkeyPatch, image: Any, **given: Any) -> torch.Tensor:
    """(1, channels, h, w). Where a picture's tokens lie is told to the text encoder, as transformers 4 found it out."""
    loaded: Any = subject.loaded
    scheduler: Any = diffusers.FlowMatchEulerDiscreteScheduler.from_config(loaded.scheduler_config)
    pipeline = kind(**loaded.parts, processor=None, scheduler=scheduler)
    pipeline.processor = processor(loaded.parts["tokenizer"])
    pipeline.set_progress_bar_config(disable=True)
    encoder = loaded.parts["text_encoder"]
    plain = encoder.forward

    def forward(*arguments: Any, **options: Any) -> Any:
        places = (options["input_ids"] == encoder.config.image_token_id).int()
        return plain(*arguments, **options, mm_token_type_ids=places)

    monkeypatch.setattr(encoder, "forward", forward)
    with torch.no_grad():
        made = pipeline(
            image=image,
            prompt="red apple",
            negative_prompt="",
            true_cfg_scale=3.0,
            num_inference_steps=4,
            generator=torch.Generator().manual_seed(1),
            output_type="latent",
            width=SIDE,
            height=SIDE,
            **given,
        ).images
    monkeypatch.undo()
    return pipeline._unpack_latents(made, SIDE, SIDE, pipeline.vae_scale_factor)[:, :, 0]


def pictures(side: int) -> tuple[list[Any], tuple[FloatArray, ...]]:
    """Two of 8 bits, as PIL has them and as ours are."""
    random = np.random.default_rng(0)
    made = [random.integers(0, 256, (side, side, 3), np.uint8) for _ in range(2)]
    return [Image.fromarray(one) for one in made], tuple(one.astype(np.float32) / 255 for one in made)


def test_the_request_is_as_many_tokens_as_the_published_tokenizer_makes_of_it(several: Subject) -> None:
    assert len(several.loaded.parts["tokenizer"](CHANGE.before).input_ids) == CHANGE.told == 64


def test_what_is_seen_is_what_transformers_prepares() -> None:
    (given, _), (ours, _) = pictures(112)
    wanted = Qwen2VLImageProcessorPil()(given, return_tensors="pt")
    made = seen(ours)
    assert wanted["image_grid_thw"].tolist() == [[1, made.rows, made.columns]] and made.tokens == 16
    assert torch.allclose(made.patches, wanted["pixel_values"], atol=1e-5)


def test_so_it_is_for_qwen3_vl() -> None:
    (given, _), (ours, _) = pictures(128)
    colours = {"image_mean": QWEN3_VL.mean, "image_std": QWEN3_VL.deviation}
    wanted = Qwen2VLImageProcessorPil(patch_size=QWEN3_VL.patch, **colours)(given, return_tensors="pt")
    made = seen_by(QWEN3_VL, ours)
    assert wanted["image_grid_thw"].tolist() == [[1, made.rows, made.columns]] and made.tokens == 16
    assert torch.allclose(made.patches, wanted["pixel_values"], atol=1e-5)


@pytest.mark.parametrize("size", [(112, 112), (10, 10), (100, 333), (30, 900), (4000, 3000)])
def test_what_is_seen_is_as_large_as_transformers_makes_it(size: tuple[int, int]) -> None:
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import smart_resize

    assert sides_seen(*size) == smart_resize(*size) and sides_seen(*size)[0] * sides_seen(*size)[1] >= LEAST


def test_one_picture_is_shown_as_diffusers_shows_it(single: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    (given, _), (ours, _) = pictures(SIDE)
    plain = pipeline_qwenimage_edit.calculate_dimensions
    monkeypatch.setattr(pipeline_qwenimage_edit, "calculate_dimensions", lambda _, ratio: plain(SIDE * SIDE, ratio))
    wanted = theirs(single, diffusers.QwenImageEditPipeline, monkeypatch, given)
    apart = float((single.latents_of(references=(ours,)) - wanted).abs().max())
    print(f"{EDIT.key}: latents {apart:.1e} apart at most")
    assert apart <= 1e-5


def test_several_are_shown_as_diffusers_shows_them(several: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    given, ours = pictures(SIDE)
    monkeypatch.setattr(pipeline_qwenimage_edit_plus, "VAE_IMAGE_SIZE", SIDE * SIDE)
    monkeypatch.setattr(pipeline_qwenimage_edit_plus, "CONDITION_IMAGE_SIZE", SIDE * SIDE)
    monkeypatch.setattr("bridge_server.families.qwen_image.paint.SEEN_SIDE", 1024)
    made = several.latents_of(references=ours)
    wanted = theirs(several, diffusers.QwenImageEditPlusPipeline, monkeypatch, given)
    apart = float((made - wanted).abs().max())
    print(f"{EDIT_PLUS.key}: latents {apart:.1e} apart at most")
    assert apart <= 1e-5


def test_what_is_shown_keeps_its_depth_and_leaves_no_trace(several: Subject) -> None:
    fine = several.picture() * np.float32(0.999)
    coarse = (fine * 255).round().astype(np.float32) / 255
    plain = several.paint().pixels
    made = [several.paint(references=(picture,)).pixels for picture in (fine, coarse)]
    assert 0 < np.abs(made[0] - made[1]).max() < 0.1
    assert several.paint().pixels.tobytes() == plain.tobytes()


def test_with_a_mask_it_is_shown_the_picture_around(several: Subject) -> None:
    given: dict[str, Any] = {"image": several.picture(), "mask": several.strips(0, 1)}
    other = np.ascontiguousarray(several.picture()[::-1])
    other[:, SIDE // 2 :] = given["image"][:, SIDE // 2 :]
    made = several.paint(**given).pixels[:, SIDE // 2 + 16 :]
    assert np.abs(made - several.paint(**given | {"image": other}).pixels[:, SIDE // 2 + 16 :]).max() > 1e-3


def test_a_prompt_with_the_token_of_a_picture_is_read_without_it(several: Subject) -> None:
    given = (several.picture(),)
    watch = Unwatched()
    plain = several.paint(watch, prompt="red apple", references=given).pixels
    assert several.paint(watch, prompt=f"red{PAD} apple", references=given).pixels.tobytes() == plain.tobytes()


def test_of_comfyui_s_file_of_2511_the_mark_counts(tmp_path: Path) -> None:
    """What is shown is then of no time: https://huggingface.co/Qwen/Qwen-Image-Edit-2511."""
    from safetensors.torch import load_file, save_file

    file = write_file(build(tmp_path / "rest"), tmp_path / "models" / "qwen-image-edit-2511.safetensors", "")
    save_file({**load_file(file), "__index_timestep_zero__": torch.zeros(0)}, file)
    (model,) = [model for model in find_models([file.parent]) if not model.shipped]
    assert model.ref.family == EDIT_PLUS.key, model.note
    made = Subject(builtin().named(EDIT_PLUS.key), load(model.ref, builtin(), choose_device("cpu"), None))
    assert made.loaded.parts["transformer"].config.zero_cond_t
    assert np.isfinite(made.paint(references=(made.picture(),)).pixels).all()


@pytest.mark.parametrize(
    ("size", "sides"), [((64, 64), (64, 64)), ((70, 66), (64, 64)), ((10, 40), (32, 128)), ((1, 300), (16, 1104))]
)
def test_pictures_are_shown_with_about_as_many_pixels(size: tuple[int, int], sides: tuple[int, int]) -> None:
    made = fitted(np.random.default_rng(0).random((*size, 3), np.float32), SIDE, 16)
    assert made.shape == (*sides, 3) and 0 <= made.min() <= made.max() <= 1
