"""The daemon's HTTP interface, version 1: a method for each call."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from .failures import UNREACHABLE, BridgeError
from .greeting import CONNECT_SECONDS, HELLO_SECONDS
from .sentences import Sentences
from .transport import NoAnswerError, Transport, read_envelope, read_object

SHORT_SECONDS = 10.0  # small calls on the same machine
BODY_SECONDS = 300.0  # a large frame on a slow disk
LONG_POLL_SLACK_SECONDS = 15.0
ACCEPT = "application/json, application/octet-stream, image/jpeg"


@dataclass(frozen=True)
class Client:
    """Calls one daemon. Every call raises BridgeError with the daemon's sentence, or UNREACHABLE."""

    address: str  # http://127.0.0.1:PORT, or https
    token: str = ""
    certificate: str = ""  # PEM text, of an https address
    sentences: Sentences = field(default_factory=Sentences)

    @property
    def transport(self) -> Transport:
        return Transport(self.address, self.token, self.certificate)

    def hello(self) -> dict[str, Any]:
        return self._parsed(self._call("GET", "/v1/hello", seconds=HELLO_SECONDS, connect_seconds=CONNECT_SECONDS))

    def pair(self, code: str, client: str) -> dict[str, Any]:
        return self._json("POST", "/v1/pair", {"code": code, "client": client})

    def plan(self, request: Mapping[str, Any]) -> dict[str, Any]:
        return self._json("POST", "/v1/plan", request)

    def submit(self, parts: Sequence[Any], key: str) -> dict[str, Any]:
        """Send a frame, buffer after buffer, and return JobAccepted. The same key again makes no second job."""
        headers = {"Content-Type": "application/octet-stream", "Idempotency-Key": key}
        return self._parsed(self._call("POST", "/v1/jobs", parts, headers, seconds=BODY_SECONDS))

    def job(self, job: str, after: int = 0, wait: int = 0) -> dict[str, Any]:
        query = urlencode({"after": after, "wait": wait})
        return self._json("GET", f"/v1/jobs/{quote(job)}?{query}", seconds=wait + LONG_POLL_SLACK_SECONDS)

    def jobs(self, **filters: Any) -> dict[str, Any]:
        """A page of History: `limit`, `before`, `document`, `state`, `q` (words)."""
        query = urlencode({name: value for name, value in filters.items() if value is not None})
        return self._json("GET", f"/v1/jobs?{query}")

    def artifact(self, job: str, role: str, index: int) -> bytes:
        """The frame of one of a job's `artifacts`."""
        return self._call("GET", f"/v1/jobs/{quote(job)}/artifacts/{quote(role)}/{index}", seconds=BODY_SECONDS)

    def thumbnail(self, job: str, index: int) -> bytes:
        return self._call("GET", f"/v1/jobs/{quote(job)}/thumbnails/{index}", seconds=SHORT_SECONDS)

    def cancel(self, job: str) -> dict[str, Any]:
        return self._json("POST", f"/v1/jobs/{quote(job)}/cancel")

    def delete(self, job: str) -> dict[str, Any]:
        return self._json("DELETE", f"/v1/jobs/{quote(job)}")

    def resubmit(self, job: str, key: str) -> dict[str, Any]:
        """Run a job again as a new one. The same key again makes no second one."""
        path = f"/v1/jobs/{quote(job)}/resubmit"
        return self._parsed(self._call("POST", path, (), {"Idempotency-Key": key}, seconds=SHORT_SECONDS))

    def operations(self) -> dict[str, Any]:
        return self._json("GET", "/v1/operations")

    def models(self) -> dict[str, Any]:
        return self._json("GET", "/v1/models")

    def _json(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, seconds: float = SHORT_SECONDS
    ) -> dict[str, Any]:
        if body is None:
            return self._parsed(self._call(method, path, seconds=seconds))
        data = json.dumps(body).encode("utf-8")
        return self._parsed(self._call(method, path, (data,), {"Content-Type": "application/json"}, seconds=seconds))

    def _call(
        self,
        method: str,
        path: str,
        parts: Sequence[Any] = (),
        headers: Mapping[str, str] | None = None,
        *,
        seconds: float,
        connect_seconds: float | None = None,
    ) -> bytes:
        headers = {"Accept": ACCEPT, **(headers or {})}
        try:
            answer = self.transport.exchange(
                method, path, parts, headers, seconds=seconds, connect_seconds=connect_seconds
            )
        except NoAnswerError as error:
            detail = f"{self.address}{path}: {error.cause!r}"
            raise BridgeError(UNREACHABLE, self.sentences.unreachable, detail) from None
        if 200 <= answer.status < 300 and not answer.early:
            return answer.content
        said = read_envelope(answer.content)
        if said is not None:
            raise BridgeError(said.code, said.message, said.detail)
        text = self.sentences.not_layerbridge.format(status=answer.status)
        raise BridgeError(UNREACHABLE, text, answer.content[:200].decode("utf-8", "replace"))

    def _parsed(self, content: bytes) -> dict[str, Any]:
        value = read_object(content)
        if value is None:
            raise BridgeError("internal", self.sentences.not_understood)
        return value
