"""Whether a folder or a hub's model is FLUX.2 Klein, and which of the four (standard library only)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...models.part_files import QWEN3_TOKENIZER, TEXT_ENCODER, TOKENIZER, VAE, flux2_vae, qwen3
from ...models.reading import read_json, unreadable
from ..adapter_rows import layers_named, rows_of
from ..base import AdapterFile, Candidate, Checkpoint, Folder, HubName, Lacking, Match
from ..settings import PAINTING
from ..transformer_files import is_folder_of, levels_of, match_of, text_width, width_into
from .layout import PICTURE_IN, TEXT_IN, is_whole, root_of, width_of
from .spec import ALL, BASE_4B, BASE_9B, DISTILLED_4B, DISTILLED_9B, TEXT_LAYERS, VALUES, WIDTHS

OF_HUB = re.compile(r"flux\.?2.*klein|klein.*flux\.?2")
KEYS = tuple(spec.key for spec in ALL)
KV = "FLUX.2 Klein 9B KV, which keeps what it computed of its references"
LORA_WIDE = (  # what goes out of layers that FLUX.1 has less wide, by the width of the transformer
    (layers_named(rb"(?:single_blocks[._]\d+[._]linear1|to_qkv_mlp_proj)"), 9),
    (layers_named(rb"(?:(?:img|txt)_mlp[._]0|ff(?:_context)?[._]linear_in)"), 6),
)
OTHER_SIZE = "a FLUX.2 model of another size than Klein's 4B and 9B"
TEXT_WIDTHS = {"4b": 2560, "9b": 4096}  # of Qwen3 4B and 8B
TEXT_NAMES = {"4b": "Qwen3 4B", "9b": "Qwen3 8B"}


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
    """See base.DetectAdapter. Those of the distilled and of the base model fit both. A LoRA of attention alone may be
    FLUX.1's as well, and is not told.
    """
    for layers, times in LORA_WIDE:
        rows = rows_of(file, layers)
        size = next((size for size, width in WIDTHS.items() if rows == times * width), None)
        if size is not None:
            return _key(size, is_distilled=True)
    return None


def _guess(hub_id: str) -> Match | None:
    told = hub_id.lower()
    if not OF_HUB.search(told):
        return None
    return _match(_key("9b" if "9b" in told else "4b", is_distilled="base" not in told), KV if "-kv" in told else None)


def _detect_folder(folder: Folder) -> Match:
    width = _number(folder, "transformer", "num_attention_heads", 48)
    width *= _number(folder, "transformer", "attention_head_dim", 128)
    size = next((size for size, known in WIDTHS.items() if known == width), None)
    own = size and _key(size, is_distilled=folder.index.get("is_distilled") is True)
    key = folder.told if folder.told in KEYS else own
    if not key:
        return _match(DISTILLED_4B.key, OTHER_SIZE)
    return _match(key, None, _cell(folder.path / "vae" / "config.json", folder.configs["vae"]))


def _detect_file(file: Checkpoint) -> Match | Lacking | None:
    root = root_of(file.shapes)
    if root is None:
        return None
    width = width_of(file.shapes, root)
    size = next((size for size, known in WIDTHS.items() if known == width), None)
    key = file.told if file.told in KEYS else size and _key(size, is_distilled="base" not in _named(file))
    if not key:
        return _match(DISTILLED_4B.key, OTHER_SIZE)
    if not is_whole(file.shapes, root):
        return Lacking("a part of FLUX.2 Klein's transformer, without some of its blocks")
    size = size or key[-2:]
    parts = file.settings.get("config")
    if parts is None:
        return _alone_match(file, key, root)
    if not PAINTING["config"](parts):
        return _match(key, None)  # which its settings refuse
    folder = file.path.parent / parts
    if not is_folder_of(folder, DISTILLED_4B.pipelines):
        raise unreadable(folder, f"{file.path.name} is {_alone(file, size, 'There is none here; name one')}")
    if width in WIDTHS.values() and text_width(folder) != TEXT_WIDTHS[size]:
        why = _alone(file, size, f"{folder} has another text encoder; name one")
        raise unreadable(folder, f"{file.path.name} is {why}")
    vae = folder / "vae" / "config.json"
    return _match(key, None, _cell(vae, read_json(vae)))


def _alone_match(file: Checkpoint, key: str, root: str) -> Match:
    """Of a file whose other parts are files too."""
    text, values = (width_into(file.shapes, root, names) for names in (TEXT_IN, PICTURE_IN))
    encoder = qwen3(text // len(TEXT_LAYERS))
    needs = {TEXT_ENCODER: encoder, TOKENIZER: QWEN3_TOKENIZER, VAE: flux2_vae(values // VALUES)}
    return replace(_match(key, None), needs=needs)


def _named(file: Checkpoint) -> str:
    return f"{file.path.stem} {file.metadata.get('modelspec.title', '')}".lower()


def _alone(file: Checkpoint, size: str, way_on: str) -> str:
    larger = size.upper()
    return (
        f"the transformer of FLUX.2 Klein {larger} alone. Its text encoder ({TEXT_NAMES[size]}), tokenizer and "
        f"autoencoder come from a folder in the diffusers layout, such as black-forest-labs/FLUX.2-klein-{larger}. "
        f'{way_on} as "config" in {file.path.stem}.layerbridge.json'
    )


def _key(size: str, *, is_distilled: bool) -> str:
    larger, smaller = (DISTILLED_9B, DISTILLED_4B) if is_distilled else (BASE_9B, BASE_4B)
    return (larger if size == "9b" else smaller).key


def _match(key: str, unsupported: str | None, cell: int | None = None) -> Match:
    return match_of(next(spec for spec in ALL if spec.key == key), unsupported, cell)


def _cell(path: Path, vae: Mapping[str, Any]) -> int:
    """Pixels of a token: 2x2 values of the autoencoder."""
    return 2 ** levels_of(path, vae.get("block_out_channels"), 4)


def _number(folder: Folder, part: str, key: str, default: int) -> int:
    """Of a configuration whose bounds have been checked."""
    value = folder.configs[part].get(key, default)
    if not isinstance(value, (int, float)):
        raise unreadable(folder.path / part / "config.json", f"{key} is no number")
    return int(value)
