"""Tables of request fields, so that a plug-in can check its arguments before it calls (standard library only).

The daemon checks with pydantic; the generator makes these tables from the same models and copies this file into
layerbridge_client, so it keeps to Python 3.9. Rules between fields (margins are for outpaint, seed + count) stay with
the daemon.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast


@dataclass(frozen=True)
class RequestField:
    """One field of a request.

    type: "integer", "number", "boolean", "string", "map" (text to text),
    "words" (a list of strings), or the name of an object in the same tables.
    minimum, maximum: of a number, both allowed; of a string its characters, of a map its entries.
    choices: of a string or of each word, all that is allowed; of a number, words allowed besides numbers ("auto").
    """

    name: str
    type: str
    required: bool = False
    default: Any = None
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()


FieldTables = Mapping[str, "tuple[RequestField, ...]"]


def field_problems(tables: FieldTables, name: str, values: Mapping[str, Any], where: str = "") -> list[str]:
    """What is wrong with the fields of request or object `name`, a sentence each; an empty list if nothing is."""
    fields = {field.name: field for field in tables[name]}
    problems = [f"{where}{key} is no field of {name}." for key in values if key not in fields]
    for field in fields.values():
        if field.name in values:
            problems += _value_problems(tables, field, values[field.name], where + field.name)
        elif field.required:
            problems.append(f"{where}{field.name} is missing.")
    return problems


def _value_problems(tables: FieldTables, field: RequestField, value: Any, path: str) -> list[str]:
    if value is None and field.nullable:
        return []
    if isinstance(value, str) and field.choices and field.type != "words":
        allowed = ", ".join(field.choices)
        return [] if value in field.choices else [f"{path} is {value[:40]!r}; allowed: {allowed}."]
    if field.type in tables:
        if not isinstance(value, Mapping):
            return [f"{path} must be an object with the fields of {field.type}."]
        return field_problems(tables, field.type, cast("Mapping[str, Any]", value), path + ".")
    if not _has_type(field.type, value):
        return [f"{path} must be of type {field.type}."]
    if field.type == "words":
        wrong = [word for word in cast("list[str]", value) if word not in field.choices]
        return [f"{path} has {word[:40]!r}; allowed: {', '.join(field.choices)}." for word in wrong[:1]]
    size = cast("float", len(cast("str", value)) if field.type in ("string", "map") else value)
    if field.minimum is not None and not size >= field.minimum:
        return [f"{path} must be at least {field.minimum}."]
    if field.maximum is not None and not size <= field.maximum:
        return [f"{path} must be at most {field.maximum}."]
    return []


def _has_type(kind: str, value: object) -> bool:
    if kind == "map":
        items = cast("Mapping[Any, Any]", value).items() if isinstance(value, Mapping) else [(0, 0)]
        return all(isinstance(key, str) and isinstance(item, str) for key, item in items)
    if kind == "words":
        return isinstance(value, list) and all(isinstance(word, str) for word in cast("list[Any]", value))
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()  # as in JavaScript, where 4.0 is 4
    types: dict[str, tuple[type, ...]] = {"integer": (int,), "number": (int, float), "string": (str,)}
    return isinstance(value, types.get(kind, ()))
