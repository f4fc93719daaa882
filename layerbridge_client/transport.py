"""One request and its answer, over HTTP or over TLS with the daemon's own certificate."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

HTTP_PORT, HTTPS_PORT = 80, 443


class NoAnswerError(Exception):
    """Nothing that speaks HTTP answered to the end; str(error) is what the system said of it."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause) or type(cause).__name__)
        self.cause = cause


@dataclass(frozen=True)
class Answer:
    """`early`: it came before the daemon had the whole request, so that it is a refusal whatever its status."""

    status: int
    content: bytes
    early: bool = False


@dataclass(frozen=True)
class Envelope:
    """The daemon's own words for a refusal."""

    code: str
    message: str
    detail: str


@dataclass(frozen=True)
class Transport:
    """The way to one daemon. address: http://127.0.0.1:PORT, or https with the PEM text of its certificate."""

    address: str
    token: str = ""
    certificate: str = ""

    def exchange(
        self,
        method: str,
        path: str,
        parts: Sequence[Any] = (),
        headers: Mapping[str, str] | None = None,
        *,
        seconds: float,
        connect_seconds: float | None = None,
        most: int | None = None,
    ) -> Answer:
        """Send buffers of bytes one after another as one body, and read the answer.

        seconds: how long to wait whenever nothing moves; connect_seconds: and for the connection, where that differs.
        most: bytes of the answer that are read at most. Raises NoAnswerError.
        """
        try:
            connection = self._connection(seconds if connect_seconds is None else connect_seconds)
        except (ImportError, ValueError) as error:  # no ssl in this Python; no certificate or no port in the file
            raise NoAnswerError(error) from None
        try:
            connection.connect()
            connection.sock.settimeout(seconds)
            early = _send(connection, method, path, parts, self._headers(headers or {}))
            response = connection.getresponse()
            return Answer(response.status, response.read() if most is None else response.read(most), early)
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswerError(error) from None
        finally:
            connection.close()

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {**({"Authorization": f"Bearer {self.token}"} if self.token else {}), **headers}

    def _connection(self, seconds: float) -> http.client.HTTPConnection:
        parsed = urlsplit(self.address)
        host = parsed.hostname or "127.0.0.1"
        if parsed.scheme != "https":
            return http.client.HTTPConnection(host, parsed.port or HTTP_PORT, timeout=seconds)
        from .pinned import PinnedConnection

        return PinnedConnection(host, parsed.port or HTTPS_PORT, self.certificate, seconds)


def _send(
    connection: http.client.HTTPConnection, method: str, path: str, parts: Sequence[Any], headers: Mapping[str, str]
) -> bool:
    """Send head and body; True where the daemon stopped reading, because it has answered with a refusal already."""
    connection.putrequest(method, path, skip_accept_encoding=True)
    if parts or method != "GET":
        connection.putheader("Content-Length", str(sum(len(part) for part in parts)))
    for name, value in headers.items():
        connection.putheader(name, value)
    try:
        connection.endheaders()
        for part in parts:
            connection.send(part)
    except (BrokenPipeError, ConnectionResetError, ConnectionAbortedError):  # the last is Windows' name for it
        return True
    return False


def read_object(content: bytes) -> dict[str, Any] | None:
    """The JSON object in an answer; None where it is something else."""
    try:
        value: object = json.loads(content)
    except ValueError:
        return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def read_envelope(content: bytes) -> Envelope | None:
    """A refusal in the daemon's words; None where something else answered."""
    value = read_object(content)
    if value is None or "code" not in value or "message" not in value:
        return None
    return Envelope(str(value["code"]), str(value["message"]), str(value.get("detail", "")))
