"""Finds what a file with the transformer alone lacks, among the other models of a list (standard library only)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from ..errors import BridgeError, ErrorCode
from ..families.base import FamilySpec
from ..families.registry import FamilyRegistry
from .described import Model, refused
from .gguf import told_of
from .part_files import TOKENIZER, may_be, part_file, title_of, words_of
from .reading import printable


@dataclass(frozen=True)
class _Part:
    path: str
    size: int


_Parts = Mapping[str, Sequence[_Part]]  # by kind


def completed(models: Iterable[Model], families: FamilyRegistry) -> list[Model]:
    """The models, each that lacks components with the files of them; those of which some are not there are refused.

    They are refused as not found: what is missing may be there at the next look. What its settings name counts; of
    several that fit, the nearest in the folders, then the first by name. What a model only wants is used where all of
    it is there; else a note tells what it paints without.
    """
    models = list(models)
    there: dict[str, list[_Part]] = {}
    for model in models:
        for kind, path in model.gives.items():
            there.setdefault(kind, []).append(_Part(path, model.size))
    return [
        _completed(model, there, families) if (model.needs or model.wants) and not model.problem else model
        for model in models
    ]


def names_parts(model: Model) -> bool:
    """Whether its settings name components, which may lie where nothing is looked through."""
    return any(name in model.settings for name in (*model.needs, *model.wants))


def _completed(model: Model, there: _Parts, families: FamilyRegistry) -> Model:
    own = Path(model.ref.path)
    chosen, missing = _found(model, model.needs, there)
    wanted, absent = _found(model, model.wants, there)
    is_named = any(isinstance(model.settings.get(name), str) for name in model.wants)
    if missing or (absent and is_named):
        missing += absent if is_named else []
        spec = families.named(model.ref.family).spec
        is_alone = _is_alone(model, spec)
        lacks = f"is the {spec.denoiser} of {spec.title} alone. Missing" if is_alone else "lacks"
        note = (
            f"{own.name} {lacks}: {'; '.join(missing)}. Put what is missing into a model folder, or name it in "
            f"{own.stem}.layerbridge.json: {', '.join((*model.needs, *model.wants))}; or as config a whole folder in "
            "the diffusers layout."
        )
        return _refused(model, printable(note))
    note = model.note
    if absent:
        are = "is" if len(absent) == 1 else "are"
        without = " and ".join(words_of(kind) for kind in model.wants.values() if kind.endswith(TOKENIZER))
        note = f"{note} It paints without {without}, since {' and '.join(absent)} {are} missing.".strip()
    else:
        chosen |= wanted
    kinds = {**model.needs, **model.wants}
    sizes = sum(part.size for name, part in chosen.items() if not kinds[name].endswith(TOKENIZER))
    ref = replace(model.ref, parts={name: part.path for name, part in chosen.items()})
    return replace(model, ref=ref, size=model.size + sizes, note=note)


def _is_alone(model: Model, spec: FamilySpec) -> bool:
    """Whether its file has none of the components with weights but what paints."""
    others = {name for name, component in spec.components.items() if component.weighted and name != spec.denoiser}
    return others <= model.needs.keys() | model.wants.keys()


def _found(model: Model, kinds: Mapping[str, str], there: _Parts) -> tuple[dict[str, _Part], list[str]]:
    """Components by name, and what is missing of them, with where it comes from."""
    own = Path(model.ref.path)
    chosen: dict[str, _Part] = {}
    missing: list[str] = []
    for name, kind in kinds.items():
        named = model.settings.get(name)
        part = _named(own.parent / named, kind) if isinstance(named, str) else _nearest(own, there.get(kind, ()))
        if part is not None:
            chosen[name] = part
            continue
        what, where = title_of(kind)
        told = f"named as {named}, which is none" if isinstance(named, str) else where
        missing.append(f"{what} ({told})")
    return chosen, missing


def _refused(model: Model, note: str) -> Model:
    path, facts = Path(model.ref.path), {"license": model.license, "fingerprint": model.fingerprint}
    shown = (model.name, path, model.ref.source, model.ref.family)
    listed = refused(*shown, ErrorCode.MODEL_NOT_FOUND, note, model.size, role=model.role, **facts)
    return replace(listed, ref=replace(listed.ref, key=model.key))


def _nearest(own: Path, parts: Sequence[_Part]) -> _Part | None:
    return min(parts, key=lambda part: (-_shared(own, part.path), part.path), default=None)


def _shared(own: PurePath, path: str) -> int:
    """How many folders both are in."""
    pairs = zip(own.parts, PurePath(path).parts, strict=False)
    return next((index for index, (one, other) in enumerate(pairs) if one != other), len(own.parts))


def _named(path: Path, kind: str) -> _Part | None:
    """What the owner of a model names; None where it is not of this kind, or cannot be read."""
    try:
        if kind.endswith(TOKENIZER):
            return _Part(os.path.realpath(path), 0) if path.is_dir() else None
        place = Path(os.path.realpath(path.parent), path.name)
        told = told_of(place)
    except (BridgeError, OSError, ValueError):
        return None
    found = part_file(told.header.shapes, place.stem)
    return _Part(str(place), told.size) if found is not None and may_be(found.kind, kind) else None
