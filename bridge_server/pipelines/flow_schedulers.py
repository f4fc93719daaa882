"""Schedulers for pipelines that give all of them noise levels and a shift by the size of the picture, of models whose
shift is fixed: many schedulers take neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from inspect import signature
from typing import Any

from ..families.base import Sampler
from .samplers import make_scheduler


def scheduler_by_steps(
    wanted: str, known: Mapping[str, Sampler], config: Mapping[str, Any], kind: str
) -> tuple[Any, str]:
    """A fresh scheduler that such a pipeline can ask, and its name. config, kind: the model's own scheduler's.

    Raises BridgeError(unsupported).
    """
    shift = {"flow_shift": config.get("shift", 1.0)}
    shifted = {
        name: replace(sampler, settings={**sampler.settings, **shift}) if sampler.settings else sampler
        for name, sampler in known.items()
    }
    made, name = make_scheduler(wanted, shifted, config, kind)
    return (made if type(made).__name__.startswith("FlowMatch") and _takes(made, "mu") else BySteps(made)), name


class BySteps:
    """A scheduler that is told how many steps there are, and has its noise levels from that. Else it is that one."""

    def __init__(self, scheduler: Any) -> None:
        self.__dict__["_scheduler"] = scheduler

    def __getattr__(self, name: str) -> Any:
        return getattr(self._scheduler, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._scheduler, name, value)

    def set_timesteps(
        self,
        num_inference_steps: int | None = None,
        device: Any = None,
        sigmas: Sequence[float] | None = None,
        mu: float | None = None,
    ) -> None:
        steps = num_inference_steps if sigmas is None else len(sigmas)
        by_size = self._scheduler.config.get("use_dynamic_shifting") and _takes(self._scheduler, "mu")
        self._scheduler.set_timesteps(steps, device=device, **({"mu": mu} if by_size else {}))


def _takes(scheduler: Any, argument: str) -> bool:
    return argument in signature(scheduler.set_timesteps).parameters
