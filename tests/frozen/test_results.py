"""Every frozen case gives what was recorded: plans, names, warnings, masks and geometry exactly, pictures closely.

Where a change is meant: `python -m tests.frozen.record "why"`, and read what it wrote (CONTRIBUTING.md).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from .case import Case
from .cases import CASES
from .differences import compare
from .drive import Outcome, input_hash
from .record import CHANGES, CROPS, FACTS, crops_of, facts_of, load, run_here

pytestmark = pytest.mark.slow

MOST = 2 / 255  # of full scale, that a value of a crop may be off: CPUs differ in the last bits of single precision
MEAN = 0.1 / 255  # that they may be off on average. Without AVX2 and AVX-512, on one CPU: 1 / 255 and 0.001 / 255


@dataclass(frozen=True)
class Compared:
    outcomes: dict[str, Outcome]
    names: dict[str, Any]
    facts: dict[str, Any]
    crops: dict[str, NDArray[Any]]


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    outcomes, names = run_here(tmp_path_factory.mktemp("frozen"))
    return Compared(outcomes, names, *load())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_gives_what_was_recorded(compared: Compared, case: Case) -> None:
    recorded = compared.facts["cases"][case.name]
    outcome = compared.outcomes[case.name]
    now = json.loads(json.dumps(facts_of(outcome, input_hash(case))))
    assert list(compare("recorded", recorded, now)) == []
    for key, crop in crops_of(outcome).items():
        assert list(far_off(compared.crops[f"{case.name}/{key}"], crop)) == [], key


def test_models_and_samplers_have_the_names_that_were_recorded(compared: Compared) -> None:
    assert list(compare("models", compared.facts["models"], compared.names)) == []


def test_nothing_is_recorded_that_is_no_case_any_more() -> None:
    facts, crops = load()
    names = {case.name for case in CASES}
    assert facts["cases"].keys() == names
    assert {key.rsplit("/", 1)[0] for key in crops} <= names
    assert len(names) == len(CASES)


def test_the_recording_is_small_and_has_a_reason() -> None:
    assert FACTS.stat().st_size + CROPS.stat().st_size < 1_000_000
    assert "\n## " in CHANGES.read_text(encoding="utf-8")


def far_off(recorded: NDArray[Any], now: NDArray[Any]) -> list[str]:
    """What is beyond the tolerances, as lines; colours that are covered by nothing do not count."""
    if (recorded.shape, recorded.dtype) != (now.shape, now.dtype):
        return [f"{recorded.dtype} {recorded.shape} -> {now.dtype} {now.shape}"]
    full = 255.0 if recorded.dtype == np.uint8 else 1.0
    apart = np.abs(recorded.astype(np.float64) - now.astype(np.float64)) / full
    lines = [f"{apart.max() * 255:.2f} of 255 off at most"] if apart.max() > MOST else []
    return lines + ([f"{apart.mean() * 255:.2f} of 255 off on average"] if apart.mean() > MEAN else [])


@pytest.mark.parametrize(("value", "places", "lines"), [(1, 100, 0), (9, 1, 1), (1, 1152, 1)])
def test_a_picture_that_is_another_is_told(value: int, places: int, lines: int) -> None:
    recorded = np.full((24, 24, 2), 100, np.uint8)
    now = recorded.copy()
    now.reshape(-1)[:places] += value
    assert len(far_off(recorded, now)) == lines


def test_results_that_are_not_the_same_are_told() -> None:
    before = {"bounds": {"x": 1, "y": 2}, "warnings": [], "kept": True}
    after = {"bounds": {"x": 1, "y": 3}, "warnings": [], "new": 1, "kept": 1}
    assert sorted(compare("plan", before, after)) == [
        "plan.bounds.y: 2 -> 3",
        "plan.kept: True -> 1",
        "plan.new: absent -> 1",
    ]
