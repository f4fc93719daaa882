"""Every output role and every picked input in the real GIMP, in every mode: what the image has afterwards."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.gimp.depths import PROFILES
from tests.gimp.harness import Gimp, Profile, make_profile, read_report
from tests.support.daemon import short_home

pytestmark = [pytest.mark.gimp, pytest.mark.slow]
WIDTH, HEIGHT = 40, 30
MODES = ["u8", "u8 with a profile", "u8 linear", "u16", "float", "gray", "indexed"]
each_mode = pytest.mark.parametrize("mode", MODES)


@pytest.fixture(scope="module")
def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (5, 4), (1, 2, 3)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def report(gimp: Gimp, picture: bytes) -> Iterator[dict[str, Any]]:
    work = short_home()
    (work / "adobe.icc").write_bytes(PROFILES["adobe"])
    (work / "picture.png").write_bytes(picture)
    (work / "roles.txt").write_text("no picture")
    profile: Profile = make_profile(gimp, work)
    ended = profile.batch("roles", str(work), str(profile.folder))
    yield read_report(work / "roles.json", ended)


def plane(text: str, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width)


def mask_of(report: dict[str, Any], x: int, y: int, width: int, height: int) -> np.ndarray:
    """What of the mask, which covers -4 to 16 and 5 to 15, lies in this part of the document."""
    whole = np.zeros((100, 100), np.uint8)
    whole[25:35, 16:36] = plane(report["mask"], 20, 10)
    return whole[20 + y : 20 + y + height, 20 + x : 20 + x + width]


@each_mode
def test_a_selection_is_the_mask_and_ends_at_the_canvas(report: dict[str, Any], mode: str) -> None:
    found = report[mode]["selection"]
    assert found["bounds"] == [0, 5, 16, 15]
    assert np.array_equal(plane(found["selection"]), mask_of(report, 0, 0, WIDTH, HEIGHT))
    assert (found["channels"], found["mask"], found["selected"]) == ([], None, ["base"])


@each_mode
def test_a_layer_mask_is_the_mask_on_the_active_layer(report: dict[str, Any], mode: str) -> None:
    found = report[mode]["mask"]
    assert np.array_equal(plane(found["mask"], 24, 16), mask_of(report, 6, 3, 24, 16))
    assert (found["bounds"], found["channels"], found["edit mask"]) == (None, [], False)
    assert found["selected"] == ["base"]


@each_mode
def test_a_channel_is_the_mask_by_the_name_of_the_result(report: dict[str, Any], mode: str) -> None:
    found = report[mode]["channel"]
    assert found["names"] == ["made selection"]
    assert np.array_equal(plane(found["channels"][0]), mask_of(report, 0, 0, WIDTH, HEIGHT))
    assert (found["bounds"], found["mask"], found["selected"]) == (None, None, ["base"])


@each_mode
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_new_image_has_the_pictures_own_size_and_pixels(report: dict[str, Any], mode: str, channels: int) -> None:
    found = report[mode][f"image of {channels}"]
    assert (found["size"], found["gray"], found["alpha"]) == ([8, 6], channels < 3, channels % 2 == 0)
    alpha = [110, 255][channels == 4] if channels % 2 == 0 else 255
    color = [90, 90, 90] if channels < 3 else [90, 110, 130]
    assert found["pixels"] == base64.b64encode(bytes([*color, alpha]) * 48).decode()
    assert found["resolution"]


@each_mode
def test_a_picture_is_scaled_into_its_box(report: dict[str, Any], mode: str) -> None:
    """An indexed image is converted where that was agreed to, and refused with a sentence where not."""
    if mode == "indexed":
        assert "became indexed" in report[mode]["layer"]["message"]
    found = report[mode]["converted" if mode == "indexed" else "layer"]
    assert (found["place"], found["above"], found["indexed"]) == ([2, 4, 16, 12], True, False)
    red, green, blue, alpha = found["middle"]
    assert alpha == 255
    if mode == "gray":
        assert red == green == blue and 90 < red < 130
    else:
        assert np.abs(np.array([red, green, blue]) - [90, 110, 130]).max() <= (6 if mode == "u8 linear" else 1)


def test_what_is_placed_moves_with_a_canvas_that_grew(report: dict[str, Any]) -> None:
    assert report["moved"] == {"bounds": [3, 7, 23, 17], "place": [9, 6, 16, 12]}


def test_a_mask_whose_layer_is_gone_becomes_a_channel(report: dict[str, Any]) -> None:
    found = report["layer gone"]
    assert found["mask"] is None and found["names"] == ["made selection"]
    assert found["notices"] == ["There is no layer that can get the mask any more: it was added as a channel."]


def test_a_mask_that_was_there_is_replaced_and_further_ones_become_channels(report: dict[str, Any]) -> None:
    found = report["had a mask"]
    assert np.array_equal(plane(found["mask"], 24, 16), mask_of(report, 6, 3, 24, 16))
    assert len(found["channels"]) == 1
    assert found["notices"] == ["The layer mask of “base” was replaced. Undo brings the old one back."]


def test_an_empty_selection_is_told(report: dict[str, Any]) -> None:
    assert report["nothing"]["bounds"] is None
    assert report["nothing"]["notices"] == ["Nothing was found that could be selected."]


def test_a_closed_image_keeps_what_needs_it_for_history(report: dict[str, Any]) -> None:
    found = report["closed"]
    assert found["selection"]["code"] == "gone"
    assert found["both"] == {"images": 1, "notices": [found["selection"]["message"]]}


def test_several_roles_of_one_job_are_all_applied(report: dict[str, Any]) -> None:
    found = report["several roles"]
    assert found["layers"] == ["made document", "made layer", "base"]
    assert (found["names"], found["texts"]) == (["made selection"], ["a cat on a mat"])
    assert found["selected"] == ["base"]


def test_layers_that_belong_together_lie_in_a_group_of_their_variation(report: dict[str, Any]) -> None:
    """The first of them lowest, all visible; the second variation's group is hidden below, and so is what was read."""
    found = report["stack"]
    assert found["tree"] == [
        ["Parts #1", True, [["Layer 3", True], ["Layer 2", True], ["Layer 1", True]]],
        ["Parts #2", False, [["Layer 2 #1", True], ["Layer 1 #1", True]]],
        ["base", False, []],
    ]
    assert found["layers"] == ["Layer 1", "Layer 2", "Layer 3", "Layer 1 #1", "Layer 2 #1"]
    assert found["selected"] == ["base"]


def test_a_picked_layer_is_sent_in_the_images_own_numbers(report: dict[str, Any]) -> None:
    found = report["captured"]
    assert found["names"] == ["group", "inner", "base"]
    layer = found["layer"]
    assert (layer["dtype"], layer["shape"]) == ("U16", [16, 24, 4])
    assert layer["bounds"] == {"x": 6, "y": 3, "width": 24, "height": 16}
    assert colors(layer) == {(10, 200, 30, 255)}


def test_a_picked_group_is_sent_as_it_shows_also_off_the_canvas(report: dict[str, Any]) -> None:
    group = report["captured"]["group"]
    assert group["bounds"] == {"x": -5, "y": -6, "width": 8, "height": 8}
    assert colors(group) == {(250, 20, 60, 255)}, "without its opacity"


def test_all_that_is_visible_is_sent_with_what_a_set_of_results_hides_left_out(report: dict[str, Any]) -> None:
    found = report["captured"]
    width, height = found["canvas"]
    assert found["visible"]["bounds"] == {"x": 0, "y": 0, "width": width, "height": height}
    below = {(0, 0, 0, 0), (10, 200, 30, 255)}
    assert colors(found["visible"]) == {*below, (250, 20, 60, 128)}, "with the group's opacity"
    assert colors(found["visible below"]) == below


def test_a_layer_of_another_image_is_sent_in_this_ones_numbers(report: dict[str, Any]) -> None:
    foreign = report["captured"]["foreign"]
    assert (foreign["dtype"], colors(foreign)) == ("U16", {(10, 200, 30, 255)})
    assert report["captured"]["images left"] == 1


def test_a_file_is_sent_as_it_is(report: dict[str, Any], picture: bytes) -> None:
    png = report["captured"]["png"]
    assert (png["dtype"], png["bounds"], png["media_type"]) == ("U8", None, "image/png")
    assert base64.b64decode(png["data"]) == picture


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("gone", "Reference: the layer “lost” is not there any more"),
        ("no picture", "Reference: “roles.txt” is neither a PNG nor a JPEG"),
        ("no file", "Reference: “none.png” cannot be read: No such file"),
    ],
)
def test_what_cannot_be_sent_is_told(report: dict[str, Any], case: str, words: str) -> None:
    assert report["captured"][case]["code"] == "refused"
    assert report["captured"][case]["message"].startswith(words)


def colors(found: dict[str, Any]) -> set[tuple[int, ...]]:
    pixels = np.frombuffer(base64.b64decode(found["data"]), np.uint16).reshape(-1, 4)
    return {tuple(round(value / 257) for value in pixel) for pixel in np.unique(pixels, axis=0)}
