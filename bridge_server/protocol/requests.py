"""The request messages for a registry of operations: those of messages.py, with further options."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import create_model
from pydantic.fields import FieldInfo

from ..operations.registry import Registry
from .messages import JobRequest, OfOperation, PlanRequest

R = TypeVar("R", bound=OfOperation)


def job_request(operations: Registry) -> type[JobRequest]:
    """JobRequest with every option of these operations. Raises ValueError where two declare one differently."""
    return _with_fields(JobRequest, operations, _further_options(operations))


def plan_request(operations: Registry) -> type[PlanRequest]:
    return _with_fields(PlanRequest, operations, {})


def _further_options(operations: Registry) -> dict[str, FieldInfo]:
    """The options that JobRequest does not have by itself; each is the operation's own."""
    found: dict[str, FieldInfo] = {}
    for operation in operations.all():
        for name, field in operation.params.model_fields.items():
            if name in JobRequest.model_fields:
                continue
            known = found.setdefault(name, field)
            if (known.annotation, known.metadata) != (field.annotation, field.metadata):
                raise ValueError(f"{operation.name} declares the option {name} otherwise than another operation does")
    return found


def _with_fields(base: type[R], operations: Registry, fields: dict[str, FieldInfo]) -> type[R]:
    if operations.all() == base.operations.all():
        return base
    more: dict[str, Any] = {name: (field.annotation, field) for name, field in fields.items()}
    made = create_model(base.__name__, __base__=base, __doc__=base.__doc__, **more)
    made.operations = operations
    return made
