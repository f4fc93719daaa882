"""How options are called on the command line, for its parser and for the tables in docs/."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FOUND = {  # by where it is found: Ui.automatic_is, before the dot
    "models": "the default model",
    "model": "the model's own",
    "plan": "from the selection",
    "shipped": "the one that comes along",
    "plan.fill_with": "automatic",
    "plan.model": "the default model where one paints",
}
LORA, LORA_METAVAR = "--lora", "NAME[:WEIGHT]"  # of operations that take adapters
REFINER, REFINER_METAVAR = "--refiner", "NAME[:START]"  # of the same
METAVARS = {"text": "TEXT", "integer": "N", "number": "X", "choice": "WORD", "choices": "WORD"}  # by type


def flags(option: Mapping[str, Any]) -> dict[str, str]:
    """The arguments of an option (of operation_table), each with the part of the value that it sets; "": all of it."""
    if option["type"] == "margins":
        return {f"--{side}": side for side in option["default"]}
    name: str = option["argument"] or option["name"]
    return {f"--{name.replace('_', '-')}": ""}


def negation(option: Mapping[str, Any]) -> str:
    """The argument that says no to what is yes by itself: --no-follow-edges; "" where there is none."""
    yes = option["type"] == "boolean" and option["default"]
    return next(iter(flags(option))).replace("--", "--no-", 1) if yes else ""


def input_flag(role: str) -> str:
    """The argument of an input: --image, --reference-1."""
    return f"--{role.replace('/', '-')}"


def metavar(option: Mapping[str, Any]) -> str:
    """What stands for the value in help texts; "" where there is none to type."""
    if option["unit"] == "px":
        return "PX"
    by_widget = {"model": "MODEL", "sampler": "NAME"}
    return by_widget.get(option["widget"], METAVARS.get(option["type"], ""))


def without_it(option: Mapping[str, Any]) -> str:
    """What an option that is left out stands for, in words."""
    default, automatic = option["default"], option["automatic_is"]
    if default is None:
        found = str(automatic or option["choices_from"])
        known = FOUND.get(found) or FOUND.get(found.partition(".")[0])
        return known or ("automatic" if automatic is None else _plain(automatic))
    if isinstance(default, bool):
        return "yes" if default else "no"
    return "none" if default in ("", []) else _plain(default)


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
