"""Whether a folder, a file or a hub's model is Qwen-Image 2.1, and whether it is distilled (standard library only).

What a model was distilled to is told by no tensor; a folder has its levels of noise, or it is in the name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...models.part_files import QWEN3_TOKENIZER, TEXT_ENCODER, TOKENIZER, VAE, qwen3_vl, qwen21_vae
from ...models.reading import read_json, unreadable
from ..adapter_rows import layers_named, rows_of
from ..base import AdapterFile, Candidate, Checkpoint, Folder, HubName, Lacking, Match
from ..qwen_image.detect import STEPS, name_of
from ..qwen_image.layout import PICTURE_IN, PICTURE_OUT, blocks_of
from ..settings import PAINTING
from ..transformer_files import is_folder_of, levels_of, match_of, takes_more, width_into
from .layout import is_control, is_whole, root_of
from .noise_levels import NAME
from .noise_levels import levels_of as noise_of
from .spec import ALL, CELL, INNER, KEYS, QWEN21, TURBO, WIDTH

OF_HUB = re.compile(r"qwen[-_. ]?image[-_. ]?2[-_.]?1(?!\d)")
DISTILLED = re.compile(r"turbo|lightning|lightx2v|fun-acc")
PIPELINES = frozenset(pipeline for spec in ALL for pipeline in spec.pipelines)
LEVELS = 4  # of resolution, that the autoencoder goes down
OTHER = "a relative of Qwen-Image 2.1 of another size or kind"
OTHERS = (  # of the same makers, by their names; what they are, and what tells them
    (re.compile(r"control"), "a ControlNet for Qwen-Image 2.1"),
    (re.compile(r"2[-_.]?1[-_]pe(?![a-z])"), "a language model that writes prompts for Qwen-Image 2.1"),
)
LORA_LAYERS = (  # that no other family's transformer has, and what goes out of each
    (layers_named(rb"(?<!single_)transformer_blocks[._]\d+[._]img_mlp[._]gate_up"), 2 * INNER),
    (layers_named(rb"(?<!single_)transformer_blocks[._]\d+[._]img_mlp[._](?:gate_layer|proj)"), INNER),
    (layers_named(rb"(?<!single_)transformer_blocks[._][1-3]\d[._]attn[._]to_[qkv]"), WIDTH),
)
WAY_ON = (
    "Its text encoder (Qwen3-VL 8B), tokenizer and autoencoder come from a folder in the diffusers layout, such as "
    "Qwen/Qwen-Image-2.1"
)


def detect(candidate: Candidate) -> Match | Lacking | None:
    """See base.Detect."""
    match candidate:
        case Folder():
            return _detect_folder(candidate)
        case Checkpoint():
            return _detect_file(candidate)
        case HubName():
            told = candidate.id.lower()
            return _match(told, unsupported=_other(told)) if OF_HUB.search(told) else None


def detect_lora(file: AdapterFile) -> str | None:
    """See base.DetectAdapter. Those of the distilled and of the base model fit both."""
    return QWEN21.key if any(rows_of(file, layers) == outputs for layers, outputs in LORA_LAYERS) else None


def is_distilled(told: str) -> bool:
    """told: what a model is called, in small letters."""
    return bool(DISTILLED.search(told))


def _other(told: str) -> str | None:
    return next((what for pattern, what in OTHERS if pattern.search(told)), None)


def _detect_folder(folder: Folder) -> Match:
    told = name_of(folder.path).lower()
    levels = noise_of(folder.path, folder.index.get(NAME))
    own = folder.told or (None if levels is None else TURBO.key)
    match = _match(told, own, _cell(folder.path / "vae" / "config.json", folder.configs["vae"]))
    return match if levels is None or match.family != TURBO.key else replace(match, steps=len(levels))


def _detect_file(file: Checkpoint) -> Match | Lacking | None:
    root = root_of(file.shapes)
    if root is None:
        return None
    told = f"{file.path.stem} {file.metadata.get('modelspec.title', '')}".lower()
    if is_control(file.shapes, root):
        return Lacking(OTHERS[0][1])
    if not is_whole(file.shapes, root):
        return Lacking("a part of Qwen-Image 2.1's transformer, without some of its layers")
    if takes_more(file.shapes, root, [PICTURE_IN], [PICTURE_OUT]):
        return _match(told, file.told, unsupported=OTHER)
    parts = file.settings.get("config")
    if parts is None:
        return replace(_match(told, file.told), needs=_needs(file, root))
    if not isinstance(parts, str) or not PAINTING["config"](parts):
        return _match(told, file.told)  # which its settings refuse
    return _with_folder(file, root, file.path.parent / parts, told)


def _needs(file: Checkpoint, root: str) -> dict[str, str]:
    """What a file whose other parts are files too has to find."""
    text, values = (width_into(file.shapes, root, [name]) for name in ("txt_in.in_layer.weight", PICTURE_IN))
    return {TEXT_ENCODER: qwen3_vl(text), TOKENIZER: QWEN3_TOKENIZER, VAE: qwen21_vae(values)}


def _with_folder(file: Checkpoint, root: str, folder: Path, told: str) -> Match:
    """A transformer whose other parts are in a folder; what that says of the transformer has to fit, too."""
    if not is_folder_of(folder, PIPELINES):
        raise unreadable(folder, f"{file.path.name} is {_alone(file, 'There is none here; name one')}")
    config, blocks = read_json(folder / "transformer" / "config.json"), blocks_of(file.shapes, root)
    if blocks != config.get("num_layers", 32):
        why = f"{file.path.name} is Qwen-Image 2.1's transformer with {blocks} blocks, and its own has another number"
        raise unreadable(folder, f'{why}; name another as "config" in {file.path.stem}.layerbridge.json')
    vae = folder / "vae" / "config.json"
    return _match(told, file.told, _cell(vae, read_json(vae)))


def _alone(file: Checkpoint, way_on: str) -> str:
    alone = f"the transformer of Qwen-Image 2.1 alone. {WAY_ON}"
    return f'{alone}. {way_on} as "config" in {file.path.stem}.layerbridge.json'


def _match(told: str, family: str | None = None, cell: int = CELL, *, unsupported: str | None = None) -> Match:
    """told: what it is called, in small letters. family: what its owner says, or its files."""
    key = family if family in KEYS else TURBO.key if is_distilled(told) else QWEN21.key
    spec = next(spec for spec in ALL if spec.key == key)
    match = match_of(spec, unsupported, cell)
    match = replace(match, size_multiple=spec.size_multiple * cell // CELL)
    steps = STEPS.search(told) if key == TURBO.key else None
    return match if steps is None else replace(match, steps=int(steps[1]))


def _cell(path: Path, vae: Mapping[str, Any]) -> int:
    """Pixels of a token: a value of the autoencoder."""
    return 2 ** levels_of(path, vae.get("temperal_downsample"), LEVELS)
