"""What the user asks for, independent of GIMP: the values of an operation's options, and the JSON that is sent."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from layerbridge_client import wire

from .failures import REFUSED, BridgeError
from .geometry import Box
from .operations import (
    BASE,
    LAYER,
    MARGINS,
    NUMBERS,
    VISIBLE,
    Operation,
    Option,
    find,
    known_as,
    model_option,
)
from .roles import (
    Pick,
    is_way,
    missing_input,
    pick_of,
    picked_inputs,
    titled,
    way_of,
    ways_from_text,
    with_mentioned,
)
from .texts import _

BESIDE_OPTIONS = ("procedure", "source", "picks", "ways")


@dataclass(frozen=True)
class Parameters:
    """A job as the user put it: a value for each option that the table knows. None leaves it to the daemon."""

    operation: Operation
    source: str  # LAYER: the selected layer; VISIBLE: all visible layers
    values: Mapping[str, Any]
    picks: Mapping[str, Pick] = field(default_factory=dict)  # by the role of an input
    chosen_ways: Mapping[str, str] = field(default_factory=dict)  # of using a result, by the role of an output
    further: Mapping[str, Any] = field(default_factory=dict)  # read beside: options that only the daemon's table has

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
    def ways(self) -> dict[str, str]:
        """How each output is used: as chosen, or else the default."""
        ways = {output.role: way_of(output, self.chosen_ways) for output in self.operation.outputs}
        return {role: way for role, way in ways.items() if way}

    @property
    def prompt(self) -> str:
        return str(self.values.get("prompt") or "").strip()

    @property
    def num_images(self) -> int:
        return int(self.values.get("num_images") or 1)

    def with_new_seed(self) -> Parameters:
        return self.with_values(seed=None)

    def with_mentioned(self, layers: Sequence[tuple[int, str]]) -> Parameters:
        """With the layers that the prompt mentions as references. layers: (tattoo, name). Raises BridgeError."""
        return replace(self, picks=with_mentioned(self.operation, self.prompt, self.picks, layers))

    def without_picks(self) -> Parameters:
        return replace(self, picks={})

    def with_fixed_seed(self) -> Parameters:
        """A random seed becomes a number now, so that a repeated submission stays the same job."""
        option = self.operation.option("seed")
        if option is None or self.values["seed"] is not None:
            return self
        return self.with_values(seed=secrets.randbelow(int(option.maximum or 0) + 2 - self.num_images))

    def described(self, operation: Operation) -> Parameters:
        """The same for the operation as the daemon describes it. What is beyond its limits stays so: it is refused."""
        if operation == self.operation:
            return self
        known = {**self.further, **self.values}
        picks = {each.role: self.picks[each.role] for each in picked_inputs(operation) if each.role in self.picks}
        ways = {role: way for role, way in self.chosen_ways.items() if operation.output(role) is not None}
        values = {option.name: option.read(given(option, known)) for option in operation.options}
        further = {name: value for name, value in known.items() if name not in values}
        return Parameters(operation, self.source, values, picks, ways, further)

    def to_json(self) -> dict[str, Any]:
        roles = {"picks": {role: pick.to_json() for role, pick in self.picks.items() if pick}, "ways": self.chosen_ways}
        own = {"procedure": self.operation.name, "source": self.source, **self.values}
        return {**self.further, **own, **{key: value for key, value in roles.items() if value}}


def from_json(value: Mapping[str, Any], name: str | None = None, operation: Operation | None = None) -> Parameters:
    """Parameters out of a file or a parasite, of an earlier version too.

    operation: the one of this name in the installed table, where it is not given. Values of the wrong type become the
    default, those beyond a limit the nearest allowed. Unknown keys are kept, and are sent where the daemon knows them.
    """
    if operation is None:
        operation = known_as(name if name is not None else str(value.get("procedure", "")))
    source, picks, ways = value.get("source"), value.get("picks"), value.get("ways")
    picks, ways = (each if isinstance(each, Mapping) else {} for each in (picks, ways))
    taken = {*BESIDE_OPTIONS, *(name for option in operation.options for name in (option.name, *option.arguments))}
    return Parameters(
        operation,
        source if source in (LAYER, VISIBLE) else operation.source,
        {option.name: option.within(option.read(given(option, value))) for option in operation.options},
        {each.role: pick_of(picks[each.role]) for each in picked_inputs(operation) if picks.get(each.role)},
        {output.role: ways[output.role] for output in operation.outputs if is_way(output, ways.get(output.role))},
        {name: each for name, each in value.items() if name not in taken},
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
    client_data, models = request.get("client_data") or {}, request.get("models") or []
    name = str(client_data.get("procedure") or request.get("operation") or "")
    source = VISIBLE if client_data.get("source") == VISIBLE else LAYER
    ways = ways_from_text(str(client_data.get("apply", "")))
    operation = known_as(name)
    values = {**request.get("params", {}), "source": source, "ways": ways}
    if operation.option("seed") is not None:
        values["seed"] = seed
    option = model_option(operation)
    if option is not None:
        values[option.name] = next((use["model"] for use in models if use.get("role") == BASE), None)
    return from_json(values, operation=operation)


def has_seed(request: Mapping[str, Any]) -> bool:
    """Whether another seed would give another result. Also where the operation is not known here."""
    operation = find(str(request.get("operation", "")))
    return operation is None or any(option.widget == "seed" for option in operation.options)


def layer_name(parameters: Parameters) -> str:
    """The prompt, shortened; what was done where there is no prompt."""
    return titled(parameters.prompt) or _(parameters.operation.label)


def check(parameters: Parameters, has_selection: bool) -> None:
    """Refuse what cannot work, before anything is read. Raises BridgeError with what to change."""
    operation = parameters.operation
    if operation.needs_selection and not has_selection:
        text = _("Nothing is selected. {operation} needs a selection: make one, then try again.")
        raise BridgeError(REFUSED, text.format(operation=_(operation.title)))
    missing = missing_input(operation, parameters.picks)
    if missing:
        raise BridgeError(REFUSED, missing)
    for option in operation.options:
        problem = _problem(operation, option, parameters.values)
        if problem:
            raise BridgeError(REFUSED, problem)


def _problem(operation: Operation, option: Option, values: Mapping[str, Any]) -> str:
    """What is wrong with an option's value; empty where nothing is."""
    title, value, needed = _(option.title), values[option.name], option.is_needed(values)
    if needed and option.type == MARGINS and not any(value.values()):
        return _("{title}: set at least one side to one pixel or more.").format(title=title)
    if needed and option.type == "text" and not (value or "").strip():
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
    sent = _sent(parameters)
    options = {name: value for name, value in sent.items() if name in taken}
    body: dict[str, Any] = {"operation": operation.name, "document": dict(document), **options}
    if operation.estimates:
        body["params"] = {name: value for name, value in sent.items() if name not in taken}
    if selection is not None and operation.reads_mask:
        body["selection"] = selection.to_json()
    if layer is not None and (operation.means_layer or operation.estimates) and parameters.source == LAYER:
        body["layer"] = layer.to_json()
    further = [role for role, pick in parameters.picks.items() if pick]
    if further:
        body["further"] = further
    body["has_prompt"] = bool(parameters.prompt)
    return body


def job_message(
    parameters: Parameters,
    document: Mapping[str, Any],
    bounds: Box,
    client_data: Mapping[str, str],
    roles: Sequence[str],
    has_profile: bool = False,
) -> dict[str, Any]:
    """The message of the request frame. bounds: what the tensors cover; roles: of those that are sent; has_profile:
    `icc` is among them.
    """
    operation, params = parameters.operation, _sent(parameters)
    option = model_option(operation)
    model = params.pop(option.name, None) if option is not None else None
    covered = {"bounds": bounds.to_json()}
    pictured = {**covered, "profile": "icc"} if has_profile else covered
    return {
        "operation": operation.name,
        "version": operation.version,
        "params": params,
        "inputs": {role: covered if role == "mask" else pictured for role in roles},
        "models": [] if model is None else [{"model": model, "role": BASE}],
        "document": dict(document),
        "client_data": dict(client_data),
    }


def _sent(parameters: Parameters) -> dict[str, Any]:
    """The options as they are sent: what is automatic is left out."""
    values = {name: value for name, value in parameters.values.items() if value is not None}
    return {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
