"""What a task becomes where the model that is to do it cannot edit by instruction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import BridgeError, ErrorCode
from ..operations.base import Operation
from ..plan.warnings import Notice
from .envelope import JobRequest, PlanRequest


def other_operation(operation: Operation, options: Any) -> str | None:
    """The name of the operation that does the same with a model that cannot do this one; None where none does."""
    otherwise = operation.requires.otherwise
    return None if otherwise is None else otherwise[1].get(getattr(options, otherwise[0]))


def job_instead(request: JobRequest) -> JobRequest | None:
    """The request of the operation that does the same with a model that cannot do this one, with the options that it
    has; None where none does. Raises BridgeError: empty_selection, unsupported.
    """
    name = other_operation(request.spec, request.own)
    if name is None:
        return None
    other = request.operations.get(name)
    _check_selected(request.spec, other, "mask" in request.inputs)
    _check_references(request.spec, other, [role for role in request.inputs if role not in ("image", "mask")])
    params = {name: value for name, value in request.params.items() if other.has_option(name)}
    return request.changed(operation=name, version=other.version, params=params)


def plan_instead(request: PlanRequest) -> PlanRequest | None:
    """The same of a question for a plan."""
    name = other_operation(request.spec, request)
    if name is None:
        return None
    other = request.operations.get(name)
    _check_selected(request.spec, other, request.selection is not None)
    _check_references(request.spec, other, request.further)
    has_prompt = request.has_prompt and other.has_option("prompt")
    return request.model_copy(update={"operation": name, "has_prompt": has_prompt})


def notice_of(asked: Operation, other: Operation) -> Notice:
    """What the user is told of it."""
    text = f"Done as {other.title}: {asked.title} needs {asked.requires.kind}."
    return Notice("done_otherwise", text)


def _check_references(asked: Operation, other: Operation, roles: Sequence[str]) -> None:
    if roles:
        why = f"{asked.title} is done as {other.title} by a model that takes no references"
        raise BridgeError(ErrorCode.UNSUPPORTED, f"{why}. Leave the references out, or choose another model.")


def _check_selected(asked: Operation, other: Operation, selected: bool) -> None:
    if not selected:
        text = f"Nothing is selected. Without {asked.requires.kind}, this is done as {other.title}: select where."
        raise BridgeError(ErrorCode.EMPTY_SELECTION, text)
