"""Select Subject, what cuts it out, and Upscale in the real GIMP, on the photograph of the demonstration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.gimp.harness import Profile, read_report
from tests.gimp.session import PICTURE
from tests.support.daemon import short_home

pytestmark = [pytest.mark.gimp, pytest.mark.slow]

CUP = (300, 200)  # pixels, x and y: in the cup, in the middle of the picture
WOOD = ((20, 380), (580, 20), (580, 380))  # of the table


@dataclass(frozen=True)
class Seen:
    report: dict[str, Any]
    folder: Path

    def picture(self, name: str, flags: int = cv2.IMREAD_GRAYSCALE) -> NDArray[np.uint8]:
        picture = cv2.imread(str(self.folder / f"{name}.png"), flags)
        assert picture is not None
        return np.asarray(picture, np.uint8)


@pytest.fixture(scope="module")
def seen(gimp_profile: Profile) -> Iterator[Seen]:
    work = short_home()
    ended = gimp_profile.batch("tools", str(work), str(PICTURE), str(gimp_profile.folder))
    yield Seen(read_report(work / "report.json", ended), work)


def test_the_subject_is_selected(seen: Seen) -> None:
    selection = seen.picture("selection")
    assert not seen.report["selection"]["empty"]
    assert selection[CUP[1], CUP[0]] == 255
    assert [int(selection[y, x]) for x, y in WOOD] == [0, 0, 0]


def test_the_subject_as_a_channel_selects_nothing(seen: Seen) -> None:
    assert seen.report["channel"] == {"name": "Subject", "selected": False}
    assert np.array_equal(seen.picture("channel"), seen.picture("selection"))


def test_the_subject_as_a_layer_mask(seen: Seen) -> None:
    assert np.array_equal(seen.picture("mask"), seen.picture("selection"))


def test_the_subject_is_cut_out_to_a_layer_as_small_as_it_is(seen: Seen) -> None:
    found = seen.report["cutting"]["cut out"]
    width, height, x, y = found["place"]
    assert found["name"] == "Subject" and found["shown"]
    assert 350 < width < 500 and 300 < height < 400 and x > 40 and y >= 0
    picture = seen.picture("cut-out", cv2.IMREAD_UNCHANGED)
    assert picture.shape == (400, 600, 4) and picture[CUP[1], CUP[0], 3] == 255
    assert [int(picture[y, x, 3]) for x, y in WOOD] == [0, 0, 0]


@pytest.mark.parametrize("name", ["remove", "remove-options"])
def test_something_is_removed_with_pieces_of_the_layer_that_was_picked(seen: Seen, name: str) -> None:
    assert seen.report["sampled"][name] == "Removed"
    picture = seen.picture(name, cv2.IMREAD_COLOR)
    assert np.abs(picture[345:365, 60:100].astype(int) - (0x30, 0xA0, 0x20)).max() < 40, "green, where wood was"
    before = cv2.imread(str(PICTURE), cv2.IMREAD_COLOR)
    assert before is not None and np.array_equal(picture[:250], before[:250])


def test_a_removed_background_is_gone_though_the_picture_had_no_transparency(seen: Seen) -> None:
    assert seen.report["cutting"]["removed"] == {"shown": False, "mask": True}
    picture = seen.picture("removed", cv2.IMREAD_UNCHANGED)
    assert picture[CUP[1], CUP[0], 3] == 255 and [int(picture[y, x, 3]) for x, y in WOOD] == [0, 0, 0]


def test_a_new_background_is_around_the_subject(seen: Seen) -> None:
    picture = seen.picture("replaced", cv2.IMREAD_COLOR)
    before = cv2.imread(str(PICTURE), cv2.IMREAD_COLOR)
    assert before is not None
    assert np.array_equal(picture[CUP[1], CUP[0]], before[CUP[1], CUP[0]])
    assert [picture[y, x].tolist() for x, y in WOOD] == [[0xB4, 0x50, 0x1E]] * 3


def test_upscaling_makes_a_new_image_that_is_the_old_one_made_small_again(seen: Seen) -> None:
    assert seen.report["upscaled"] == {"size": [1200, 800], "layers": 1}
    large = seen.picture("upscaled", cv2.IMREAD_COLOR)
    small = cv2.resize(large, (600, 400), interpolation=cv2.INTER_AREA)
    before = cv2.imread(str(PICTURE), cv2.IMREAD_COLOR)
    assert before is not None
    assert cv2.PSNR(small, before) > 40


def test_upscaling_to_a_layer_leaves_it_in_its_place(seen: Seen) -> None:
    assert seen.report["layer"] == [600, 400, 0, 0]


def test_what_is_selected_is_enhanced_as_a_layer_in_its_place(seen: Seen) -> None:
    assert seen.report["enhanced"] == {"name": "Enhanced", "box": [300, 200, 100, 80], "masked": True}
    after = seen.picture("enhanced", cv2.IMREAD_COLOR)
    before = cv2.imread(str(PICTURE), cv2.IMREAD_COLOR)
    assert before is not None
    inside = (slice(80, 280), slice(100, 400))
    assert 34 < cv2.PSNR(after[inside], np.asarray(before)[inside]) < 60
    beyond = np.ones(after.shape[:2], bool)
    beyond[inside] = False
    assert np.array_equal(after[beyond], np.asarray(before)[beyond])


def test_an_indexed_image_takes_a_selection_and_a_mask(seen: Seen) -> None:
    selection = seen.picture("indexed-selection")
    assert selection[CUP[1], CUP[0]] == 255
    assert [int(selection[y, x]) for x, y in WOOD] == [0, 0, 0]
    assert seen.report["indexed"]["mask"]


def test_an_indexed_image_is_upscaled_into_a_new_one_and_takes_no_layer(seen: Seen) -> None:
    found = seen.report["indexed"]
    assert found["new image"] == [1200, 800, True]
    assert "Convert it first with Image ▸ Mode ▸ RGB" in found["layer"]
    assert (found["still indexed"], found["layers"]) == (True, 1)


def test_history_refuses_an_indexed_image_only_what_becomes_a_layer(seen: Seen) -> None:
    found = seen.report["indexed"]["history"]
    assert found["image"] == ""
    assert "This image is indexed" in found["layer"]
