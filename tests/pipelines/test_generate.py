"""Stable Diffusion through real diffusers pipelines: repeatable, every parameter counts, what is not masked is kept."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.families.stable_diffusion import paint as painting
from bridge_server.families.stable_diffusion.load import StableDiffusion
from bridge_server.pipelines.generation import Cancelled, FloatArray, Unwatched, steps_to_run
from bridge_server.pipelines.latents import decode_latents, encode_image

from .conftest import SIDE, half_mask, load, paint

MODELS = ("inpaint", "plain", "v")


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("kind", ["masked", "whole", "text"])
def test_the_same_request_gives_the_same_bytes(
    tiny: dict[str, StableDiffusion], picture: FloatArray, name: str, kind: str
) -> None:
    given: dict[str, Any] = {
        "masked": {"image": picture, "mask": half_mask(), "strength": 0.7},
        "whole": {"image": picture, "strength": 0.6},
        "text": {},
    }[kind]
    first = paint(tiny[name], **given, sampler="Euler a")
    assert first.pixels.shape == (SIDE, SIDE, 3) and first.pixels.dtype == np.float32
    assert first.pixels.min() >= 0.0 and first.pixels.max() <= 1.0
    paint(tiny[name], **given, seed=99)
    assert paint(tiny[name], **given, sampler="Euler a").pixels.tobytes() == first.pixels.tobytes()


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(
    "changed",
    [
        {"seed": 2},
        {"prompt": "blue automobile"},
        {"negative_prompt": "grass"},
        {"guidance_scale": 9.0},
        {"steps": 7},
        {"strength": 0.3},
        {"sampler": "Euler a"},
        {"mask": None},
    ],
)
def test_every_parameter_counts(
    tiny: dict[str, StableDiffusion], picture: FloatArray, name: str, changed: dict[str, Any]
) -> None:
    given: dict[str, Any] = {"image": picture, "mask": half_mask()}
    before, after = paint(tiny[name], **given), paint(tiny[name], **(given | changed))
    assert before.pixels.tobytes() != after.pixels.tobytes()


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("masked", [True, False])
def test_a_kept_start_loses_nothing_to_the_autoencoder(
    tiny: dict[str, StableDiffusion], picture: FloatArray, name: str, masked: bool
) -> None:
    """What is kept comes back nearly as it was; elsewhere what the model changed is added to the start."""
    given: dict[str, Any] = {"image": picture, "mask": half_mask() if masked else None, "strength": 0.5}
    plain, kept = (paint(tiny[name], **given, keeps_start=keeps).pixels for keeps in (False, True))
    vae = tiny[name].vae
    unchanged = decode_latents(vae, encode_image(vae, picture, torch.device("cpu")))
    assert np.allclose(kept, (picture + plain - unchanged).clip(0, 1), atol=1e-5)
    if masked:
        outside = half_mask() == 0
        lost, left = (float(np.abs(one - picture)[outside].mean()) for one in (plain, kept))
        assert lost > 0.02 and left < 0.5 * lost, "this autoencoder alone changes a lot"
    texture = paint(tiny[name], **given, keeps_start=True, detail=2.0).pixels
    inner = ((texture > 0) & (texture < 1)).all(axis=2)
    assert np.allclose(np.ptp((texture - picture)[inner], axis=1), 0, atol=1e-5), "of its change only the luma counts"
    assert np.abs(texture - picture).mean() > 1e-4


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("sampler", ["DDIM", "Euler", "Euler a", "DPM++ 2M Karras", "Heun", "UniPC", "LCM"])
@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_latents_outside_the_mask_are_the_pictures_own(
    tiny: dict[str, StableDiffusion],
    picture: FloatArray,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    sampler: str,
    strength: float,
) -> None:
    seen: list[torch.Tensor] = []

    def keep(_vae: Any, latents: torch.Tensor) -> FloatArray:
        seen.append(latents)
        return np.zeros((SIDE, SIDE, 3), np.float32)

    monkeypatch.setattr(painting, "decode_latents", keep)
    paint(tiny[name], image=picture, mask=half_mask(), sampler=sampler, strength=strength, steps=6)
    own = encode_image(tiny[name].vae, picture, torch.device("cpu"))
    half = own.shape[3] // 2
    assert torch.equal(seen[0][..., :half], own[..., :half])
    assert not torch.allclose(seen[0][..., half:], own[..., half:], atol=1e-2)


@pytest.mark.parametrize("name", MODELS)
def test_the_softer_the_mask_the_less_changes(
    tiny: dict[str, StableDiffusion], picture: FloatArray, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    seen: list[torch.Tensor] = []

    def keep(_vae: Any, latents: torch.Tensor) -> FloatArray:
        seen.append(latents)
        return np.zeros((SIDE, SIDE, 3), np.float32)

    monkeypatch.setattr(painting, "decode_latents", keep)
    mask = np.repeat(np.float32([0.0, 0.25, 0.5, 1.0]), SIDE // 4)[None].repeat(SIDE, axis=0)
    paint(tiny[name], image=picture, mask=mask, steps=8)
    own = encode_image(tiny[name].vae, picture, torch.device("cpu"))
    change = (seen[0] - own).abs().mean(dim=(0, 1, 2)).reshape(4, -1).mean(dim=1)
    assert change[0] == 0.0
    assert 0.0 < change[1] < change[2] < change[3]


def test_txt2img_and_img2img_of_a_nine_channel_model_follow_their_inputs(
    tiny: dict[str, StableDiffusion], picture: FloatArray
) -> None:
    model = tiny["inpaint"]
    weak = paint(model, image=picture, strength=0.25, steps=8).pixels
    dark = paint(model, image=picture * 0.2, strength=0.25, steps=8).pixels
    assert not np.allclose(weak, dark)
    assert paint(model).pixels.std() > 0


@pytest.mark.parametrize(
    ("steps", "strength", "run"),
    [(8, 0.1, 1), (8, 0.0, 1), (1, 0.5, 1), (100, 0.29, 29), (10, 0.3, 3), (20, 1.0, 20), (49, 1 / 49, 1)],
)
def test_at_least_one_step_and_no_rounding_accident(steps: int, strength: float, run: int) -> None:
    assert steps_to_run(steps, strength) == run


def test_steps_are_counted_once_each_whatever_the_sampler(
    tiny: dict[str, StableDiffusion], picture: FloatArray
) -> None:
    class Counter(Unwatched):
        def step(self, step: int, steps: int) -> None:
            counted.append((step, steps))

    for sampler in ("Heun", "PNDM", "DPM2", "DDIM", "DPM++ 2S"):
        for strength in (1.0, 0.5):
            counted: list[tuple[int, int]] = []
            made = paint(
                tiny["plain"], Counter(), image=picture, mask=half_mask(), sampler=sampler, steps=6, strength=strength
            )
            assert counted == [(n, made.steps_run) for n in range(1, made.steps_run + 1)], sampler
            assert made.steps_run == (6 if strength == 1.0 else 3)


def test_a_cancel_stops_inside_a_step_and_leaves_no_hooks(
    tiny: dict[str, StableDiffusion], picture: FloatArray
) -> None:
    class Impatient(Unwatched):
        asked = 0
        steps = 0

        def check(self) -> None:
            self.asked += 1
            if self.asked > 60:
                raise Cancelled

        def step(self, step: int, steps: int) -> None:
            self.steps = step

    watch = Impatient()
    with pytest.raises(Cancelled):
        paint(tiny["plain"], watch, image=picture, mask=half_mask(), steps=50)
    assert 0 < watch.steps < 50
    layers = [
        module
        for part in tiny["plain"].parts.values()
        if isinstance(part, torch.nn.Module)
        for module in part.modules()
    ]
    assert not any(module._forward_pre_hooks for module in layers if module is not tiny["plain"].unet)
    assert paint(tiny["plain"]).steps_run == 4


@pytest.mark.parametrize("objects", [True, False])
def test_a_safety_checker_that_objects_is_an_error_and_never_a_black_layer(
    tiny: dict[str, StableDiffusion], tiny_folders: dict[str, Path], tmp_path: Path, objects: bool
) -> None:
    guarded = load(with_safety_checker(tiny_folders["plain"], tmp_path / "guarded", objects))
    if not objects:
        assert paint(guarded).pixels.tobytes() == paint(tiny["plain"]).pixels.tobytes()
        return
    with pytest.raises(BridgeError) as caught:
        paint(guarded)
    assert caught.value.code is ErrorCode.SAFETY_BLOCKED


def with_safety_checker(source: Path, folder: Path, objects: bool) -> Path:
    """The model in `source` with a real, tiny safety checker that always or never objects."""
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    from transformers import CLIPConfig, CLIPImageProcessor

    shutil.copytree(source, folder)
    vision = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    checker = StableDiffusionSafetyChecker(
        CLIPConfig(vision_config={**vision, "image_size": 30, "patch_size": 15}, projection_dim=8)
    )
    checker.concept_embeds_weights.data.fill_(-10.0 if objects else 10.0)
    checker.special_care_embeds_weights.data.fill_(10.0)
    checker.save_pretrained(folder / "safety_checker")
    CLIPImageProcessor(size={"shortest_edge": 30}, crop_size=30).save_pretrained(folder / "feature_extractor")
    index = json.loads((folder / "model_index.json").read_text())
    index["safety_checker"] = ["stable_diffusion", "StableDiffusionSafetyChecker"]
    index["feature_extractor"] = ["transformers", "CLIPImageProcessor"]
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder


def test_numbers_that_run_over_are_an_error(tiny: dict[str, StableDiffusion]) -> None:
    with pytest.raises(BridgeError) as caught:
        paint(tiny["plain"], guidance_scale=float("inf"))
    assert caught.value.code is ErrorCode.BAD_OUTPUT


def test_an_ignored_negative_prompt_is_said(tiny: dict[str, StableDiffusion]) -> None:
    watch = Unwatched()
    paint(tiny["plain"], watch, guidance_scale=1.0, negative_prompt="grass")
    assert [warned.code for warned in watch.warnings] == ["negative_prompt_ignored"]


@pytest.mark.parametrize("name", MODELS)
def test_equal_prompts_need_no_guidance(tiny: dict[str, StableDiffusion], picture: FloatArray, name: str) -> None:
    """A removal takes half the work, and comes out as with any guidance."""
    rows: list[int] = []
    hook = tiny[name].unet.register_forward_pre_hook(lambda _, inputs: rows.append(len(inputs[0])))
    given: dict[str, Any] = {"image": picture, "mask": half_mask()}
    try:
        removed = [paint(tiny[name], **given, prompt="", guidance_scale=g).pixels for g in (1.0, 7.0)]
        assert set(rows) == {1} and np.array_equal(*removed)
        rows.clear()
        watch = Unwatched()
        paint(tiny[name], watch, **given, prompt="grass", negative_prompt="grass", guidance_scale=7.0)
        assert set(rows) == {1} and not watch.warnings
        rows.clear()
        paint(tiny[name], **given, prompt="", negative_prompt="grass", guidance_scale=7.0)
        assert set(rows) == {2}
    finally:
        hook.remove()
