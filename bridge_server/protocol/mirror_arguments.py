"""The generated blocks of docs/generate.md: what `layerbridge generate` paints, and its options."""

from __future__ import annotations

from typing import Any

from ..operations.arguments import (
    LORA,
    LORA_METAVAR,
    REFINER,
    REFINER_METAVAR,
    flags,
    input_flag,
    metavar,
    negation,
    without_it,
)
from ..operations.base import Operation
from ..operations.limits import MAX_WEIGHT, REFINED_FROM
from ..operations.registry import Registry
from ..operations.table import options_of
from .mirror_operations import values_of


def command_lines(operations: Registry) -> list[str]:
    """A table of the operations, in the order of the menus."""
    lines = ["| operation | does | needs |", "| --- | --- | --- |"]
    for operation in operations.all():
        lines.append(f"| `{operation.name}` | {operation.description} | {', '.join(_needed(operation)) or 'nothing'} |")
    return lines


def argument_lines(operations: Registry) -> list[str]:
    """A table of the options; one whose default differs between operations has a line for each."""
    found: dict[str, dict[str, list[str]]] = {}
    for operation in operations.all():
        for option in options_of(operation):
            found.setdefault(option["name"], {}).setdefault(_line(operation, option), []).append(operation.name)
    lines = ["| option | what it says | values | without it | for |", "| --- | --- | --- | --- | --- |"]
    for same in found.values():
        for line, names in same.items():
            lines.append(f"{line} {'all' if len(names) == len(operations.names) else ', '.join(names)} |")
    taking = [operation.name for operation in operations.all() if operation.takes_adapters]
    if taking:
        text = "A LoRA that is added to the model, and how much of it. May be repeated."
        values = f"a weight of -{MAX_WEIGHT:g} to {MAX_WEIGHT:g}, or 1"
        lines.append(f"| `{LORA} {LORA_METAVAR}` | {text} | {values} | none | {', '.join(taking)} |")
        text = "A refiner that does the end of the model's schedule, and where in it that begins."
        values = f"a share of 0 to 1, or {REFINED_FROM:g}"
        lines.append(f"| `{REFINER} {REFINER_METAVAR}` | {text} | {values} | none | {', '.join(taking)} |")
    return lines


def _needed(operation: Operation) -> list[str]:
    needed = [f"`{input_flag(role)}`" for role in operation.inputs if operation.needs(role)]
    for option in options_of(operation):
        if option["type"] == "margins":
            needed.append("one or more of " + " ".join(f"`{flag}`" for flag in flags(option)))
    return needed


def _line(operation: Operation, option: dict[str, Any]) -> str:
    word = metavar(option)
    typed = [f"{flag} {word}" if word else flag for flag in flags(option)] + [negation(option)]
    names = " ".join(f"`{text}`" for text in typed if text)
    standard = "0" if option["type"] == "margins" else without_it(option)
    values = "" if option["type"] == "boolean" else values_of(option)
    return f"| {names} | {option['description']} | {values} | {standard} |"
