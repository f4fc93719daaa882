"""What `generate` takes for each operation: arguments, ranges and help made from the registry, and what was typed."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from ..models.samplers import SAMPLERS
from ..operations.arguments import flags, metavar, without_it
from ..operations.base import Operation
from ..operations.table import options_of
from . import values

INPUTS = {  # by role: how a picture file stands for what an editor captures
    "image": "the picture to work on",
    "mask": "as large as the image; white, or opaque, is repainted",
}
SIZE = "in pixels (default: the model's own)"


def add_arguments(parser: argparse.ArgumentParser, operation: Operation) -> None:
    """Its inputs and its options. What is not typed is not in the namespace: the daemon knows what it stands for."""
    if "image" in operation.inputs:
        for role, spec in operation.inputs.items():
            parser.add_argument(f"--{role}", required=spec.required, metavar="FILE", help=INPUTS[role])
    else:
        parser.add_argument("--size", type=values.size, metavar="WxH", help=SIZE)
    for option in options_of(operation):
        for flag, part in flags(option).items():
            settings: dict[str, Any] = {"help": _help(option, part).replace("%", "%%"), "default": argparse.SUPPRESS}
            parser.add_argument(flag, **settings, **_taken(option))


def options_given(operation: Operation, namespace: argparse.Namespace) -> dict[str, Any]:
    """The options that were typed, as a request has them. Those left to the daemon (`auto`) are left out."""
    given: dict[str, Any] = {}
    for option in options_of(operation):
        typed = {part: _typed(namespace, flag) for flag, part in flags(option).items()}
        known = {part: value for part, value in typed.items() if value is not None}
        if known:
            given[option["name"]] = known.get("", known)
    return given


def wrong_together(operation: Operation, namespace: argparse.Namespace) -> str | None:
    """What is wrong with options that each are right, as a sentence; None if nothing is."""
    given = options_given(operation, namespace)
    for option in options_of(operation):
        if option["type"] == "margins" and not any(given.get(option["name"], {}).values()):
            sides = ", ".join(flags(option))
            return f"{operation.name} needs at least one of {sides} with a number of pixels"
        if option["widget"] == "seed" and option["name"] in given:
            count = given.get("count", 1)
            if given[option["name"]] + count - 1 > option["maximum"]:
                return f"argument --seed: with --count {count} it is at most {option['maximum'] - count + 1}"
    return None


def _typed(namespace: argparse.Namespace, flag: str) -> Any:
    return getattr(namespace, flag.lstrip("-").replace("-", "_"), None)


def _taken(option: dict[str, Any]) -> dict[str, Any]:
    """What argparse is told of the value."""
    if option["type"] == "boolean":
        return {"action": argparse.BooleanOptionalAction if option["default"] else "store_true"}
    shown = {"metavar": metavar(option)}
    if option["type"] == "choices":
        return {**shown, "action": "append", "choices": option["choices"]}
    if option["type"] == "choice":
        return {**shown, "choices": option["choices"]}
    return {**shown, "type": _reader(option)}


def _reader(option: dict[str, Any]) -> Callable[[str], Any]:
    by_widget = {"model": values.model, "sampler": values.sampler}
    if option["widget"] in by_widget:
        return by_widget[option["widget"]]
    if option["type"] == "text":
        return values.words(option["max_length"])
    low, high = option["minimum"], option["maximum"]
    if option["widget"] == "seed":
        read: Callable[[str], Any] = values.seed(low, high)
    else:
        read = values.number(low, high) if option["type"] == "number" else values.whole(low, high)
    return values.or_auto(read) if option["automatic"] else read


def _help(option: dict[str, Any], part: str) -> str:
    if option["type"] == "margins":
        return f"how far to go beyond the {part} edge (default: 0)"
    text = _middle(option["hint"] or option["description"])
    if option["widget"] == "model":
        text += ": a name from `layerbridge models list`, its file, or a hub id"
    elif option["widget"] == "sampler":
        text += f"; auto, or one of: {', '.join(SAMPLERS)}"
    elif option["type"] == "choices":
        text += f"; may be repeated: {', '.join(option['choices'])}"
    elif option["type"] == "choice":
        text += f"; one of: {', '.join(option['choices'])}"
    elif option["maximum"] is not None:
        auto = "auto or " if option["automatic"] else ""
        text += f"; {auto}{option['minimum']:g} to {_exactly(option['maximum'])}"
    standard = without_it(option)
    return text if standard in ("none", "no") else f"{text} (default: {standard})"


def _exactly(number: float) -> str:
    return str(number) if isinstance(number, int) else f"{number:g}"


def _middle(sentence: str) -> str:
    """A sentence as the beginning of a longer one."""
    return f"{sentence[0].lower()}{sentence[1:].rstrip('.')}"
