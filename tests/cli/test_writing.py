"""In which kind of file a result is written, and what becomes of its alpha there."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile

from bridge_server.cli.pictures.picture import Picture
from bridge_server.cli.pictures.reading import read_picture
from bridge_server.cli.pictures.writing import choose_target
from bridge_server.errors import BridgeError

from .samples import ADOBE_RGB, exr, exr_values, noise


def a_picture(kind: str, dtype: str) -> Picture:
    return Picture(noise(dtype, 4), kind, ADOBE_RGB)


@pytest.mark.parametrize(
    ("document", "wanted", "kind"),
    [
        (None, None, "png"),
        (None, "tiff", "tiff"),
        (a_picture("png", "uint16"), None, "png"),
        (a_picture("tiff", "uint16"), None, "tiff"),
        (a_picture("tiff", "uint8"), "png", "png"),
        (a_picture("exr", "float32"), None, "exr"),
        (a_picture("exr", "float32"), "tiff", "tiff"),
        (a_picture("other", "uint8"), None, "png"),
    ],
)
def test_it_is_like_the_image_or_as_wanted(document: Picture | None, wanted: str | None, kind: str) -> None:
    target = choose_target(document, wanted)
    assert target.kind == kind
    assert target.profile == (document.profile if document else None)


@pytest.mark.parametrize(
    ("document", "wanted"),
    [(None, "exr"), (a_picture("tiff", "float32"), "png"), (a_picture("tiff", "float32"), "exr")],
)
def test_what_the_kind_cannot_hold_is_refused_with_what_can(document: Picture | None, wanted: str) -> None:
    with pytest.raises(BridgeError, match="tiff"):
        choose_target(document, wanted)


def test_an_exr_as_tiff_holds_the_same_values(tmp_path: Path) -> None:
    values = (noise("float32", 4) * 5 - 1).astype(np.float16)
    picture = read_picture(exr(tmp_path / "in.exr", {name: values[:, :, i] for i, name in enumerate("RGBA")}))
    choose_target(picture, "tiff").save(tmp_path / "out.tiff", picture.pixels, multiplied=True)
    with tifffile.TiffFile(tmp_path / "out.tiff") as file:
        page = file.pages[0].aspage()
        assert page.asarray().dtype == np.float32, "which more programs read than half"
        assert (page.asarray() == values).all()
        assert [int(kind) for kind in page.extrasamples] == [1]
        assert page.iccprofile == picture.profile
    again = read_picture(tmp_path / "out.tiff")
    assert again.premultiplied
    assert (again.pixels == picture.pixels).all()


def test_associated_alpha_becomes_straight_in_a_png(tmp_path: Path) -> None:
    pixels = np.array([[[100, 50, 0, 200], [255, 10, 0, 255], [9, 9, 9, 0]]], np.uint8)
    document = Picture(pixels, "tiff", premultiplied=True)
    choose_target(document, "png").save(tmp_path / "a.png", pixels, multiplied=True)
    written = imagecodecs.png_decode((tmp_path / "a.png").read_bytes())
    assert written.tolist() == [[[128, 64, 0, 200], [255, 10, 0, 255], [9, 9, 9, 0]]]


def test_a_straight_layer_is_multiplied_for_an_exr(tmp_path: Path) -> None:
    layer = np.array([[[2.0, 1.0, -0.5, 0.5], [3.0, 3.0, 3.0, 0.0]]], np.float32)
    choose_target(a_picture("exr", "float32"), None).save(tmp_path / "a.exr", layer)
    assert exr_values(tmp_path / "a.exr", "RGBA").tolist() == [[[1.0, 0.5, -0.25, 0.5], [0.0, 0.0, 0.0, 0.0]]]
