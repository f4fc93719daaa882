"""A call and its reply, apart from the way they travel: the same handlers serve HTTP and the WebSocket."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ..errors import BridgeError, ErrorCode
from ..jobs.faults import storage_error
from ..protocol.endpoints import Endpoint, endpoint_named
from ..protocol.parameters import Parameter
from .services import Services

UNTOLD = ("missing", "extra_forbidden", "no_such_option")  # faults for which it does not matter what was given

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Call:
    """What a handler gets. client: the caller's id, "" for an open call. path: the {names} of the route. headers: asked
    by names in lower case, however they were sent."""

    services: Services
    client: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    headers: Mapping[str, str]

    def read(self, model: type[M]) -> M:
        """The JSON body as a message. Raises invalid_request that names the field."""
        return parse_message(model, self.body)

    def text(self, parameter: Parameter) -> str:
        """A text of the query; empty where it is not given. Raises invalid_request where it is too long."""
        text = self.query.get(parameter.name, "")
        if parameter.max_length is not None and len(text) > parameter.max_length:
            raise BridgeError(
                ErrorCode.INVALID_REQUEST,
                f"{parameter.name} has {len(text)} characters; {parameter.max_length} is the limit.",
            )
        return text

    def integer(self, parameter: Parameter) -> int:
        """A whole number of the query, within the parameter's bounds. Raises invalid_request."""
        assert parameter.low is not None and parameter.high is not None and parameter.default is not None
        low, high = parameter.low, parameter.high
        text = self.query.get(parameter.name)
        if text is None:
            return parameter.default
        if not (text.isascii() and text.isdigit() and len(text) < 20 and low <= int(text) <= high):
            raise BridgeError(
                ErrorCode.INVALID_REQUEST,
                f"{parameter.name} must be a whole number from {low} to {high}, not {text[:40]!r}.",
            )
        return int(text)


@dataclass(frozen=True)
class FileReply:
    """A whole file, sent without a copy through this process."""

    path: Path
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def check(self) -> None:
        """Raises not_found."""
        if not self.path.exists():
            raise BridgeError(ErrorCode.NOT_FOUND, "The file of this result is gone from the spool.")


@dataclass(frozen=True)
class BytesReply:
    data: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class JsonReply:
    """JSON that no message model describes (the OpenAPI document)."""

    value: dict[str, Any]


Reply = BaseModel | FileReply | BytesReply | JsonReply
Handler = Callable[[Call], Awaitable[Reply]]


@dataclass(frozen=True)
class Route:
    """A call of the table in protocol/endpoints.py, and what answers it."""

    endpoint: Endpoint
    handler: Handler


def serves(name: str, handler: Handler) -> Route:
    """`handler` answers the call of that name. Raises KeyError where there is none."""
    return Route(endpoint_named(name), handler)


def parse_message(model: type[M], body: bytes | str | dict[str, Any]) -> M:
    """Validate a request message. Raises invalid_request with the field, what is wrong, and what was given."""
    try:
        return model.model_validate(body if isinstance(body, dict) else json.loads(body))
    except ValidationError as error:
        raise BridgeError(ErrorCode.INVALID_REQUEST, describe(error)) from None
    except (ValueError, RecursionError) as error:
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"The body is not JSON: {error}.") from None


def describe(error: ValidationError) -> str:
    """The first faults as one sentence each."""
    sentences: list[str] = []
    for fault in error.errors(include_url=False)[:3]:
        path = fault["loc"]
        path = path[1:] if path[:1] == ("params",) else path  # an option has one name everywhere
        where = ".".join(str(part) for part in path if _is_name(part)) or "request"
        what = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            what = "this version of Layerbridge does not know this field"
        given = "" if fault["type"] in UNTOLD else f" (given: {_short(fault['input'])})"
        sentences.append(f"{where}: {what}{given}.")
    return " ".join(sentences)


def _is_name(part: int | str) -> bool:
    """Of a field or an index; pydantic also names the kind that it tried, such as function-before[...]."""
    return isinstance(part, int) or part.isidentifier()


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def as_bridge_error(error: Exception) -> BridgeError:
    """What a client is told of a failure nobody foresaw; the log has the trace."""
    if isinstance(error, OSError | sqlite3.Error):
        return storage_error(error)
    return BridgeError(ErrorCode.INTERNAL, "A fault in Layerbridge. Please report it with the daemon's log.")
