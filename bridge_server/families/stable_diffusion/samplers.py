"""diffusers' schedulers by the names that users know, for models that diffuse (standard library only).

Names and settings: https://huggingface.co/docs/diffusers/api/schedulers/overview (the table "k-diffusion"), and those
of AUTOMATIC1111's web UI before it had the schedule in a list of its own. What it has and diffusers 0.42 has not:
DPM++ 2S a, DPM fast, DPM adaptive, Restart, DDIM CFG++. iPNDM of diffusers can mix no noise in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..base import Sampler

Settings = Mapping[str, Any]

MULTISTEP = "DPMSolverMultistepScheduler"
KARRAS: Settings = {"use_karras_sigmas": True}
EXPONENTIAL: Settings = {"use_exponential_sigmas": True}
SDE: Settings = {"algorithm_type": "sde-dpmsolver++"}
SDE_3: Settings = {**SDE, "solver_order": 3}
TORCHSDE = "torchsde"  # https://github.com/google-research/torchsde, Apache-2.0

SAMPLERS = {
    "Euler": Sampler("EulerDiscreteScheduler"),
    "Euler a": Sampler("EulerAncestralDiscreteScheduler"),
    "Heun": Sampler("HeunDiscreteScheduler"),
    "LMS": Sampler("LMSDiscreteScheduler"),
    "LMS Karras": Sampler("LMSDiscreteScheduler", KARRAS),
    "DPM2": Sampler("KDPM2DiscreteScheduler"),
    "DPM2 Karras": Sampler("KDPM2DiscreteScheduler", KARRAS),
    "DPM2 a": Sampler("KDPM2AncestralDiscreteScheduler"),
    "DPM2 a Karras": Sampler("KDPM2AncestralDiscreteScheduler", KARRAS),
    "DPM++ 2M": Sampler(MULTISTEP),
    "DPM++ 2M Karras": Sampler(MULTISTEP, KARRAS),
    "DPM++ 2M SDE": Sampler(MULTISTEP, SDE),
    "DPM++ 2M SDE Karras": Sampler(MULTISTEP, {**SDE, **KARRAS}),
    "DPM++ 2M SDE Exponential": Sampler(MULTISTEP, {**SDE, **EXPONENTIAL}),
    "DPM++ 2M SDE Heun": Sampler(MULTISTEP, {**SDE, "solver_type": "heun"}),
    "DPM++ 3M SDE": Sampler(MULTISTEP, SDE_3),
    "DPM++ 3M SDE Karras": Sampler(MULTISTEP, {**SDE_3, **KARRAS}),
    "DPM++ 3M SDE Exponential": Sampler(MULTISTEP, {**SDE_3, **EXPONENTIAL}),
    "DPM++ SDE": Sampler("DPMSolverSDEScheduler", needs=TORCHSDE),
    "DPM++ SDE Karras": Sampler("DPMSolverSDEScheduler", KARRAS, needs=TORCHSDE),
    "DPM++ 2S": Sampler("DPMSolverSinglestepScheduler"),
    "DPM++ 2S Karras": Sampler("DPMSolverSinglestepScheduler", KARRAS),
    "DDIM": Sampler("DDIMScheduler"),
    "DDPM": Sampler("DDPMScheduler"),
    "PNDM": Sampler("PNDMScheduler", {"skip_prk_steps": True}),
    "UniPC": Sampler("UniPCMultistepScheduler"),
    "DEIS": Sampler("DEISMultistepScheduler"),
    "LCM": Sampler("LCMScheduler"),
}
