"""Whether a folder, a file or a hub's model is Qwen-Image, and which of its kinds (standard library only).

What a model was distilled to is told by no tensor; files and folders have it in their names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...models.gguf import told_of
from ...models.header import Header
from ...models.part_files import QWEN25_TOKENIZER, TEXT_ENCODER, TOKENIZER, VAE, qwen25_vl, qwen_vae
from ...models.parts import name_of
from ...models.reading import read_json, unreadable
from ..adapter_rows import layers_named, rows_of
from ..base import AdapterFile, Candidate, Checkpoint, Folder, HubName, Lacking, Match
from ..settings import PAINTING
from ..transformer_files import is_folder_of, levels_of, match_of, takes_more, width_into
from .layout import LAYER_MARK, PICTURE_IN, PICTURE_OUT, blocks_of, is_control, is_whole, root_of
from .spec import ALL, EDIT, EDIT_PLUS, KEYS, LAYERED, QWEN_IMAGE, VALUES, WIDTH

OF_HUB = re.compile(r"qwen[-_.]?image")
EDITS, PLUS = re.compile(r"edit"), re.compile(r"plus|25(?:09|11|12)")
PIPELINES = frozenset(pipeline for spec in ALL for pipeline in spec.pipelines) - {*LAYERED.pipelines}
DIVIDES = re.compile(r"layered")
LIGHTNING = re.compile(r"lightning|lightx2v")
LIGHTNING_STEPS = 8  # where its name does not say
STEPS = re.compile(r"(?<!\d)([1-9]|1[0-6])[-_ ]?steps?(?![a-z])")
OTHER = "a relative of Qwen-Image of another size or kind"
OTHERS = (  # of the same makers, by their names; what they are, and what tells them
    (re.compile(r"control"), "a ControlNet for Qwen-Image"),
)
LORA_LAYERS = (  # that no other family's transformer has, and what goes out of each
    (layers_named(rb"(?<!single_)transformer_blocks[._]\d+[._](?:img|txt)_mlp[._]net[._]0[._]proj"), 4),
    (layers_named(rb"(?<!single_)transformer_blocks[._]\d+[._](?:img|txt)_mod[._]1"), 6),
    (layers_named(rb"(?<!single_)transformer_blocks[._][2-5]\d[._]attn[._](?:to|add)_[qkv](?:_proj)?"), 1),
)
WAY_ON = (
    "Its text encoder (Qwen2.5-VL 7B), tokenizer and autoencoder come from a folder in the diffusers layout, such as "
    "Qwen/Qwen-Image"
)


def detect(candidate: Candidate) -> Match | Lacking | None:
    """See base.Detect."""
    match candidate:
        case Folder():
            return _detect_folder(candidate)
        case Checkpoint():
            return _detect_file(candidate)
        case HubName():
            return _guess(candidate.id)


def detect_lora(file: AdapterFile) -> str | None:
    """See base.DetectAdapter."""
    is_ours = any(rows_of(file, layers) == times * WIDTH for layers, times in LORA_LAYERS)
    return QWEN_IMAGE.key if is_ours else None


def _guess(hub_id: str) -> Match | None:
    told = hub_id.lower()
    family = LAYERED.key if DIVIDES.search(told) else None
    return _match(told, family, unsupported=_other(told)) if OF_HUB.search(told) else None


def _other(told: str) -> str | None:
    return next((what for pattern, what in OTHERS if pattern.search(told)), None)


def _detect_folder(folder: Folder) -> Match:
    told = name_of(folder.path).lower()
    own = next((spec.key for spec in ALL if folder.pipeline in spec.pipelines), None)
    family = own if LAYERED.key in (own, folder.told) else folder.told or own
    return _match(told, family, _cell(folder.path / "vae" / "config.json", folder.configs["vae"]))


def _detect_file(file: Checkpoint) -> Match | Lacking | None:
    root = root_of(file.shapes)
    if root is None:
        return None
    told = _called(file.path, file)
    if is_control(file.shapes, root):
        return Lacking("a ControlNet for Qwen-Image")
    if not is_whole(file.shapes, root):
        return Lacking("a part of Qwen-Image's transformer, without some of its layers")
    if takes_more(file.shapes, root, [PICTURE_IN], [PICTURE_OUT]):
        return _match(told, file.told, unsupported=OTHER)
    divides = root + LAYER_MARK in file.shapes
    other = None if divides or file.told in KEYS else _other(told)
    if other is not None:
        return _match(told, unsupported=other)
    family = LAYERED.key if divides else None if file.told == LAYERED.key else file.told
    parts = file.settings.get("config")
    if parts is None:
        return replace(_match(told, family), needs=_needs(file, root, divides=divides))
    if not isinstance(parts, str) or not PAINTING["config"](parts):
        return _match(told, family)  # which its settings refuse
    return _with_folder(file, root, file.path.parent / parts, told, family)


def _needs(file: Checkpoint, root: str, *, divides: bool) -> dict[str, str]:
    """What a file whose other parts are files too has to find."""
    text, values = (width_into(file.shapes, root, [name]) for name in ("txt_in.weight", PICTURE_IN))
    vae = qwen_vae(values // VALUES, alpha=divides)
    return {TEXT_ENCODER: qwen25_vl(text), TOKENIZER: QWEN25_TOKENIZER, VAE: vae}


def _with_folder(file: Checkpoint, root: str, folder: Path, told: str, family: str | None) -> Match:
    """A transformer whose other parts are in a folder; what that says of the transformer has to fit, too."""
    if not is_folder_of(folder, LAYERED.pipelines if family == LAYERED.key else PIPELINES):
        raise unreadable(folder, f"{file.path.name} is {_alone(file, 'There is none here; name one')}")
    config, blocks = read_json(folder / "transformer" / "config.json"), blocks_of(file.shapes, root)
    if blocks != config.get("num_layers", 60):
        why = f"{file.path.name} is Qwen-Image's transformer with {blocks} blocks, and its own has another number"
        raise unreadable(folder, f'{why}; name another as "config" in {file.path.stem}.layerbridge.json')
    vae = folder / "vae" / "config.json"
    return _match(told, family, _cell(vae, read_json(vae)))


def _alone(file: Checkpoint, way_on: str) -> str:
    return f'the transformer of Qwen-Image alone. {WAY_ON}. {way_on} as "config" in {file.path.stem}.layerbridge.json'


def is_lightning(path: Path) -> bool:
    """Whether a file or folder was distilled to few steps, as its name tells, or a file's title. Raises BridgeError."""
    told = _called(path, told_of(path).header) if path.is_file() else name_of(path).lower()
    return bool(LIGHTNING.search(told))


def _called(file: Path, header: Header | Checkpoint) -> str:
    """Name and title, in small letters."""
    return f"{file.stem} {header.metadata.get('modelspec.title', '')}".lower()


def _match(told: str, family: str | None = None, cell: int | None = None, *, unsupported: str | None = None) -> Match:
    """told: what it is called, in small letters. family: what its owner says."""
    named = QWEN_IMAGE if not EDITS.search(told) else EDIT_PLUS if PLUS.search(told) else EDIT
    spec = next((known for known in ALL if known.key == family), named)
    match = match_of(spec, unsupported, cell)
    if not LIGHTNING.search(told):
        return match
    steps = STEPS.search(told)
    return replace(match, steps=LIGHTNING_STEPS if steps is None else int(steps[1]), guidance_scale=1.0)


def _cell(path: Path, vae: Mapping[str, Any]) -> int:
    """Pixels of a token: 2x2 values of the autoencoder."""
    return 2 ** (levels_of(path, vae.get("temperal_downsample"), 3) + 1)
