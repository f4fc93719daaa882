"""The daemon's HTTP interface, version 1, over http.client. Blocking: call it from a thread. No gi."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from .failures import UNREACHABLE, BridgeError
from .texts import _

HELLO_SECONDS = 2.0  # a daemon answers it at once; another program on its port may never answer
CONNECT_SECONDS = 0.3  # this machine lets in at once; Windows goes on asking a closed port for two seconds
SHORT_SECONDS = 10.0  # small calls on the same machine
BODY_SECONDS = 300.0  # a large frame on a slow disk
LONG_POLL_SLACK_SECONDS = 15.0


@dataclass(frozen=True)
class Client:
    """Calls one daemon. Every call raises BridgeError with the daemon's sentence, or UNREACHABLE."""

    address: str  # http://127.0.0.1:PORT, or https
    token: str = ""
    certificate: str = ""  # PEM text, of an https address

    def hello(self) -> dict[str, Any]:
        return _parsed(self._call("GET", "/v1/hello", {}, (), HELLO_SECONDS, CONNECT_SECONDS))

    def pair(self, code: str, client: str) -> dict[str, Any]:
        return self._json("POST", "/v1/pair", {"code": code, "client": client})

    def plan(self, request: Mapping[str, Any]) -> dict[str, Any]:
        return self._json("POST", "/v1/plan", request)

    def submit(self, parts: Sequence[Any], key: str) -> dict[str, Any]:
        """Send a frame, buffer after buffer, and return JobAccepted. The same key again makes no second job."""
        length = sum(len(part) for part in parts)
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(length),
            "Idempotency-Key": key,
        }
        return _parsed(self._call("POST", "/v1/jobs", headers, parts, BODY_SECONDS))

    def job(self, job: str, after: int = 0, wait: int = 0) -> dict[str, Any]:
        query = urlencode({"after": after, "wait": wait})
        return self._json("GET", f"/v1/jobs/{quote(job)}?{query}", timeout=wait + LONG_POLL_SLACK_SECONDS)

    def jobs(self, **filters: Any) -> dict[str, Any]:
        """A page of History: `limit`, `before`, `document`, `state`."""
        query = urlencode({name: value for name, value in filters.items() if value is not None})
        return self._json("GET", f"/v1/jobs?{query}")

    def result(self, job: str, index: int) -> bytes:
        return self._call("GET", f"/v1/jobs/{quote(job)}/results/{index}", {}, (), BODY_SECONDS)

    def thumbnail(self, job: str, index: int) -> bytes:
        return self._call("GET", f"/v1/jobs/{quote(job)}/results/{index}/thumbnail", {}, (), SHORT_SECONDS)

    def cancel(self, job: str) -> dict[str, Any]:
        return self._json("POST", f"/v1/jobs/{quote(job)}/cancel")

    def delete(self, job: str) -> dict[str, Any]:
        return self._json("DELETE", f"/v1/jobs/{quote(job)}")

    def resubmit(self, job: str, key: str) -> dict[str, Any]:
        """Run a job again as a new one. The same key again makes no second one."""
        headers = {"Idempotency-Key": key}
        return _parsed(self._call("POST", f"/v1/jobs/{quote(job)}/resubmit", headers, (), SHORT_SECONDS))

    def models(self) -> dict[str, Any]:
        return self._json("GET", "/v1/models")

    def load_model(self, model: str) -> dict[str, Any]:
        return self._json("POST", "/v1/models/load", {"model": model})

    def _json(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, timeout: float = SHORT_SECONDS
    ) -> dict[str, Any]:
        if body is None:
            return _parsed(self._call(method, path, {}, (), timeout))
        data = json.dumps(body).encode("utf-8")
        headers = {"Content-Type": "application/json", "Content-Length": str(len(data))}
        return _parsed(self._call(method, path, headers, (data,), timeout))

    def _call(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        parts: Iterable[Any],
        timeout: float,
        connect_timeout: float | None = None,
    ) -> bytes:
        connection = self._connection(connect_timeout or timeout)
        try:
            connection.connect()
            connection.sock.settimeout(timeout)
            connection.putrequest(method, path, skip_accept_encoding=True)
            connection.putheader("Accept", "application/json, application/octet-stream, image/jpeg")
            if self.token:
                connection.putheader("Authorization", f"Bearer {self.token}")
            if method == "POST" and "Content-Length" not in headers:
                connection.putheader("Content-Length", "0")
            for name, value in headers.items():
                connection.putheader(name, value)
            refused_early = _send(connection, parts)
            response = connection.getresponse()
            data = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise BridgeError(UNREACHABLE, not_running_text(), f"{self.address}{path}: {error!r}") from None
        finally:
            connection.close()
        if 200 <= response.status < 300 and not refused_early:
            return data
        raise _failure(response.status, data)

    def _connection(self, timeout: float) -> http.client.HTTPConnection:
        parsed = urlsplit(self.address)
        host, port = parsed.hostname or "127.0.0.1", parsed.port or 80
        if parsed.scheme != "https":
            return http.client.HTTPConnection(host, port, timeout=timeout)
        try:
            from .pinned import PinnedConnection

            return PinnedConnection(host, port, self.certificate, timeout)
        except (ImportError, ValueError) as error:  # no ssl in this Python, or no certificate in the file
            raise BridgeError(UNREACHABLE, not_running_text(), f"{self.address}: {error!r}") from None


def not_running_text() -> str:
    return _("Layerbridge is not running. Start it with “layerbridge serve” in a terminal, then try again.")


def _send(connection: http.client.HTTPConnection, parts: Iterable[Any]) -> bool:
    """Send head and body; True where the daemon stopped reading, because it has answered with a refusal already."""
    connection.endheaders()
    try:
        for part in parts:
            connection.send(part)
    except (BrokenPipeError, ConnectionResetError, ConnectionAbortedError):
        return True
    return False


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise BridgeError("internal", _("Layerbridge gave an answer that is not understood. Update the plug-in."))
    return value


def _failure(status: int, data: bytes) -> BridgeError:
    """The daemon's envelope, or a sentence where something else answered."""
    try:
        value = json.loads(data)
        return BridgeError(str(value["code"]), str(value["message"]), str(value.get("detail", "")))
    except (ValueError, KeyError, TypeError):
        text = _("Something that is not Layerbridge answered at its address (HTTP {status}).").format(status=status)
        return BridgeError(UNREACHABLE, text, data[:200].decode("utf-8", "replace"))
