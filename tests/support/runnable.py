"""Samplers that can run here: those with a library of their own where it is installed, as `make env` does."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

from bridge_server.families.base import Sampler


def runnable(samplers: Mapping[str, Sampler]) -> list[str]:
    return [name for name, sampler in samplers.items() if not sampler.needs or find_spec(sampler.needs)]
