"""What was sent, and where it lies."""

from __future__ import annotations

import numpy as np
import pytest

from bridge_server.edit.source import Source, selection_bounds, window
from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.plan.bounds import Bounds

BOX = Bounds(-10, 20, 30, 40)


def test_the_selection_is_found_in_document_pixels() -> None:
    mask = np.zeros((40, 30), np.uint8)
    mask[5:9, 3:8] = 1
    mask.flags.writeable = False
    assert selection_bounds(Source(None, mask, BOX)) == Bounds(-7, 25, 5, 4)


def test_no_mask_is_no_selection_but_an_empty_one_is_an_error() -> None:
    assert selection_bounds(Source(None, None, BOX)) is None
    with pytest.raises(BridgeError, match="Select an area first") as caught:
        selection_bounds(Source(None, np.zeros((40, 30), np.uint8), BOX))
    assert caught.value.code is ErrorCode.EMPTY_SELECTION


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        (np.zeros((40, 31, 3), np.uint8), None),
        (np.zeros((40, 30), np.uint8), None),
        (None, np.zeros((30, 40), np.uint8)),
    ],
)
def test_arrays_of_another_size_are_refused(image: np.ndarray | None, mask: np.ndarray | None) -> None:
    with pytest.raises(BridgeError, match="30 by 40 pixels") as caught:
        Source(image, mask, BOX)
    assert caught.value.code is ErrorCode.INVALID_REQUEST


def test_a_window_inside_is_a_view_and_one_beyond_is_zero_there() -> None:
    array = np.arange(1, 1201, dtype=np.uint16).reshape(40, 30)
    inside = window(array, BOX, Bounds(0, 25, 4, 3))
    assert np.shares_memory(inside, array) and np.array_equal(inside, array[5:8, 10:14])
    beyond = window(array, BOX, Bounds(-12, 18, 5, 4))
    assert np.array_equal(beyond[2:, 2:], array[:2, :3])
    assert not beyond[:2].any() and not beyond[:, :2].any()
    assert not window(array, BOX, Bounds(500, 500, 3, 2)).any()
