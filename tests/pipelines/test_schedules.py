"""The end of a schedule: begun there, a perfect model comes to the picture, and each step sees it already."""

from __future__ import annotations

import inspect
from typing import Any

import diffusers
import pytest
import torch

from bridge_server.families.stable_diffusion.samplers import SAMPLERS
from bridge_server.pipelines.samplers import make_scheduler
from bridge_server.pipelines.schedules import Schedule
from tests.support.runnable import runnable

STEPS = 12
ORIGINAL, NOISE = torch.randn(2, 1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
TRAINED = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "steps_offset": 1,
    "clip_sample": False,
}


def diffusion(sampler: str, prediction: str = "epsilon") -> Any:
    made, _ = make_scheduler(sampler, SAMPLERS, {**TRAINED, "prediction_type": prediction}, "DDIMScheduler")
    return made


def perfect(schedule: Schedule, latents: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
    """What a model that knows the picture answers: the noise or the flow by which `latents` are away from it."""
    if hasattr(schedule, "scale_noise"):
        return (latents - ORIGINAL) / (timestep / 1000)
    place = float(timestep)
    low, high = (float(schedule.alphas_cumprod[min(999, int(place) + more)]) for more in (0, 1))
    alpha = low + (place - int(place)) * (high - low)
    x = schedule.scale_model_input(latents, timestep)
    noise = (x - alpha**0.5 * ORIGINAL) / (1 - alpha) ** 0.5
    prediction = schedule.config.prediction_type
    answers = {"epsilon": noise, "sample": ORIGINAL, "v_prediction": alpha**0.5 * noise - (1 - alpha) ** 0.5 * ORIGINAL}
    return answers[prediction]


def run(schedule: Schedule) -> tuple[torch.Tensor, list[float]]:
    """The latents at the end, and how far off each step saw them."""
    schedule.set_timesteps(STEPS)
    latents = schedule.noised(ORIGINAL, NOISE, 0)
    away: list[float] = []
    takes_generator = "generator" in inspect.signature(schedule.step).parameters
    more = {"generator": torch.Generator().manual_seed(1)} if takes_generator else {}
    for timestep in schedule.timesteps:
        answer = perfect(schedule, latents, timestep)
        latents = schedule.step(answer, timestep, latents, **more, return_dict=False)[0]
        seen = schedule.original()
        assert seen is not None
        away.append(float((seen - ORIGINAL).abs().max()))
    return latents, away


@pytest.mark.parametrize("steps_run", [STEPS, 7, 1])
@pytest.mark.parametrize("sampler", runnable(SAMPLERS))
def test_a_perfect_model_comes_to_the_picture_and_is_seen_through_at_every_step(sampler: str, steps_run: int) -> None:
    schedule = Schedule(diffusion(sampler), "diffusion", STEPS, steps_run)
    latents, away = run(schedule)
    assert schedule.order * steps_run - 1 <= len(away) <= schedule.order * steps_run + 1
    assert max(away) < 2e-3
    assert (latents - ORIGINAL).abs().mean() < 0.05 < (NOISE - ORIGINAL).abs().mean()


@pytest.mark.parametrize("prediction", ["v_prediction", "sample"])
def test_whatever_the_model_predicts(prediction: str) -> None:
    _, away = run(Schedule(diffusion("DDIM", prediction), "diffusion", STEPS, 7))
    assert max(away) < 1e-3


@pytest.mark.parametrize("kind", ["FlowMatchEulerDiscreteScheduler", "FlowMatchHeunDiscreteScheduler"])
@pytest.mark.parametrize("steps_run", [STEPS, 7, 1])
def test_flows_do_likewise(kind: str, steps_run: int) -> None:
    latents, away = run(Schedule(getattr(diffusers, kind)(shift=3.0), "flow", STEPS, steps_run))
    assert max(away) < 1e-4 and torch.allclose(latents, ORIGINAL, atol=1e-4)


@pytest.mark.parametrize("sampler", ["Euler", "Heun", "DPM++ 2S", "DDIM"])
def test_a_pipeline_is_shown_the_end_of_it(sampler: str) -> None:
    own, cut = diffusion(sampler), Schedule(diffusion(sampler), "diffusion", STEPS, 5)
    assert inspect.signature(cut.set_timesteps) == inspect.signature(own.set_timesteps)
    assert inspect.signature(cut.step) == inspect.signature(own.step)
    own.set_timesteps(STEPS)
    cut.set_timesteps(STEPS)
    assert torch.equal(cut.timesteps, own.timesteps[7 * own.order :])
    assert hasattr(cut, "sigmas") is hasattr(own, "sigmas")
    if hasattr(own, "sigmas"):
        assert torch.equal(cut.sigmas, own.sigmas[7 * own.order :])
    assert cut.init_noise_sigma == 1.0
    assert Schedule(own, "diffusion", STEPS, STEPS).init_noise_sigma == own.init_noise_sigma


def test_one_that_spaces_its_noise_levels_itself_is_told_how_many_there_are() -> None:
    shifted = {"use_flow_sigmas": True, "use_dynamic_shifting": True, "time_shift_type": "exponential"}
    settings = {"prediction_type": "flow_prediction", **shifted}
    own, cut = (diffusers.DPMSolverMultistepScheduler(**settings) for _ in range(2))
    schedule = Schedule(cut, "flow", STEPS, 5)
    assert "sigmas" in inspect.signature(schedule.set_timesteps).parameters
    own.set_timesteps(STEPS, mu=0.7)
    schedule.set_timesteps(sigmas=[1 - step / STEPS for step in range(STEPS)], mu=0.7)
    assert torch.equal(schedule.timesteps, own.timesteps[7:])


def test_after_the_last_evaluation_nothing_is_noised() -> None:
    schedule = Schedule(diffusion("Euler"), "diffusion", STEPS, 5)
    assert schedule.original() is None
    run(schedule)
    assert torch.equal(schedule.noised(ORIGINAL, NOISE, 5), ORIGINAL)


def test_a_pipeline_that_is_only_asked_for_its_schedule_goes_no_further() -> None:
    schedule = Schedule(diffusion("Euler"), "diffusion", STEPS, 5)
    with schedule.only_asked():
        schedule.set_timesteps(STEPS)
        raise AssertionError("it went on")
    assert len(schedule.timesteps) == 5
    schedule.set_timesteps(STEPS)
