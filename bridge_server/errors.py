"""The closed list of things that can go wrong, each with what the user can do about it (standard library only).

Every failure that leaves a process of Layerbridge is one of these codes in the envelope `{code, message, detail}`.
`message` is a sentence a user understands and says what to do next; `detail` is for a bug report and may be empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ErrorCode(StrEnum):
    INVALID_REQUEST = "invalid_request"
    INVALID_FRAME = "invalid_frame"
    TOO_LARGE = "too_large"
    TOO_MANY_PIXELS = "too_many_pixels"
    EMPTY_SELECTION = "empty_selection"
    UNSUPPORTED = "unsupported"
    UNAUTHORIZED = "unauthorized"
    PAIRING_REFUSED = "pairing_refused"
    PAIRING_RATE_LIMITED = "pairing_rate_limited"
    FORBIDDEN_HOST = "forbidden_host"
    FORBIDDEN_ORIGIN = "forbidden_origin"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    NOT_ACCEPTABLE = "not_acceptable"
    NOT_READY = "not_ready"
    IDEMPOTENCY_CONFLICT = "idempotency_conflict"
    SUPERSEDED = "superseded"
    QUEUE_FULL = "queue_full"
    DISK_FULL = "disk_full"
    FOLDER_UNWRITABLE = "folder_unwritable"
    INCOMPATIBLE_VERSION = "incompatible_version"
    SHUTTING_DOWN = "shutting_down"
    MODEL_NOT_FOUND = "model_not_found"
    MODEL_UNREADABLE = "model_unreadable"
    MODEL_UNSAFE = "model_unsafe"
    OUT_OF_MEMORY = "out_of_memory"
    WORKER_DIED = "worker_died"
    WORKER_UNRESPONSIVE = "worker_unresponsive"
    WORKER_UNAVAILABLE = "worker_unavailable"
    INTERRUPTED = "interrupted"
    SAFETY_BLOCKED = "safety_blocked"
    BAD_OUTPUT = "bad_output"
    NOTHING_FOUND = "nothing_found"
    INTERNAL = "internal"


@dataclass(frozen=True)
class ErrorInfo:
    """What a code means: its HTTP status where it answers a call, and the documented remedy."""

    status: int
    meaning: str
    remedy: str


ERRORS: dict[ErrorCode, ErrorInfo] = {
    ErrorCode.INVALID_REQUEST: ErrorInfo(
        400, "A field is missing, unknown or out of range.", "Correct the field that the message names."
    ),
    ErrorCode.INVALID_FRAME: ErrorInfo(
        400, "The bytes are not a frame.", "Update the plug-in; the message says what is wrong with the frame."
    ),
    ErrorCode.TOO_LARGE: ErrorInfo(
        413, "A header or body is longer than allowed.", "Select a smaller area, or scale the image down."
    ),
    ErrorCode.TOO_MANY_PIXELS: ErrorInfo(
        413, "The crop has more pixels than allowed.", "Select a smaller area, or scale the image down."
    ),
    ErrorCode.EMPTY_SELECTION: ErrorInfo(
        400, "There is nothing to paint: the mask is empty.", "Select an area that lies on the picture."
    ),
    ErrorCode.UNSUPPORTED: ErrorInfo(
        400, "This model or version cannot do what was asked.", "Choose another model or setting, as the message says."
    ),
    ErrorCode.UNAUTHORIZED: ErrorInfo(
        401, "The token is missing, unknown or revoked.", "Pair the plug-in again: run `layerbridge pair`."
    ),
    ErrorCode.PAIRING_REFUSED: ErrorInfo(
        403, "The pairing code is wrong, used or too old.", "Run `layerbridge pair` for a new code."
    ),
    ErrorCode.PAIRING_RATE_LIMITED: ErrorInfo(
        429,
        "Many wrong pairing codes in a minute.",
        "Compare yours with what `layerbridge pair` shows; it is still taken.",
    ),
    ErrorCode.FORBIDDEN_HOST: ErrorInfo(
        403, "The Host header names another machine.", "Use localhost, or allow the name with `serve --allow-host`."
    ),
    ErrorCode.FORBIDDEN_ORIGIN: ErrorInfo(
        403, "A web page that is not Layerbridge's asked.", "Use the plug-in or the command line."
    ),
    ErrorCode.NOT_FOUND: ErrorInfo(
        404, "There is no such thing, or it belongs to another client, or it has expired.", "Look in History."
    ),
    ErrorCode.METHOD_NOT_ALLOWED: ErrorInfo(405, "This address does not take that method.", "See docs/protocol.md."),
    ErrorCode.NOT_ACCEPTABLE: ErrorInfo(
        406, "It cannot be had in the form that was asked for.", "Ask for one of the forms that the message names."
    ),
    ErrorCode.NOT_READY: ErrorInfo(409, "The result is not there yet.", "Wait for its `artifact` event."),
    ErrorCode.IDEMPOTENCY_CONFLICT: ErrorInfo(
        409, "The same Idempotency-Key came with another body.", "Use a new key for a new request."
    ),
    ErrorCode.SUPERSEDED: ErrorInfo(
        409, "A newer request with the same Supersedes-Key took its place.", "Nothing: the newer one goes on."
    ),
    ErrorCode.QUEUE_FULL: ErrorInfo(
        429, "Too many jobs are waiting.", "Wait for one to finish, or cancel some in History."
    ),
    ErrorCode.DISK_FULL: ErrorInfo(
        507, "The disk has no room for the picture.", "Free some space, or delete old jobs in History."
    ),
    ErrorCode.FOLDER_UNWRITABLE: ErrorInfo(
        500,
        "Layerbridge's folder is read-only, held by another program, or gone.",
        "Run `layerbridge doctor`; it names the folder. Make it writable again, then try again.",
    ),
    ErrorCode.INCOMPATIBLE_VERSION: ErrorInfo(
        400, "Plug-in and daemon speak no common version.", "Update both: `layerbridge plugin install`."
    ),
    ErrorCode.SHUTTING_DOWN: ErrorInfo(503, "The daemon is stopping.", "Start it again: `layerbridge serve`."),
    ErrorCode.MODEL_NOT_FOUND: ErrorInfo(
        404, "No model of that name is installed.", "Pick one from `layerbridge models list`."
    ),
    ErrorCode.MODEL_UNREADABLE: ErrorInfo(
        422, "The model's files are damaged or of an unknown kind.", "Get the model again; the message names the file."
    ),
    ErrorCode.MODEL_UNSAFE: ErrorInfo(
        422,
        "The model could run a program: it is a pickle, or names or brings code of its own.",
        "Use the model's .safetensors version, or get it in its plain form; the message says which file it is.",
    ),
    ErrorCode.OUT_OF_MEMORY: ErrorInfo(
        507,
        "The device ran out of memory.",
        "Select a smaller area, close other programs that use the GPU, or choose a smaller model.",
    ),
    ErrorCode.WORKER_DIED: ErrorInfo(
        500, "The process that paints ended unexpectedly.", "Try again; if it happens again, run `layerbridge doctor`."
    ),
    ErrorCode.WORKER_UNRESPONSIVE: ErrorInfo(
        500, "The process that paints did not answer and was replaced.", "Try again."
    ),
    ErrorCode.WORKER_UNAVAILABLE: ErrorInfo(
        503, "The process that paints cannot start.", "Run `layerbridge doctor`; it says what is missing."
    ),
    ErrorCode.INTERRUPTED: ErrorInfo(
        500, "The daemon stopped while this ran.", "Run it again from History; nothing needs to be typed again."
    ),
    ErrorCode.SAFETY_BLOCKED: ErrorInfo(
        422, "The model's safety checker blacked the picture out.", "Change the prompt or the seed."
    ),
    ErrorCode.BAD_OUTPUT: ErrorInfo(
        500, "The model gave no picture (not a number).", "Try another seed, sampler or model."
    ),
    ErrorCode.NOTHING_FOUND: ErrorInfo(
        422, "What was to be found is not in the picture.", "Select the area that it is in, or take another picture."
    ),
    ErrorCode.INTERNAL: ErrorInfo(
        500, "A fault in Layerbridge.", "Please report it with the daemon's log; `layerbridge doctor` says where it is."
    ),
}


class BridgeError(Exception):
    """A failure with a code; str(error) is the sentence for the user."""

    def __init__(self, code: ErrorCode, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.detail = detail

    @property
    def status(self) -> int:
        return ERRORS[self.code].status

    def envelope(self) -> dict[str, Any]:
        return {"code": str(self.code), "message": self.message, "detail": self.detail}


class FrameError(BridgeError):
    """The bytes are not a frame; the message says what is wrong and where."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.INVALID_FRAME, message)
