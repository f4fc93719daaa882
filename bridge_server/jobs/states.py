"""The states of a job and the legal ways between them."""

from __future__ import annotations

from ..protocol.messages import JobState

TRANSITIONS: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.LOADING, JobState.RUNNING, JobState.FAILED, JobState.CANCELLED}),
    # straight to done: the daemon ended between a result and its row, and finds the result after the start
    JobState.LOADING: frozenset({JobState.RUNNING, JobState.DONE, JobState.FAILED, JobState.CANCELLED}),
    # back to loading: a worker died between two variations and the next one loads the model again
    JobState.RUNNING: frozenset({JobState.LOADING, JobState.DONE, JobState.FAILED, JobState.CANCELLED}),
    JobState.DONE: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
}

ACTIVE = frozenset({JobState.LOADING, JobState.RUNNING})
FINISHED = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})


class IllegalTransitionError(RuntimeError):
    """A fault in Layerbridge: a job was to go where its state does not lead."""


def check_transition(old: JobState, new: JobState) -> None:
    """Raise IllegalTransitionError unless `old` may become `new`."""
    if new not in TRANSITIONS[old]:
        raise IllegalTransitionError(f"a job that is {old} cannot become {new}")
