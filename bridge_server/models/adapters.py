"""Adapters: what a file is, and whether it fits a model (standard library only). Weights are never read here.

When folders are looked through, which may hold thousands of them, a few places in the header tell the family; before
a job, the whole header is read and checked.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from ..errors import BridgeError, ErrorCode
from ..families.base import AdapterFile, Adapters, FamilySpec, Lacking
from ..families.registry import FamilyRegistry
from ..protocol.tasks import ModelRef
from .described import LORA, Model, network, refused
from .header import Told, read_header
from .lora import lora_layers, other_kind
from .overrides import Sidecar
from .reading import printable

OTHER_FAMILIES: tuple[tuple[bytes, str, str], ...] = (  # part of a tensor's name, family, title
    (b"double_blocks", "flux", "FLUX.1"),
    (b"single_transformer_blocks", "flux", "FLUX.1"),
    (b"joint_blocks", "sd3", "Stable Diffusion 3"),
)
LAST_BYTES = 8 * 2**10  # of a header: the names of some fifty tensors
MOST_TRIGGERS = 5
MAX_COUNTS = 64 * 2**10  # bytes of the notes on a training's words that are looked through
UNUSED = ", which Layerbridge cannot use"
NOT_ADDED = "Layerbridge cannot add to a model; it adds LoRA, LoCon, LoHa and LoKr"
_TENSOR = re.compile(r'"([^"\\]{1,1000})"\s*:\s*\{')
_NOTE = rb'"%s"\s*:\s*"((?:[^"\\]|\\.){1,2000})"'
_TITLE = re.compile(_NOTE % rb"modelspec\.title")
_PHRASE = re.compile(_NOTE % rb"modelspec\.trigger_phrase")
_LICENSE = re.compile(_NOTE % rb"modelspec\.license")
_COUNTS = b'"ss_tag_frequency"'
_COUNT = re.compile(rb'\\"([^"\\]{1,100})\\":\s*(\d{1,9})')


def describe_lora(file: Path, name: str, told: Told, beside: Sidecar, families: FamilyRegistry) -> Model:
    """The LoRA as it is listed; told: its header, of which only the text was read."""
    text = told.adapter
    adapter = AdapterFile(file, text, beside.family)
    other = other_kind(_TENSOR.findall(text[-LAST_BYTES:].decode("utf-8", "replace")))
    answer = families.detect_adapter(adapter)
    family = "" if isinstance(answer, Lacking) else answer or ""
    known = families.get(family)
    if other is not None or known is None or LORA not in known.spec.adapters:
        if other is not None:
            what, key = f"{other}, which {NOT_ADDED}", family
        elif isinstance(answer, Lacking):
            what, key = f"{answer.what}{UNUSED}", ""
        else:
            key, what = _other_family(text) if known is None else (known.key, f"a LoRA for {known.spec.title}{UNUSED}")
        note = f"{file.name} is {what}. Choose another one."
        facts = {"size": told.size, "fingerprint": told.fingerprint, "role": LORA}
        return refused(name, file, "file", key, ErrorCode.UNSUPPORTED, note, **facts)
    notes = _notes(text)
    triggers = _triggers(notes)
    title = _note(_TITLE, notes)
    parts = [f"A LoRA for {known.spec.title}" + (f": {title}" if title else "") + "."]
    parts += [f"Trigger words: {', '.join(triggers)}."] if triggers else []
    facts = {"size": told.size, "fingerprint": told.fingerprint, "family": known.key, "name": name}
    license = beside.license or _note(_LICENSE, notes)
    model = network(file, LORA, printable(" ".join(parts)), 0, license=license, **facts)
    return Model(**(vars(model) | {"triggers": triggers, "settings": beside.values}))


def check_fits(adapter: ModelRef, base: ModelRef, families: FamilyRegistry) -> None:
    """Whether a LoRA can be added to a model, by what its header says; its file is read.

    Raises BridgeError: unsupported, model_unreadable, model_not_found.
    """
    spec = families.named(base.family).spec
    fitting = spec.adapters.get(LORA)
    if fitting is None:
        raise BridgeError(
            ErrorCode.UNSUPPORTED,
            f"Nothing can be added to {base.name}: {spec.title} takes no LoRA. Leave {adapter.name} out, or choose "
            "another model.",
        )
    if adapter.family not in fitting.families:
        made_for = families.named(adapter.family).spec.title
        raise BridgeError(
            ErrorCode.UNSUPPORTED,
            f"{adapter.name} is a LoRA for {made_for} and does not fit {base.name}, which is {spec.title}. "
            "Choose another one.",
        )
    _check_layers(adapter, fitting, spec)


def _check_layers(adapter: ModelRef, fitting: Adapters, spec: FamilySpec) -> None:
    file = Path(adapter.path)
    if not file.exists():
        raise BridgeError(ErrorCode.MODEL_NOT_FOUND, f"The LoRA {adapter.name} is not there any more: {file.name}.")
    shapes = read_header(file, whole=True).header.shapes
    other = other_kind(shapes)
    if other is not None:
        raise BridgeError(ErrorCode.UNSUPPORTED, f"{adapter.name} is {other}, which {NOT_ADDED}. Choose another one.")
    layers = lora_layers(shapes, fitting, spec.denoiser).values()
    if not layers:
        raise BridgeError(
            ErrorCode.UNSUPPORTED,
            f"{adapter.name} would change nothing: none of its {len(shapes)} tensors is for a layer of {spec.title}. "
            "Choose another one.",
        )
    broken = next((layer for layer in layers if not layer.rank(shapes)), None)
    if broken is not None:
        raise BridgeError(
            ErrorCode.MODEL_UNREADABLE,
            f"The LoRA {adapter.name} is damaged: the tensors for {broken.layer[:100]} do not belong together. "
            "Get it again.",
        )


def _other_family(text: bytes) -> tuple[str, str]:
    """Of what no family takes: the family that it looks like, and what it is."""
    for part, family, title in OTHER_FAMILIES:
        if part in text:
            unknown = "with names or sizes of layers that Layerbridge does not understand"
            return family, f"a LoRA for {title} or a relative of it, {unknown}"
    return "", f"a LoRA for a family of models that its tensors do not tell{UNUSED}"


def _notes(text: bytes) -> bytes:
    """The part of a header with a file's notes, which nearly always come before its tensors."""
    start = text[: max(0, text.find(b'"shape"'))]
    return start if b'"__metadata__"' in start else text


def _triggers(text: bytes) -> tuple[str, ...]:
    """The phrase that its maker names; else the words that all of its training's captions have, where that is told."""
    phrase = _note(_PHRASE, text)
    if phrase:
        return (printable(phrase, 200),)
    start = text.find(_COUNTS)
    if start < 0:
        return ()
    end = text.find(b'}}"', start, start + MAX_COUNTS)
    counts = [(int(count[2]), count[1]) for count in _COUNT.finditer(text, start, end if end >= 0 else start)]
    most = max((count for count, _ in counts), default=0)
    words = dict.fromkeys(word.decode("utf-8", "replace").strip() for count, word in counts if count == most)
    return tuple(printable(word, 100) for word in words if word)[:MOST_TRIGGERS]


def _note(pattern: re.Pattern[bytes], text: bytes) -> str:
    found = pattern.search(text)
    try:
        return "" if found is None else printable(str(json.loads(b'"' + found[1] + b'"')), 200)
    except ValueError:
        return ""
