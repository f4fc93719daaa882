"""Select Subject: a small network finds it, the picture's own colours say where it ends."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...edit.source import window
from ...edit.subject import soften
from ...operations.select_subject import SelectSubjectParams
from ..artifacts import selection
from .base import Artifact, Inputs, RunContext
from .cutting import cut_subject, nothing_found


def run(context: RunContext, params: SelectSubjectParams, inputs: Inputs) -> Iterator[Artifact]:
    """Raises BridgeError (nothing_found, empty_selection, unsupported), Cancelled."""
    source, watch = context.order.source, context.watch
    subject = cut_subject(context, params.threshold, fine=params.follow_edges)
    share = subject.alpha
    with context.clock.editing():
        if params.soften:
            share = soften(share, params.soften)
            watch.check()
        selected = window(np.rint(share * 255).astype(np.uint8), subject.box, source.bounds)
        if source.mask is not None:
            selected = np.minimum(selected, source.mask)
        if not selected.any():
            raise nothing_found(source)
    watch.check()
    yield from selection(context, "selection", selected)
