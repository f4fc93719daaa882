"""What the plug-ins' copies of the protocol hold, read from the source: limits with their reasons, words, fields."""

from __future__ import annotations

import ast
import inspect
import io
import tokenize
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, cast, get_args

from pydantic import BaseModel

from ..operations import limits as option_limits
from ..operations.registry import Registry
from . import frame, limits
from .fields import RequestField
from .messages import Event, JobState, Progress
from .requests import job_request, plan_request

FINAL_STATES = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True)
class Constant:
    """A module-level constant: its value, and the comment beside it, which says why it is so."""

    name: str
    value: Any
    reason: str


def module_constants(module: ModuleType) -> tuple[Constant, ...]:
    """The constants in capitals that `module` itself assigns, in order."""
    source = inspect.getsource(module)
    comments = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    found: list[Constant] = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper():
            name = node.targets[0].id
            found.append(Constant(name, getattr(module, name), comments.get(node.lineno, "")))
    return tuple(found)


def frame_constants() -> tuple[Constant, ...]:
    return module_constants(frame)


def limit_constants() -> tuple[Constant, ...]:
    return (*module_constants(limits), *module_constants(option_limits))


def word_lists(operations: Registry) -> tuple[Constant, ...]:
    """The closed lists of words that messages use."""
    return (
        Constant("KINDS", operations.names, "the operations, by name"),
        Constant("JOB_STATES", tuple(str(state) for state in JobState), "a job is in one of these"),
        Constant("FINAL_STATES", tuple(str(state) for state in FINAL_STATES), "a job in one of these stays there"),
        Constant("PHASES", _choices(Progress, "phase"), "of a job's progress"),
        Constant("EVENT_TYPES", _choices(Event, "type"), "of the event sequence"),
    )


def request_tables(operations: Registry) -> dict[str, tuple[RequestField, ...]]:
    """The fields of the requests that plug-ins build, and of the objects in them, by name."""
    tables: dict[str, tuple[RequestField, ...]] = {}
    for model in (job_request(operations), plan_request(operations)):
        schema = model.model_json_schema()
        definitions: dict[str, Any] = schema.get("$defs", {})
        for name, part in {**definitions, model.__name__: schema}.items():
            if "properties" in part:
                tables[name] = _fields(part, definitions)
    return tables


def _choices(model: type[BaseModel], field: str) -> tuple[str, ...]:
    return get_args(model.model_fields[field].annotation)


def _fields(schema: dict[str, Any], definitions: dict[str, Any]) -> tuple[RequestField, ...]:
    required = schema.get("required", [])
    return tuple(_field(name, part, name in required, definitions) for name, part in schema["properties"].items())


def _field(name: str, schema: dict[str, Any], required: bool, definitions: dict[str, Any]) -> RequestField:
    options: list[dict[str, Any]] = schema.get("anyOf", [schema])
    nullable = any(option.get("type") == "null" for option in options)
    words = tuple(option["const"] for option in options if "const" in option)
    value = next(option for option in options if option.get("type") != "null" and "const" not in option)
    kind = value.get("type", "")
    if "$ref" in value:
        kind = value["$ref"].rpartition("/")[2]
        target = definitions[kind]
        if "enum" in target:
            kind, words = target["type"], tuple(target["enum"])
    elif "enum" in value:
        words = tuple(value["enum"])
    elif kind == "object":
        kind = "map"
    elif kind == "array":
        kind, words = "words", tuple(value["items"]["enum"])
    limits = {key: value[key] for key in value if key.startswith(("min", "max"))}
    low = next((limit for key, limit in limits.items() if key.startswith("min")), None)
    high = next((limit for key, limit in limits.items() if key.startswith("max")), None)
    return RequestField(name, kind, required, schema.get("default"), nullable, low, high, words)


def object_rows(table: Sequence[Mapping[str, Any]], literal: Callable[[Any], str]) -> str:
    """Objects in the syntax that Python and JavaScript share, each of the objects in them on a line of its own."""
    text = ""
    for value in table:
        text += "    {\n"
        for key, part in value.items():
            entries = cast("list[Any]", part) if isinstance(part, list) else []
            if entries and all(isinstance(entry, dict) for entry in entries):
                rows = "".join(f"            {literal(entry)},\n" for entry in entries)
                text += f"        {literal(key)}: [\n{rows}        ],\n"
            else:
                text += f"        {literal(key)}: {literal(part)},\n"
        text += "    },\n"
    return text
