"""Following a job to its end by long-polls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from . import wire

WAIT_SECONDS = 20  # of one long-poll

Look = Callable[[int, int], Mapping[str, Any]]  # (after, wait in seconds) -> what GET /v1/jobs/{id} answers


def follow(
    look: Look, after: int = 0, wait: int = WAIT_SECONDS
) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """A job's snapshots as they change, each with the events that led to it; the last one is of a final state.

    after: the newest event that is known already. The first look does not wait, so that it shows at once how the job
    stands. What `look` raises ends it.
    """
    seconds = 0
    while True:
        reply = look(after, seconds)
        job, events = reply["job"], reply.get("events", [])
        after = max([after, int(job.get("seq", 0)), *(int(event["seq"]) for event in events)])
        yield job, events
        if job["state"] in wire.FINAL_STATES:
            return
        seconds = wait
