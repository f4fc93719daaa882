"""Which silence is too long: every stage, slow computers, computers that sleep. No process and no clock."""

from __future__ import annotations

from typing import Any

import pytest

from bridge_server.executors.loads import Loads
from bridge_server.executors.watchdog import Limits, Stage, Watchdog

pytestmark = pytest.mark.portable

LIMITS = Limits()
TICK = LIMITS.tick


def stage(name: str) -> dict[str, Any]:
    return {"event": "stage", "stage": name}


def step(seconds: float) -> dict[str, Any]:
    return {"event": "step", "seconds": seconds}


STAGES: list[tuple[list[dict[str, Any]], Stage, float]] = [
    ([], Stage.ACCEPTING, LIMITS.accept),
    ([{"event": "taken"}], Stage.WORKING, LIMITS.work),
    ([{"event": "taken"}, {"event": "warning"}], Stage.WORKING, LIMITS.work),
    ([stage("loading")], Stage.LOADING, LIMITS.load),
    ([stage("loading"), stage("encoding")], Stage.WORKING, LIMITS.work),
    ([stage("denoising")], Stage.DENOISING, LIMITS.work),
    ([stage("denoising"), step(0.1)], Stage.DENOISING, LIMITS.step),
    ([stage("denoising"), step(0.1), {"event": "preview"}], Stage.DENOISING, LIMITS.step),
    ([stage("denoising"), step(90), step(2)], Stage.DENOISING, 90 * LIMITS.steps),
    ([stage("denoising"), step(0.1), stage("decoding")], Stage.WORKING, LIMITS.work),
    ([stage("denoising"), step(90), stage("decoding")], Stage.WORKING, 90 * LIMITS.steps),
]


def silence(watchdog: Watchdog) -> float:
    """After how many seconds of silence it barks; it is looked at each tick."""
    passed = 0.0
    while not watchdog.pass_time(TICK):
        passed += TICK
        assert passed < 10 * 3600
    return passed + TICK


@pytest.mark.parametrize(("messages", "stage", "limit"), STAGES)
def test_each_stage_has_its_limit(messages: list[dict[str, Any]], stage: Stage, limit: float) -> None:
    watchdog = Watchdog(LIMITS)
    watchdog.enter(Stage.ACCEPTING)
    for message in messages:
        watchdog.hear_task(message)
    assert watchdog.stage is stage
    assert limit <= silence(watchdog) <= limit + TICK


@pytest.mark.parametrize(("messages", "stage", "limit"), STAGES[1:])
def test_progress_begins_the_time_anew(messages: list[dict[str, Any]], stage: Stage, limit: float) -> None:
    watchdog = Watchdog(LIMITS)
    watchdog.enter(Stage.ACCEPTING)
    for _ in range(3):
        for message in messages:
            watchdog.hear_task(message)
        for _ in range(int(limit / TICK) - 1):
            assert not watchdog.pass_time(TICK), stage


def test_a_task_is_not_judged_by_the_steps_of_the_one_before() -> None:
    watchdog = Watchdog(LIMITS)
    watchdog.enter(Stage.ACCEPTING)
    watchdog.hear_task(step(1000))
    watchdog.enter(Stage.ACCEPTING)
    watchdog.hear_task(step(0.1))
    assert silence(watchdog) == LIMITS.step


def test_the_thread_that_loads_proves_nothing_of_the_one_that_paints() -> None:
    watchdog = Watchdog(LIMITS)
    watchdog.enter(Stage.ACCEPTING)
    watchdog.hear_task(stage("denoising"))
    passed = 0.0
    while not watchdog.pass_time(TICK):
        watchdog.hear_load({"model": "other"})
        passed += TICK
        assert passed <= LIMITS.work


@pytest.mark.parametrize(("fetching", "limit"), [(False, LIMITS.load), (True, LIMITS.fetch)])
def test_a_load_that_gets_on_may_take_for_ever(fetching: bool, limit: float) -> None:
    watchdog = Watchdog(LIMITS)
    watchdog.enter(Stage.ACCEPTING)
    watchdog.hear_task(stage("loading"))
    for _ in range(100):
        watchdog.hear_load({"model": "big", "fetching": fetching})
        for _ in range(int(limit / TICK) - 1):
            assert not watchdog.pass_time(TICK)
    assert watchdog.pass_time(TICK)


def test_nothing_is_expected_of_an_idle_worker() -> None:
    watchdog = Watchdog(LIMITS)
    watchdog.enter(Stage.IDLE)
    assert not any(watchdog.pass_time(3600) for _ in range(1000))


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.IDLE])
def test_a_computer_that_slept_is_not_a_worker_that_hung(stage: Stage) -> None:
    watchdog = Watchdog(LIMITS)
    watchdog.enter(stage)
    assert not watchdog.pass_time(8 * 3600.0)


UNWANTED = [
    (None, LIMITS.unwanted),  # nobody waits: the next job may want it
    ("other", LIMITS.in_the_way),  # the next job waits for another model
]


@pytest.mark.parametrize(("task_model", "limit"), UNWANTED)
def test_a_load_that_nobody_wants_ends_in_a_bounded_time(task_model: str | None, limit: float) -> None:
    loads = Loads(LIMITS)
    loads.hear({"model": "big"})
    passed = TICK
    while not loads.pass_time(TICK, task_model):
        loads.hear({"model": "big"})  # that it gets on does not help
        passed += TICK
    assert limit <= passed <= limit + TICK


def test_a_load_that_somebody_wants_goes_on() -> None:
    loads = Loads(LIMITS)
    loads.hear({"model": "big"})
    assert not any(loads.pass_time(TICK, "big") for _ in range(10_000))
    assert not loads.pass_time(8 * 3600.0, "other")
    assert not loads.pass_time(TICK, "big"), "wanted again: the time begins anew"
    assert not loads.pass_time(2 * TICK, "other")
    loads.hear({"model": None})
    assert not any(loads.pass_time(TICK, "other") for _ in range(10_000))
