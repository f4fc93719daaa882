"""Whether a folder, a file or a hub's model is Chroma, and which of its kinds (standard library only)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...models.part_files import T5_TOKENIZER, TEXT_ENCODER, TOKENIZER, VAE, flux_vae, t5
from ...models.parts import name_of
from ...models.reading import read_json, unreadable
from ..adapter_rows import layers_named, rows_of
from ..base import AdapterFile, Candidate, Checkpoint, Folder, HubName, Lacking, Match
from ..flux1.layout import PICTURE_IN, PICTURE_OUT, TEXT_IN, height_of
from ..flux1.spec import VALUES, WIDTH
from ..settings import PAINTING
from ..transformer_files import is_folder_of, levels_of, match_of, width_into
from .layout import is_whole, paints_pixels, root_of
from .spec import ALL, BASE, FLASH, HD, KEYS

OF_HUB = re.compile(r"(?<![a-z])chroma(?![a-z])")
OF_FLASH, OF_BASE = re.compile(r"flash"), re.compile(r"chroma[-_. ]?1?[-_. ]?base")
OTHER = "a relative of Chroma of another size or kind"
PIXELS = "Chroma1-Radiance, which paints pixels and no latents"
OTHERS = (  # of hubs, by their names
    (re.compile(r"radiance"), PIXELS),
    (re.compile(r"chroma[-_. ]?2|kaleidoscope"), "Chroma2, which is made from FLUX.2 Klein"),
    (re.compile(r"zeta"), "Zeta-Chroma, which is made from Z-Image"),
)
LORA_APPROXIMATOR = layers_named(rb"distilled_guidance_layer[._](?:out_proj|layers[._]\d+[._]\w+)")
LORA_NOTES = re.compile(rb'"(?:modelspec\.architecture|ss_base_model_version)"\s*:\s*"[^"]{0,80}chroma', re.IGNORECASE)


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
    """See base.DetectAdapter. By a layer that FLUX.1 has not, or by the file's notes; others are told as FLUX.1's."""
    is_ours = rows_of(file, LORA_APPROXIMATOR) > 0 or LORA_NOTES.search(file.header) is not None
    return HD.key if is_ours else None


def _guess(hub_id: str) -> Match | None:
    told = hub_id.lower()
    if not OF_HUB.search(told):
        return None
    return match_of(_spec(_kind(told)), next((what for pattern, what in OTHERS if pattern.search(told)), None))


def _kind(name: str) -> str:
    """What a name in small letters says."""
    return FLASH.key if OF_FLASH.search(name) else BASE.key if OF_BASE.search(name) else HD.key


def _detect_folder(folder: Folder) -> Match:
    key = folder.told if folder.told in KEYS else _kind(name_of(folder.path).lower())
    vae = folder.configs["vae"]
    values, shown = vae.get("latent_channels"), folder.configs["transformer"].get("in_channels", 64)
    if not isinstance(values, int) or shown != VALUES * values:
        return match_of(_spec(key), OTHER)
    return match_of(_spec(key), None, _cell(folder.path / "vae" / "config.json", vae))


def _detect_file(file: Checkpoint) -> Match | Lacking | None:
    root = root_of(file.shapes)
    if root is None:
        return None
    told = f"{file.path.stem} {file.metadata.get('modelspec.title', '')}".lower()
    spec = _spec(file.told if file.told in KEYS else _kind(told))
    if paints_pixels(file.shapes, root):
        return match_of(spec, PIXELS)
    if not is_whole(file.shapes, root):
        return Lacking("a part of Chroma's transformer, without some of its blocks")
    values, width = height_of(file.shapes, root, PICTURE_OUT) // VALUES, height_of(file.shapes, root, TEXT_IN)
    is_other = width != WIDTH and file.told not in KEYS
    if is_other or not values or width_into(file.shapes, root, PICTURE_IN) != VALUES * values:
        return match_of(spec, OTHER)
    parts = file.settings.get("config")
    if parts is None:
        text = t5(width_into(file.shapes, root, TEXT_IN))
        return replace(match_of(spec), needs={TEXT_ENCODER: text, TOKENIZER: T5_TOKENIZER, VAE: flux_vae(values)})
    if not isinstance(parts, str) or not PAINTING["config"](parts):
        return match_of(spec)  # which its settings refuse
    return _with_folder(file, root, file.path.parent / parts, spec)


def _with_folder(file: Checkpoint, root: str, folder: Path, spec: Any) -> Match:
    """A transformer whose other parts are in a folder."""
    if not is_folder_of(folder, HD.pipelines):
        raise unreadable(folder, f"{file.path.name} is {_alone(file, 'There is none here; name one')}")
    if read_json(folder / "text_encoder" / "config.json").get("d_model") != width_into(file.shapes, root, TEXT_IN):
        why = _alone(file, f"{folder} has another text encoder; name one")
        raise unreadable(folder, f"{file.path.name} is {why}")
    path = folder / "vae" / "config.json"
    return match_of(spec, None, _cell(path, read_json(path)))


def _alone(file: Checkpoint, way_on: str) -> str:
    return (
        "the transformer of Chroma alone. Its text encoder (T5-XXL), tokenizer and autoencoder come from a folder in "
        f'the diffusers layout, such as lodestones/Chroma1-HD. {way_on} as "config" in '
        f"{file.path.stem}.layerbridge.json"
    )


def _spec(key: str) -> Any:
    return next(spec for spec in ALL if spec.key == key)


def _cell(path: Path, vae: Mapping[str, Any]) -> int:
    """Pixels of a token: 2x2 values of the autoencoder."""
    return 2 ** levels_of(path, vae.get("block_out_channels"), 4)
