"""An operation as plain data: what GET /v1/operations answers, and what is baked into the plug-ins' wire files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from .base import Operation
from .registry import Registry
from .ui import Ui, Widget

TYPES = {"string": "text"}  # of JSON Schema, where there is another word here


def operation_table(operations: Registry) -> list[dict[str, Any]]:
    """Every operation without its schema, in the order of the menus."""
    return [describe(operation) for operation in operations.all()]


def describe(operation: Operation) -> dict[str, Any]:
    """An operation without its schema."""
    return {
        "name": operation.name,
        "title": operation.title,
        "description": operation.description,
        "help": operation.help,
        "version": operation.version,
        "menu": asdict(operation.menu),
        "inputs": [{"role": role, **asdict(spec)} for role, spec in operation.inputs.items()],
        "outputs": [{"role": role, **asdict(spec)} for role, spec in operation.outputs.items()],
        "lane": operation.lane,
        "durability": operation.durability,
        "stages": list(operation.stages),
        "plans": operation.planner is not None,
        "estimates": operation.estimate is not None,
        "needs_model": operation.requires.model,
        "options": options_of(operation),
    }


def options_of(operation: Operation) -> list[dict[str, Any]]:
    """Its options in the order in which forms show them. Raises ValueError for one without a Ui."""
    schema = operation.params.model_json_schema()
    definitions = cast("Mapping[str, Any]", schema.get("$defs", {}))
    return [
        _option(operation, name, cast("dict[str, Any]", schema["properties"][name]), definitions)
        for name in operation.params.model_fields
    ]


def _option(operation: Operation, name: str, schema: dict[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    ui = ui_of(operation, name)
    alternatives = cast("list[dict[str, Any]]", schema.get("anyOf", [schema]))
    value = next(part for part in alternatives if part.get("type") != "null" and "const" not in part)
    default = to_jsonable_python(operation.params.model_fields[name].get_default(call_default_factory=True))
    automatic = default == "auto" or any(part.get("type") == "null" for part in alternatives)
    default = None if default == "auto" else default
    choices = value.get("enum")
    if "$ref" in value:  # an object of numbers with the same limits, such as the margins
        target = definitions[value["$ref"].rpartition("/")[2]]
        value = {**next(iter(target["properties"].values())), "type": ui.widget}
    elif value["type"] == "array":
        choices, value = value["items"]["enum"], {"type": "choices"}
    kind = "choice" if choices and value["type"] == "string" else value["type"]
    return {
        "name": name,
        "title": schema.get("title", name),
        "description": schema.get("description", ""),
        "type": TYPES.get(kind, kind),
        "widget": ui.widget,
        "group": ui.group,
        "unit": ui.unit,
        "default": default,
        "automatic": automatic,
        "automatic_is": operation.automatic.get(name, ui.automatic_is),
        "minimum": value.get("minimum"),
        "maximum": value.get("maximum"),
        "step": ui.step,
        "lines": ui.lines,
        "max_length": value.get("maxLength"),
        "choices": choices,
        "labels": dict(ui.labels),
        "choices_from": ui.choices_from,
        "hint": ui.hint,
        "required": ui.required,
        "optional_with": ui.optional_with,
        "shown_when": ui.shown_when,
        "argument": ui.argument,
    }


def ui_of(operation: Operation, name: str) -> Ui:
    """How the operation shows an option. Raises ValueError where the option does not say."""
    ui = _declared(operation.params, name)
    return operation.shown[name].over(ui) if name in operation.shown else ui


def model_option(operation: Operation) -> str | None:
    """The option that is a model, which a request names among its models; None where there is none."""
    return next(iter(_with_widget(operation, "model")), None)


def text_options(operation: Operation) -> list[str]:
    """The options in which a user writes words."""
    return _with_widget(operation, "text")


def _with_widget(operation: Operation, widget: Widget) -> list[str]:
    return [name for name in operation.params.model_fields if ui_of(operation, name).widget == widget]


def _declared(params: type[BaseModel], name: str) -> Ui:
    found = [part for part in params.model_fields[name].metadata if isinstance(part, Ui)]
    if not found:
        raise ValueError(f"{params.__name__}.{name} does not say how it is shown: annotate it with a Ui")
    return found[-1]
