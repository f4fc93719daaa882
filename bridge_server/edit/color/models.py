"""What an ICC profile says, as something that can be calculated fast and unbounded, checked against the colour engine.

Profiles of three curves and a matrix, and gray profiles, become curves and a matrix of our own: Little CMS clips or
bends what lies outside 0 to 1, and takes longer. All others are left to it, within 0 to 1.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from ...errors import BridgeError, ErrorCode
from ...plan.profile_names import check_name, known_name, mismatch
from .curves import CODES, Curve, Doubles, Floats, make_curve
from .one_way import with_way_back
from .profiles import icc_of

RELATIVE = 1  # lcms2.h: intent; then flags: black point compensation and HIGHRESPRECALC; NOOPTIMIZE and NOCACHE
KEEP_BLACK, EXACT = 0x2000 | 0x0400, 0x0100 | 0x0040
WAYS_BACK = (b"B2A0", b"B2A1", b"B2A2", b"B2D0", b"B2D1", b"B2D2", b"B2D3")
CLOSE = 2e-3  # between two matrices, or in D50 XYZ between model and engine: less than a profile's tables round away
SPACES_REFUSED = {
    b"CMYK": "CMYK",
    b"Lab ": "Lab",
    b"XYZ ": "XYZ",
    b"CMY ": "CMY",
    b"HSV ": "HSV",
    b"YCbr": "YCbCr",
}


@dataclass(frozen=True, eq=False)
class SrgbModel:
    """The values are sRGB's already."""


@dataclass(frozen=True, eq=False)
class GrayModel:
    curve: Curve


@dataclass(frozen=True, eq=False)
class MatrixModel:
    """Curves of red, green and blue, then a 3 x 3 matrix from the profile's light to sRGB's; None: the same light."""

    curves: tuple[Curve, Curve, Curve]
    to_srgb: Doubles | None


@dataclass(frozen=True, eq=False)
class EngineModel:
    """Tables with several inputs, which only the engine reads. back: the profile for the way to its values."""

    icc: bytes
    back: bytes


Model = SrgbModel | GrayModel | MatrixModel | EngineModel


def model_for(profile: bytes | str | None, gray: bool | None) -> Model:
    """The model of an image's profile; gray: what the image is, None where there is none and the profile decides.

    Raises BridgeError (unsupported): unknown names, damaged profiles, CMYK and Lab, a gray profile for a colour image.
    """
    if profile is None or (isinstance(profile, str) and known_name(profile) == "sRGB"):
        return GrayModel(_srgb_curve()) if gray else SrgbModel()
    if isinstance(profile, str):
        return _model_of(icc_of(check_name(profile, gray)))
    model = _model_of(profile)
    if gray is not None and isinstance(model, GrayModel) != gray:
        raise mismatch("of this image", gray)
    return model


@lru_cache(maxsize=8)
def _model_of(icc: bytes) -> Model:
    """A pure function of the bytes; it takes some 20 ms, and every crop and thumbnail of a document asks again."""
    space = _check(icc)
    tags = _tags(icc)
    if space == b"GRAY":
        return GrayModel(_gray_curve(icc, tags))
    model = _matrix_model(icc, tags)
    return _engine_model(icc, tags) if model is None else model


@lru_cache(maxsize=1)
def _srgb_curve() -> Curve:
    curve = make_curve(lambda v: np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4))
    assert curve is not None
    return curve


def _check(icc: bytes) -> bytes:
    if len(icc) < 132 or icc[36:40] != b"acsp":
        raise _damaged("it is no ICC profile")
    space, kind = icc[16:20], icc[12:16]
    if space in (b"RGB ", b"GRAY") and kind in (b"mntr", b"prtr", b"scnr", b"spac"):
        return space
    name = (
        "colour transforms" if kind in (b"link", b"abst", b"nmcl") else SPACES_REFUSED.get(space, "other inks than RGB")
    )
    raise BridgeError(
        ErrorCode.UNSUPPORTED,
        f"The colour profile of this image is for {name}, which is not supported. Convert a copy of the image to RGB "
        "(Photoshop: Image ▸ Mode ▸ RGB Color; GIMP: Image ▸ Mode ▸ RGB) and work on that.",
        f"class {kind!r}, space {space!r}",
    )


def _tags(icc: bytes) -> dict[bytes, bytes]:
    """ICC.1:2010, 7.3: the tags by their signatures."""
    (count,) = struct.unpack_from(">I", icc, 128)
    if 132 + 12 * count > len(icc):
        raise _damaged("its list of tags is cut off")
    entries = [struct.unpack_from(">4sII", icc, 132 + 12 * i) for i in range(count)]
    if any(offset + size > len(icc) for _, offset, size in entries):
        raise _damaged("it is cut off")
    return {name: icc[offset : offset + size] for name, offset, size in entries}


def _tone(tag: bytes) -> Curve | None:
    """ICC.1:2010, 10.5 curveType and 10.16 parametricCurveType. None: unknown, or it does not rise."""
    if len(tag) < 12:
        return None
    if tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        if len(tag) < 12 + 2 * count:
            return None
        entries = np.frombuffer(tag, ">u2", count, 12).astype(np.float64)
        if count == 0:
            return make_curve(lambda v: v)
        if count == 1:
            return make_curve(lambda v: v ** (entries[0] / 256))
        return make_curve(lambda v: np.interp(v, np.linspace(0, 1, count), entries / 65535))
    if tag[:4] == b"para":
        return _parametric(tag)
    return None


def _parametric(tag: bytes) -> Curve | None:
    (kind,) = struct.unpack_from(">H", tag, 8)
    counts = (1, 3, 4, 5, 7)
    if kind >= len(counts) or len(tag) < 12 + 4 * counts[kind]:
        return None
    given = [value / 65536 for value in struct.unpack_from(f">{counts[kind]}i", tag, 12)]
    g, a, b, c, d, e, f = (*given, *[0.0] * (7 - len(given)))
    if kind == 0:
        return make_curve(lambda v: v**g)
    if kind in (1, 2):
        if a == 0:
            return None
        d, e, f, c = -b / a, (c if kind == 2 else 0.0), (c if kind == 2 else 0.0), 0.0
    return make_curve(lambda v: np.where(v >= d, np.maximum(a * v + b, 0.0) ** g + e, c * v + f))


def _matrix_model(icc: bytes, tags: dict[bytes, bytes]) -> Model | None:
    """None: the profile is none of three curves and a matrix, or the engine does not read it so."""
    names = (b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC")
    if any(name not in tags for name in names) or any(len(tags[name]) < 20 for name in names[:3]):
        return None
    red, green, blue = (_tone(tags[name]) for name in names[3:])
    if red is None or green is None or blue is None:
        return None
    if tags[b"rTRC"] == tags[b"gTRC"] == tags[b"bTRC"]:
        green = blue = red
    to_xyz = _matrix(tags)
    if not _agrees(icc, (red, green, blue), to_xyz) or abs(np.linalg.det(to_xyz)) < 1e-4:
        return None
    to_srgb = _neutral(np.linalg.inv(_matrix(_tags(icc_of("sRGB")))) @ to_xyz)
    same = np.abs(to_srgb - np.eye(3)).max() < CLOSE
    if same and red.kind == green.kind == blue.kind == "srgb":
        return SrgbModel()
    return MatrixModel((red, green, blue), None if same else to_srgb)


def _matrix(tags: dict[bytes, bytes]) -> Doubles:
    """Columns: the D50 XYZ of the three primaries, as s15Fixed16."""
    return np.array([struct.unpack_from(">3i", tags[name], 8) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]).T / 65536


def _neutral(matrix: Doubles) -> Doubles:
    """White stays exactly white where the profile means it to: its entries are rounded to 1/65536."""
    sums = matrix.sum(axis=1, keepdims=True)
    return matrix / sums if np.abs(sums - 1).max() < CLOSE else matrix


def _agrees(icc: bytes, curves: tuple[Curve, Curve, Curve], to_xyz: Doubles) -> bool:
    values = np.random.default_rng(0).random((16, 256, 3)).astype(np.float32)
    light = np.stack([np.interp(values[..., i], np.linspace(0, 1, CODES), curves[i].light) for i in range(3)], axis=-1)
    return bool(np.abs(light @ to_xyz.T - _engine_xyz(icc, values, "rgb")).max() < CLOSE)


def _gray_curve(icc: bytes, tags: dict[bytes, bytes]) -> Curve:
    values = np.linspace(0, 1, CODES, dtype=np.float32).reshape(256, 256)
    light = _engine_xyz(icc, values, "gray")[:, :, 1].ravel().astype(np.float64)
    curve = _tone(tags[b"kTRC"]) if b"kTRC" in tags else None
    if curve is None or np.abs(curve.light - light).max() > CLOSE:
        curve = make_curve(lambda v: np.interp(v, np.linspace(0, 1, CODES), light))
    if curve is None:
        raise _damaged("its curve does not rise from black to white")
    return curve


def _engine_model(icc: bytes, tags: dict[bytes, bytes]) -> EngineModel:
    """Tried in both directions; a profile that only leads away from its values (a scanner's) gets a way back."""
    values = np.zeros((1, 2, 3), np.uint16)
    through_engine(values, icc, icc_of("sRGB"))
    try:
        through_engine(values, icc_of("sRGB"), icc)
    except BridgeError:
        if not tags.keys().isdisjoint(WAYS_BACK):
            raise
        return EngineModel(
            icc, with_way_back(lambda v: _engine_xyz(icc, v.astype(np.float32), "rgb").astype(np.float64))
        )
    return EngineModel(icc, icc)


def through_engine(values: NDArray[np.uint16], profile: bytes, to: bytes) -> NDArray[np.uint16]:
    """(H, W, 3) of an RGB profile to another's: relative colorimetric with black point compensation."""
    return _transform(values, profile, to, "rgb", "rgb", np.uint16, KEEP_BLACK)


def _engine_xyz(icc: bytes, values: Floats, space: str) -> Floats:
    return _transform(values, icc, imagecodecs.cms_profile("xyz"), space, "xyz", np.float32, EXACT)


def _transform(
    values: NDArray[Any], profile: bytes, to: bytes, space: str, out: str, dtype: Any, flags: int
) -> NDArray[Any]:
    try:
        return imagecodecs.cms_transform(
            values, profile, to, colorspace=space, outcolorspace=out, outdtype=dtype, intent=RELATIVE, flags=flags
        )
    except imagecodecs.CmsError as error:
        raise _damaged("the colour engine cannot read it", str(error)) from error


def _damaged(why: str, detail: str = "") -> BridgeError:
    return BridgeError(
        ErrorCode.UNSUPPORTED,
        f"The colour profile of this image cannot be read: {why}. Assign the image another profile, sRGB for instance "
        "(Photoshop: Edit ▸ Assign Profile; GIMP: Image ▸ Color Management ▸ Assign Color Profile).",
        detail,
    )
