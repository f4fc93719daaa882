"""Whose turn it is: urgent lanes first, clients in turn, and what a client is told of it."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from bridge_server.jobs.lanes import Lane, Turns, Waiting, next_of, positions
from bridge_server.operations.base import Lane as LaneName

JOBS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from([Lane.PAINT, Lane.PAINT, Lane.TRAIN]), st.integers(1, 4)),
    min_size=1,
    max_size=12,
).map(lambda rows: [Waiting(str(number), *row) for number, row in enumerate(rows)])


def run(waiting: list[Waiting], turns: Turns | None = None) -> list[Waiting]:
    """All tasks in the order in which they start."""
    turns = turns or Turns()
    left = {one.job: one.tasks for one in waiting}
    started: list[Waiting] = []
    while (one := turns.take([one for one in waiting if left[one.job]])) is not None:
        left[one.job] -= 1
        started.append(one)
    return started


def test_the_lanes_are_those_that_an_operation_can_name() -> None:
    assert tuple(Lane) == get_args(LaneName)


def test_the_most_urgent_lane_goes_first() -> None:
    waiting = [Waiting(lane, "a", lane, 1) for lane in reversed(Lane)]
    assert [one.lane for one in run(waiting)] == ["interactive", "paint", "tool", "io", "train"]


def test_clients_take_turns_task_by_task_and_a_client_s_own_jobs_keep_their_order() -> None:
    waiting = [
        Waiting("a1", "a", Lane.PAINT, 3),
        Waiting("a2", "a", Lane.PAINT, 1),
        Waiting("b1", "b", Lane.PAINT, 2),
        Waiting("b2", "b", Lane.PAINT, 1),
    ]
    assert [one.job for one in run(waiting)] == ["a1", "b1", "a1", "b1", "a1", "b2", "a2"]
    assert positions(waiting, {}) == {"a1": 0, "b1": 1, "b2": 2, "a2": 3}


def test_a_turn_in_one_lane_costs_none_in_another() -> None:
    turns = Turns()
    turns.take([Waiting("quick", "a", Lane.INTERACTIVE, 1)])
    both = [Waiting("a", "a", Lane.PAINT, 1), Waiting("b", "b", Lane.PAINT, 1)]
    assert next_of(both, turns.served) == both[0]


def test_what_cannot_start_now_is_passed_over_and_loses_no_turn() -> None:
    turns = Turns()
    both = [Waiting("a", "a", Lane.PAINT, 1), Waiting("b", "b", Lane.PAINT, 1)]
    assert turns.take(both, lambda one: one.client == "b") == both[1]
    assert turns.take(both, lambda one: one.client == "c") is None
    assert turns.take(both) == both[0]


@given(JOBS)
def test_nobody_waits_while_another_client_of_the_same_lane_is_served_twice(waiting: list[Waiting]) -> None:
    started = run(waiting)
    assert Counter(one.job for one in started) == {one.job: one.tasks for one in waiting}
    left = Counter((one.lane, one.client) for one in started)
    for here, after in pairwise(started):
        left[here.lane, here.client] -= 1
        others = [client for (lane, client), count in left.items() if lane == here.lane and count]
        if (here.lane, here.client) == (after.lane, after.client):
            assert set(others) <= {here.client}


@given(JOBS, st.dictionaries(st.tuples(st.just(Lane.PAINT), st.sampled_from("abc")), st.integers(1, 9)))
def test_positions_are_what_then_happens(waiting: list[Waiting], served: dict[tuple[Lane, str], int]) -> None:
    order = list(dict.fromkeys(one.job for one in run(waiting, Turns(served))))
    assert positions(waiting, served) == {job: number for number, job in enumerate(order)}
