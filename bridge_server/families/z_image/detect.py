"""Whether a folder, a file or a hub's model is Z-Image, and which of the two (standard library only)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...models.part_files import QWEN3_TOKENIZER, TEXT_ENCODER, TOKENIZER, VAE, flux_vae, qwen3
from ...models.reading import read_json, unreadable
from ..adapter_rows import layers_named, rows_of
from ..base import AdapterFile, Candidate, Checkpoint, Folder, HubName, Lacking, Match
from ..settings import PAINTING
from ..transformer_files import is_folder_of, levels_of, match_of, text_width, width_into
from .layout import CONTROL, OMNI, PICTURE_IN, TEXT_IN, is_whole, root_of, width_of
from .spec import ALL, BASE, KEYS, SHIFTS, TEXT_WIDTH, TURBO, VALUES, WIDTH

OF_HUB = re.compile(r"z[-_ ]?image")
OF_BASE = re.compile(r"de[-_ ]?turbo|(?<![a-z])zib(?![a-z])|(?:(?<![a-z])|z[-_ ]?image)base(?![a-z])")
OF_TURBO = re.compile(r"turbo|(?<![a-z])zit(?![a-z])")
MAKERS = re.compile(
    r"(?:^|/)z[-_ ]?image(?:[-_ ](?:bf16|fp16|fp8\w*|int8\w*|i?q\d\w*))?$"
)  # as its makers and ComfyUI call it
OTHER = "a relative of Z-Image of another size or kind"
OMNI_MODEL = "Z-Image Omni, which is shown pictures"
_BLOCK = rb"(?:layers|(?:noise|context)_refiner)[._]\d+[._]"
LORA_ROWS = (  # what goes out of layers whose names other families have too, with other widths
    (layers_named(_BLOCK + rb"attention[._](?:to_(?:q|k|v|out[._]0)|out)"), WIDTH),
    (layers_named(_BLOCK + rb"attention[._]qkv"), 3 * WIDTH),
    (layers_named(_BLOCK + rb"feed_forward[._]w[13]"), WIDTH * 8 // 3),
    (layers_named(_BLOCK + rb"feed_forward[._]w2"), WIDTH),
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
    """See base.DetectAdapter. Those of Turbo and of the base model fit both."""
    return TURBO.key if any(rows_of(file, layers) == rows for layers, rows in LORA_ROWS) else None


def _guess(hub_id: str) -> Match | None:
    told = hub_id.lower()
    if not OF_HUB.search(told):
        return None
    return _match(_named(told) or TURBO.key, OMNI_MODEL if re.search(r"omni|edit", told) else None)


def _named(name: str) -> str | None:
    """What a name in small letters says; that of the makers' own model says nothing beside."""
    if OF_BASE.search(name):
        return BASE.key
    if OF_TURBO.search(name):
        return TURBO.key
    return BASE.key if MAKERS.search(name) else None


def _detect_folder(folder: Folder) -> Match:
    key = folder.told if folder.told in KEYS else _by_shift(folder)
    if folder.configs["transformer"].get("siglip_feat_dim") is not None:
        return _match(key, OMNI_MODEL)
    return _match(key, None, _cell(folder.path / "vae" / "config.json", folder.configs["vae"]))


def _by_shift(folder: Folder) -> str:
    """No configuration tells them but that of the schedule."""
    shift = folder.configs["scheduler"].get("shift")
    is_base = isinstance(shift, (int, float)) and shift > sum(SHIFTS.values()) / 2
    return BASE.key if is_base else TURBO.key


def _detect_file(file: Checkpoint) -> Match | Lacking | None:
    if root_of(file.shapes, CONTROL) is not None:
        return Lacking("a ControlNet for Z-Image")
    root = root_of(file.shapes)
    if root is None:
        return None
    title = file.metadata.get("modelspec.title", "").lower()
    key = file.told if file.told in KEYS else _named(file.path.stem.lower()) or _named(title) or TURBO.key
    if f"{root}{OMNI}" in file.shapes:
        return _match(key, OMNI_MODEL)
    if width_of(file.shapes, root) != WIDTH and file.told not in KEYS:
        return _match(key, OTHER)
    if not is_whole(file.shapes, root):
        return Lacking("a part of Z-Image's transformer, without some of its blocks")
    parts = file.settings.get("config")
    if parts is None:
        return _alone_match(file, key, root)
    if not PAINTING["config"](parts):
        return _match(key, None)  # which its settings refuse
    folder = file.path.parent / parts
    if not is_folder_of(folder, TURBO.pipelines):
        raise unreadable(folder, f"{file.path.name} is {_alone(file, key, 'There is none here; name one')}")
    if width_of(file.shapes, root) == WIDTH and text_width(folder) != TEXT_WIDTH:
        why = _alone(file, key, f"{folder} has another text encoder; name one")
        raise unreadable(folder, f"{file.path.name} is {why}")
    vae = folder / "vae" / "config.json"
    return _match(key, None, _cell(vae, read_json(vae)))


def _alone_match(file: Checkpoint, key: str, root: str) -> Match:
    """Of a file whose other parts are files too."""
    text, values = (width_into(file.shapes, root, names) for names in (TEXT_IN, PICTURE_IN))
    needs = {TEXT_ENCODER: qwen3(text), TOKENIZER: QWEN3_TOKENIZER, VAE: flux_vae(values // VALUES)}
    return replace(_match(key, None), needs=needs)


def _alone(file: Checkpoint, key: str, way_on: str) -> str:
    published = "Z-Image-Turbo" if key == TURBO.key else "Z-Image"
    return (
        f"the transformer of {published} alone. Its text encoder (Qwen3 4B), tokenizer and autoencoder come from a "
        f'folder in the diffusers layout, such as Tongyi-MAI/{published}. {way_on} as "config" in '
        f"{file.path.stem}.layerbridge.json"
    )


def _match(key: str, unsupported: str | None, cell: int | None = None) -> Match:
    return match_of(next(spec for spec in ALL if spec.key == key), unsupported, cell)


def _cell(path: Path, vae: Mapping[str, Any]) -> int:
    """Pixels of a token: 2x2 values of the autoencoder."""
    return 2 ** levels_of(path, vae.get("block_out_channels"), 4)
