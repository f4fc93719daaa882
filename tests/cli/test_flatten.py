"""A layer on its document: nothing changes where the mask is 0, at any depth; elsewhere source-over."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge_server.cli.pictures import canvas
from bridge_server.cli.pictures.canvas import flatten, onto_canvas
from bridge_server.plan.bounds import Bounds
from bridge_server.png_file import masked

from .samples import FULL, noise

CANVAS, PLACE = Bounds(0, 0, 40, 30), Bounds(5, 4, 30, 20)


def soft_mask() -> NDArray[np.uint8]:
    row = np.clip(np.arange(-60, 240, 10), 0, 255).astype(np.uint8)
    return np.tile(row, (20, 1))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("premultiplied", [False, True])
@pytest.mark.parametrize("rows", [3, 256])
def test_what_the_mask_leaves_free_is_the_document(
    monkeypatch: pytest.MonkeyPatch, dtype: str, channels: int, premultiplied: bool, rows: int
) -> None:
    monkeypatch.setattr(canvas, "ROWS", rows)
    below = noise(dtype, channels, (40, 30))
    layer = noise(dtype, 4 if channels > 2 else 2)
    layer[:, :, -1] = FULL[dtype]
    flat = flatten(below, layer, soft_mask(), PLACE, CANVAS, premultiplied=premultiplied)
    free = onto_canvas(soft_mask(), PLACE, CANVAS) == 0
    assert free.any()
    assert flat.dtype == dtype
    assert flat[free].tobytes() == below[free].tobytes()
    shown = onto_canvas(soft_mask(), PLACE, CANVAS)[:, :, np.newaxis] / 255
    colors = channels - (channels in (2, 4))
    full, top = FULL[dtype], onto_canvas(layer, PLACE, CANVAS)[:, :, :-1].astype(float)
    alpha = below[:, :, -1:] / full if channels in (2, 4) else np.ones((30, 40, 1))
    total = shown + alpha * (1 - shown)
    under = below[:, :, :colors] * (1 if premultiplied or channels in (1, 3) else alpha)
    mixed = top * shown + under * (1 - shown)
    expected = mixed if premultiplied or channels in (1, 3) else mixed / np.maximum(total, 1e-9)
    tolerance = 1e-6 if dtype == "float32" else 0.5001
    inside = ~free
    assert abs(flat[:, :, :colors].astype(float) - expected)[inside].max() <= tolerance
    if channels in (2, 4):
        assert abs(flat[:, :, -1:] - total * full)[inside].max() <= tolerance


@pytest.mark.parametrize(("channels", "premultiplied"), [(3, False), (4, False), (4, True)])
def test_infinities_below_do_not_reach_what_is_painted(channels: int, premultiplied: bool) -> None:
    below = np.full((30, 40, channels), np.inf, np.float32)
    below[::2] = np.nan
    below[:, :, 3:] = 1.0
    layer = np.ones((20, 30, 4), np.float32)
    mask = np.zeros((20, 30), np.uint8)
    mask[5:15, 5:25] = 255
    mask[15, 5:25] = 100
    flat = flatten(below, layer, mask, PLACE, CANVAS, premultiplied=premultiplied)
    assert np.isfinite(flat[onto_canvas(mask, PLACE, CANVAS) > 0]).all()
    painted = onto_canvas(mask, PLACE, CANVAS) == 255
    assert (flat[painted] == 1).all()
    free = onto_canvas(mask, PLACE, CANVAS) == 0
    assert flat[free].tobytes() == below[free].tobytes()


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_full_mask_shows_the_layer_exactly(dtype: str) -> None:
    layer = noise(dtype, 4)
    layer[:, :, 3] = FULL[dtype]
    flat = flatten(noise(dtype, 3, (40, 30)), layer, np.full((20, 30), 255, np.uint8), PLACE, CANVAS)
    assert (flat[4:24, 5:35] == layer[:, :, :3]).all()


def test_the_layers_own_file_has_the_mask_in_its_alpha() -> None:
    layer = noise("uint16", 4)
    layer[:, :, 3] = 65535
    shown = masked(layer, soft_mask())
    assert (shown[:, :, 3] == soft_mask().astype(np.uint16) * 257).all()
    assert (shown[:, :, :3] == layer[:, :, :3]).all()
