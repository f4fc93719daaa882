"""Masks on the command line: what counts as selected, and which pictures are no masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bridge_server.cli.selection import read_selection, selection_box
from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.plan.bounds import Bounds
from bridge_server.protocol.limits import FAINT

SIZE = Bounds(0, 0, 180, 120)
COFFEE = Path(__file__).parents[2] / "tools" / "demo" / "coffee.png"


def two_tones(color: tuple[int, int, int], ground: tuple[int, int, int] = (0, 0, 0)) -> Image.Image:
    picture = np.full((120, 180, 3), ground, np.uint8)
    picture[40:85, 60:105] = color
    return Image.fromarray(picture)


def saved(image: Image.Image, path: Path) -> Path:
    image.save(path)
    return path


@pytest.mark.parametrize("kind", ["png", "tiff", "jpg"])
@pytest.mark.parametrize(
    ("color", "ground"),
    [
        ((255, 0, 0), (0, 0, 0)),
        ((0, 0, 255), (0, 0, 0)),
        ((0, 255, 0), (0, 0, 0)),
        ((128, 0, 0), (0, 0, 0)),
        ((255, 0, 255), (255, 255, 255)),
    ],
)
def test_a_mask_in_color_is_refused_with_what_to_do(
    tmp_path: Path, kind: str, color: tuple[int, int, int], ground: tuple[int, int, int]
) -> None:
    with pytest.raises(BridgeError, match=r"has colours.*Save it as a gray picture: white is repainted") as caught:
        read_selection(saved(two_tones(color, ground), tmp_path / f"m.{kind}"), SIZE)
    assert caught.value.code is ErrorCode.INVALID_REQUEST


def test_a_palette_is_its_colors(tmp_path: Path) -> None:
    path = saved(two_tones((128, 0, 0)).quantize(4), tmp_path / "voc.png")
    assert Image.open(path).mode == "P"
    with pytest.raises(BridgeError, match="has colours"):
        read_selection(path, SIZE)


def test_a_photograph_in_the_place_of_its_mask_is_refused(tmp_path: Path) -> None:
    with Image.open(COFFEE) as photo:
        path = saved(photo.convert("RGB").resize((180, 120)), tmp_path / "photo.png")
    with pytest.raises(BridgeError, match="the image and the mask are swapped"):
        read_selection(path, SIZE)


@pytest.mark.parametrize("tone", [(255, 255, 255), (250, 248, 240), (200, 200, 200)])
@pytest.mark.parametrize("kind", ["png", "jpg"])
def test_gray_is_gray_in_any_file_and_a_tinted_white_too(tmp_path: Path, kind: str, tone: tuple[int, int, int]) -> None:
    mask, notes = read_selection(saved(two_tones(tone), tmp_path / f"m.{kind}"), SIZE)
    assert mask[60, 80] > 190 and not notes


def test_an_opaque_color_on_transparent_ground_selects(tmp_path: Path) -> None:
    brush = np.zeros((120, 180, 4), np.uint8)
    brush[40:85, 60:105] = (255, 0, 0, 255)
    mask, notes = read_selection(saved(Image.fromarray(brush), tmp_path / "m.png"), SIZE)
    assert set(np.unique(mask)) == {0, 255} and not notes


@pytest.mark.parametrize(
    ("value", "says"), [(1, "almost nothing"), (15, "almost nothing"), (16, "by 6% at"), (127, "by 50% at"), (128, "")]
)
def test_a_mask_that_is_nowhere_above_half_is_told(tmp_path: Path, value: int, says: str) -> None:
    mask, notes = read_selection(saved(two_tones((value,) * 3), tmp_path / "m.png"), SIZE)
    assert mask.max() == value
    assert (len(notes) == 1 and says in notes[0]) if says else not notes


def test_the_box_is_that_of_what_can_show() -> None:
    mask = np.zeros((120, 180), np.uint8)
    mask[40:85, 60:105] = 255
    for haze in range(FAINT + 1):
        assert selection_box(np.maximum(mask, np.uint8(haze))) == Bounds(60, 40, 45, 45)
    mask[5, 5] = FAINT + 1
    assert selection_box(mask) == Bounds(5, 5, 100, 80)
    assert selection_box(np.minimum(mask, 1)) == Bounds(5, 5, 100, 80)
    with pytest.raises(BridgeError) as caught:
        selection_box(np.zeros_like(mask))
    assert caught.value.code is ErrorCode.EMPTY_SELECTION
