"""Requests, models and errors that another version of Layerbridge has stored: read as far as this one can.

What is read exactly is what was stored; what is not, is listed in History and never run.
"""

from __future__ import annotations

import copy
import json
from dataclasses import MISSING, dataclass, fields
from typing import Any, cast

from pydantic import ValidationError

from ..errors import ErrorCode
from ..operations.base import Operation
from ..operations.registry import Registry
from ..protocol.earlier import as_envelope
from ..protocol.envelope import JobRequest
from ..protocol.messages import ErrorBody, WarningBody
from ..protocol.tasks import ModelRef, adapters_from_json, refiner_from_json

ROUNDS = 100  # each takes away every fault that is seen; what it hid is seen in the next
RENAMED = {
    "refine_with_prompt": "hires_with_prompt",
    "native_side": "native_resolution",
    "multiple": "size_multiple",
}  # fields of a model in journals of format 1 and 2
UNKNOWN_MODEL = ModelRef("", "", "folder", "", "", 512, 8, inpaint_model=False, steps=20, guidance_scale=7.0)

OTHER_VERSION = (
    "This job was made by another version of Layerbridge. Its results can be fetched; "
    "what is shown of its settings may not be complete, and it cannot be run again."
)


@dataclass(frozen=True)
class Stored:
    """What was asked, as it was written down: the request and the model are JSON, never written anew by who reads it.

    operation: which one, by its name. version: of the operation's request.
    """

    operation: str
    version: int
    request: str
    model: str

    def is_known(self, operations: Registry) -> bool:
        """Whether the operation is among these, in this version or a newer one."""
        return self.operation in operations and 1 <= self.version <= operations.get(self.operation).version


def read_json(text: object) -> Any:
    """The value, or None where it is not JSON."""
    try:
        return json.loads(text) if isinstance(text, str | bytes) else None
    except (ValueError, RecursionError):
        return None


def read_request(value: Any, asked: type[JobRequest] = JobRequest) -> tuple[JobRequest, bool]:
    """The request, and whether it says all of what was stored. asked: what it must be, for the operations that there
    are.
    """
    placeholders = _placeholders(asked.operations)
    message: dict[str, Any] = copy.deepcopy(cast("dict[str, Any]", value)) if isinstance(value, dict) else {}
    if message:
        message = as_envelope(message, asked.operations)
    exact = True
    for _ in range(ROUNDS):
        try:
            return asked.model_validate(message), exact
        except ValidationError as error:
            exact = False
            for fault in error.errors(include_url=False, include_input=False, include_context=False):
                _take_away(message, fault["loc"], placeholders, is_missing=fault["type"] == "missing")
    return asked.model_validate(placeholders), False


def _placeholders(operations: Registry) -> dict[str, Any]:
    """What a request must have, where it cannot be read: nothing of it is ever run."""
    some = max(operations.all(), key=_capacity)
    return {"operation": some.name, "version": some.version, "document": {"width": 1, "height": 1}}


def _capacity(operation: Operation) -> tuple[bool, int, int]:
    """How much of what is stored for another operation can be shown as this one's; more is larger."""
    options = operation.params.model_fields.values()
    optional = [given for given in operation.inputs.values() if not given.required]
    return not any(option.is_required() for option in options), len(options), len(optional)


def _take_away(
    message: dict[str, Any], where: tuple[int | str, ...], placeholders: dict[str, Any], *, is_missing: bool
) -> None:
    """Remove the part that is at fault, or put a placeholder there."""
    if not where:  # fields that contradict each other
        given = message.get("params")
        params = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
        at_fault = next((name for name in ("seed", "margins") if name in params), None)
        if at_fault is not None:
            del params[at_fault]
        elif "inputs" in message:
            del message["inputs"]
        else:
            message["operation"] = placeholders["operation"]
        return
    first = str(where[0])
    if first in placeholders and (is_missing or len(where) == 1):
        message[first] = copy.deepcopy(placeholders[first])
        return
    if len(where) == 1 or is_missing:
        message.pop(first, None)
        return
    holder: Any = message
    try:
        for step in where[:-1]:
            holder = holder[step]
        del holder[where[-1]]
    except (KeyError, IndexError, TypeError):
        message.pop(first, None)


def read_model(value: Any, operation: Operation) -> tuple[ModelRef | None, bool]:
    """The model or the network, and whether it is exactly what was stored. Its path is empty where that is not known.

    None where none was used.
    """
    requires = operation.requires
    may_fill = operation.has_option("fill_with") or requires.otherwise is not None  # what it is done as may
    by_example = value is None and may_fill
    may_have_one = requires.model or (value and (requires.network or requires.paints))
    if by_example or not may_have_one:
        return None, value is None
    read: dict[str, Any] = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    given = {RENAMED.get(name, name): value for name, value in read.items()}
    known = {field.name: given[field.name] for field in fields(ModelRef) if field.name in given}
    needed = {each.name for each in fields(ModelRef) if each.default is MISSING and each.default_factory is MISSING}
    for name, reads in (("adapters", adapters_from_json), ("refiner", refiner_from_json)):
        try:
            reads(known)
        except (TypeError, KeyError):
            del known[name]
    if needed <= known.keys():
        return ModelRef.from_json(known), known.keys() == given.keys()
    return ModelRef.from_json({**UNKNOWN_MODEL.to_json(), **known, "path": ""}), False


def read_error(value: Any) -> ErrorBody | None:
    """None where there was none. An error of a kind that is not known keeps its sentence."""
    if value is None:
        return None
    try:
        return ErrorBody.model_validate(value)
    except ValidationError:
        given: dict[str, Any] = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        return ErrorBody(code=ErrorCode.INTERNAL, message=str(given.get("message", "")) or "This job failed.")


def read_warnings(value: Any) -> list[WarningBody]:
    found: list[WarningBody] = []
    for one in cast("list[Any]", value) if isinstance(value, list) else ():
        try:
            found.append(WarningBody.model_validate(one))
        except ValidationError:
            continue
    return found
