"""Images of every precision that GIMP has, with and without an ICC profile, and what their numbers mean.

A number means what its profile says (through Little CMS here; GIMP itself uses babl): what was sent and what came back
are compared in linear sRGB, where nothing is clipped.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np

from tests.edit.profiles import table_profile

NATIVE = {
    "U8": np.uint8,
    "U16": np.uint16,
    "U32": np.uint32,
    "HALF": np.float16,
    "FLOAT": np.float32,
    "DOUBLE": np.float64,
}
SENT = {"U8": np.uint8, "U16": np.uint16}  # all others as float32
XCF_PRECISION = {"U8": 100, "U16": 200, "U32": 300, "HALF": 500, "FLOAT": 600, "DOUBLE": 700}
XCF_CURVE = {"LINEAR": 0, "NON_LINEAR": 50, "PERCEPTUAL": 75}
WIDTH, HEIGHT = 40, 32
BOX = {"x": 5, "y": 3, "width": 24, "height": 20}  # what is read, and where the result lies

ADOBE = imagecodecs.cms_profile(
    "rgb", whitepoint=[0.3127, 0.3290, 1.0], primaries=[0.64, 0.33, 1, 0.21, 0.71, 1, 0.15, 0.06, 1], gamma=563 / 256
)
GRAY_18 = imagecodecs.cms_profile("gray", whitepoint=[0.3457, 0.3585, 1.0], gamma=1.8)
LINEAR_SRGB = imagecodecs.cms_profile(
    "rgb", whitepoint=[0.3127, 0.3290, 1.0], primaries=[0.64, 0.33, 1, 0.30, 0.60, 1, 0.15, 0.06, 1], gamma=1.0
)
PROFILES: dict[str, bytes] = {"adobe": ADOBE, "gray": GRAY_18, "table": table_profile()}


@dataclass(frozen=True)
class Case:
    """An image, and a result for it; `into` names the mode and profile that the image has when the result comes."""

    kind: str  # U8 … DOUBLE
    curve: str  # LINEAR, NON_LINEAR, PERCEPTUAL
    gray: bool
    profile: str | None
    alpha: bool
    into: str = ""  # name of another case

    @property
    def name(self) -> str:
        mode = ("gray" if self.gray else "rgb") + ("a" if self.alpha else "")
        return f"{self.kind}-{self.curve}-{mode}-{self.profile or 'plain'}{'-to-' + self.into if self.into else ''}"

    @property
    def native(self) -> np.dtype:
        return np.dtype(NATIVE[self.kind])

    @property
    def sent(self) -> np.dtype:
        return np.dtype(SENT.get(self.kind, np.float32))

    @property
    def precision(self) -> int:
        return XCF_PRECISION[self.kind] + XCF_CURVE[self.curve]

    @property
    def tolerance(self) -> float:
        """Relative: babl goes between double and float in several steps, which it chooses anew in every run."""
        return 2e-6 if self.kind == "DOUBLE" else 0.0

    @property
    def channels(self) -> int:
        return (1 if self.gray else 3) + (1 if self.alpha else 0)


PLAIN_8 = Case("U8", "NON_LINEAR", False, None, True)
ADOBE_16 = Case("U16", "NON_LINEAR", False, "adobe", True)
GRAY_LINEAR = Case("FLOAT", "LINEAR", True, "gray", True)
FLOAT_LINEAR = Case("FLOAT", "LINEAR", False, None, True)
U16_PERCEPTUAL = Case("U16", "PERCEPTUAL", False, "adobe", True)
GRAY_8 = Case("U8", "NON_LINEAR", True, None, True)
TABLE_16 = Case("U16", "NON_LINEAR", False, "table", True)  # no matrix: babl knows nothing of such profiles
OTHERS = (PLAIN_8, ADOBE_16, GRAY_LINEAR, FLOAT_LINEAR, U16_PERCEPTUAL, GRAY_8, TABLE_16)


def every_case() -> list[Case]:
    """Six types, three curves, RGB and gray, plain and with a profile; every other one without alpha."""
    cases = []
    for kind in NATIVE:
        for curve in XCF_CURVE:
            for gray in (False, True):
                for profile in (None, "gray" if gray else "adobe"):
                    cases.append(Case(kind, curve, gray, profile, alpha=len(cases) % 3 != 0))
    return [
        *cases,
        Case("U8", "NON_LINEAR", False, "table", True),
        TABLE_16,
        Case("U16", "PERCEPTUAL", False, "table", True),
    ]


def changed_cases() -> list[Case]:
    """Results that meet an image of another precision, profile or mode than they were made of."""
    pairs = [
        (PLAIN_8, ADOBE_16), (PLAIN_8, FLOAT_LINEAR), (PLAIN_8, GRAY_LINEAR), (ADOBE_16, PLAIN_8),
        (ADOBE_16, FLOAT_LINEAR), (ADOBE_16, U16_PERCEPTUAL), (ADOBE_16, GRAY_8), (FLOAT_LINEAR, PLAIN_8),
        (FLOAT_LINEAR, ADOBE_16), (U16_PERCEPTUAL, FLOAT_LINEAR), (GRAY_LINEAR, PLAIN_8), (GRAY_LINEAR, ADOBE_16),
        (GRAY_8, FLOAT_LINEAR), (GRAY_8, GRAY_LINEAR), (TABLE_16, FLOAT_LINEAR), (TABLE_16, ADOBE_16),
        (PLAIN_8, TABLE_16), (FLOAT_LINEAR, TABLE_16),
    ]  # fmt: skip
    return [Case(**{**one.__dict__, "into": other.name}) for one, other in pairs]


@dataclass
class Depths:
    work: Path
    cases: dict[str, Case] = field(default_factory=dict)
    stored: dict[str, np.ndarray] = field(default_factory=dict)  # of the layer, in its own type
    results: dict[str, np.ndarray] = field(default_factory=dict)
    mask: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.uint8))
    selection: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.uint8))

    def raw(self, name: str, what: str, dtype: Any, channels: int) -> np.ndarray:
        """What GIMP wrote out: (H, W, channels)."""
        data = np.fromfile(self.work / f"{name}-{what}.raw", dtype)
        height, width = (HEIGHT, WIDTH) if what in ("before", "empty", "after") else (BOX["height"], BOX["width"])
        return data.reshape(height, width, channels)


def make_depths(work: Path) -> Depths:
    made = Depths(work)
    random = np.random.default_rng(4)
    made.mask = random.integers(0, 256, (BOX["height"], BOX["width"]), np.uint8)
    made.mask[:, :8] = 0
    made.selection = random.integers(0, 256, (HEIGHT, WIDTH), np.uint8)
    (work / "mask.raw").write_bytes(made.mask.tobytes())
    (work / "selection.raw").write_bytes(made.selection.tobytes())
    for name, icc in PROFILES.items():
        (work / f"{name}.icc").write_bytes(icc)
    described = []
    for case in [*every_case(), *changed_cases()]:
        beyond = not case.into and case.kind != "U32"  # 32-bit integers travel as float, and hold 0 to 1
        made.cases[case.name] = case
        made.stored[case.name] = numbers(random, (HEIGHT, WIDTH, case.channels), case.native, case.alpha, beyond)
        shape = (BOX["height"], BOX["width"], 2 if case.gray else 4)
        made.results[case.name] = numbers(random, shape, case.sent, True, beyond)
        (work / f"{case.name}-stored.raw").write_bytes(made.stored[case.name].tobytes())
        (work / f"{case.name}-result.raw").write_bytes(made.results[case.name].tobytes())
        described.append({**case.__dict__, "name": case.name, "channels": case.channels})
    others = {case.name: case.__dict__ for case in OTHERS}
    (work / "depths.json").write_text(
        json.dumps({"cases": described, "others": others, "box": BOX, "size": [WIDTH, HEIGHT]})
    )
    return made


def numbers(
    random: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype, alpha: bool, beyond: bool
) -> np.ndarray:
    """The whole range of integers; of floats also what lies below 0 and above 1 (`beyond`), but for alpha."""
    if dtype.kind == "u":
        return random.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)
    values = random.uniform(-0.25, 2.5, shape) if beyond else random.uniform(0.0, 1.0, shape)
    if alpha:
        values[..., -1] = random.uniform(0.0, 1.0, shape[:-1])
    return values.astype(dtype)


def to_unit(pixels: np.ndarray) -> np.ndarray:
    """float64; 1.0 is the full scale of the type."""
    return pixels / float(np.iinfo(pixels.dtype).max) if pixels.dtype.kind == "u" else pixels.astype(np.float64)


def as_type(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Numbers of one type as the nearest of another."""
    if dtype.kind == "u":
        full = float(np.iinfo(dtype).max)
        return np.rint(np.clip(to_unit(values), 0, 1) * full).astype(dtype)
    return to_unit(values).astype(dtype) if values.dtype.kind == "u" else values.astype(dtype)


def are_nearest(stored: np.ndarray, values: np.ndarray) -> bool:
    """Whether `values` were stored as the nearest numbers of the type; of two halves as near as each other GIMP 3.0.4
    was seen to take the upper one, where numpy takes the even one.
    """
    if stored.dtype != np.float16:
        return np.array_equal(stored, as_type(values, stored.dtype))
    error = np.abs(stored.astype(np.float64) - values)
    return stored.shape == values.shape and bool((error <= np.spacing(np.abs(stored)).astype(np.float64) / 2).all())


def meaning(pixels: np.ndarray, icc: bytes | None, alpha: bool) -> np.ndarray:
    """(H, W, 3) float64: the colours that numbers of a profile stand for, in linear sRGB."""
    color = to_unit(pixels[..., :-1] if alpha else pixels)
    if icc is None:  # IEC 61966-2-1
        linear = np.where(color <= 0.04045, color / 12.92, ((np.maximum(color, 0.04045) + 0.055) / 1.055) ** 2.4)
        return np.repeat(linear, 3, axis=-1) if color.shape[-1] == 1 else linear
    given = np.ascontiguousarray(color if color.shape[-1] == 3 else color[..., 0])
    kind = "rgb" if color.shape[-1] == 3 else "gray"
    return imagecodecs.cms_transform(given, icc, LINEAR_SRGB, colorspace=kind, outcolorspace="rgb", intent=1)
