"""Requests, models and errors that another version of Layerbridge has stored: read as far as this one can.

What is read exactly is what was stored; what is not, is listed in History and never run.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, cast

from pydantic import ValidationError

from ..errors import ErrorCode
from ..operations.registry import builtin
from ..protocol.messages import ErrorBody, JobRequest, WarningBody
from ..protocol.tasks import ModelRef

# What a request must have, where it cannot be read: nothing of it is ever painted.
PLACEHOLDERS: dict[str, Any] = {
    "kind": "img2img",
    "document": {"width": 1, "height": 1},
    "bounds": {"x": 0, "y": 0, "width": 0, "height": 0},
}
ROUNDS = 100  # each takes away every fault that is seen; what it hid is seen in the next
UNKNOWN_MODEL = ModelRef("", "", "folder", "", "", 512, 8, inpaint_model=False, steps=20, guidance_scale=7.0)

OTHER_VERSION = WarningBody(
    code="other_version",
    message="This job was made by another version of Layerbridge. Its results can be fetched; "
    "what is shown of its settings may not be complete, and it cannot be run again.",
)

# The newest version of each operation's request that this code reads.
OPERATION_VERSIONS: Mapping[str, int] = {operation.name: operation.version for operation in builtin().all()}


@dataclass(frozen=True)
class Stored:
    """What was asked, as it was written down: the request and the model are JSON, never written anew by who reads it.

    operation: which one, by its name. version: of the operation's request.
    """

    operation: str
    version: int
    request: str
    model: str

    @property
    def is_known(self) -> bool:
        """Whether this code has the operation, in this version or a newer one."""
        return 1 <= self.version <= OPERATION_VERSIONS.get(self.operation, 0)


def read_json(text: object) -> Any:
    """The value, or None where it is not JSON."""
    try:
        return json.loads(text) if isinstance(text, str | bytes) else None
    except (ValueError, RecursionError):
        return None


def read_request(value: Any) -> tuple[JobRequest, bool]:
    """The request, and whether it is exactly what was stored. Its seed is 0 where it has none."""
    message: dict[str, Any] = copy.deepcopy(cast("dict[str, Any]", value)) if isinstance(value, dict) else {}
    exact = True
    for _ in range(ROUNDS):
        try:
            request = JobRequest.model_validate(message)
            return (request if request.seed is not None else request.model_copy(update={"seed": 0})), exact
        except ValidationError as error:
            exact = False
            for fault in error.errors(include_url=False, include_input=False, include_context=False):
                _take_away(message, fault["loc"], is_missing=fault["type"] == "missing")
    return JobRequest.model_validate({**PLACEHOLDERS, "seed": 0}), False


def _take_away(message: dict[str, Any], where: tuple[int | str, ...], *, is_missing: bool) -> None:
    """Remove the part that is at fault, or put a placeholder there."""
    if not where:  # fields that contradict each other
        if "seed" in message:
            del message["seed"]
        elif "margins" in message:
            del message["margins"]
        else:
            message["kind"] = "img2img"
        return
    first = str(where[0])
    if first in PLACEHOLDERS and (is_missing or len(where) == 1):
        message[first] = copy.deepcopy(PLACEHOLDERS[first])
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


def read_model(value: Any) -> tuple[ModelRef, bool]:
    """The model, and whether it is exactly what was stored. Its path is empty where that is not known."""
    given: dict[str, Any] = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    known = {field.name: given[field.name] for field in fields(ModelRef) if field.name in given}
    needed = {field.name for field in fields(ModelRef) if field.default is MISSING}
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
