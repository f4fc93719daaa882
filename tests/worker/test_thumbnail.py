"""The little picture in History looks like the document, whatever its depth and profile."""

from __future__ import annotations

import numpy as np
import pytest

from bridge_server.edit.color import from_working
from bridge_server.edit.compose import Layer
from bridge_server.edit.source import Source
from bridge_server.plan.bounds import Bounds
from bridge_server.plan.native import NativeSize
from bridge_server.plan.plan import Plan, PlanInput, make_plan
from bridge_server.worker.thumbnail import SIDE, make_thumbnail

SHOWN = (180, 90, 60)
DEPTHS = (np.uint8, np.uint16, np.float32)


def document(width: int, height: int, dtype: type, profile: str | None, gray: bool = False) -> np.ndarray:
    """A picture of one colour that is SHOWN in sRGB, in this depth and profile."""
    rgb = np.full((height, width, 3), SHOWN, np.float32) / 255
    return from_working(rgb, np.dtype(dtype), gray, profile)


def planned(width: int, height: int) -> Plan:
    return make_plan(PlanInput("img2img", Bounds(0, 0, width, height), NativeSize.around(64, 8), 0.5))


def nothing(image: np.ndarray) -> Layer:
    """A layer that shows nothing."""
    height, width, channels = image.shape
    empty = np.zeros((height, width, 4 if channels > 2 else 2), image.dtype)
    return Layer(empty, np.zeros((height, width), np.uint8), Bounds(0, 0, width, height))


@pytest.mark.parametrize("dtype", DEPTHS)
@pytest.mark.parametrize("profile", [None, "Adobe RGB (1998)", "ProPhoto RGB", "Linear sRGB"])
def test_a_document_is_shown_in_srgb(profile: str | None, dtype: type) -> None:
    image = document(100, 60, dtype, profile)
    shown = make_thumbnail(nothing(image), Source(image, None, Bounds(0, 0, 100, 60), profile), planned(100, 60))
    assert shown.shape == (60, 100, 3)
    assert np.abs(shown.astype(int) - SHOWN).max() <= 1


@pytest.mark.parametrize("profile", [None, "Gray Gamma 2.2", "Gray Linear"])
def test_a_gray_document_is_shown_gray(profile: str | None) -> None:
    image = document(100, 60, np.uint16, profile, gray=True)
    shown = make_thumbnail(nothing(image), Source(image, None, Bounds(0, 0, 100, 60), profile), planned(100, 60))
    luminance = np.dot((0.2126, 0.7152, 0.0722), ((np.array(SHOWN) / 255 + 0.055) / 1.055) ** 2.4)
    expected = 255 * (1.055 * luminance ** (1 / 2.4) - 0.055)
    assert np.abs(shown.astype(float) - expected).max() <= 1


def test_a_layer_lies_over_a_large_document_in_its_place() -> None:
    width, height = 3000, 2000
    image = document(width, height, np.uint16, "Display P3")
    painted = np.zeros((500, 600, 4), np.uint16)
    painted[:, :, 3] = 65535
    mask = np.full((500, 600), 255, np.uint8)
    layer = Layer(painted, mask, Bounds(1500, 1000, 600, 500))
    source = Source(image, None, Bounds(0, 0, width, height), "Display P3")
    shown = make_thumbnail(layer, source, planned(width, height))
    assert max(shown.shape) == SIDE
    scale = SIDE / width
    assert (shown[int(1010 * scale) + 2, int(1510 * scale) + 2] <= 1).all()
    assert np.abs(shown[int(980 * scale) - 2, int(1480 * scale) - 2].astype(int) - SHOWN).max() <= 1
