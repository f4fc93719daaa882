"""Whether a job is filled by example or painted by a model, where an operation has the option `fill_with`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec

from ..errors import BridgeError, ErrorCode
from ..families.references import reference_roles
from ..operations.base import SAMPLE, Operation
from ..protocol.envelope import JobRequest, PlanRequest
from .model_registry import ModelRegistry

NOT_SAMPLED = (
    "“Sample from” is for a fill by example, and here a model would paint. Sample from all around, or leave the prompt "
    "empty and fill by example."
)
NOT_SHOWN = "By example no references are read. Leave them out, or fill with a model that takes some."


@dataclass(frozen=True)
class FillRequest:
    """What is asked for. fill_with: example, model, or None: automatic. model: the name of one, or of what is added to
    one. strength: None: automatic. selected: whether something is selected, or the canvas grows. sampled: whether there
    is a picture that pieces are to come from. shown: whether there are pictures that only a model can be shown.
    """

    fill_with: str | None
    model: str | None
    prompt: bool
    strength: float | None
    selected: bool
    sampled: bool = False
    shown: bool = False


def fill_of_job(request: JobRequest) -> FillRequest:
    options = request.options
    fill_with = options.fill_with if request.spec.has_option("fill_with") else "model"
    selected = "mask" in request.inputs or "mask" not in request.spec.inputs
    named = request.base_model or next((use.model for use in [*request.adapters, *request.refiners]), None)
    sampled, shown = _further(request.spec, request.inputs)
    return FillRequest(fill_with, named, bool(options.prompt.strip()), options.strength, selected, sampled, shown)


def fill_of_plan(request: PlanRequest) -> FillRequest:
    fill_with = request.fill_with if request.spec.has_option("fill_with") else "model"
    selected = request.selection is not None or "mask" not in request.spec.inputs
    sampled, shown = _further(request.spec, request.further)
    return FillRequest(fill_with, request.model, request.has_prompt, request.strength, selected, sampled, shown)


def _further(spec: Operation, roles: Iterable[str]) -> tuple[bool, bool]:
    """Whether there is a picture that pieces are to come from, and whether there are some for a model."""
    further = bool(reference_roles(roles))
    samples = SAMPLE in spec.inputs.values()
    return further and samples, further and not samples


async def fills_by_example(asked: FillRequest, models: ModelRegistry) -> bool:
    """By itself where there is no prompt, and no model but the shipped one, which does it worse, or a picture that
    pieces are to come from.

    Raises BridgeError (invalid_request, unsupported) where it is asked for and cannot be.
    """
    if asked.fill_with == "example":
        if asked.prompt:
            text = "By example no prompt is read. Leave the prompt empty, or fill with a model."
            raise BridgeError(ErrorCode.INVALID_REQUEST, text)
        if asked.shown:
            raise BridgeError(ErrorCode.INVALID_REQUEST, NOT_SHOWN)
        if not _is_there():
            text = "Filling by example needs the library numba, which is not installed. Fill with a model."
            raise BridgeError(ErrorCode.UNSUPPORTED, text)
        return True
    could = asked.selected and asked.fill_with is None and asked.model is None and not asked.prompt
    could = could and not asked.shown
    could = could and asked.strength in (None, 1.0) and _is_there()
    return could and (asked.sampled or await models.only_shipped())


def check_sampled(asked: FillRequest, by_example: bool) -> None:
    """Raises BridgeError (invalid_request) where a model would not read what pieces are to come from."""
    if asked.sampled and not by_example:
        raise BridgeError(ErrorCode.INVALID_REQUEST, NOT_SAMPLED)


def _is_there() -> bool:
    """numba comes later than others to a new Python; then the model does it."""
    return find_spec("numba") is not None
