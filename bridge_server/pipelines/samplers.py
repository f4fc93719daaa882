"""Schedulers by the names of a family's samplers. Betas, shifts, prediction type and spacing stay the model's own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

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


def make_scheduler(
    name: str, known: Mapping[str, Sampler], model_config: Mapping[str, Any], model_class: str
) -> tuple[Any, str]:
    """A fresh scheduler (they keep state) and its name; "auto" gives the model's own class.

    known: the family's samplers. model_config, model_class: the model's scheduler configuration and the class it was
    saved with.
    """
    import diffusers

    chosen = sampler_name(name, known)
    if chosen == AUTO:
        own = next((name for name, one in known.items() if one.scheduler == model_class and not one.settings), AUTO)
        return getattr(diffusers, model_class).from_config(dict(model_config)), own
    sampler = known[chosen]
    return getattr(diffusers, sampler.scheduler).from_config(dict(model_config), **sampler.settings), chosen
