"""Input and output roles as forms and scripts give them: pictures that were picked, how a result is used. No gi."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .failures import REFUSED, BridgeError
from .geometry import shortened
from .operations import LAYER, Input, Operation, Output
from .texts import _, t

SHOWN_TO_A_MODEL = "model.references"  # of an input
MENTION = re.compile(r"<layer:\s*([^<>]*?[^<>\s])\s*>", re.IGNORECASE)
PICKED = ("reference", "control")  # roles before their number: pictures that the user picks
SELECTION, DOCUMENT, TEXT = "selection", "document", "text"  # kinds of outputs, beside layers
AS_SELECTION, AS_MASK, AS_CHANNEL = "selection", "mask", "channel"
AS_IMAGE, AS_LAYER = "image", "layer"
MEDIA_TYPES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}  # by how such a file begins


@dataclass(frozen=True)
class Pick:
    """A picture for an input: a layer or group of the image (tattoo, name), a file (absolute path), or all that is
    visible; or none of these.
    """

    layer: int = 0
    name: str = ""
    file: str = ""
    visible: bool = False

    def __bool__(self) -> bool:
        return bool(self.layer or self.file or self.visible)

    def to_json(self) -> dict[str, Any]:
        if self.visible:
            return {"visible": True}
        return {"file": self.file} if self.file else {"layer": self.layer, "name": self.name}


def pick_of(value: Any) -> Pick:
    """What a file of last values or a parasite says; nothing where that is damaged."""
    if not isinstance(value, Mapping):
        return Pick()
    layer, name, file = value.get("layer"), value.get("name"), value.get("file")
    if value.get("visible") is True:
        return Pick(visible=True)
    if isinstance(file, str) and file:
        return Pick(file=file)
    return Pick(layer, name if isinstance(name, str) else "") if type(layer) is int else Pick()


def picked_inputs(operation: Operation) -> list[Input]:
    """Inputs that the user picks a picture for, in the order of the table."""
    return [given for given in operation.inputs if given.role.partition("/")[0] in PICKED]


def unknown_inputs(operation: Operation) -> list[Input]:
    """Inputs that this plug-in knows no way to capture."""
    return [
        given
        for given in operation.inputs
        if given.role not in ("image", "mask") and given.role.partition("/")[0] not in PICKED
    ]


def ways_of(kind: str) -> list[tuple[str, str]]:
    """(name, text) of how an output of this kind can be used; the first is the default. Empty: there is no choice."""
    if kind == SELECTION:
        return [(AS_SELECTION, t("way_selection")), (AS_MASK, t("way_mask")), (AS_CHANNEL, t("way_channel"))]
    if kind == DOCUMENT:
        return [(AS_IMAGE, t("way_document")), (AS_LAYER, t("way_layer"))]
    return []


def choosable_outputs(operation: Operation) -> list[Output]:
    return [output for output in operation.outputs if ways_of(output.kind)]


def ways_title(operation: Operation, output: Output) -> str:
    """The name of the choice: with that of the output, where there are several."""
    if len(choosable_outputs(operation)) == 1:
        return t("resultAs")
    return t("resultNamedAs", title=_(output.title))


def way_problem(operation: Operation, ways: Mapping[str, str], has_layer: bool) -> str:
    """What to say where a way of using a result cannot work; empty where it can."""
    for output in choosable_outputs(operation):
        if way_of(output, ways) == AS_MASK and not has_layer:
            return _("{title}: select the one layer that is to get the mask.").format(
                title=ways_title(operation, output)
            )
    return ""


def adds_layers(operation: Operation, ways: Mapping[str, str]) -> bool:
    """Whether something of it enters the image as a layer, for which an indexed image has too few colours."""
    given = [way_of(output, ways) for output in choosable_outputs(operation)]
    return operation.makes_layers or AS_LAYER in given


def has_place(operation: Operation) -> bool:
    """Whether something of it may lie above a layer."""
    return any(output.kind in (LAYER, DOCUMENT) for output in operation.outputs)


def way_of(output: Output, chosen: Mapping[str, Any]) -> str:
    """The way that was chosen for an output, or else the default; empty where there is no choice."""
    way = chosen.get(output.role)
    return str(way) if is_way(output, way) else next((name for name, _text in ways_of(output.kind)), "")


def is_way(output: Output, way: Any) -> bool:
    return bool(way) and way in [name for name, _text in ways_of(output.kind)]


def ways_text(ways: Mapping[str, str]) -> str:
    """As it is kept with a job: a word for each output."""
    return ",".join(f"{role}:{way}" for role, way in ways.items())


def ways_from_text(text: str) -> dict[str, str]:
    pairs = [part.partition(":") for part in text.split(",")]
    return {role: way for role, colon, way in pairs if colon}


def media_type_of(data: bytes) -> str:
    """Of an encoded picture that may be sent; empty for anything else."""
    return next((media for beginning, media in MEDIA_TYPES.items() if data.startswith(beginning)), "")


def input_argument(role: str) -> str:
    """The name of the argument that takes a layer."""
    return role.replace("/", "-").replace("_", "-")


def file_argument(role: str) -> str:
    return f"{input_argument(role)}-file"


def way_argument(role: str) -> str:
    return f"{input_argument(role)}-as"


def missing_input(operation: Operation, picks: Mapping[str, Pick]) -> str:
    """What to say where a picture that is needed was not picked; empty where nothing is missing."""
    for given in picked_inputs(operation):
        if given.required and not picks.get(given.role):
            return _("{title}: choose a layer or a file.").format(title=_(given.title))
    return ""


def mentioned(prompt: str) -> list[str]:
    """The names of layers that a prompt mentions as <layer:name>, each once."""
    return list(dict.fromkeys(MENTION.findall(prompt)))


def titled(prompt: str, longest: int = 48) -> str:
    """A prompt as a title: shortened, with the names alone of the layers that it mentions, in quotes."""
    return shortened(MENTION.sub(r"“\1”", prompt), longest)


def with_mentioned(
    operation: Operation, prompt: str, picks: Mapping[str, Pick], layers: Sequence[tuple[int, str]]
) -> dict[str, Pick]:
    """Picks with the layers that the prompt mentions, each in the first free role. layers: (tattoo, name) of the image.
    Raises BridgeError.
    """
    found = dict(picks)
    roles = [given.role for given in picked_inputs(operation) if given.shown_when == SHOWN_TO_A_MODEL]
    if not roles:
        return found  # the names are words
    for name in mentioned(prompt):
        if any(pick.name == name for pick in found.values()):
            continue
        layer = next((layer for layer in layers if layer[1] == name), None)
        if layer is None:
            raise BridgeError(REFUSED, t("mentionedGone", name=name))
        free = next((role for role in roles if not found.get(role)), None)
        if free is None:
            text = t("mentionedTooMany", name=name, operation=_(operation.title), count=len(roles))
            raise BridgeError(REFUSED, text)
        found[free] = Pick(*layer)
    return found


def names_mentioned(prompt: str, picks: Mapping[str, Pick]) -> dict[str, str]:
    """By role, the names of the picks that the prompt mentions."""
    names = mentioned(prompt)
    return {role: pick.name for role, pick in picks.items() if pick and pick.name in names}


def in_reach(picks: Mapping[str, Pick], layers: Sequence[tuple[int, str]]) -> dict[str, Pick]:
    """Picks of an earlier run, for an image with these layers (tattoo, name): another one may have the same names."""
    found = {}
    for role, pick in picks.items():
        same = [Pick(*layer) for layer in layers if layer == (pick.layer, pick.name)]
        named = [Pick(*layer) for layer in layers if layer[1] == pick.name]
        found[role] = pick if pick.file or pick.visible else (same or named or [Pick()])[0]
    return found
