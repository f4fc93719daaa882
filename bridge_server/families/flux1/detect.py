"""Whether a folder, a file or a hub's model is FLUX.1, and which of its kinds (standard library only)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...models.part_files import T5_TOKENIZER, clip, flux_vae, t5
from ...models.parts import name_of
from ...models.reading import read_json, unreadable
from ..adapter_rows import layers_named, rows_of
from ..base import AdapterFile, Candidate, Checkpoint, Folder, HubName, Lacking, Match, tensor_named
from ..settings import PAINTING
from ..stable_diffusion.layout import LORA_DOWN
from ..transformer_files import is_folder_of, levels_of, match_of, used_of, width_into
from .layout import (
    FIRST,
    PICTURE_IN,
    PICTURE_OUT,
    SUMMARY_IN,
    TEXT_IN,
    height_of,
    inside,
    is_control,
    is_guided,
    is_whole,
    root_of,
)
from .spec import ALL, CELL, DEV, FILL, KEYS, KONTEXT, SCHNELL, VALUES, WIDTH

OF_HUB = re.compile(r"flux(?![-_. ]?[23])")
OF_KONTEXT, OF_KREA, OF_SCHNELL, OF_FILL = (re.compile(word) for word in ("kontext", "krea", "schnell", r"fill"))
PIPELINES = frozenset(pipeline for spec in ALL for pipeline in spec.pipelines)
KREA_GUIDANCE = 4.5  # https://huggingface.co/black-forest-labs/FLUX.1-Krea-dev; else it is dev
FILL_BESIDE = 2 * VALUES  # of each channel's values, those of noise and picture; the mask has its pixels
OTHER = "a relative of FLUX.1 of another size or kind"
CONTROLLED = "FLUX.1 Canny or Depth, which is shown edges or depth"
LORA_CONTROLLED = Lacking("a LoRA that shows FLUX.1 edges or depth (Canny, Depth)")
LORA_LARGER = Lacking("a LoRA for a relative of FLUX.1 with more blocks, such as HunyuanVideo")
STEP1X = "Step1X-Edit, a relative of FLUX.1"
CONNECTOR = "connector."  # begins the names of what it has beside
UNDISTILLED = "a de-distilled FLUX.1 with true guidance (OpenFLUX, LibreFLUX …)"
OF_UNDISTILLED = re.compile(r"openflux|libreflux|(?<![a-z])de[-_. ]?distill|(?<!gui)dedistill")
OTHERS = (  # of hubs, by their names
    (OF_UNDISTILLED, UNDISTILLED),
    (re.compile(r"redux"), "FLUX.1 Redux, which reads pictures as prompts"),
    (re.compile(r"canny|depth"), CONTROLLED),
    (re.compile(r"control"), "a ControlNet for FLUX.1"),
)
REDUX = "redux_down.weight"
_DOUBLE, _SINGLE = rb"(?<!single_)(?:double|transformer)_blocks[._]", rb"single_(?:transformer_)?blocks[._]"
_NUMBER = rb"\d+[._]"
LORA_ROWS = (  # what goes out of layers whose names other families have too, with other widths
    (layers_named(_SINGLE + _NUMBER + rb"linear1"), 7 * WIDTH),
    (layers_named(_SINGLE + _NUMBER + rb"proj_mlp"), 4 * WIDTH),
    (layers_named(_SINGLE + _NUMBER + rb"attn[._]to_[qkv]"), WIDTH),  # FLUX.2 has them as one
    (layers_named(_SINGLE + _NUMBER + rb"(?:modulation[._]lin|norm[._]linear)"), 3 * WIDTH),
    (layers_named(_DOUBLE + _NUMBER + rb"(?:img|txt)_mlp[._]0"), 4 * WIDTH),
    (layers_named(_DOUBLE + _NUMBER + rb"(?:img|txt)_mod[._]lin"), 6 * WIDTH),
    (layers_named(_DOUBLE + _NUMBER + rb"ff(?:_context)?[._]net[._]0[._]proj"), 4 * WIDTH),
    # of blocks that FLUX.2 Klein, as wide, has not
    (layers_named(rb"double_blocks[._](?:[5-9]|1\d)[._](?:img|txt)_attn[._]qkv"), 3 * WIDTH),
    (layers_named(rb"double_blocks[._](?:[5-9]|1\d)[._](?:img|txt)_attn[._]proj"), WIDTH),
    (layers_named(_SINGLE + rb"(?:2\d|3\d)[._](?:linear2|proj_out)"), WIDTH),
)
LORA_PICTURE_IN = tensor_named(rb"(?<![a-z])(?:img_in|x_embedder)" + LORA_DOWN)
CONTROL_IN = 2 * 64  # values of a token that go into Canny and Depth: those of noise and of what is shown
MORE_BLOCKS = re.compile(_DOUBLE + rb"19[._]|" + _SINGLE + rb"3[89][._]")


def detect(candidate: Candidate) -> Match | Lacking | None:
    """See base.Detect."""
    match candidate:
        case Folder():
            return _detect_folder(candidate)
        case Checkpoint():
            return _detect_file(candidate)
        case HubName():
            return _guess(candidate.id)


def detect_lora(file: AdapterFile) -> str | Lacking | None:
    """See base.DetectAdapter. Those of one kind fit the others."""
    if not any(rows_of(file, layers) == rows for layers, rows in LORA_ROWS):
        return None
    if (file.shape_of(LORA_PICTURE_IN) or ())[1:] == (CONTROL_IN,):
        return LORA_CONTROLLED
    return LORA_LARGER if MORE_BLOCKS.search(file.header) else DEV.key


def _guess(hub_id: str) -> Match | None:
    told = hub_id.lower()
    if not OF_HUB.search(told):
        return None
    other = next((what for pattern, what in OTHERS if pattern.search(told)), None)
    kinds = ((OF_KONTEXT, KONTEXT), (OF_FILL, FILL), (OF_SCHNELL, SCHNELL))
    key = next((spec.key for pattern, spec in kinds if pattern.search(told)), DEV.key)
    return _match(key, told, other)


def _detect_folder(folder: Folder) -> Match:
    told = name_of(folder.path).lower()
    named = next(spec.key for spec in ALL if folder.pipeline in spec.pipelines)
    if named == DEV.key and not folder.configs["transformer"].get("guidance_embeds"):
        named = SCHNELL.key
    key = folder.told if folder.told in KEYS else named
    vae, path = folder.configs["vae"], folder.path / "vae" / "config.json"
    values, cell = vae.get("latent_channels"), _cell(path, vae)
    shown = folder.configs["transformer"].get("in_channels", 64)
    if not isinstance(values, int) or shown != _channels(key, values, cell):
        return _match(key, told, OTHER)
    return _match(key, told, _undistilled(told, folder.told), cell)


def _undistilled(told: str, family: str | None) -> str | None:
    """What its name tells; family: what its owner says, who is believed."""
    return UNDISTILLED if family not in KEYS and OF_UNDISTILLED.search(told) else None


def _channels(key: str, values: int, cell: int) -> int:
    """Of a token, as the transformer takes it, for so many of the autoencoder's values and pixels."""
    return FILL_BESIDE * values + cell**2 if key == FILL.key else VALUES * values


def _detect_file(file: Checkpoint) -> Match | Lacking | None:
    if REDUX in file.shapes:
        return Lacking("FLUX.1 Redux, which reads pictures as prompts, without a transformer")
    root = root_of(file.shapes)
    if root is None:
        return None
    if is_control(file.shapes, root):
        return Lacking("a ControlNet for FLUX.1")
    if not is_whole(file.shapes, root):
        return Lacking("a part of FLUX.1's transformer, without some of its blocks")
    told = f"{file.path.stem} {file.metadata.get('modelspec.title', '')}".lower()
    values, shown = height_of(file.shapes, root, PICTURE_OUT) // VALUES, width_into(file.shapes, root, PICTURE_IN)
    key = file.told if file.told in KEYS else _kind(file, root, told, shown == VALUES * values)
    other = _relative(file, root, key, values, shown) or _undistilled(told, file.told)
    if other is not None:
        return _match(key, told, other)
    parts = file.settings.get("config")
    if parts is None:
        return replace(_match(key, told), needs=_needs(file, root, values))
    if not isinstance(parts, str) or not PAINTING["config"](parts):
        return _match(key, told)  # which its settings refuse
    return _with_folder(file, root, file.path.parent / parts, _match(key, told))


def _relative(file: Checkpoint, root: str, key: str, values: int, shown: int) -> str | None:
    """What it is that looks like FLUX.1; None: it is FLUX.1. values: channels of its autoencoder; shown: of a token."""
    if any(name.startswith(root + CONNECTOR) for name in file.shapes):
        return STEP1X
    if values and shown == 2 * VALUES * values:
        return CONTROLLED
    if file.told in KEYS:
        is_other = not values or (shown == VALUES * values) == (key == FILL.key)
    else:
        is_other = (
            not values or height_of(file.shapes, root, FIRST) // 6 != WIDTH or shown != _channels(key, values, CELL)
        )
    return OTHER if is_other else None


def _kind(file: Checkpoint, root: str, told: str, is_plain: bool) -> str:
    if not is_plain:
        return FILL.key
    if not is_guided(file.shapes, root):
        return SCHNELL.key
    return KONTEXT.key if OF_KONTEXT.search(told) else DEV.key


def _needs(file: Checkpoint, root: str, values: int) -> dict[str, str]:
    """What a file has to find of what it has not itself. CLIP's tokenizer comes with Layerbridge."""
    wanted = {
        "text_encoder": clip(width_into(file.shapes, root, SUMMARY_IN)),
        "text_encoder_2": t5(width_into(file.shapes, root, TEXT_IN)),
        "tokenizer_2": T5_TOKENIZER,
        "vae": flux_vae(values),
    }
    there = used_of(inside(file.shapes), file.settings)
    return {name: kind for name, kind in wanted.items() if name not in there}


def _with_folder(file: Checkpoint, root: str, folder: Path, match: Match) -> Match:
    """A transformer whose other parts are in a folder."""
    if not is_folder_of(folder, PIPELINES):
        raise unreadable(folder, f"{file.path.name} is {_alone(file, 'There is none here; name one')}")
    if read_json(folder / "text_encoder_2" / "config.json").get("d_model") != width_into(file.shapes, root, TEXT_IN):
        why = _alone(file, f"{folder} has another text encoder; name one")
        raise unreadable(folder, f"{file.path.name} is {why}")
    path = folder / "vae" / "config.json"
    cell = _cell(path, read_json(path))
    return replace(match, native_resolution=match.native_resolution * cell // match.size_multiple, size_multiple=cell)


def _alone(file: Checkpoint, way_on: str) -> str:
    return (
        "the transformer of FLUX.1 alone. Its text encoders (CLIP-L and T5-XXL), tokenizers and autoencoder come from "
        f"a folder in the diffusers layout, such as black-forest-labs/FLUX.1-schnell. {way_on} as "
        f'"config" in {file.path.stem}.layerbridge.json'
    )


def _match(key: str, told: str, unsupported: str | None = None, cell: int | None = None) -> Match:
    """told: what it is called, in small letters."""
    match = match_of(next(spec for spec in ALL if spec.key == key), unsupported, cell)
    match = replace(match, paints_masked=key == FILL.key)
    return replace(match, guidance_scale=KREA_GUIDANCE) if key == DEV.key and OF_KREA.search(told) else match


def _cell(path: Path, vae: Mapping[str, Any]) -> int:
    """Pixels of a token: 2x2 values of the autoencoder."""
    return 2 ** levels_of(path, vae.get("block_out_channels"), 4)
