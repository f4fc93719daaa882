"""How a case is put to a daemon, and what its answers mean: the one place that knows one tree's wire from another's.

A tree whose wire is another gets a dialect of its own here; what its `..._meaning` return keeps the names that
they were recorded under.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .case import Case

STEPS = 3  # of a case that does not say: enough for every sampler to differ, and quick
Json = dict[str, Any]
PLANNED = ("strength", "margins", "grow", "feather", "padding", "keep_to_selection", "without")
NOTHING: tuple[Any, ...] = (None, "", "auto", False, [], {}, {"left": 0, "top": 0, "right": 0, "bottom": 0})
MEASURED = ("seconds", "edit_seconds")  # of a result: never the same twice


@dataclass(frozen=True)
class FlatDialect:
    """Version 1 as it was frozen: a flat message with a `kind`, results by number, Remove an inpaint without words."""

    def plan_request(self, case: Case, selection: Json | None) -> Json:
        asked = self._shared(case) | {
            "selection": selection,
            "has_prompt": bool(case.options.get("prompt", "").strip()),
        }
        if case.layer is not None:
            asked["layer"] = dict(zip(("x", "y", "width", "height"), case.layer, strict=True))
        return asked

    def job_request(self, case: Case, bounds: Json) -> Json:
        message = self._shared(case) | {"seed": 1, "steps": STEPS} | dict(case.options) | {"bounds": bounds}
        if case.profile is not None:
            message["profile"] = "icc" if case.profile.startswith("icc:") else case.profile
        return message | {"client_data": {"case": case.name}}

    def _shared(self, case: Case) -> Json:
        width, height = case.size
        asked: Json = {
            "kind": self._kind(case),
            "document": {"width": width, "height": height, "name": f"{case.name}.png"},
            "model": case.model,
        }
        return asked | {name: case.options[name] for name in PLANNED if name in case.options}

    def _kind(self, case: Case) -> str:
        return "inpaint" if case.kind == "remove" else case.kind

    def result_path(self, job: str, result: Json) -> str:
        return f"/v1/jobs/{job}/results/{result['index']}"

    def plan_meaning(self, reply: Mapping[str, Any]) -> Json:
        return dict(reply)

    def result_meaning(self, message: Mapping[str, Any]) -> Json:
        told = {name: value for name, value in message.items() if name not in MEASURED}
        return told | {"request": self.request_meaning(message["request"])}

    def request_meaning(self, request: Mapping[str, Any]) -> Json:
        """Without what says nothing, so that a field which is new or left out is no difference."""
        return {name: value for name, value in request.items() if value not in NOTHING}


@dataclass(frozen=True)
class OperationsDialect(FlatDialect):
    """Operations are registered, and Remove is one of its own. What it means is recorded as the inpaint that it was."""

    def _kind(self, case: Case) -> str:
        return case.kind

    def plan_meaning(self, reply: Mapping[str, Any]) -> Json:
        return _as_inpaint(reply)

    def result_meaning(self, message: Mapping[str, Any]) -> Json:
        return _as_inpaint(super().result_meaning(message))

    def request_meaning(self, request: Mapping[str, Any]) -> Json:
        return _as_inpaint(super().request_meaning(request))


def _as_inpaint(told: Mapping[str, Any]) -> Json:
    return {**told, "kind": "inpaint"} if told["kind"] == "remove" else dict(told)


def dialect_of(features: Sequence[str]) -> FlatDialect:
    """The dialect of a daemon with these features of `GET /v1/hello`."""
    return OperationsDialect() if "remove" in features else FlatDialect()
