"""Whether the answers are those that protocol/endpoints.py declares.

Only the daemons of tests look: LAYERBRIDGE_UNDECLARED names the file in which they note every other answer, and a test
during which that file grows fails.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from ..errors import ERRORS, ErrorCode
from ..protocol.endpoints import ENDPOINTS, RANGE_STATUSES, SOCKET, Endpoint, errors_of

UNDECLARED_VARIABLE = "LAYERBRIDGE_UNDECLARED"
NO_SUCH_CALL = (ErrorCode.NOT_FOUND, ErrorCode.METHOD_NOT_ALLOWED)
OF_A_MESSAGE = (ErrorCode.INVALID_REQUEST, *NO_SUCH_CALL)  # what any message of a WebSocket may be answered with


def endpoint_of(method: str, path: str) -> Endpoint | None:
    """The call that a method and a path without its query mean."""
    for endpoint in (*ENDPOINTS, SOCKET):
        pattern = re.sub(r"\{\w+\}", "[^/]+", endpoint.path)
        if endpoint.method == method and re.fullmatch(pattern, path):
            return endpoint
    return None


def undeclared(endpoint: Endpoint | None, status: int, code: str | None) -> str:
    """What is wrong with an answer, or "". endpoint: None where no call has that address. code: of a refusal."""
    if code is None:
        allowed = () if endpoint is None else (endpoint.status, *(RANGE_STATUSES if endpoint.ranges else ()))
        return "" if status in allowed else f"status {status} without a code"
    if code not in (NO_SUCH_CALL if endpoint is None else errors_of(endpoint)):
        return f"code {code}"
    return "" if status == ERRORS[ErrorCode(code)].status else f"code {code} with status {status}"


def _code_of(response: web.StreamResponse) -> str | None:
    """Of the envelope; None where there is none."""
    if response.status < 400 or not isinstance(response, web.Response) or response.content_type != "application/json":
        return None
    return json.loads(response.text or "{}").get("code")


class Contract:
    """Notes the answers that are not declared, where a file for that is named; does nothing elsewhere."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        named = environment.get(UNDECLARED_VARIABLE)
        self._file = Path(named) if named else None

    @property
    def looks(self) -> bool:
        return self._file is not None

    def answered(self, method: str, path: str, response: web.StreamResponse) -> None:
        """An answer over HTTP."""
        self._note(method, path, undeclared(endpoint_of(method, path), response.status, _code_of(response)))

    def refused_message(self, method: str, path: str, code: ErrorCode) -> None:
        """A refusal over a WebSocket."""
        if self._file is not None and code not in OF_A_MESSAGE:
            self._note(method, path, undeclared(endpoint_of(method, path), ERRORS[code].status, code))

    def _note(self, method: str, path: str, fault: str) -> None:
        if fault and self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(f"{method} {path} answered with {fault}, which protocol/endpoints.py does not declare\n")
