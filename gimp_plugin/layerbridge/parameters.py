"""What the painter asks for, independent of GIMP: the values of an operation's options, and the JSON that is sent."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from layerbridge_client import wire

from .failures import REFUSED, BridgeError
from .geometry import Box, shortened
from .operations import LAYER, MARGINS, NUMBERS, OPERATIONS, VISIBLE, Operation, Option, find
from .texts import _


@dataclass(frozen=True)
class Parameters:
    """A job as the painter put it: a value for each option that the table knows. None leaves it to the daemon."""

    operation: Operation
    source: str  # LAYER: the selected layer; VISIBLE: all visible layers
    values: Mapping[str, Any]

    @classmethod
    def of(cls, name: str, source: str | None = None, **values: Any) -> Parameters:
        """The defaults, but for what is given. Raises KeyError for an operation or an option that is not there."""
        operation = find(name)
        if operation is None:
            raise KeyError(name)
        unknown = set(values) - {option.name for option in operation.options}
        if unknown:
            raise KeyError(*sorted(unknown))
        known = {option.name: option.default for option in operation.options}
        return cls(operation, source or operation.source, {**known, **values})

    def with_values(self, **values: Any) -> Parameters:
        """Those of them that the operation has an option for."""
        known = {name: value for name, value in values.items() if name in self.values}
        return replace(self, values={**self.values, **known})

    @property
    def prompt(self) -> str:
        return str(self.values.get("prompt") or "").strip()

    @property
    def count(self) -> int:
        return int(self.values.get("count") or 1)

    def with_new_seed(self) -> Parameters:
        return self.with_values(seed=None)

    def with_fixed_seed(self) -> Parameters:
        """A random seed becomes a number now, so that a repeated submission stays the same job."""
        option = self.operation.option("seed")
        if option is None or self.values["seed"] is not None:
            return self
        return self.with_values(seed=secrets.randbelow(int(option.maximum or 0) + 2 - self.count))

    def to_json(self) -> dict[str, Any]:
        return {"procedure": self.operation.name, "source": self.source, **self.values}


def from_json(value: Mapping[str, Any], name: str | None = None) -> Parameters:
    """Parameters out of a file or a parasite, of an earlier version too.

    Unknown keys are dropped, values of the wrong type become the default, those beyond a limit the nearest allowed.
    """
    operation = find(name if name is not None else str(value.get("procedure", ""))) or OPERATIONS[0]
    source = value.get("source")
    return Parameters(
        operation,
        source if source in (LAYER, VISIBLE) else operation.source,
        {option.name: option.within(option.read(given(option, value))) for option in operation.options},
    )


def given(option: Option, value: Mapping[str, Any]) -> Any:
    """What a flat mapping says of an option, by its own name or by those of its arguments."""
    if option.name in value:
        return value[option.name]
    if option.type == MARGINS:
        return {side: value[side] for side in option.arguments if side in value}
    return value.get(option.arguments[0], option.default)


def from_request(request: Mapping[str, Any], seed: int | None) -> Parameters:
    """The parameters of a job that the daemon remembers, with every value as it was used."""
    notes = request.get("client_data") or {}
    name = notes.get("procedure") or request.get("kind") or ""
    source = VISIBLE if notes.get("source") == VISIBLE else LAYER
    return from_json({**request, "source": source, "seed": seed}, str(name))


def layer_name(parameters: Parameters) -> str:
    """The prompt, shortened; what was done where there is no prompt."""
    return shortened(parameters.prompt) or _(parameters.operation.label)


def check(parameters: Parameters, has_selection: bool) -> None:
    """Refuse what cannot work, before anything is read. Raises BridgeError with what to change."""
    operation = parameters.operation
    if operation.needs_selection and not has_selection:
        text = _("Nothing is selected. {operation} needs a selection: make one, then try again.")
        raise BridgeError(REFUSED, text.format(operation=_(operation.title)))
    for option in operation.options:
        problem = _problem(operation, option, parameters.values[option.name])
        if problem:
            raise BridgeError(REFUSED, problem)


def _problem(operation: Operation, option: Option, value: Any) -> str:
    """What is wrong with a value; empty where nothing is."""
    title = _(option.title)
    if option.required and option.type == MARGINS and not any(value.values()):
        return _("{title}: set at least one side to one pixel or more.").format(title=title)
    if option.required and option.type == "text" and not (value or "").strip():
        return _("{operation} needs a {title}.").format(operation=_(operation.title), title=title.lower())
    if option.type in NUMBERS and value is not None:
        if option.minimum is not None and value < option.minimum:
            return _("{title} must be at least {least}.").format(title=title, least=option.minimum)
        if option.maximum is not None and value > option.maximum:
            return _("{title} must be at most {most}.").format(title=title, most=option.maximum)
    return ""


def plan_request(
    parameters: Parameters, document: Mapping[str, Any], selection: Box | None, layer: Box | None
) -> dict[str, Any]:
    """The body of `POST /v1/plan`."""
    operation = parameters.operation
    taken = {field.name for field in wire.REQUESTS["PlanRequest"]}
    options = {name: value for name, value in _sent(parameters).items() if name in taken}
    body: dict[str, Any] = {"kind": operation.name, "document": dict(document), **options}
    if selection is not None and operation.reads_mask:
        body["selection"] = selection.to_json()
    if layer is not None and operation.means_layer and parameters.source == LAYER:
        body["layer"] = layer.to_json()
    body["has_prompt"] = bool(parameters.prompt)
    return body


def job_message(
    parameters: Parameters,
    document: Mapping[str, Any],
    bounds: Box,
    client_data: Mapping[str, str],
    has_profile: bool = False,
) -> dict[str, Any]:
    """The message of the request frame; `bounds` is what the tensors cover, has_profile: `icc` is among them."""
    message: dict[str, Any] = {
        "kind": parameters.operation.name,
        "document": dict(document),
        "bounds": bounds.to_json(),
        "client_data": dict(client_data),
        **_sent(parameters),
    }
    if has_profile:
        message["profile"] = "icc"
    return message


def _sent(parameters: Parameters) -> dict[str, Any]:
    """The options as they are sent: what is automatic is left out."""
    values = {name: value for name, value in parameters.values.items() if value is not None}
    return {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
