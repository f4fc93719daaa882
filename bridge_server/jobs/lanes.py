"""Whose turn it is: lanes by urgency, and inside a lane the clients in turn, task by task. Pure, but for `Turns`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ..operations.registry import Registry


class Lane(StrEnum):
    """What kind of work a task is, the most urgent first: somebody looks on, waits, or does not."""

    INTERACTIVE = "interactive"
    PAINT = "paint"
    TOOL = "tool"
    IO = "io"
    TRAIN = "train"


URGENCY: Mapping[str, int] = {lane: number for number, lane in enumerate(Lane)}
Served = Mapping[tuple[Lane, str], int]


@dataclass(frozen=True)
class Waiting:
    """A job with `tasks` still to start (at least 1)."""

    job: str
    client: str
    lane: Lane
    tasks: int


def paint_lane(_operation: str) -> Lane:
    return Lane.PAINT


def lanes_of(operations: Registry) -> Callable[[str], Lane]:
    """The lane of each operation, by its name; of one that is not there any more, where most are."""
    return lambda name: Lane(operations.get(name).lane) if name in operations else Lane.PAINT


def next_of(waiting: Sequence[Waiting], served: Served) -> Waiting | None:
    """The job that gets the next task; None where none waits.

    waiting: in the order in which the jobs came. served: when a client last got a task in a lane, as a number that
    grows; those who never did are not in it. In the most urgent lane it is the turn of the client who was served
    longest ago, and of its jobs the one that came first.
    """
    return min(waiting, key=lambda one: (URGENCY[one.lane], served.get((one.lane, one.client), 0)), default=None)


def positions(waiting: Sequence[Waiting], served: Served) -> dict[str, int]:
    """For each job, how many others get a task before it gets its first, if no more come."""
    left = {one.job: one.tasks for one in waiting}
    turns = Turns(served)
    found: dict[str, int] = {}
    while len(found) < len(waiting):
        one = turns.take([one for one in waiting if left[one.job]])
        assert one is not None, "a job that has no place yet has a task left"
        found.setdefault(one.job, len(found))
        left[one.job] -= 1
    return found


class Turns:
    """Remembers who was served when."""

    def __init__(self, served: Served | None = None) -> None:
        self.served: dict[tuple[Lane, str], int] = dict(served or {})
        self._last = max(self.served.values(), default=0)

    def take(self, waiting: Sequence[Waiting], fits: Callable[[Waiting], bool] = lambda _one: True) -> Waiting | None:
        """The job that gets the next task, which counts as its client's turn. fits: whether it can be started now."""
        one = next_of([one for one in waiting if fits(one)], self.served)
        if one is not None:
            self._last += 1
            self.served[one.lane, one.client] = self._last
        return one
