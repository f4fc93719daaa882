"""diffusers' schedulers by the names painters know. Beta schedule, prediction type and spacing stay the model's own.

Names and settings: https://huggingface.co/docs/diffusers/api/schedulers/overview (the table "k-diffusion").
LMS and DPM++ SDE are left out: they need scipy and torchsde.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import BridgeError, ErrorCode
from ..models.samplers import AUTO

SCHEDULERS: dict[str, tuple[str, dict[str, Any]]] = {
    "Euler": ("EulerDiscreteScheduler", {}),
    "Euler a": ("EulerAncestralDiscreteScheduler", {}),
    "Heun": ("HeunDiscreteScheduler", {}),
    "DPM2": ("KDPM2DiscreteScheduler", {}),
    "DPM2 a": ("KDPM2AncestralDiscreteScheduler", {}),
    "DPM++ 2M": ("DPMSolverMultistepScheduler", {}),
    "DPM++ 2M Karras": ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True}),
    "DPM++ 2M SDE": ("DPMSolverMultistepScheduler", {"algorithm_type": "sde-dpmsolver++"}),
    "DPM++ 2M SDE Karras": (
        "DPMSolverMultistepScheduler",
        {"algorithm_type": "sde-dpmsolver++", "use_karras_sigmas": True},
    ),
    "DPM++ 2S": ("DPMSolverSinglestepScheduler", {}),
    "DDIM": ("DDIMScheduler", {}),
    "DDPM": ("DDPMScheduler", {}),
    "PNDM": ("PNDMScheduler", {"skip_prk_steps": True}),
    "UniPC": ("UniPCMultistepScheduler", {}),
    "DEIS": ("DEISMultistepScheduler", {}),
    "LCM": ("LCMScheduler", {}),
}


def sampler_name(wanted: str, known: Sequence[str]) -> str:
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
    name: str, known: Sequence[str], model_config: Mapping[str, Any], model_class: str
) -> tuple[Any, str]:
    """A fresh scheduler (they keep state) and its name; "auto" gives the model's own class.

    known: the family's samplers. model_config, model_class: the model's scheduler configuration and the class it was
    saved with.
    """
    import diffusers

    chosen = sampler_name(name, known)
    if chosen == AUTO:
        own = next((known for known, (kind, extra) in SCHEDULERS.items() if kind == model_class and not extra), AUTO)
        return getattr(diffusers, model_class).from_config(dict(model_config)), own
    kind, extra = SCHEDULERS[chosen]
    return getattr(diffusers, kind).from_config(dict(model_config), **extra), chosen
