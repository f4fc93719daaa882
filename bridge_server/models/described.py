"""What the catalogue says about one model (standard library only)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import ErrorCode
from ..plan.families import FAMILIES
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


@dataclass(frozen=True)
class Architecture:
    """What a model's configurations or tensor shapes tell of a Stable Diffusion model.

    text_width: width of the text embedding; sample_side: latents; vae_blocks, unet_blocks: resolution levels.
    """

    in_channels: int
    text_width: int
    sample_side: int
    vae_blocks: int
    unet_blocks: int
    prediction_type: str

    @property
    def latent_factor(self) -> int:
        return 2 ** (self.vae_blocks - 1)

    @property
    def family(self) -> str:
        """Stable Diffusion 2 reads 1024-wide text; of those, the 768-pixel one predicts v, the base model epsilon."""
        if self.prediction_type == "v_prediction":
            return "sd2"
        return "sd2-base" if self.text_width == 1024 else "sd1"

    @property
    def unsupported(self) -> str | None:
        """Why this UNet cannot be used, or None."""
        special = {
            8: "an instruct-pix2pix model (8 input channels)",
            5: "a depth-guided model (5 input channels)",
            7: "an upscaler (7 input channels)",
        }
        if self.in_channels in (4, 9):
            return None
        return special.get(self.in_channels, f"a UNet with {self.in_channels} input channels")


def usable(
    name: str,
    path: Path,
    source: str,
    architecture: Architecture,
    overrides: Overrides,
    *,
    licence: str,
    size: int,
) -> Model:
    """A model that can be used, without its hash; a refusal where what it tells cannot be. size: bytes of weights."""
    family = overrides.family or architecture.family
    defaults = FAMILIES.get(family, FAMILIES["sd1"])
    trained = architecture.sample_side * architecture.latent_factor
    multiple = architecture.latent_factor * 2 ** (architecture.unet_blocks - 1)
    if not overrides.native_side and trained > MAX_NATIVE_SIDE:
        note = (
            f"Its files say that it works at {trained} pixels (sample_size, and the levels of the autoencoder); "
            f"{MAX_NATIVE_SIDE} is the most. If all else is right, set native_side in its layerbridge.json."
        )
        return refused(name, path, source, "", ErrorCode.MODEL_UNREADABLE, note)
    ref = ModelRef(
        name=printable(overrides.name or name),
        path=str(path),
        source=source,
        family=family,
        hash="",
        native_side=overrides.native_side or trained or defaults.native_side,
        multiple=overrides.multiple or multiple,
        inpaint_model=architecture.in_channels == 9,
        steps=overrides.steps or defaults.steps,
        guidance_scale=defaults.guidance_scale if overrides.guidance_scale is None else overrides.guidance_scale,
        removal_strength=overrides.removal_strength or 1.0,
        removal_detail=overrides.removal_detail,
        refine_with_prompt=overrides.refine_with_prompt is not False,
    )
    if ref.native_side % ref.multiple:
        ref = _with_multiple(ref, math.gcd(ref.native_side, ref.multiple))
    told, licence = printable(overrides.note or ""), printable(licence, 200)
    model = Model(ref=ref, sampler=overrides.sampler or "auto", note=told, licence=licence, bytes=size)
    if family not in FAMILIES:
        note = f"Layerbridge does not know a model family called {family[:40]}; known are {', '.join(FAMILIES)}."
        return refused(ref.name, path, source, family, ErrorCode.UNSUPPORTED, note, model.bytes)
    if architecture.unsupported:
        note = f"This is {architecture.unsupported}, which Layerbridge cannot run yet. Choose another model."
        return refused(ref.name, path, source, family, ErrorCode.UNSUPPORTED, note, model.bytes)
    return model


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


def _with_multiple(ref: ModelRef, multiple: int) -> ModelRef:
    return ModelRef.from_json(ref.to_json() | {"multiple": multiple})
