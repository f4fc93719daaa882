"""Runs every method on every case with every model and measures what comes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bridge_server.plan.native import NativeSize

from .cases import Case
from .measures import border_color, border_tone, changed_values, intended_color, seam, seam_step
from .methods import Method, Model
from .models import INTENDED
from .spaces import decode

Models = dict[str, tuple[Callable[[Case], Model], NativeSize]]
"""Name -> (the model for a case, the size it works at)."""


@dataclass(frozen=True)
class Row:
    """What one method made of one case with one model.

    changed: values outside the method's own mask that are not the document's. seam: at the border of the method's own
    mask; seam_selection: at that of the selection. step: the part of it that is an edge to the eye. ring: mean
    CIEDE2000 just inside the selection; tone: the same of
    local means. intended: only for that model. seconds: the method's own work.
    """

    case: str
    model: str
    method: str
    changed: int
    values: int
    seam: float
    seam_selection: float
    step: float
    ring: float
    tone: float
    intended: float
    seconds: float


def measure(
    cases: list[Case],
    models: Models,
    methods: dict[str, Method],
    progress: Callable[[str], None],
) -> Iterator[Row]:
    for case in cases:
        progress(case.name)
        for model, (model_for, native) in models.items():
            for name, method in methods.items():
                yield _row(case, model, model_for(case), name, method, native)


def _row(case: Case, model_name: str, model: Model, name: str, method: Method, native: NativeSize) -> Row:
    outcome = method(case, model, native)
    result, truth = decode(outcome.pixels, case.space), case.true_color
    painted = model_name == "intended"
    return Row(
        case=case.name,
        model=model_name,
        method=name,
        changed=changed_values(outcome.pixels, case.document, outcome.shown),
        values=case.document.size,
        seam=seam(result, truth, outcome.shown),
        seam_selection=seam(result, truth, case.selection),
        step=seam_step(result, truth, outcome.shown),
        ring=border_color(result, truth, case.selection),
        tone=border_tone(result, truth, case.selection),
        intended=intended_color(result, INTENDED, case.selection) if painted else float("nan"),
        seconds=outcome.seconds,
    )
