"""XL's refiner: what base and refiner paint together is what diffusers' own two pipelines do, and all else as ever."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch

from bridge_server.families.registry import builtin
from bridge_server.families.stable_diffusion_xl.tiny import build
from bridge_server.models.catalog import find_models
from bridge_server.pipelines import family as family_module
from bridge_server.pipelines import loader, memory
from bridge_server.pipelines.generation import Cancelled
from bridge_server.pipelines.latents import encode_image
from bridge_server.pipelines.memory import Device
from bridge_server.pipelines.samplers import make_scheduler
from bridge_server.protocol.tasks import ModelRef
from tests.pipelines.test_precision import SAME_PICTURE_DB, decibels
from tests.support.tiny_checkpoint import write_checkpoint

from .contract import CPU, Diary, Impatient, Subject

STEPS, GUIDANCE, START = 10, 3.0, 0.6
KINDS: dict[str, dict[str, bool]] = {"plain": {}, "inpaint": {"inpaint": True}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("refined")
    build(made / "plain")
    build(made / "inpaint", inpaint=True)
    build(made / "refiner", family="sdxl-refiner", seed=3)
    write_checkpoint(made / "refiner", made / "refiner_file.safetensors")
    return made


@pytest.fixture(scope="module")
def refs(folder: Path) -> dict[str, ModelRef]:
    found = {model.name: model for model in find_models([folder])}
    assert [found[name].role for name in ("plain", "refiner", "refiner_file")] == ["base", "refiner", "refiner"]
    assert found["refiner_file"].problem is None, found["refiner_file"].note
    return {name: model.ref for name, model in found.items()}


@pytest.fixture(scope="module")
def subjects(refs: dict[str, ModelRef]) -> dict[str, Subject]:
    """With a refiner each, and one without."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(memory, "has_fast_bfloat16", lambda: False)
        family, families = builtin().named("sdxl"), builtin()

        def loaded(ref: ModelRef, refiner: str | None) -> Subject:
            wanted = replace(ref, refiner=None if refiner is None else refs[refiner])
            return Subject(family, loader.load(wanted, families, Device("cpu", None), None))

        made = {name: loaded(refs[name], "refiner") for name in KINDS}
        return {**made, "of a file": loaded(refs["plain"], "refiner_file"), "alone": loaded(refs["plain"], None)}


def pipeline(loaded: Any, kind: Any, scheduler: Any, **more: Any) -> Any:
    absent = dict.fromkeys(("text_encoder", "tokenizer"))
    made = kind(**(absent | loaded.parts), scheduler=scheduler, add_watermarker=False, **more)
    made.set_progress_bar_config(disable=True)
    return made


def theirs(subject: Subject, sampler: str, start: float, strength: float | None = None) -> torch.Tensor:
    """Base with denoising_end, then the refiner with denoising_start; strength: of image to image."""
    loaded: Any = subject.loaded

    def scheduler() -> Any:
        return make_scheduler(sampler, subject.family.spec.samplers, loaded.scheduler_config, loaded.scheduler_class)[0]

    dice = torch.Generator().manual_seed(1)
    asked: dict[str, Any] = {
        "prompt": "red apple",
        "num_inference_steps": STEPS,
        "guidance_scale": GUIDANCE,
        "generator": dice,
        "output_type": "latent",
    }
    if strength is None:
        first, given = diffusers.StableDiffusionXLPipeline, {"width": subject.side, "height": subject.side}
    else:
        first = diffusers.StableDiffusionXLImg2ImgPipeline
        own = encode_image(loaded.parts["vae"], subject.picture(), CPU)
        given = {"image": own, "strength": strength}
    published = {"requires_aesthetics_score": True, "force_zeros_for_empty_prompt": False}
    refiner = pipeline(loaded.refiner, diffusers.StableDiffusionXLImg2ImgPipeline, scheduler(), **published)
    with torch.no_grad():
        latents = pipeline(loaded, first, scheduler())(**asked, **given, denoising_end=start).images
        return refiner(**asked, image=latents, denoising_start=start).images


@pytest.mark.parametrize("sampler", ["Euler", "DDIM", "DPM++ 2M", "Euler a", "DPM++ 2M Karras"])
def test_base_and_refiner_paint_what_diffusers_two_pipelines_do(subjects: dict[str, Subject], sampler: str) -> None:
    subject = subjects["plain"]
    made = subject.latents_of(sampler=sampler, steps=STEPS, refined_from=START)
    wanted = theirs(subject, sampler, START)
    alone = subjects["alone"].latents_of(sampler=sampler, steps=STEPS)
    apart = float((made - wanted).abs().max())
    from_base = float((alone - wanted).abs().max())
    print(f"{sampler}: latents {apart:.1e} apart at most, {from_base:.1e} from those of the base alone")
    assert apart <= 1e-5 and from_base > 1e-2


def test_image_to_image_is_finished_likewise(subjects: dict[str, Subject]) -> None:
    subject = subjects["plain"]
    made = subject.latents_of(image=subject.picture(), strength=0.7, sampler="Euler", steps=STEPS, refined_from=START)
    apart = float((made - theirs(subject, "Euler", START, 0.7)).abs().max())
    print(f"image to image: latents {apart:.1e} apart at most")
    assert apart <= 1e-5


def test_a_single_file_finishes_as_its_folder_does(subjects: dict[str, Subject]) -> None:
    made, wanted = (subjects[name].paint(steps=STEPS).pixels for name in ("of a file", "plain"))
    assert made.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("sampler", ["Euler", "Heun", "DPM++ 2M SDE", "PNDM"])
def test_every_step_is_told_once_and_what_is_not_masked_is_kept(
    subjects: dict[str, Subject], name: str, sampler: str
) -> None:
    subject = subjects[name]
    picture = subject.picture()
    own = encode_image(subject.loaded.parts["vae"], picture, CPU)
    given: dict[str, Any] = {"image": picture, "mask": subject.strips(0, 0.5, 1, 1), "steps": 8, "sampler": sampler}
    diary = Diary()
    first = subject.paint(diary, **given)
    assert diary.stages == ["encoding", "denoising", "decoding"]
    assert diary.steps == [(step, 8) for step in range(1, 9)] and len(diary.previews) == 8
    assert subject.paint(**given).pixels.tobytes() == first.pixels.tobytes()
    change = (subject.latents_of(**given) - own).abs().mean(dim=(0, 1, 2)).reshape(4, -1).mean(dim=1)
    assert change[0] <= 1e-5 and 1e-3 < change[1] < change[3]


@pytest.mark.parametrize(("start", "model"), [(1.0, "base"), (0.0, "refiner")])
def test_at_the_ends_of_the_schedule_one_of_both_paints_it_all(
    subjects: dict[str, Subject], start: float, model: str
) -> None:
    subject = subjects["plain"]
    made = subject.paint(steps=6, refined_from=start).pixels
    if model == "base":
        assert made.tobytes() == subjects["alone"].paint(steps=6).pixels.tobytes()
    assert np.isfinite(made).all()
    unet = subject.loaded.parts["unet"]
    asked: list[int] = []
    hook = unet.register_forward_hook(lambda *_: asked.append(1))
    try:
        subject.paint(steps=6, refined_from=start)
    finally:
        hook.remove()
    assert bool(asked) is (model == "base")


def test_a_cancel_stops_the_refiner_too(subjects: dict[str, Subject]) -> None:
    """Within its first step: the base has none to do."""
    subject, watch = subjects["plain"], Impatient()
    with pytest.raises(Cancelled):
        subject.paint(watch, steps=20, refined_from=0.0)
    assert not watch.steps
    parts = [part for part in subject.loaded.refiner.parts.values() if isinstance(part, torch.nn.Module)]  # type: ignore[union-attr]
    hooks = [hook for part in parts for layer in part.modules() for hook in layer._forward_pre_hooks.values()]
    assert not any("cancellable" in getattr(hook, "__qualname__", "") for hook in hooks)


def test_in_half_precision_both_paint_the_same_picture(
    subjects: dict[str, Subject], refs: dict[str, ModelRef], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a graphics card."""
    for module in (family_module, memory):
        monkeypatch.setattr(module, "precision", lambda *_: (torch.float16, torch.float16))
    wanted = replace(refs["plain"], refiner=refs["refiner"])
    halved: Any = loader.load(wanted, builtin(), Device("cpu", None), None)
    assert halved.unet.dtype == halved.refiner.unet.dtype == torch.float16
    made = Subject(builtin().named("sdxl"), halved).paint(steps=6, refined_from=START).pixels
    whole = subjects["plain"].paint(steps=6, refined_from=START).pixels
    assert decibels(made, whole) > SAME_PICTURE_DB
