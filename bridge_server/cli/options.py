"""What `generate` takes for each operation: arguments, ranges and help made from the registry, and what was typed."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Any

from ..families.registry import FamilyRegistry
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
from ..operations.base import InputSpec, Operation
from ..operations.limits import MAX_WEIGHT, REFINED_FROM
from ..operations.table import options_of
from . import values

INPUTS = {  # by role: how a picture file stands for what an editor captures
    "image": "the picture to work on",
    "mask": "as large as the image; white, or opaque, is selected",
}
SIZE = "in pixels (default: the model's own)"
LORA_HELP = (
    "a LoRA that is added to the model (a name from `layerbridge models list`, or its file), and how much of it, from "
    f"-{MAX_WEIGHT:g} to {MAX_WEIGHT:g} (default: 1); may be repeated"
)

REFINER_HELP = (
    "a refiner that does the end of the model's schedule (a name from `layerbridge models list`, or its file), and "
    f"where it takes over, from 0 to 1 (default: {REFINED_FROM:g})"
)


def add_arguments(parser: argparse.ArgumentParser, operation: Operation, families: FamilyRegistry) -> None:
    """Its inputs and its options, with the samplers of these families. What is not typed is not in the namespace: the
    daemon knows what it stands for.
    """
    for role, spec in _files(operation):
        text = INPUTS.get(role) or _further(spec)
        parser.add_argument(input_flag(role), required=spec.required, metavar="FILE", help=text.replace("%", "%%"))
    if "image" not in operation.inputs:
        parser.add_argument("--size", type=values.size, metavar="WxH", help=SIZE)
    for option in options_of(operation):
        for flag, part in flags(option).items():
            settings: dict[str, Any] = {
                "help": _help(option, part, families).replace("%", "%%"),
                "default": argparse.SUPPRESS,
            }
            parser.add_argument(flag, **settings, **_taken(option, families))
    if operation.takes_adapters:
        shown = {"metavar": LORA_METAVAR, "default": [], "help": LORA_HELP}
        parser.add_argument(LORA, action="append", type=values.adapter, **shown)
        parser.add_argument(REFINER, type=values.refiner, metavar=REFINER_METAVAR, help=REFINER_HELP)


def _further(spec: InputSpec) -> str:
    without = f" (default: {spec.absent.lower()})" if spec.absent else ""
    return f"{spec.title}: a PNG or JPEG file. {spec.description}".rstrip(". ") + without


def _files(operation: Operation) -> list[tuple[str, InputSpec]]:
    """The inputs that are files. A mask without a picture is not: there is nothing that it could be as large as."""
    return [pair for pair in operation.inputs.items() if pair[0] != "mask" or "image" in operation.inputs]


def further_files(operation: Operation, namespace: argparse.Namespace) -> dict[str, str]:
    """The files that were named for roles beside the picture and its mask."""
    typed = {role: _typed(namespace, input_flag(role)) for role, _ in _files(operation) if role not in INPUTS}
    return {role: file for role, file in typed.items() if file is not None}


def options_given(operation: Operation, namespace: argparse.Namespace) -> dict[str, Any]:
    """The options that were typed, as a request has them. Those left to the daemon (`auto`) are left out."""
    given: dict[str, Any] = {}
    for option in options_of(operation):
        typed = {part: _typed(namespace, flag) for flag, part in flags(option).items()}
        known = {part: value for part, value in typed.items() if value is not None}
        if known:
            given[option["name"]] = known.get("", known)
    return given


def num_images_of(operation: Operation, given: Mapping[str, Any]) -> int:
    """How many variations come of these options; one of an operation that has no number of them."""
    standard = next((option["default"] for option in options_of(operation) if option["name"] == "num_images"), 1)
    return given.get("num_images", standard)


def wrong_together(operation: Operation, namespace: argparse.Namespace) -> str | None:
    """What is wrong with options that each are right, as a sentence; None if nothing is."""
    given = options_given(operation, namespace)
    for option in options_of(operation):
        if option["type"] == "margins" and not any(given.get(option["name"], {}).values()):
            sides = ", ".join(flags(option))
            return f"{operation.name} needs at least one of {sides} with a number of pixels"
        if option["widget"] == "seed" and option["name"] in given:
            number = num_images_of(operation, given)
            if given[option["name"]] + number - 1 > option["maximum"]:
                return f"argument --seed: with --num-images {number} it is at most {option['maximum'] - number + 1}"
    return None


def _typed(namespace: argparse.Namespace, flag: str) -> Any:
    return getattr(namespace, flag.lstrip("-").replace("-", "_"), None)


def _taken(option: dict[str, Any], families: FamilyRegistry) -> dict[str, Any]:
    """What argparse is told of the value."""
    if option["type"] == "boolean":
        return {"action": argparse.BooleanOptionalAction if negation(option) else "store_true"}
    shown = {"metavar": metavar(option)}
    if option["type"] == "choices":
        return {**shown, "action": "append", "choices": option["choices"]}
    if option["type"] == "choice":
        return {**shown, "choices": option["choices"]}
    return {**shown, "type": _reader(option, families)}


def _reader(option: dict[str, Any], families: FamilyRegistry) -> Callable[[str], Any]:
    if option["widget"] == "model":
        return values.model
    if option["widget"] == "sampler":
        return values.sampler(families.samplers)
    if option["type"] == "text":
        return values.words(option["max_length"])
    low, high = option["minimum"], option["maximum"]
    if option["widget"] == "seed":
        read: Callable[[str], Any] = values.seed(low, high)
    else:
        read = values.number(low, high) if option["type"] == "number" else values.whole(low, high)
    return values.or_auto(read) if option["automatic"] else read


def _help(option: dict[str, Any], part: str, families: FamilyRegistry) -> str:
    if option["type"] == "margins":
        return f"how far to go beyond the {part} edge (default: 0)"
    text = _middle(option["hint"] or option["description"])
    if option["widget"] == "model":
        text += ": a name from `layerbridge models list`, its file, or a hub id"
    elif option["widget"] == "sampler":
        text += f"; auto, or one of: {', '.join(families.samplers)}"
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
