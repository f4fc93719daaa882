"""What the catalogue says about one model (standard library only)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import ErrorCode
from ..families.base import Match
from ..families.registry import FamilyRegistry
from ..protocol.tasks import ModelRef
from .bounds import MAX_NATIVE_SIDE
from .hashes import Known, known_hash
from .overrides import Overrides
from .reading import printable


@dataclass(frozen=True)
class Model:
    """A model on this machine, as read from its files without opening the weights.

    problem: None where it can be used; else the code with which `resolve` refuses it, and note says why and what to do.
    bytes: of the weights that would be loaded. licence: as its files say; empty where they do not.
    """

    ref: ModelRef
    licence: str = ""
    bytes: int = 0
    note: str = ""
    sampler: str = "auto"
    problem: ErrorCode | None = None
    shipped: bool = False

    @property
    def name(self) -> str:
        return self.ref.name


def usable(
    name: str,
    path: Path,
    source: str,
    match: Match,
    overrides: Overrides,
    *,
    families: FamilyRegistry,
    licence: str,
    size: int,
) -> Model:
    """A model that can be used, without its hash; a refusal where what it tells cannot be. size: bytes of weights."""
    trained = match.native_side
    if not overrides.native_side and trained > MAX_NATIVE_SIDE:
        note = (
            f"Its files say that it works at {trained} pixels (sample_size, and the levels of the autoencoder); "
            f"{MAX_NATIVE_SIDE} is the most. If all else is right, set native_side in its layerbridge.json."
        )
        return refused(name, path, source, "", ErrorCode.MODEL_UNREADABLE, note)
    name = printable(overrides.name or name)
    family = families.get(match.family)
    if family is None:
        known = ", ".join(families.keys)
        note = f"Layerbridge does not know a model family called {match.family[:40]}; known are {known}."
        return refused(name, path, source, match.family, ErrorCode.UNSUPPORTED, note, size)
    if match.unsupported:
        note = f"This is {match.unsupported}, which Layerbridge cannot run yet. Choose another model."
        return refused(name, path, source, match.family, ErrorCode.UNSUPPORTED, note, size)
    spec = family.spec
    native_side = overrides.native_side or trained or spec.native_side
    multiple = overrides.multiple or match.size_multiple
    guidance_scale = spec.guidance_scale.default if overrides.guidance_scale is None else overrides.guidance_scale
    ref = ModelRef(
        name=name,
        path=str(path),
        source=source,
        family=spec.key,
        hash="",
        native_side=native_side,
        multiple=multiple if native_side % multiple == 0 else math.gcd(native_side, multiple),
        inpaint_model=match.paints_masked,
        steps=overrides.steps or int(spec.steps.default),
        guidance_scale=guidance_scale,
        removal_strength=overrides.removal_strength or 1.0,
        removal_detail=overrides.removal_detail,
        refine_with_prompt=overrides.refine_with_prompt is not False,
    )
    return Model(
        ref=ref,
        sampler=overrides.sampler or "auto",
        note=printable(overrides.note or ""),
        licence=printable(licence, 200),
        bytes=size,
    )


def refused(
    name: str, path: Path, source: str, family: str, problem: ErrorCode, note: str, size: int = 0, licence: str = ""
) -> Model:
    """A model that is listed, but cannot be used, for the reason in `note`. All its text can be shown and sent,
    whatever bytes its name is made of.
    """
    ref = ModelRef(
        name=printable(name),
        path=printable(str(path), 4096),
        source=source,
        family=family,
        hash="",
        native_side=0,
        multiple=1,
        inpaint_model=False,
        steps=0,
        guidance_scale=0.0,
    )
    return Model(ref=ref, bytes=size, note=printable(note), problem=problem, licence=licence)


def with_known_hash(model: Model, files: Sequence[Path], known: Known) -> Model:
    """The model with the hash of its weight files, where it can be used and `known` has it."""
    if model.problem is not None or not known:
        return model
    found = known_hash(Path(model.ref.path), files, known)
    return replace(model, ref=replace(model.ref, hash=found)) if found else model
