"""Warnings of a plan and of a job: which are said before, which at the end, and none of them twice. No gi."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .results import variations_of
from .texts import t

PLANNED = "plan"  # the code of everything that a plan says, with a daemon whose plans give texts alone
AHEAD = frozenset({PLANNED, "takes_long", "much_memory"})  # time and memory are of no use when it is done


def ahead(plan: Mapping[str, Any]) -> list[str]:
    """What to say when the job is sent."""
    return [text for _code, text in _of_plan(plan)]


def codes_of(plan: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(code for code, _text in _of_plan(plan))


def at_the_end(job: Mapping[str, Any], told: frozenset[str]) -> list[str]:
    """What to say of a finished job. told: the codes that the plan gave.

    The plan knows the box of the selection and the worker its mask, so that the numbers in their texts differ.
    """
    warnings = [(str(given["code"]), str(given["message"])) for given in job.get("warnings", [])]
    return list(dict.fromkeys(text for code, text in warnings if code not in told | AHEAD))


def broken_off(job: Mapping[str, Any]) -> list[str]:
    """What to say of a job that failed after it had finished something; nothing where it did not."""
    done, error = len(variations_of(job)), job.get("error")
    if not done or not error:
        return []
    return [t("someFinished", done=done, count=job["num_images"], message=error.get("message", ""))]


def _of_plan(plan: Mapping[str, Any]) -> list[tuple[str, str]]:
    if plan.get("notices"):
        return [(str(given["code"]), str(given["message"])) for given in plan["notices"]]
    return [(PLANNED, str(text)) for text in plan.get("warnings", [])]
