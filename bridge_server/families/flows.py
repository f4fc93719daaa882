"""What diffusers' schedulers are told for models that were trained on flows (standard library only)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .base import Sampler

FLOW: Mapping[str, Any] = {"use_flow_sigmas": True, "prediction_type": "flow_prediction"}
SHIFTED_BY_SIZE: Mapping[str, Any] = {  # by the size of the picture
    **FLOW,
    "use_dynamic_shifting": True,
    "time_shift_type": "exponential",
}
# Of models whose schedule is shifted by the size of the picture. Left out are Heun, which takes no such shift, and
# DEIS, which leaves the noise of its last step.
SAMPLERS_BY_SIZE: Mapping[str, Sampler] = {
    "Euler": Sampler("FlowMatchEulerDiscreteScheduler"),
    "DPM++ 2M": Sampler("DPMSolverMultistepScheduler", SHIFTED_BY_SIZE),
    "DPM++ 2M SDE": Sampler("DPMSolverMultistepScheduler", {**SHIFTED_BY_SIZE, "algorithm_type": "sde-dpmsolver++"}),
    "UniPC": Sampler("UniPCMultistepScheduler", SHIFTED_BY_SIZE),
}
