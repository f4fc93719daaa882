"""Every call of HTTP API version 1 as data: what it takes, what it answers, and which errors it can give.

The daemon's routes, the OpenAPI document and the tables of docs/protocol.md are made from this. The tests of the whole
project fail where a daemon answers with a code that its call does not list here (http/contract.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from ..errors import ErrorCode as E
from .envelope import PlanRequest
from .messages import FRAME, JobAccepted, JobList, JobReply, JobSnapshot, PlanReply
from .operations import OperationList
from .parameters import ACCEPT, AFTER, IDEMPOTENCY_KEY, LISTING, SUPERSEDES_KEY, WAIT, Parameter
from .service import ClientList, Hello, LoadRequest, ModelList, Ok, PairingCode, PairReply, PairRequest, Status

JPEG = "image/jpeg"
PNG = "image/png"
JSON = "application/json"

Access = Literal["open", "client", "owner"]
Body = type[BaseModel] | Literal["application/octet-stream", "image/jpeg", "image/png", "application/json"]


@dataclass(frozen=True)
class Endpoint:
    """One call. `access`: open needs no token, owner only the secret of runtime.json. `status`: of success.
    `alternatives`: what the answer can also be, where the Accept header asks for it.
    """

    method: str
    path: str
    name: str
    summary: str
    answer: Body
    access: Access = "client"
    takes: Body | None = None
    status: int = 200
    parameters: tuple[Parameter, ...] = ()
    errors: tuple[E, ...] = ()
    ranges: bool = False
    alternatives: tuple[Body, ...] = ()


# disk_full: a call with a token may write to the journal when its client was last seen.
ACCESS_ERRORS: dict[Access, tuple[E, ...]] = {
    "open": (E.FORBIDDEN_HOST, E.FORBIDDEN_ORIGIN, E.INTERNAL),
    "client": (E.UNAUTHORIZED, E.FORBIDDEN_HOST, E.FORBIDDEN_ORIGIN, E.DISK_FULL, E.FOLDER_UNWRITABLE, E.INTERNAL),
    "owner": (E.UNAUTHORIZED, E.FORBIDDEN_HOST, E.FORBIDDEN_ORIGIN, E.DISK_FULL, E.FOLDER_UNWRITABLE, E.INTERNAL),
}
RANGE_STATUSES = {
    206: "The asked range.",
    304: "The file is the one that you have (`If-None-Match`, `If-Modified-Since`).",
    412: "The file is not the one that you have (`If-Match`, `If-Unmodified-Since`).",
    416: "The asked range lies outside the file.",
}
MODEL_ERRORS = (E.MODEL_NOT_FOUND, E.MODEL_UNREADABLE, E.MODEL_UNSAFE, E.UNSUPPORTED)  # of looking a model up

SUBMIT_ERRORS = (
    E.INVALID_FRAME,
    E.INVALID_REQUEST,
    E.EMPTY_SELECTION,
    E.TOO_LARGE,
    E.TOO_MANY_PIXELS,
    *MODEL_ERRORS,
    E.IDEMPOTENCY_CONFLICT,
    E.SUPERSEDED,
    E.QUEUE_FULL,
    E.INTERRUPTED,
    E.SHUTTING_DOWN,
)
ARTIFACT = "/v1/jobs/{id}/artifacts/{role}/{n}"
ARTIFACT_ERRORS = (E.NOT_FOUND, E.NOT_READY)

SUBMIT = Endpoint(
    "POST",
    "/v1/jobs",
    "submit",
    "Queue a job: the body is a request frame whose message is a JobRequest.",
    JobAccepted,
    takes=FRAME,
    status=202,
    parameters=(IDEMPOTENCY_KEY, SUPERSEDES_KEY),
    errors=SUBMIT_ERRORS,
)
ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("GET", "/v1/hello", "hello", "Who answers here, and which versions it speaks.", Hello, access="open"),
    Endpoint(
        "POST",
        "/v1/pair",
        "pair",
        "Exchange a pairing code for a token of this client.",
        PairReply,
        access="open",
        takes=PairRequest,
        errors=(
            E.INVALID_REQUEST,
            E.TOO_LARGE,
            E.PAIRING_REFUSED,
            E.PAIRING_RATE_LIMITED,
            E.DISK_FULL,
            E.FOLDER_UNWRITABLE,
        ),
    ),
    Endpoint(
        "POST",
        "/v1/plan",
        "plan",
        "Which pixels to read and send, and where the new layer will lie.",
        PlanReply,
        takes=PlanRequest,
        errors=(E.INVALID_REQUEST, E.EMPTY_SELECTION, E.TOO_MANY_PIXELS, E.TOO_LARGE, *MODEL_ERRORS),
    ),
    SUBMIT,
    Endpoint(
        "GET",
        "/v1/jobs",
        "history",
        "This client's jobs, newest first.",
        JobList,
        parameters=LISTING,
        errors=(E.INVALID_REQUEST,),
    ),
    Endpoint(
        "GET",
        "/v1/jobs/{id}",
        "job",
        "A job as it is now and what happened since; waits for news where asked to.",
        JobReply,
        parameters=(AFTER, WAIT),
        errors=(E.INVALID_REQUEST, E.NOT_FOUND),
    ),
    Endpoint(
        "DELETE",
        "/v1/jobs/{id}",
        "delete_job",
        "Forget a finished job and its files.",
        Ok,
        errors=(E.NOT_FOUND, E.INVALID_REQUEST),
    ),
    Endpoint(
        "POST",
        "/v1/jobs/{id}/cancel",
        "cancel",
        "Stop a job; no effect on a finished one. Variations that are finished stay.",
        JobSnapshot,
        errors=(E.NOT_FOUND,),
    ),
    Endpoint(
        "POST",
        "/v1/jobs/{id}/resubmit",
        "resubmit",
        "Run a finished, failed or interrupted job's request again as a new job, with the same seed.",
        JobAccepted,
        status=202,
        parameters=(IDEMPOTENCY_KEY,),
        errors=(
            E.NOT_FOUND,
            E.INVALID_REQUEST,
            E.IDEMPOTENCY_CONFLICT,
            E.QUEUE_FULL,
            *MODEL_ERRORS,
            E.INCOMPATIBLE_VERSION,
            E.SHUTTING_DOWN,
        ),
    ),
    Endpoint(
        "GET",
        ARTIFACT,
        "artifact",
        "A finished piece of a variation: a frame whose message is a ResultMessage, or a picture file.",
        FRAME,
        parameters=(ACCEPT,),
        errors=(*ARTIFACT_ERRORS, E.NOT_ACCEPTABLE, E.UNSUPPORTED, E.TOO_LARGE, E.WORKER_DIED),
        ranges=True,
        alternatives=(PNG, JPEG),
    ),
    Endpoint(
        "GET",
        "/v1/jobs/{id}/thumbnails/{n}",
        "thumbnail",
        "A finished variation as a picture of at most 512 pixels.",
        JPEG,
        errors=ARTIFACT_ERRORS,
        ranges=True,
    ),
    Endpoint(
        "GET",
        "/v1/jobs/{id}/previews/{n}",
        "preview",
        "The newest preview of a variation while it is made.",
        JPEG,
        errors=ARTIFACT_ERRORS,
    ),
    Endpoint("GET", "/v1/operations", "operations", "What can be asked for, with every option.", OperationList),
    Endpoint("GET", "/v1/models", "models", "The installed models and what fits this device.", ModelList),
    Endpoint(
        "POST",
        "/v1/models/load",
        "load_model",
        "Load a model now, so that the next job need not wait for it.",
        Ok,
        takes=LoadRequest,
        errors=(
            E.INVALID_REQUEST,
            E.TOO_LARGE,
            *MODEL_ERRORS,
            E.NOT_READY,
            E.OUT_OF_MEMORY,
            E.WORKER_DIED,
            E.WORKER_UNAVAILABLE,
            E.SHUTTING_DOWN,
        ),
    ),
    Endpoint("GET", "/v1/openapi.json", "openapi", "This contract as an OpenAPI 3.1 document.", JSON),
    Endpoint(
        "POST",
        "/v1/pairing-codes",
        "pairing_code",
        "A fresh pairing code; it makes the one before it void.",
        PairingCode,
        access="owner",
    ),
    Endpoint("GET", "/v1/clients", "clients", "The paired clients.", ClientList, access="owner"),
    Endpoint(
        "DELETE",
        "/v1/clients/{client}",
        "revoke_client",
        "Revoke a client: its tokens are void at once.",
        Ok,
        access="owner",
        errors=(E.NOT_FOUND,),
    ),
    Endpoint("GET", "/v1/status", "status", "The daemon's own account of itself.", Status, access="owner"),
    Endpoint("POST", "/v1/shutdown", "shutdown", "Stop the daemon.", Ok, access="owner"),
)


SOCKET = Endpoint(
    "GET",
    "/v1/socket",
    "socket",
    "A WebSocket for events and calls; its first message carries the token (see docs/protocol.md).",
    JSON,
    access="open",
    status=101,
    errors=(E.INVALID_REQUEST,),
)


def endpoint_named(name: str) -> Endpoint:
    """Raises KeyError."""
    return {endpoint.name: endpoint for endpoint in ENDPOINTS}[name]


def errors_of(endpoint: Endpoint) -> tuple[E, ...]:
    """The codes a call can answer with, those of every call included."""
    return tuple(dict.fromkeys((*endpoint.errors, *ACCESS_ERRORS[endpoint.access])))
