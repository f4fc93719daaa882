"""What cannot be worked with is refused with what it is and the way on, and never with a stack trace."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge_server.edit.color import check_source, to_working
from bridge_server.edit.color.profiles import icc_of
from bridge_server.errors import BridgeError, ErrorCode

from .profiles import table_profile

GOOD = icc_of("Adobe RGB (1998)")
COLOR, GRAY = np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2, 1), np.uint8)


def in_space(signature: bytes) -> bytes:
    return GOOD[:16] + signature + GOOD[20:]


@pytest.mark.parametrize(
    ("profile", "image", "says"),
    [
        (
            "Dot Gain 20%",
            GRAY,
            r"“Dot Gain 20%” is not known by its name\. Convert the image to the profile “Gray Gamma",
        ),
        ("My Scanner", COLOR, r"“My Scanner” is not known by its name\. Convert the image, or a copy of it, to sRGB"),
        ("x" * 200, COLOR, r"“x{80}…” is not known"),
        ("", COLOR, r"not known by its name"),
        (
            in_space(b"CMYK"),
            COLOR,
            r"of this image is for CMYK, which is not supported\. Convert a copy of the image to RGB",
        ),
        (
            imagecodecs.cms_profile("lab4").replace(b"abst", b"spac"),
            COLOR,
            r"is for Lab, which is not supported\. Convert a copy",
        ),
        (in_space(b"6CLR"), COLOR, r"is for other inks than RGB, which is not supported\. Convert"),
        (b"", COLOR, r"cannot be read: it is no ICC profile\. Assign the image another profile"),
        (b"\0" * 500, COLOR, r"cannot be read: it is no ICC profile"),
        (GOOD[:300], COLOR, r"cannot be read: it is cut off"),
        (GOOD, GRAY, r"of this image is for colour images, and this image is grayscale\. Assign"),
        ("Display P3", GRAY, r"“Display P3” is for colour images, and this image is grayscale\. Assign"),
        (icc_of("Gray Gamma 2.2"), COLOR, r"of this image is for grayscale images, and this image is colour\. Assign"),
        ("Gray Gamma 2.2", COLOR, r"“Gray Gamma 2.2” is for grayscale images, and this image is colour\. Assign"),
    ],
)
def test_profiles_that_cannot_be_used(profile: bytes | str, image: np.ndarray, says: str) -> None:
    with pytest.raises(BridgeError, match=says) as caught:
        to_working(image, profile)
    assert caught.value.code is ErrorCode.UNSUPPORTED
    with pytest.raises(BridgeError, match=says):
        check_source(image, profile)


def test_a_profile_for_no_picture_is_checked_too() -> None:
    check_source(None, GOOD)
    check_source(None, "Gray Gamma 2.2")
    with pytest.raises(BridgeError, match="not known by its name"):
        check_source(None, "My Scanner")


@given(
    st.sampled_from([GOOD, icc_of("Display P3")[:2000], icc_of("Gray Gamma 2.2"), table_profile()[:3000]]),
    st.lists(st.tuples(st.integers(0, 700), st.integers(0, 255)), max_size=12),
    st.integers(0, 3000),
)
@settings(max_examples=300)
def test_a_damaged_profile_is_refused_or_read_but_never_a_crash(
    icc: bytes, changes: list[tuple[int, int]], length: int
) -> None:
    damaged = bytearray(icc)
    for place, value in changes:
        damaged[place % len(icc)] = value
    image = np.full((2, 2, 1 if icc[16:20] == b"GRAY" else 3), 77, np.uint8)
    try:
        seen, _ = to_working(image, bytes(damaged[:length] if length > 1500 else damaged))
    except BridgeError as error:
        assert error.code is ErrorCode.UNSUPPORTED
    else:
        assert seen.shape == (2, 2, 3) and np.isfinite(seen).all()
