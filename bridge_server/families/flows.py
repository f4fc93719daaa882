"""What diffusers' schedulers are told for models that were trained on flows (standard library only)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FLOW: Mapping[str, Any] = {"use_flow_sigmas": True, "prediction_type": "flow_prediction"}
SHIFTED_BY_SIZE: Mapping[str, Any] = {  # by the size of the picture
    **FLOW,
    "use_dynamic_shifting": True,
    "time_shift_type": "exponential",
}
