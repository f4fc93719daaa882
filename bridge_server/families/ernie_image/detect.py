"""Whether a folder, a file or a hub's model is ERNIE-Image, and whether it is distilled (standard library only).

That is told by no tensor and no configuration, but by names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...models.part_files import MISTRAL_TOKENIZER, TEXT_ENCODER, TOKENIZER, VAE, flux2_vae, mistral3
from ...models.reading import read_json, unreadable
from ..adapter_rows import layers_named, rows_of
from ..base import AdapterFile, Candidate, Checkpoint, Folder, HubName, Lacking, Match
from ..qwen_image.detect import name_of
from ..settings import PAINTING
from ..transformer_files import is_folder_of, levels_of, match_of, takes_more, width_into
from .layout import PICTURE_IN, PICTURE_OUT, TEXT_IN, is_whole, root_of, values_into
from .spec import ALL, ERNIE, KEYS, TURBO, VALUES, WIDTH

OF_HUB = re.compile(r"ernie[-_. ]?image")
OTHER = "a relative of ERNIE-Image of another size or kind"
OTHERS = (  # of the same makers, by their names; what they are, and what tells them
    (re.compile(r"control"), "a ControlNet for ERNIE-Image"),
    (re.compile(r"prompt[-_ ]?enhancer"), "a language model that writes prompts for ERNIE-Image"),
)
LORA_LAYERS = layers_named(rb"layers[._]\d+[._](?:self_attention[._]to_(?:q|k|v|out[._]0)|mlp[._]linear_fc2)")
WAY_ON = (
    "Its text encoder (Ministral 3 3B), tokenizer and autoencoder come from a folder in the diffusers layout, such as "
    "baidu/ERNIE-Image"
)


def detect(candidate: Candidate) -> Match | Lacking | None:
    """See base.Detect."""
    match candidate:
        case Folder():
            told = name_of(candidate.path).lower()
            vae = candidate.path / "vae" / "config.json"
            return _match(told, candidate.told, _cell(vae, candidate.configs["vae"]))
        case Checkpoint():
            return _detect_file(candidate)
        case HubName():
            told = candidate.id.lower()
            other = next((what for pattern, what in OTHERS if pattern.search(told)), None)
            return _match(told, unsupported=other) if OF_HUB.search(told) else None


def detect_lora(file: AdapterFile) -> str | None:
    """See base.DetectAdapter. Those of the distilled and of the base model fit both."""
    return ERNIE.key if rows_of(file, LORA_LAYERS) == WIDTH else None


def _detect_file(file: Checkpoint) -> Match | Lacking | None:
    root = root_of(file.shapes)
    if root is None:
        return None
    told = f"{file.path.stem} {file.metadata.get('modelspec.title', '')}".lower()
    if not is_whole(file.shapes, root):
        return Lacking("a part of ERNIE-Image's transformer, without some of its layers")
    if takes_more(file.shapes, root, [PICTURE_IN], [PICTURE_OUT]):
        return _match(told, file.told, unsupported=OTHER)
    parts = file.settings.get("config")
    if parts is None:
        text, values = width_into(file.shapes, root, [TEXT_IN]), values_into(file.shapes, root)
        needs = {TEXT_ENCODER: mistral3(text), TOKENIZER: MISTRAL_TOKENIZER, VAE: flux2_vae(values // VALUES)}
        return replace(_match(told, file.told), needs=needs)
    if not isinstance(parts, str) or not PAINTING["config"](parts):
        return _match(told, file.told)  # which its settings refuse
    folder = file.path.parent / parts
    if not is_folder_of(folder, ERNIE.pipelines):
        why = f"{file.path.name} is the transformer of ERNIE-Image alone. {WAY_ON}. There is none here; name one as"
        raise unreadable(folder, f'{why} "config" in {file.path.stem}.layerbridge.json')
    vae = folder / "vae" / "config.json"
    return _match(told, file.told, _cell(vae, read_json(vae)))


def _match(told: str, family: str | None = None, cell: int | None = None, *, unsupported: str | None = None) -> Match:
    """told: what it is called, in small letters. family: what its owner says."""
    key = family if family in KEYS else TURBO.key if "turbo" in told else ERNIE.key
    return match_of(next(spec for spec in ALL if spec.key == key), unsupported, cell)


def _cell(path: Path, vae: Mapping[str, Any]) -> int:
    """Pixels of a token: 2x2 values of the autoencoder."""
    return 2 ** levels_of(path, vae.get("block_out_channels"), 4)
