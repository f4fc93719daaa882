"""Warnings of a plan and of a job: which are said before, which at the end, and none of them twice. No gi."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PLANNED = "plan"  # what is ahead, such as the time it takes: of no use when it is done


def ahead(plan: Mapping[str, Any]) -> list[str]:
    """What to say when the job is sent."""
    return [text for _code, text in _warnings(plan)]


def codes_of(plan: Mapping[str, Any]) -> frozenset[str]:
    return frozenset({PLANNED, *(code for code, _text in _warnings(plan))})


def at_the_end(job: Mapping[str, Any], told: frozenset[str]) -> list[str]:
    """What to say of a finished job. told: the codes that the plan gave.

    The plan knows the box of the selection and the worker its mask, so that the numbers in their texts differ.
    """
    return list(dict.fromkeys(text for code, text in _warnings(job) if code not in told | {PLANNED}))


def _warnings(source: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Code and text of each; a plan of an older daemon gives texts alone."""
    return [
        (str(given.get("code", PLANNED)), str(given.get("message", "")))
        if isinstance(given, Mapping)
        else (PLANNED, str(given))
        for given in source.get("warnings", [])
    ]
