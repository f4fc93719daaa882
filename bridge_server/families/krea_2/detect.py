"""Whether a folder, a file or a hub's model is Krea 2, and which of the two (standard library only).

FLUX.1 Krea is another model, of FLUX.1's architecture.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from ...models.part_files import QWEN3_TOKENIZER, TEXT_ENCODER, TOKENIZER, VAE, qwen3_vl, qwen_vae
from ...models.parts import INDEX_NAME
from ...models.reading import read_json, unreadable
from ..adapter_rows import layers_named, rows_of
from ..base import AdapterFile, Candidate, Checkpoint, Folder, HubName, Lacking, Match
from ..settings import PAINTING
from ..transformer_files import is_folder_of, levels_of, match_of, takes_more, width_into
from .layout import PICTURE_IN, PICTURE_OUT, TEXT_IN, blocks_of, is_whole, layers_read, root_of
from .spec import ALL, BASE, INNER, KEYS, KEYS_WIDTH, LAYERS_READ, TURBO, VALUES, WIDTH

OF_HUB = re.compile(r"(?<!flux)(?<!flux1)(?<!dev)[-_. /]krea[-_. ]?2(?!\d)|^krea[-_. ]?2(?!\d)")
OF_BASE = re.compile(r"(?<![a-z])(?:raw|base|mid[-_ ]?train(?:ed)?)(?![a-z])")
OTHER = "a relative of Krea 2 of another size or kind"
PATCH = 2  # values of the autoencoder to a token, on each side
TEXT_LAYERS = 36  # of Qwen3-VL 4B
_BLOCK = rb"(?<!single_)(?:transformer_)?blocks[._]\d+[._]"
LORA_ROWS = (  # what goes out of layers that no other family's transformer has
    (layers_named(_BLOCK + rb"attn[._](?:wq|wo|(?:to_)?gate)"), WIDTH),
    (layers_named(_BLOCK + rb"attn[._]w[kv]"), KEYS_WIDTH),
    (layers_named(_BLOCK + rb"(?:mlp|ff)[._](?:gate|up)"), INNER),
    (layers_named(_BLOCK + rb"(?:mlp|ff)[._]down"), WIDTH),
)
QUERIES_AND_KEYS = (  # as other families call them, which have not both of these widths
    (layers_named(_BLOCK + rb"attn[._]to_q"), WIDTH),
    (layers_named(_BLOCK + rb"attn[._]to_[kv]"), KEYS_WIDTH),
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
            return _match(_named(told)) if OF_HUB.search(told) else None


def detect_lora(file: AdapterFile) -> str | None:
    """See base.DetectAdapter. Those of Turbo and of the base model fit both."""
    is_ours = any(rows_of(file, layers) == width for layers, width in LORA_ROWS)
    is_ours = is_ours or all(rows_of(file, layers) == width for layers, width in QUERIES_AND_KEYS)
    return TURBO.key if is_ours else None


def _named(name: str) -> str:
    """What a name in small letters says; those of which it says nothing are mostly made from Turbo."""
    return BASE.key if OF_BASE.search(name) and "turbo" not in name else TURBO.key


def _detect_folder(folder: Folder) -> Match:
    place = folder.path / INDEX_NAME
    _check_layers(place, folder.index, folder.configs["text_encoder"], folder.configs["transformer"])
    if folder.index.get("patch_size", PATCH) != PATCH:
        raise unreadable(place, f"patch_size can be {PATCH} here")
    key = folder.told if folder.told in KEYS else TURBO.key if folder.index.get("is_distilled") else BASE.key
    return _match(key, _cell(folder.path / "vae" / "config.json", folder.configs["vae"]))


def _check_layers(
    place: Path, index: Mapping[str, Any], text_encoder: Mapping[str, Any], transformer: Mapping[str, Any]
) -> None:
    """Raises BridgeError(model_unreadable) where the layers that are read are none, or not as many as are heard."""
    text = text_encoder.get("text_config")
    there = cast("Mapping[str, Any]", text).get("num_hidden_layers") if isinstance(text, dict) else None
    there = there if isinstance(there, int) else TEXT_LAYERS
    asked = index.get("text_encoder_select_layers") or list(LAYERS_READ)
    layers = cast("list[Any]", asked) if isinstance(asked, list) else []
    if not layers or not all(type(one) is int and 0 <= one <= there for one in layers):
        raise unreadable(place, f"text_encoder_select_layers can be numbers from 0 to {there}")
    heard = transformer.get("num_text_layers", len(LAYERS_READ))
    if len(layers) != heard:
        raise unreadable(place, f"it reads {len(layers)} layers of the text encoder, and its transformer hears {heard}")


def _detect_file(file: Checkpoint) -> Match | Lacking | None:
    root = root_of(file.shapes)
    if root is None:
        return None
    title = file.metadata.get("modelspec.title", "")
    key = file.told if file.told in KEYS else _named(f"{file.path.stem} {title}".lower())
    if not is_whole(file.shapes, root):
        return Lacking("a part of Krea 2's transformer, without some of its layers")
    if takes_more(file.shapes, root, PICTURE_IN, PICTURE_OUT):
        return match_of(_spec(key), OTHER)
    parts = file.settings.get("config")
    if parts is None:
        return _alone_match(file, key, root)
    if not isinstance(parts, str) or not PAINTING["config"](parts):
        return _match(key)  # which its settings refuse
    return _with_folder(file, key, root, file.path.parent / parts)


def _alone_match(file: Checkpoint, key: str, root: str) -> Match:
    """Of a file whose other parts are files too."""
    if layers_read(file.shapes, root) != len(LAYERS_READ):
        return match_of(_spec(key), "Krea 2 that reads other layers of its text encoder; name a folder as config")
    text, values = (width_into(file.shapes, root, names) for names in (TEXT_IN, PICTURE_IN))
    needs = {TEXT_ENCODER: qwen3_vl(text), TOKENIZER: QWEN3_TOKENIZER, VAE: qwen_vae(values // VALUES)}
    return replace(_match(key), needs=needs)


def _with_folder(file: Checkpoint, key: str, root: str, folder: Path) -> Match:
    """A transformer whose other parts are in a folder; what that says of the transformer has to fit, too."""
    if not is_folder_of(folder, TURBO.pipelines):
        raise unreadable(folder, f"{file.path.name} is {_alone(file, key, 'There is none here; name one')}")
    config, blocks = read_json(folder / "transformer" / "config.json"), blocks_of(file.shapes, root)
    _check_layers(
        folder / INDEX_NAME, read_json(folder / INDEX_NAME), read_json(folder / "text_encoder" / "config.json"), config
    )
    if blocks != config.get("num_layers", 28):
        why = f"{file.path.name} is Krea 2's transformer with {blocks} blocks, and its own has another number"
        raise unreadable(folder, f'{why}; name another as "config" in {file.path.stem}.layerbridge.json')
    vae = folder / "vae" / "config.json"
    return _match(key, _cell(vae, read_json(vae)))


def _alone(file: Checkpoint, key: str, way_on: str) -> str:
    published = "Krea-2-Turbo" if key == TURBO.key else "Krea-2-Raw"
    return (
        f"the transformer of {published} alone. Its text encoder (Qwen3-VL 4B), tokenizer and autoencoder come from a "
        f'folder in the diffusers layout, such as krea/{published}. {way_on} as "config" in '
        f"{file.path.stem}.layerbridge.json"
    )


def _spec(key: str) -> Any:
    return next(spec for spec in ALL if spec.key == key)


def _match(key: str, cell: int | None = None) -> Match:
    return match_of(_spec(key), None, cell)


def _cell(path: Path, vae: Mapping[str, Any]) -> int:
    """Pixels of a token: 2x2 values of the autoencoder."""
    return 2 ** (levels_of(path, vae.get("temperal_downsample"), 3) + 1)
