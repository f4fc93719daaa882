"""A job as rows of the journal, and back. Rows of another version are read as far as they can be, never left out."""

from __future__ import annotations

import json
from typing import Any

from ..errors import ErrorCode
from ..protocol.messages import Box, ErrorBody, JobState, Progress, ResultInfo
from .record import Job
from .states import FINISHED
from .stored import Stored, read_error, read_json, read_model, read_request, read_warnings

COLUMNS = (
    "id", "client", "key", "request", "model", "state", "created", "updated", "seq", "bytes", "error",
    "resubmitted_as", "warnings", "operation", "operation_version",
)  # fmt: skip
UNKNOWN_STATE = ErrorBody(
    code=ErrorCode.INTERRUPTED, message="Another version of Layerbridge has recorded how this job ended."
)


def row_of(job: Job) -> tuple[Any, ...]:
    """In the order of COLUMNS."""
    stored = job.as_stored()
    start = (job.id, job.client, job.key, stored.request, stored.model)
    state, updated, *rest = changing_values(job)
    return (*start, state, job.created, updated, *rest, stored.operation, stored.version)


def changing_values(job: Job) -> tuple[Any, ...]:
    """What changes in the life of a job: state, updated, seq, bytes, error, resubmitted_as, warnings."""
    error = None if job.error is None else job.error.model_dump_json()
    warnings = json.dumps([warning.model_dump() for warning in job.warnings])
    return (str(job.state), job.updated, job.seq, job.bytes, error, job.resubmitted_as, warnings)


def result_row(job: str, result: ResultInfo) -> tuple[Any, ...]:
    return (job, result.index, result.seed, result.bounds.model_dump_json(), result.bytes)


def result_of(index: Any, seed: Any, bounds: Any, size: Any) -> ResultInfo | None:
    """None where the row cannot be read."""
    try:
        box = Box.model_validate(read_json(bounds))
        return ResultInfo(index=index, seed=seed, bounds=box, bytes=size)
    except ValueError:
        return None


def job_of(row: tuple[Any, ...]) -> Job:
    """From a row in the order of COLUMNS, without its results."""
    value = dict(zip(COLUMNS, row, strict=True))
    stored = Stored(
        operation=str(value["operation"]),
        version=int(_number(value["operation_version"])),
        request=str(value["request"]),
        model=str(value["model"]),
    )
    request, exact_request = read_request(read_json(value["request"]))
    model, exact_model = read_model(read_json(value["model"]))
    states = list(JobState)
    state = JobState(value["state"]) if value["state"] in states else JobState.FAILED
    error = read_error(read_json(value["error"]))
    if value["state"] not in states:
        error = error or UNKNOWN_STATE
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
        progress=Progress(phase="finished", fraction=1.0) if state in FINISHED else Progress(phase="waiting"),
        other_version=not (exact_request and exact_model and stored.is_known and value["state"] in states),
        stored=stored,
    )


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
