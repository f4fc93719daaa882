"""Samplers by the names users know."""

from __future__ import annotations

from dataclasses import replace
from inspect import signature
from typing import Any

import diffusers
import numpy as np
import pytest
import torch

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.families.registry import builtin
from bridge_server.families.stable_diffusion.load import StableDiffusion
from bridge_server.families.stable_diffusion.samplers import SAMPLERS
from bridge_server.pipelines import samplers
from bridge_server.pipelines.generation import FloatArray, Part
from bridge_server.pipelines.samplers import check_sampler, make_scheduler, sampler_name
from bridge_server.pipelines.schedules import Schedule
from tests.support.runnable import runnable

from .conftest import half_mask, paint

A1111 = """DPM++ 2M|DPM++ SDE|DPM++ 2M SDE|DPM++ 2M SDE Heun|DPM++ 3M SDE|Euler a|Euler|LMS|Heun|DPM2|DPM2 a
DDIM|UniPC|LCM|LMS Karras|DPM2 Karras|DPM2 a Karras|DPM++ 2M Karras|DPM++ SDE Karras|DPM++ 2M SDE Karras
DPM++ 2M SDE Exponential|DPM++ 3M SDE Karras|DPM++ 3M SDE Exponential""".replace("\n", "|")
SEEDED = ("DPM++ SDE", "DPM++ SDE Karras")
FLOWING = [
    (family.key, name) for family in builtin() if family.spec.schedule == "flow" for name in family.spec.samplers
]


@pytest.mark.parametrize("sampler", runnable(SAMPLERS))
@pytest.mark.parametrize("name", ["plain", "v"])
def test_each_runs_with_few_steps_and_weak_strengths(
    tiny: dict[str, StableDiffusion], picture: FloatArray, sampler: str, name: str
) -> None:
    for steps, strength in ((1, 1.0), (2, 0.5), (5, 0.7), (6, 1.0)):
        made = paint(tiny[name], image=picture, mask=half_mask(), sampler=sampler, steps=steps, strength=strength)
        assert np.isfinite(made.pixels).all() and made.sampler == sampler
        assert paint(tiny[name], sampler=sampler, steps=steps).steps_run == steps
        whole = paint(tiny[name], image=picture, sampler=sampler, steps=steps, strength=strength)
        assert np.isfinite(whole.pixels).all()


@pytest.mark.parametrize("sampler", runnable(SAMPLERS))
def test_each_runs_where_the_schedule_ends_in_pure_noise(
    tiny: dict[str, StableDiffusion], picture: FloatArray, sampler: str
) -> None:
    """As the starter model's does, and that of models trained by arXiv 2305.08891: the first sigma is then infinite."""
    ends = {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
    model = replace(tiny["v"], scheduler_config={**tiny["v"].scheduler_config, **ends})
    for steps, strength in ((1, 1.0), (5, 0.7), (6, 1.0)):
        made = paint(model, image=picture, mask=half_mask(), sampler=sampler, steps=steps, strength=strength)
        assert np.isfinite(made.pixels).all() and made.pixels.std() > 0.01


@pytest.mark.parametrize("sampler", runnable(SAMPLERS))
def test_the_models_own_schedule_is_kept(tiny: dict[str, StableDiffusion], sampler: str) -> None:
    model = tiny["v"]
    scheduler, _ = make_scheduler(sampler, SAMPLERS, model.scheduler_config, model.scheduler_class)
    for key in ("beta_start", "beta_end", "beta_schedule", "prediction_type", "num_train_timesteps"):
        assert scheduler.config[key] == model.scheduler_config[key]


def test_auto_is_the_models_own(tiny: dict[str, StableDiffusion]) -> None:
    assert paint(tiny["plain"]).sampler == "DDIM"
    assert paint(tiny["plain"]).pixels.tobytes() == paint(tiny["plain"], sampler="ddim").pixels.tobytes()


def test_spelling_is_forgiven_and_unknown_names_are_not() -> None:
    assert sampler_name(" dpm++ 2m karras ", SAMPLERS) == "DPM++ 2M Karras"
    assert sampler_name("AUTO", SAMPLERS) == "auto"
    with pytest.raises(BridgeError) as caught:
        sampler_name("PLMS++", SAMPLERS)
    assert caught.value.code is ErrorCode.UNSUPPORTED and "Euler a" in caught.value.message


def test_the_names_that_users_of_the_web_ui_know_are_there() -> None:
    assert set(A1111.split("|")) <= set(SAMPLERS)


@pytest.mark.parametrize("sampler", [name for name in SEEDED if name in runnable(SAMPLERS)])
def test_noise_along_a_path_is_that_of_the_seed(
    tiny: dict[str, StableDiffusion], picture: FloatArray, sampler: str
) -> None:
    """Whatever torch's own dice have come to, and in a part of a larger picture too."""
    whole = Part(96, 64, 32, 0)
    for changes in ({}, {"image": picture, "mask": half_mask(), "strength": 0.6, "part": whole}):
        torch.manual_seed(1)
        first = paint(tiny["plain"], sampler=sampler, steps=5, **changes).pixels
        torch.manual_seed(2)
        assert paint(tiny["plain"], sampler=sampler, steps=5, **changes).pixels.tobytes() == first.tobytes()
        other = paint(tiny["plain"], sampler=sampler, steps=5, **changes, seed=2).pixels
        assert other.tobytes() != first.tobytes()


@pytest.mark.parametrize("sampler", [name for name in SEEDED if name in runnable(SAMPLERS)])
def test_two_seeds_from_one_noise_differ_by_the_noise_on_the_way(sampler: str) -> None:
    """The path is drawn on the CPU, of the latents' precision, and not from torch's own dice."""
    made: list[torch.Tensor] = []
    for seed in (1, 1, 2):
        scheduler, _ = make_scheduler(sampler, SAMPLERS, {}, "EulerDiscreteScheduler", seed)
        scheduler.set_timesteps(4)
        schedule = Schedule(scheduler, "diffusion", 4, 4)
        schedule.set_timesteps(4)
        latents = torch.ones(1, 4, 8, 8)
        for timestep in schedule.timesteps:
            latents = schedule.step(torch.zeros_like(latents), timestep, latents, return_dict=False)[0]
        made.append(latents)
    assert torch.equal(made[0], made[1]) and not torch.equal(made[0], made[2])


def test_without_its_library_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samplers, "find_spec", lambda _name: None)
    with pytest.raises(BridgeError) as caught:
        check_sampler("dpm++ sde karras", SAMPLERS)
    assert caught.value.code is ErrorCode.UNSUPPORTED
    assert 'pip install "layerbridge[torchsde]"' in caught.value.message
    check_sampler("Euler a", SAMPLERS)


@pytest.mark.parametrize(("key", "sampler"), FLOWING)
def test_of_flow_matching_each_ends_in_what_a_perfect_model_answers(key: str, sampler: str) -> None:
    """From four steps, where what is left of the noise is seen; asked as the families' pipelines ask."""
    config: Any = dict(diffusers.FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True).config)
    scheduler, _ = make_scheduler(
        sampler, builtin().named(key).spec.samplers, config, "FlowMatchEulerDiscreteScheduler"
    )
    given = {"sigmas": np.linspace(1.0, 0.25, 4), "mu": 1.15, "num_inference_steps": 4, "device": "cpu"}
    taken = signature(scheduler.set_timesteps).parameters
    if "sigmas" in taken:
        del given["num_inference_steps"]
    if not scheduler.config.get("use_dynamic_shifting"):
        del given["mu"]
    scheduler.set_timesteps(**{name: value for name, value in given.items() if name in taken})
    picture, latents = torch.randn(2, 1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    for timestep in scheduler.timesteps:
        answer = (latents - picture) / (timestep / 1000)
        latents = scheduler.step(answer, timestep, latents, return_dict=False)[0]
    assert (latents - picture).abs().max() < 0.02  # some round their times to thousandths
