"""Schedulers by the names of a family's samplers. Betas, shifts, prediction type and spacing stay the model's own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from importlib.util import find_spec
from typing import Any

import torch

from ..errors import BridgeError, ErrorCode
from ..families.base import AUTO, Sampler


def sampler_name(wanted: str, known: Collection[str]) -> str:
    """The spelling of `wanted` ("dpm++ 2m karras" will do) in `known`, the family's samplers, or "auto".

    Raises BridgeError(unsupported).
    """
    folded = wanted.strip().lower()
    if folded in ("", AUTO):
        return AUTO
    for name in known:
        if name.lower() == folded:
            return name
    raise BridgeError(
        ErrorCode.UNSUPPORTED, f"There is no sampler called {wanted[:40]}. Choose one of: {', '.join(known)}."
    )


def check_sampler(wanted: str, known: Mapping[str, Sampler]) -> None:
    """Whether there is one called so, with all that it needs. Raises BridgeError(unsupported)."""
    name = sampler_name(wanted, known)
    needs = "" if name == AUTO else known[name].needs
    if needs and not _is_there(needs):
        raise BridgeError(
            ErrorCode.UNSUPPORTED,
            f"The sampler {name} needs the library {needs}. Install it with "
            f'pip install "layerbridge[{needs}]" and start Layerbridge again, or choose another sampler.',
        )


def _is_there(library: str) -> bool:
    try:
        return find_spec(library) is not None
    except ValueError:  # a module that is there, but says nothing of where it came from
        return False


def make_scheduler(
    name: str, known: Mapping[str, Sampler], model_config: Mapping[str, Any], model_class: str, seed: int = 0
) -> tuple[Any, str]:
    """A fresh scheduler (they keep state) and its name; "auto" gives the model's own class.

    known: the family's samplers. model_config, model_class: the model's scheduler configuration and the class it was
    saved with. seed: of the noise of those that draw it along a path of their own. Raises BridgeError(unsupported).
    """
    import diffusers

    check_sampler(name, known)
    chosen = sampler_name(name, known)
    if chosen == AUTO:
        own = next((name for name, one in known.items() if one.scheduler == model_class and not one.settings), AUTO)
        return getattr(diffusers, model_class).from_config(dict(model_config)), own
    sampler = known[chosen]
    made = getattr(diffusers, sampler.scheduler).from_config(dict(model_config), **sampler.settings)
    if hasattr(made, "noise_sampler_seed"):
        made.noise_sampler_seed = seed
    return made, chosen


def begin_path(scheduler: Any, sample: torch.Tensor) -> None:
    """Before a step: a scheduler whose noise lies along one Brownian path (DPM++ SDE) would draw it on the device of
    the latents, where other devices draw other numbers; so it is drawn on the CPU, as all noise is.
    """
    if getattr(scheduler, "noise_sampler", scheduler) is not None:
        return
    from diffusers.schedulers.scheduling_dpmsolver_sde import BrownianTreeNoiseSampler

    sigmas = scheduler.sigmas
    ends = (float(sigmas[sigmas > 0].min()), float(sigmas.max()))
    drawn: Callable[[Any, Any], torch.Tensor] = BrownianTreeNoiseSampler(
        torch.zeros_like(sample, device="cpu"), *ends, seed=scheduler.noise_sampler_seed
    )
    scheduler.noise_sampler = lambda sigma, following: drawn(sigma, following).to(sample)
