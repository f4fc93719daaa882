"""Whether a folder, a file or a hub's model is Stable Diffusion 3 or 3.5, and which (standard library only).

What a model was distilled to is told by no tensor; files and folders have it in their names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...models.part_files import T5_TOKENIZER, clip, sd3_vae, t5
from ...models.reading import read_json, unreadable
from ..adapter_rows import layers_named, rows_of
from ..base import AdapterFile, Candidate, Checkpoint, Folder, HubName, Lacking, Match
from ..settings import PAINTING, THIRD_TEXT
from ..stable_diffusion_xl.variants import name_of
from ..transformer_files import is_folder_of, levels_of, match_of, takes_more, used_of, width_into
from .layout import (
    PICTURE_IN,
    PICTURE_OUT,
    TEXT_IN,
    attends_twice,
    blocks_of,
    inside,
    is_control,
    is_whole,
    root_of,
    values_of,
    width_of,
)
from .spec import ALL, BLOCKS, KEYS, LARGE, MEDIUM, OLD_MEDIUM, TEXT_WIDTHS, TURBO, WIDTHS

OF_HUB = re.compile(r"stable[-_. ]?diffusion[-_. ]?3(?![0-9])|(?<![a-z0-9])sd[-_. ]?3(?:[-_. ]?5)?(?![0-9])")
OF_MEDIUM = re.compile(r"medium")
OF_TURBO = re.compile(r"turbo")
OF_35 = re.compile(r"3[-_. ]?5")
MEDIUM_TURBO_STEPS = 8
OTHER = "a relative of Stable Diffusion 3 of another size or kind"
CONTROL = "a ControlNet for Stable Diffusion 3"
_BLOCK = rb"(?<!single_)(?:joint|transformer)_blocks[._]\d+[._]"
LORA_QKV = layers_named(rb"joint_blocks[._]\d+[._](?:x|context)_block[._]attn2?[._]qkv")
LORA_OUT = layers_named(rb"joint_blocks[._]\d+[._](?:x|context)_block[._](?:attn2?[._]proj|mlp[._]fc2)")
LORA_IN = layers_named(rb"joint_blocks[._]\d+[._](?:x|context)_block[._]mlp[._]fc1")
LORA_OURS = layers_named(_BLOCK + rb"attn2?[._](?:to|add)_[qkv](?:_proj)?")
OF_OLD_MEDIUM = re.compile(rb"stable-diffusion-v?3-m(?:edium)?(?![a-z])|sd3[-_]medium")  # in notes
TWICE = re.compile(rb"blocks[._]\d+[._](?:x_block[._])?attn2[._]")


def detect(candidate: Candidate) -> Match | Lacking | None:
    """See base.Detect."""
    match candidate:
        case Folder():
            called = name_of(candidate.path).lower()
            return _distilled(_detect_folder(candidate, called), called)
        case Checkpoint():
            called = f"{candidate.path.stem} {candidate.metadata.get('modelspec.title', '')}".lower()
            return _distilled(_detect_file(candidate, called), called)
        case HubName():
            called = candidate.id.lower()
            return _distilled(_guess(called), called)


def detect_lora(file: AdapterFile) -> str | None:
    """See base.DetectAdapter. Medium's may be for 3 as well as for 3.5, which have the same widths."""
    known = ((LORA_QKV, 3), (LORA_OUT, 1), (LORA_IN, 4), (LORA_OURS, 1))
    rows = [rows_of(file, layers) / times for layers, times in known]
    if WIDTHS["large"] in rows:
        return LARGE.key
    if WIDTHS["medium"] not in rows:
        return None
    is_old = not TWICE.search(file.header) and OF_OLD_MEDIUM.search(file.header)
    return OLD_MEDIUM.key if is_old else MEDIUM.key


def _distilled(found: Match | Lacking | None, called: str) -> Match | Lacking | None:
    """A turbo of Medium, which its makers never published, paints in few steps as others made it."""
    if isinstance(found, Match) and found.family in (MEDIUM.key, OLD_MEDIUM.key) and OF_TURBO.search(called):
        return replace(found, steps=MEDIUM_TURBO_STEPS, guidance_scale=1.0)
    return found


def _guess(told: str) -> Match | None:
    if not OF_HUB.search(told):
        return None
    if OF_MEDIUM.search(told):
        key = MEDIUM.key if OF_35.search(told) else OLD_MEDIUM.key
    else:
        key = TURBO.key if OF_TURBO.search(told) else LARGE.key
    return _match(key, CONTROL if "control" in told else None)


def _detect_folder(folder: Folder, called: str) -> Match:
    config = folder.configs["transformer"]
    kind = _kind(config.get("num_layers", 18), bool(config.get("dual_attention_layers")), called)
    key = folder.told if folder.told in KEYS else kind
    if key is None:
        return _match(LARGE.key, OTHER)
    has_t5 = folder.index.get("text_encoder_3") not in (None, [None, None])
    match = _match(key, None, _cell(folder.path / "vae" / "config.json", folder.configs["vae"]))
    return match if has_t5 else replace(match, without=("text_encoder_3",))


def _kind(blocks: object, twice: bool, told: str) -> str | None:
    """told: what it is called, in small letters. None: it has a size that was never published."""
    if blocks == BLOCKS["large"]:
        return TURBO.key if OF_TURBO.search(told) else LARGE.key
    return (MEDIUM.key if twice else OLD_MEDIUM.key) if blocks == BLOCKS["medium"] else None


def _detect_file(file: Checkpoint, called: str) -> Match | Lacking | None:
    root = root_of(file.shapes)
    if root is None:
        return None
    if is_control(file.shapes, root):
        return Lacking(CONTROL)
    if not is_whole(file.shapes, root):
        return Lacking("a part of Stable Diffusion 3's transformer, without some of its layers")
    blocks = blocks_of(file.shapes, root)
    kind = _kind(blocks, attends_twice(file.shapes, root), called)
    key = file.told if file.told in KEYS else kind
    is_other = width_of(file.shapes, root) not in WIDTHS.values() and file.told not in KEYS
    if key is None or is_other or takes_more(file.shapes, root, PICTURE_IN, PICTURE_OUT):
        return _match(LARGE.key, OTHER)
    parts = file.settings.get("config")
    if parts is None:
        return _with_files(file, root, _match(key))
    if not isinstance(parts, str) or not PAINTING["config"](parts):
        return _match(key)  # which its settings refuse
    return _with_folder(file, root, file.path.parent / parts, key)


def _with_files(file: Checkpoint, root: str, match: Match) -> Match:
    """A file that has what paints, and of the rest what its makers put in; T5 is left out where its owner says so."""
    there = used_of(inside(file.shapes), file.settings)
    needs = {name: clip(TEXT_WIDTHS[name]) for name in ("text_encoder", "text_encoder_2") if name not in there}
    needs |= {} if "vae" in there else {"vae": sd3_vae(values_of(file.shapes, root))}
    if any(file.settings.get(name) is False for name in THIRD_TEXT):
        return replace(match, needs=needs)
    text = {"text_encoder_3": t5(width_into(file.shapes, root, TEXT_IN))}
    wants = ({} if "text_encoder_3" in there else text) | {"tokenizer_3": T5_TOKENIZER}
    return replace(match, needs=needs, wants=wants)


def _with_folder(file: Checkpoint, root: str, folder: Path, key: str) -> Match:
    """A transformer whose other parts are in a folder."""
    if not is_folder_of(folder, LARGE.pipelines):
        raise unreadable(folder, f"{file.path.name} is {_alone(file)}. There is none here; name one")
    width = read_json(folder / "transformer" / "config.json").get("joint_attention_dim", TEXT_WIDTHS["text_encoder_3"])
    if width != width_into(file.shapes, root, TEXT_IN):
        raise unreadable(folder, f"{file.path.name} is {_alone(file)}. This one has other text encoders; name another")
    vae = folder / "vae" / "config.json"
    return _match(key, None, _cell(vae, read_json(vae)))


def _alone(file: Checkpoint) -> str:
    return (
        "the transformer of Stable Diffusion 3. Its text encoders, tokenizers and autoencoder come from the folder in "
        "the diffusers layout, such as stabilityai/stable-diffusion-3.5-large, that is named as config in "
        f"{file.path.stem}.layerbridge.json"
    )


def _match(key: str, unsupported: str | None = None, cell: int | None = None) -> Match:
    return match_of(next(spec for spec in ALL if spec.key == key), unsupported, cell)


def _cell(path: Path, vae: Mapping[str, Any]) -> int:
    """Pixels of a token: 2x2 values of the autoencoder."""
    return 2 ** levels_of(path, vae.get("block_out_channels"), 4)
