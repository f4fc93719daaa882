"""How long a job will take, told before it runs: by what its operation names as `estimate`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from ..plan.warnings import Notice
from ..protocol.envelope import PlanRequest
from .services import Services


class Estimate(Protocol):
    async def __call__(self, request: PlanRequest, pixels: int, services: Services) -> list[Notice]:
        """pixels: of the picture that is worked on. Raises BridgeError for options that are none."""
        ...


ESTIMATES: Mapping[str, Estimate] = {}
