"""The request messages for a registry of operations: those of envelope.py for others than Layerbridge ships."""

from __future__ import annotations

from typing import TypeVar

from pydantic import create_model

from ..operations.registry import Registry
from .envelope import JobRequest, OfOperation, PlanRequest

R = TypeVar("R", bound=OfOperation)


def job_request(operations: Registry) -> type[JobRequest]:
    return _of(JobRequest, operations)


def plan_request(operations: Registry) -> type[PlanRequest]:
    return _of(PlanRequest, operations)


def _of(base: type[R], operations: Registry) -> type[R]:
    if operations.all() == base.operations.all():
        return base
    made = create_model(base.__name__, __base__=base, __doc__=base.__doc__)
    made.operations = operations
    return made
