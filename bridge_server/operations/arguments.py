"""How options are called on the command line, for its parser and for the tables in docs/."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FOUND = {
    "models.default": "the default model",
    "model.steps": "the model's own",
    "model.guidance_scale": "the model's own",
    "model.samplers": "the model's own",
    "plan.grow": "from the selection",
    "plan.feather": "from the selection",
    "plan.padding": "from the selection",
}
METAVARS = {"text": "TEXT", "integer": "N", "number": "X", "choice": "WORD", "choices": "WORD"}  # by type


def flags(option: Mapping[str, Any]) -> dict[str, str]:
    """The arguments of an option (of operation_table), each with the part of the value that it sets; "": all of it."""
    if option["type"] == "margins":
        return {f"--{side}": side for side in option["default"]}
    name: str = option["argument"] or option["name"]
    return {f"--{name.replace('_', '-')}": ""}


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
        known = FOUND.get(automatic or option["choices_from"])
        return known or ("automatic" if automatic is None else _plain(automatic))
    if isinstance(default, bool):
        return "yes" if default else "no"
    return "none" if default in ("", []) else _plain(default)


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
