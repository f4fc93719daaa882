"""Samplers by the names users know."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.families.stable_diffusion.load import StableDiffusion
from bridge_server.families.stable_diffusion.samplers import SAMPLERS
from bridge_server.pipelines.generation import FloatArray
from bridge_server.pipelines.samplers import make_scheduler, sampler_name

from .conftest import half_mask, paint


@pytest.mark.parametrize("sampler", SAMPLERS)
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


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_each_runs_where_the_schedule_ends_in_pure_noise(
    tiny: dict[str, StableDiffusion], picture: FloatArray, sampler: str
) -> None:
    """As the starter model's does, and that of models trained by arXiv 2305.08891: the first sigma is then infinite."""
    ends = {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
    model = replace(tiny["v"], scheduler_config={**tiny["v"].scheduler_config, **ends})
    for steps, strength in ((1, 1.0), (5, 0.7), (6, 1.0)):
        made = paint(model, image=picture, mask=half_mask(), sampler=sampler, steps=steps, strength=strength)
        assert np.isfinite(made.pixels).all() and made.pixels.std() > 0.01


@pytest.mark.parametrize("sampler", SAMPLERS)
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
