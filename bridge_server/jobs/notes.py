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
from ..operations.registry import Registry
from ..protocol.earlier import as_envelope
from ..protocol.envelope import BASE, JobRequest
from ..protocol.frame import PREFIX_BYTES, decode_header, header_length
from ..protocol.messages import ArtifactInfo, ErrorBody, JobState, Progress, ResultMessage
from .record import Job
from .stored import Stored, read_json, read_model, read_request

NOTE = "job.json"
REQUEST = "request.frame"
LAYER = "layer"  # the role whose file is named by its number alone
MAX_VARIATIONS = 1000  # far more than a job can have
LOST_END = (
    "How this job ended was lost with the job journal; it was found again in its folder. "
    "Run it again from History if you need it."
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
        "supersedes": job.supersedes,
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


def artifact_name(role: str, index: int) -> str:
    """The name of the file of an artifact."""
    return f"result-{index}.frame" if role == LAYER else f"result-{index}.{role}.frame"


def thumbnail_name(index: int) -> str:
    return f"result-{index}.jpg"


def picture_name(role: str, index: int, suffix: str) -> str:
    """Of an artifact as a picture file, which can be made again at any time. suffix: .png or .jpg."""
    return f"result-{index}.{role}{suffix}"


def unfinished_name(index: int) -> str:
    """Of the file that is there while only some of a variation's artifacts are."""
    return f"result-{index}.unfinished"


def variation_of(name: str) -> int | None:
    """Of which variation a file is, by its name; None where it is no result's."""
    number = name.removeprefix("result-").partition(".")[0]
    is_one = name.startswith("result-") and number.isascii() and number.isdigit() and int(number) < MAX_VARIATIONS
    return int(number) if is_one else None


def read_variation(folder: Path, index: int) -> list[ArtifactInfo]:
    """What the files of a finished variation say of themselves; nothing where it is not whole. Raises OSError."""
    if (folder / unfinished_name(index)).exists():
        return []
    found = [read_artifact(path, index) for path in sorted(folder.glob(f"result-{index}.*frame"))]
    return [made for made in found if made is not None]


def read_artifact(path: Path, index: int) -> ArtifactInfo | None:
    """What the file of an artifact says of itself; None where there is no whole one."""
    found = read_header(path)
    if found is None:
        return None
    message, size = found
    role = path.name.removeprefix(f"result-{index}.").removesuffix("frame").removesuffix(".") or LAYER
    try:
        made = ResultMessage.model_validate(message)
    except ValueError:  # of another version
        told = {"seed": message.get("seed", 0), "bounds": message.get("bounds")}
    else:
        told = {"seed": made.seed, "bounds": made.bounds}
    try:
        return ArtifactInfo.model_validate({"role": role, "index": index, "bytes": size, "meta": told})
    except ValueError:
        return None


def find_job(folder: Path, asked: type[JobRequest] = JobRequest) -> Found | None:
    """The job whose files lie in `folder`; None where neither its request nor a result can be read. Raises OSError.

    asked: see stored.read_request.
    """
    indices = {index for file in folder.iterdir() if (index := variation_of(file.name)) is not None}
    artifacts = [made for index in sorted(indices) for made in read_variation(folder, index)]
    sent = read_header(folder / REQUEST)
    if sent is None and not artifacts:
        return None
    note = _read_note(folder)
    values = [file.stat() for file in folder.iterdir() if not file.name.endswith(PART)]
    created = note.get("created")
    first_written = min(value.st_mtime for value in values)
    told = note.get("request") or _as_painted(folder, sent[0] if sent else None, artifacts, asked.operations)
    request, exact = read_request(told, asked)
    made_with = note["model"] if "model" in note else _model_of(folder, artifacts)
    model, exact_model = read_model(made_with, request.spec)
    known = None if model is None else model.to_json()
    stored = _stored(note, told, made_with if "model" in note else known)
    complete = len({made.index for made in artifacts}) == request.options.num_images
    job = Job(
        id=folder.name,
        client=str(note.get("client", "")),
        key=str(note.get("key", "")) if complete else "",  # a repeated click paints again what has no results
        supersedes=str(note.get("supersedes", "")),
        request=request,
        model=model,
        created=float(created) if isinstance(created, int | float) else first_written,
        state=JobState.DONE if complete else JobState.FAILED,
        updated=time.time(),
        artifacts={(made.role, made.index): made for made in artifacts},
        error=None if complete else ErrorBody(code=ErrorCode.INTERRUPTED, message=LOST_END),
        bytes=sum(value.st_size for value in values),
        progress=Progress(stage="finished", fraction=1.0),
        other_version=not (exact and stored.is_known(asked.operations) and (exact_model or "model" not in note)),
        stored=stored,
    )
    return Found(job, str(note.get("client_name", "")), bool(note))


def _stored(note: dict[str, Any], request: Any, model: Any) -> Stored:
    """As the note has it. A note without an operation is of a version of which each kind was one."""
    version = note.get("operation_version", 1)
    asked = cast("dict[str, Any]", request) if isinstance(request, dict) else {}
    return Stored(
        operation=str(note.get("operation") or asked.get("operation") or asked.get("kind", "")),
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


def _message(folder: Path, artifacts: list[ArtifactInfo]) -> dict[str, Any]:
    """Of the first artifact; empty where there is none."""
    first = next(iter(artifacts), None)
    found = read_header(folder / artifact_name(first.role, first.index)) if first else None
    return found[0] if found else {}


def _as_painted(
    folder: Path, sent: dict[str, Any] | None, artifacts: list[ArtifactInfo], operations: Registry
) -> dict[str, Any]:
    """The request with the seed and the model that the daemon has chosen, as far as a result tells them."""
    painted = _envelope(_message(folder, artifacts).get("request"), operations)
    request = painted if sent is None else _envelope(sent, operations)
    own = request.get("params")
    params: dict[str, Any] = dict(cast("dict[str, Any]", own)) if isinstance(own, dict) else {}
    if sent is None:
        params["num_images"] = max((made.index for made in artifacts), default=0) + 1
    if artifacts and "seed" in (painted.get("params") or {}):
        params["seed"] = max(0, artifacts[0].meta.seed - artifacts[0].index)
    models = request.get("models") or painted.get("models")
    name = _model_of(folder, artifacts).get("name")
    if not models and name:
        models = [{"model": name, "role": BASE}]
    return request | {"params": params, "models": models or []}


def _envelope(message: Any, operations: Registry) -> dict[str, Any]:
    return as_envelope(cast("dict[str, Any]", message), operations) if isinstance(message, dict) else {}


def _model_of(folder: Path, artifacts: list[ArtifactInfo]) -> dict[str, Any]:
    used: Any = _message(folder, artifacts).get("model")
    return cast("dict[str, Any]", used) if isinstance(used, dict) else {}
