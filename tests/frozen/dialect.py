"""How a case is put to a daemon, and what its answers mean: the one place that knows one tree's wire from another's.

A tree whose wire is another gets a dialect of its own here; what its `..._meaning` return keeps the names that
they were recorded under.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from .case import Case

STEPS = 3  # of a case that does not say: enough for every sampler to differ, and quick
Json = dict[str, Any]
PLANNED = ("strength", "margins", "grow", "feather", "padding", "keep_to_selection", "without")
NO_MARGINS = {"left": 0, "top": 0, "right": 0, "bottom": 0}
NOTHING: tuple[Any, ...] = (None, "", "auto", False, [], {}, NO_MARGINS)
ENVELOPE = ("kind", "bounds", "profile", "model", "document", "client_data")  # what is no option
RECORDED = {
    "operation": "kind",
    "hires_width": "refined_width",
    "hires_height": "refined_height",
    "native_resolution": "native_side",
}
OPTIONS = {"without": "disabled_steps", "count": "num_images"}  # recorded: of today
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

    def job_request(self, case: Case, bounds: Json, _roles: Collection[str]) -> Json:
        """_roles: of the tensors that come with it."""
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

    def artifacts(self, job: Json) -> list[str]:
        """Where each result of a job is."""
        return [f"/v1/jobs/{job['id']}/results/{result['index']}" for result in job["results"]]

    def plan_meaning(self, reply: Mapping[str, Any]) -> Json:
        return dict(reply)

    def model_meaning(self, model: Mapping[str, Any]) -> Json:
        return dict(model)

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


SAID_BY_THE_MODEL = ("by_example", "fill_with")  # an empty one says the same


@dataclass(frozen=True)
class EnvelopeDialect(OperationsDialect):
    """A request is an envelope and a result an artifact with a role. Told flat, as they were recorded."""

    versions: Mapping[str, int]  # of the operations' options
    without_strength: frozenset[str]  # the operations that have no such option, since they see no picture

    def plan_request(self, case: Case, selection: Json | None) -> Json:
        return _renamed(_of_today(super().plan_request(case, selection)), {"kind": "operation"})

    def plan_meaning(self, reply: Mapping[str, Any]) -> Json:
        told = {name: value for name, value in reply.items() if name not in SAID_BY_THE_MODEL}
        return super().plan_meaning(_renamed(told, RECORDED))

    def model_meaning(self, model: Mapping[str, Any]) -> Json:
        return _renamed(model, RECORDED)

    def job_request(self, case: Case, bounds: Json, roles: Collection[str]) -> Json:
        flat = super().job_request(case, bounds, roles)
        inputs: Json = {role: {"bounds": flat["bounds"]} for role in roles}
        if "profile" in flat:
            inputs["image"] = {"bounds": flat["bounds"], "profile": flat["profile"]}
        return {
            "operation": flat["kind"],
            "version": self.versions[flat["kind"]],
            "params": _of_today({name: value for name, value in flat.items() if name not in ENVELOPE}),
            "inputs": inputs,
            "models": [{"model": flat["model"]}],
            "document": flat["document"],
            "client_data": flat["client_data"],
        }

    def artifacts(self, job: Json) -> list[str]:
        return [f"/v1/jobs/{job['id']}/artifacts/{made['role']}/{made['index']}" for made in job["artifacts"]]

    def result_meaning(self, message: Mapping[str, Any]) -> Json:
        told = super().result_meaning(_renamed(message, RECORDED))
        if message["operation"] in self.without_strength:
            told["request"]["strength"] = 1.0
        return {name: value for name, value in told.items() if name not in ("role", "text")}

    def request_meaning(self, request: Mapping[str, Any]) -> Json:
        covered = next((given["bounds"] for given in request["inputs"].values()), None)
        size = {name: request["document"][name] for name in ("width", "height")}
        return super().request_meaning(
            {
                "kind": request["operation"],
                "bounds": covered or {"x": 0, "y": 0, **size},
                "profile": request["inputs"].get("image", {}).get("profile"),
                "model": request["models"][0]["model"],
                "document": request["document"],
                "client_data": request["client_data"],
                "count": 1,
                **_as_recorded(request["params"]),
                "margins": NO_MARGINS | request["params"].get("margins", {}),
            }
        )


def _renamed(told: Mapping[str, Any], names: Mapping[str, str]) -> Json:
    return {names.get(name, name): value for name, value in told.items()}


def _of_today(options: Mapping[str, Any]) -> Json:
    """Recorded options, by their names of today."""
    steps = {"without": _steps(options["without"], "refine", "hires_pass")} if "without" in options else {}
    return _renamed({**options, **steps}, OPTIONS)


def _as_recorded(options: Mapping[str, Any]) -> Json:
    options = _renamed(options, {today: recorded for recorded, today in OPTIONS.items()})
    return options | ({"without": _steps(options["without"], "hires_pass", "refine")} if "without" in options else {})


def _steps(names: Collection[str], before: str, after: str) -> list[str]:
    return [after if name == before else name for name in names]


def _as_inpaint(told: Mapping[str, Any]) -> Json:
    return {**told, "kind": "inpaint"} if told["kind"] == "remove" else dict(told)


def dialect_of(ask: Callable[[str], Any]) -> FlatDialect:
    """The dialect of a daemon. ask: gives the answer to GET."""
    if "remove" not in ask("/v1/hello")["features"]:
        return FlatDialect()
    if "params" not in ask("/v1/openapi.json")["components"]["schemas"]["JobRequest"]["properties"]:
        return OperationsDialect()
    operations = ask("/v1/operations")["operations"]
    blind = [one["name"] for one in operations if "strength" not in [option["name"] for option in one["options"]]]
    return EnvelopeDialect({one["name"]: one["version"] for one in operations}, frozenset(blind))
