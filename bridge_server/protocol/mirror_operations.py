"""The generated block of docs/operations.md: each operation with a table of its options."""

from __future__ import annotations

from textwrap import wrap
from typing import Any, cast

from ..operations.arguments import without_it
from ..operations.registry import Registry
from ..operations.table import operation_table

WIDTH = 120  # columns of prose
GROUPS = {"main": "", "advanced": "folded away", "script": "command line and scripts only"}


def operation_blocks(operations: Registry) -> list[str]:
    """The lines of all operations, in the order of the menus."""
    lines: list[str] = []
    for operation in operation_table(operations):
        lines += _operation(operation)
    return lines[:-1]


def _operation(operation: dict[str, Any]) -> list[str]:
    return [
        f"### {operation['title']}: `{operation['name']}`",
        "",
        *wrap(f"{operation['description']} {operation['help']}", WIDTH),
        "",
        *(f"- reads `{spec['role']}`: {_input(spec)}" for spec in operation["inputs"]),
        *(f"- makes `{spec['role']}`: {_output(spec)}" for spec in operation["outputs"]),
        f"- lane {operation['lane']}, {operation['durability']}; stages: {', '.join(operation['stages'])}",
        "",
        "| option | what it says | values | without it | where |",
        "| --- | --- | --- | --- | --- |",
        *(_option(option) for option in operation["options"]),
        "",
    ]


def _input(spec: dict[str, Any]) -> str:
    words = [spec["title"].lower(), "needed" if spec["required"] else "may be absent"]
    if spec["source"]:
        words.append(
            {"layer": "the active layer by default", "visible": "all visible layers by default"}[spec["source"]]
        )
    if spec["unselected"]:
        nothing = {"everything": "everything is meant", "refused": "it is refused"}[spec["unselected"]]
        words.append(f"with nothing selected {nothing}")
    words += [f"without it “{spec['absent'].lower()}”"] if spec["absent"] else []
    return ". ".join(part for part in ("; ".join(words), spec["description"].rstrip(".")) if part)


def _output(spec: dict[str, Any]) -> str:
    words = [f"a {spec['kind']}", f"called “{spec['title']}” where there is no prompt"]
    words += ["one for each variation"] if spec["several"] else []
    words += ["the canvas grows with it"] if spec["grows_canvas"] else []
    words += ["the layer that was read is hidden"] if spec["hides_source"] else []
    words += [f"in the group “{spec['stack']}”"] if spec["stack"] else []
    return "; ".join(words)


def _option(option: dict[str, Any]) -> str:
    where = "; ".join(part for part in (GROUPS[option["group"]], _condition(option["shown_when"])) if part)
    name = f"`{option['name']}`: {option['title']}"
    return f"| {name} | {option['description']} | {values_of(option)} | {_default(option)} | {where} |"


def _condition(shown_when: str) -> str:
    known = {
        "selection": "where something is selected",
        "plan.by_example": "where it is filled by example",
        "plan.model": "where a model paints",
    }
    parts = shown_when.split()
    return " and ".join(known.get(part) or f"where the model reads `{part.rpartition('.')[2]}`" for part in parts)


def values_of(option: dict[str, Any]) -> str:
    """What the value may be, in Markdown."""
    unit = f" {option['unit']}" if option["unit"] == "px" else ""
    if option["choices"]:
        return ", ".join(f"`{choice}`" for choice in option["choices"])
    if option["maximum"] is not None:
        each = "each " if option["type"] == "margins" else ""
        return f"{each}{_number(option['minimum'])} to {_number(option['maximum'])}{unit}"
    if option["max_length"] is not None:
        return f"text, {option['max_length']:,} characters"
    return "yes, no" if option["type"] == "boolean" else option["type"]


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _default(option: dict[str, Any]) -> str:
    default = option["default"]
    if isinstance(default, dict):
        return ", ".join(f"{side} {value}" for side, value in cast("dict[str, int]", default).items() if value)
    return without_it(option)
