"""Which of XL's many descendants a model is, by what its files and its name tell (standard library only).

Marks of v-prediction in the tensors, `v_pred` and `ztsnr`, are those that ComfyUI and Forge read. What a model was
distilled to is told by no tensor; files have it in their names, and their notes in the title or the architecture.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...models.parts import name_of
from ..base import Checkpoint, Folder
from .spec import HYPER, LCM, LIGHTNING, TURBO, XL, V

V_MARK, ZERO_MARK = "v_pred", "ztsnr"
TRAILING: Mapping[str, Any] = {"timestep_spacing": "trailing"}  # a step at the end of the training's schedule
ZERO_SNR: Mapping[str, Any] = {"rescale_betas_zero_snr": True, **TRAILING}  # https://arxiv.org/abs/2305.08891
MOST_STEPS = 16  # that a model is distilled to
TURBO_SIDE = 512  # pixels, of Stability's own; others' Turbo models were trained at XL's
_NAMED = (
    (re.compile(r"lightning"), LIGHTNING.key),
    (re.compile(r"turbo"), TURBO.key),
    (re.compile(r"(?<![a-z])hyper(?:[-_ ]?sd(?:xl)?)?(?![a-z])"), HYPER.key),
    (re.compile(r"(?<![a-z])lcm(?![a-z])"), LCM.key),
)
_NAMES_V = re.compile(r"(?<![a-z])v[-_ ]?pred")
_STEPS = re.compile(r"(?<!\d)(\d{1,2})[-_ ]?steps?(?![a-z])")
_CFG = re.compile(r"(?<![a-z])cfg(?![a-z])")
_OF_STABILITY = re.compile(r"sd[-_]?xl[-_]?turbo")


@dataclass(frozen=True)
class Variant:
    """key: of the family. zero_snr: the schedule ends in pure noise. steps: that it was distilled to, where that is
    told. keeps_guidance: distilled, and takes guidance all the same.
    """

    key: str
    predicts_v: bool = False
    zero_snr: bool = False
    steps: int | None = None
    native_resolution: int = XL.native_resolution
    keeps_guidance: bool = False

    @property
    def predicts_sample(self) -> bool:
        """Lightning's model of one step answers with the picture: https://huggingface.co/ByteDance/SDXL-Lightning."""
        return self.key == LIGHTNING.key and self.steps == 1


@dataclass(frozen=True)
class Scheduling:
    """The scheduler that a variant needs. name: its class; None: the one that the model comes with. values: of it."""

    name: str | None
    values: Mapping[str, Any]


_FEW_STEPS = ("LCMScheduler", "TCDScheduler")
_SCHEDULERS = {
    TURBO.key: Scheduling("EulerAncestralDiscreteScheduler", TRAILING),
    LIGHTNING.key: Scheduling("EulerDiscreteScheduler", TRAILING),
    HYPER.key: Scheduling("DDIMScheduler", TRAILING),
    LCM.key: Scheduling("LCMScheduler", {"timestep_spacing": "leading"}),
}


def variant_of_file(file: Checkpoint) -> Variant:
    """Its owner is believed before its tensors, those before its notes, and those before its name."""
    told = " ".join([file.path.stem, *(file.metadata.get(f"modelspec.{key}", "") for key in ("title", "architecture"))])
    told = told.lower()
    declared = file.metadata.get("modelspec.prediction_type") or file.metadata.get("modelspec.predict_key") or ""
    marked = V_MARK in file.shapes
    predicts_v = marked or (declared.startswith("v") if declared else bool(_NAMES_V.search(told)))
    if file.told in (XL.key, V.key):
        predicts_v = file.told == V.key
    side = TURBO_SIDE if _OF_STABILITY.search(told) else XL.native_resolution
    key = file.told or _distilled(told) or (V.key if predicts_v else XL.key)
    zero = predicts_v and (ZERO_MARK in file.shapes or not marked)
    return Variant(key, predicts_v, zero, _steps(told, key), side, _keeps_guidance(told, key))


def variant_of_folder(folder: Folder) -> Variant:
    scheduler = folder.configs["scheduler"]
    predicts_v = scheduler.get("prediction_type") == "v_prediction" or folder.told == V.key
    zero = scheduler.get("rescale_betas_zero_snr") is True
    told = name_of(folder.path).lower()
    key = folder.told or _distilled(told) or (V.key if predicts_v else XL.key)
    if folder.told is None and key == XL.key and folder.configs["unet"].get("time_cond_proj_dim"):
        key = LCM.key
    return Variant(key, predicts_v, zero, _steps(told, key), keeps_guidance=_keeps_guidance(told, key))


def variant_of_name(name: str) -> Variant:
    told = name.lower()
    side = TURBO_SIDE if _OF_STABILITY.search(told) else XL.native_resolution
    predicts_v = bool(_NAMES_V.search(told))
    key = _distilled(told) or (V.key if predicts_v else XL.key)
    return Variant(key, predicts_v, predicts_v, _steps(told, key), side, _keeps_guidance(told, key))


def scheduling(variant: Variant, config: Mapping[str, Any], name: str) -> Scheduling:
    """config, name: of the scheduler that the model comes with. One that is set for few steps already is left alone."""
    values: dict[str, Any] = {}
    if variant.predicts_v and config.get("prediction_type") != "v_prediction":
        values["prediction_type"] = "v_prediction"
    if variant.predicts_sample:
        values["prediction_type"] = "sample"
    if variant.zero_snr:
        values |= ZERO_SNR
    wanted = _SCHEDULERS.get(variant.key)
    is_set = config.get("timestep_spacing") == "trailing" or name in _FEW_STEPS
    if wanted is None or is_set:
        return Scheduling(None, values)
    return Scheduling(wanted.name, {**values, **wanted.values})


def _distilled(told: str) -> str | None:
    return next((key for pattern, key in _NAMED if pattern.search(told)), None)


def _steps(told: str, key: str) -> int | None:
    found = _STEPS.search(told) if key in _SCHEDULERS else None
    steps = 0 if found is None else int(found[1])
    return steps if 1 <= steps <= MOST_STEPS else None


def _keeps_guidance(told: str, key: str) -> bool:
    """Hyper's that are called CFG take 5 to 8: https://huggingface.co/ByteDance/Hyper-SD."""
    return key == HYPER.key and bool(_CFG.search(told))
