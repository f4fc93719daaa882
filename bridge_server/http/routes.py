"""Which function answers which call.

A daemon is ready as soon as it can answer: what checks requests, plans and knows models takes as long to import as all
the rest, so it is imported right after (`import_the_rest`), or by the first call that wants it if that is sooner.
"""

from __future__ import annotations

from importlib import import_module

from ..collector import collector_paused
from ..protocol.messages import PlanReply
from ..protocol.service import ModelList, Ok
from . import jobs, meta
from .call import Call, Route, serves


async def _plan(call: Call) -> PlanReply:
    from .planning import plan

    return await plan(call)


async def _models(call: Call) -> ModelList:
    from .models import listing

    return await listing(call)


async def _load_model(call: Call) -> Ok:
    from .models import load

    return await load(call)


ROUTES: tuple[Route, ...] = (
    *meta.ROUTES,
    serves("plan", _plan),
    *jobs.ROUTES,
    serves("models", _models),
    serves("load_model", _load_model),
)


def import_the_rest() -> None:
    """From any thread."""
    with collector_paused():
        for name in ("intake", "planning", "models"):
            import_module(f"{__package__}.{name}")
