"""job.json: what the daemon knew of a job when it accepted it, kept beside its request in the spool.

The journal is what counts. The note is for the day on which the journal is lost: from it and the results, History is
made again. It is written before the client hears of the job, and never changed.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from .. import __version__
from ..durable import PART
from ..errors import ErrorCode, FrameError
from ..protocol.frame import PREFIX_BYTES, decode_header, header_length
from ..protocol.messages import ErrorBody, JobState, Progress, ResultInfo, ResultMessage
from .record import Job
from .stored import Stored, read_json, read_model, read_request

NOTE = "job.json"
REQUEST = "request.frame"
MAX_RESULTS = 1000  # far more than a job can have
LOST_END = ErrorBody(
    code=ErrorCode.INTERRUPTED,
    message="How this job ended was lost with the job journal; it was found again in its folder. "
    "Run it again from History if you need it.",
)


@dataclass(frozen=True)
class Found:
    """A job that was made again from its folder. client_name: "" where it is not known. has_note: whether there was a
    note; without one the request is as it was sent, without what the daemon chose.
    """

    job: Job
    client_name: str
    has_note: bool


def note_of(job: Job, client_name: str) -> bytes:
    stored = job.as_stored()
    note = {
        "version": __version__,
        "client": job.client,
        "client_name": client_name,
        "key": job.key,
        "created": job.created,
        "operation": stored.operation,
        "operation_version": stored.version,
        "model": json.loads(stored.model),
        "request": json.loads(stored.request),
    }
    return json.dumps(note).encode()


def read_header(path: Path) -> tuple[dict[str, Any], int] | None:
    """The message of a frame and its length in bytes; None where there is no whole frame."""
    try:
        with path.open("rb") as file:
            header = decode_header(file.read(header_length(file.read(PREFIX_BYTES))))
        size = path.stat().st_size
    except (OSError, ValueError, FrameError):
        return None
    return (header.message, size) if size == header.total_bytes else None


def read_result(path: Path, index: int) -> ResultInfo | None:
    """What a result file says of itself; None where there is no whole one."""
    found = read_header(path)
    if found is None:
        return None
    message, size = found
    try:
        result = ResultMessage.model_validate(message)
    except ValueError:
        return _result_of_another_version(message, index, size)
    return ResultInfo(index=index, seed=result.seed, bounds=result.bounds, bytes=size)


def _result_of_another_version(message: dict[str, Any], index: int, size: int) -> ResultInfo | None:
    try:
        return ResultInfo.model_validate(
            {"index": index, "seed": message.get("seed", 0), "bounds": message.get("bounds"), "bytes": size}
        )
    except ValueError:
        return None


def find_job(folder: Path) -> Found | None:
    """The job whose files lie in `folder`; None where neither its request nor a result can be read. Raises OSError."""
    results: dict[int, ResultInfo] = {}
    for path in folder.glob("result-*.frame"):
        number = path.name.removeprefix("result-").removesuffix(".frame")
        if number.isascii() and number.isdigit() and int(number) < MAX_RESULTS:
            result = read_result(path, int(number))
            if result is not None:
                results[result.index] = result
    sent = read_header(folder / REQUEST)
    if sent is None and not results:
        return None
    note = _read_note(folder)
    values = [file.stat() for file in folder.iterdir() if not file.name.endswith(PART)]
    created = note.get("created")
    first_written = min(value.st_mtime for value in values)
    asked = note.get("request") or _as_painted(folder, sent[0] if sent else None, results)
    request, exact = read_request(asked)
    made_with = note.get("model") or _model_of(folder, results)
    model, exact_model = read_model(made_with)
    stored = _stored(note, asked, made_with if "model" in note else model.to_json())
    complete = len(results) == request.count
    job = Job(
        id=folder.name,
        client=str(note.get("client", "")),
        key=str(note.get("key", "")) if complete else "",  # a repeated click paints again what has no results
        request=request,
        model=model,
        created=float(created) if isinstance(created, int | float) else first_written,
        state=JobState.DONE if complete else JobState.FAILED,
        updated=time.time(),
        results=results,
        error=None if complete else LOST_END,
        bytes=sum(value.st_size for value in values),
        progress=Progress(phase="finished", fraction=1.0),
        other_version=not (exact and stored.is_known and (exact_model or "model" not in note)),
        stored=stored,
    )
    return Found(job, str(note.get("client_name", "")), bool(note))


def _stored(note: dict[str, Any], request: Any, model: Any) -> Stored:
    """As the note has it. A note without an operation is of a version of which each kind was one."""
    version = note.get("operation_version", 1)
    kind = cast("dict[str, Any]", request).get("kind", "") if isinstance(request, dict) else ""
    return Stored(
        operation=str(note.get("operation") or kind),
        version=version if isinstance(version, int) else 0,
        request=json.dumps(request),
        model=json.dumps(model),
    )


def _read_note(folder: Path) -> dict[str, Any]:
    try:
        note = read_json((folder / NOTE).read_bytes())
    except OSError:
        return {}
    return cast("dict[str, Any]", note) if isinstance(note, dict) else {}


def _message(folder: Path, results: dict[int, ResultInfo]) -> dict[str, Any]:
    """Of the first result; empty where there is none."""
    found = read_header(folder / f"result-{min(results)}.frame") if results else None
    return found[0] if found else {}


def _as_painted(folder: Path, sent: dict[str, Any] | None, results: dict[int, ResultInfo]) -> dict[str, Any]:
    """The request with the seed and the model that the daemon has chosen, as far as a result tells them."""
    painted: dict[str, Any] = _message(folder, results).get("request") or {}
    request = dict(sent if sent is not None else {**painted, "count": max(results, default=0) + 1})
    if results:
        request["seed"] = max(0, results[min(results)].seed - min(results))
    if not request.get("model"):
        request["model"] = painted.get("model") or _model_of(folder, results).get("name")
    return request


def _model_of(folder: Path, results: dict[int, ResultInfo]) -> dict[str, Any]:
    used: Any = _message(folder, results).get("model")
    return cast("dict[str, Any]", used) if isinstance(used, dict) else {}
