"""A job as rows of the journal, and back. Rows of another version are read as far as they can be, never left out."""

from __future__ import annotations

import json
from typing import Any, cast

from ..errors import ErrorCode
from ..protocol.envelope import JobRequest
from ..protocol.messages import ArtifactInfo, ErrorBody, JobState, Progress
from .record import Job
from .states import FINISHED
from .stored import Stored, read_error, read_json, read_model, read_request, read_warnings

COLUMNS = (
    "id", "client", "key", "request", "model", "state", "created", "updated", "seq", "bytes", "error",
    "resubmitted_as", "warnings", "operation", "operation_version", "supersedes",
)  # fmt: skip
ARTIFACT_COLUMNS = ("job", "role", "idx", "seed", "bounds", "bytes", "media_type", "meta")
UNKNOWN_STATE = "Another version of Layerbridge has recorded how this job ended."


def row_of(job: Job) -> tuple[Any, ...]:
    """In the order of COLUMNS."""
    stored = job.as_stored()
    start = (job.id, job.client, job.key, stored.request, stored.model)
    state, updated, *rest = changing_values(job)
    return (*start, state, job.created, updated, *rest, stored.operation, stored.version, job.supersedes)


def changing_values(job: Job) -> tuple[Any, ...]:
    """What changes in the life of a job: state, updated, seq, bytes, error, resubmitted_as, warnings."""
    error = None if job.error is None else job.error.model_dump_json()
    warnings = json.dumps([warning.model_dump() for warning in job.warnings])
    return (str(job.state), job.updated, job.seq, job.bytes, error, job.resubmitted_as, warnings)


def artifact_row(job: str, made: ArtifactInfo) -> tuple[Any, ...]:
    """In the order of ARTIFACT_COLUMNS."""
    more = json.dumps(made.meta.model_extra or {})
    bounds = made.meta.bounds.model_dump_json()
    return (job, made.role, made.index, made.meta.seed, bounds, made.bytes, made.media_type, more)


def artifact_of(
    role: Any, index: Any, seed: Any, bounds: Any, size: Any, media_type: Any, more: Any
) -> ArtifactInfo | None:
    """None where the row cannot be read."""
    known = read_json(more)
    try:
        told = cast("dict[str, Any]", known if isinstance(known, dict) else {})
        meta = {**told, "seed": seed, "bounds": read_json(bounds)}
        return ArtifactInfo.model_validate(
            {"role": role, "index": index, "media_type": media_type, "bytes": size, "meta": meta}
        )
    except ValueError:
        return None


def job_of(row: tuple[Any, ...], asked: type[JobRequest] = JobRequest) -> Job:
    """From a row in the order of COLUMNS, without its artifacts. asked: see stored.read_request."""
    value = dict(zip(COLUMNS, row, strict=True))
    stored = Stored(
        operation=str(value["operation"]),
        version=int(_number(value["operation_version"])),
        request=str(value["request"]),
        model=str(value["model"]),
    )
    request, exact_request = read_request(read_json(value["request"]), asked)
    model, exact_model = read_model(read_json(value["model"]), request.spec)
    states = list(JobState)
    state = JobState(value["state"]) if value["state"] in states else JobState.FAILED
    error = read_error(read_json(value["error"]))
    if value["state"] not in states:
        error = error or ErrorBody(code=ErrorCode.INTERRUPTED, message=UNKNOWN_STATE)
    resubmitted = value["resubmitted_as"]
    return Job(
        id=str(value["id"]),
        client=str(value["client"]),
        key=str(value["key"]),
        request=request,
        model=model,
        created=_number(value["created"]),
        state=state,
        updated=_number(value["updated"]),
        error=error,
        resubmitted_as=None if resubmitted is None else str(resubmitted),
        seq=int(_number(value["seq"])),
        bytes=int(_number(value["bytes"])),
        warnings=read_warnings(read_json(value["warnings"])),
        supersedes=str(value["supersedes"]),
        progress=Progress(stage="finished", fraction=1.0) if state in FINISHED else Progress(stage="waiting"),
        other_version=not (
            exact_request and exact_model and stored.is_known(asked.operations) and value["state"] in states
        ),
        stored=stored,
    )


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
