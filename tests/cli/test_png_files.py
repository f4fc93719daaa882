"""PNG: every depth as it is, and what it says about its colours."""

from __future__ import annotations

import struct
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from bridge_server.cli.pictures.png import write_png
from bridge_server.cli.pictures.reading import read_picture
from bridge_server.errors import BridgeError, ErrorCode

from .samples import ADOBE_RGB, GRAY_GAMMA_2, icc_chunk, noise, png, profile_of_png, to_srgb

P3_D65 = [31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000]


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_each_depth_is_read_and_written_as_it_is(tmp_path: Path, dtype: str, channels: int) -> None:
    pixels = noise(dtype, channels)
    profile = ADOBE_RGB if channels > 2 else GRAY_GAMMA_2
    picture = read_picture(png(tmp_path / "in.png", pixels.squeeze(), icc_chunk(profile)))
    assert picture.pixels.dtype == dtype
    assert (picture.pixels == pixels).all()
    assert (picture.profile, picture.notes) == (profile, ())
    write_png(tmp_path / "out.png", picture.pixels, picture.profile)
    assert (imagecodecs.png_decode((tmp_path / "out.png").read_bytes()) == pixels.squeeze()).all()
    assert profile_of_png(tmp_path / "out.png") == profile


def test_a_palette_with_a_transparent_color_becomes_rgba(tmp_path: Path) -> None:
    indexed = Image.fromarray(noise("uint8", 3)).quantize(16)
    indexed.save(tmp_path / "p.png", transparency=3)
    expected = np.asarray(Image.open(tmp_path / "p.png").convert("RGBA"))
    assert (read_picture(tmp_path / "p.png").pixels == expected).all()


def test_the_profile_that_pillow_writes_is_found(tmp_path: Path) -> None:
    Image.fromarray(noise("uint8", 3)).save(tmp_path / "p.png", icc_profile=ADOBE_RGB)
    assert read_picture(tmp_path / "p.png").profile == ADOBE_RGB


@pytest.mark.parametrize(
    ("chunks", "value", "expected"),
    [
        ([(b"gAMA", struct.pack(">I", 100000))], [0.5, 0.5, 0.5], [0.7354] * 3),
        ([(b"cICP", bytes([1, 8, 0, 1]))], [0.5, 0.5, 0.5], [0.7354] * 3),
        ([(b"cICP", bytes([12, 13, 0, 1]))], [0.5, 0.5, 0.5], [0.5] * 3),
        ([(b"gAMA", struct.pack(">I", 45455)), (b"cHRM", struct.pack(">8I", *P3_D65))], [0.6, 0.6, 0.6], [0.603] * 3),
    ],
)
def test_colors_told_without_a_profile_get_one_that_says_the_same(
    tmp_path: Path, chunks: list[tuple[bytes, bytes]], value: list[float], expected: list[float]
) -> None:
    picture = read_picture(png(tmp_path / "p.png", noise("uint16", 3), *chunks))
    assert picture.profile is not None
    assert "without a profile" in picture.notes[0]
    assert to_srgb(value, picture.profile) == pytest.approx(expected, abs=0.003)


def test_display_p3_told_by_cicp_is_wider_than_srgb(tmp_path: Path) -> None:
    picture = read_picture(png(tmp_path / "p.png", noise("uint8", 3), (b"cICP", bytes([12, 13, 0, 1]))))
    assert picture.profile is not None
    assert to_srgb([0.0, 1.0, 0.0], picture.profile)[0] < -0.3  # Display P3's green: sRGB (-0.511, 1.018, -0.311)


def test_linear_gray_gets_a_gray_profile(tmp_path: Path) -> None:
    path = png(tmp_path / "p.png", noise("uint16", 1).squeeze(), (b"gAMA", struct.pack(">I", 100000)))
    profile = read_picture(path).profile
    assert profile is not None
    assert profile[16:20] == b"GRAY"
    assert to_srgb([0.5], profile) == pytest.approx([0.7354] * 3, abs=0.003)


@pytest.mark.parametrize(
    "chunk", [(b"gAMA", struct.pack(">I", 45455)), (b"sRGB", b"\0"), (b"cICP", bytes([1, 13, 0, 1]))]
)
def test_what_only_says_srgb_is_srgb(tmp_path: Path, chunk: tuple[bytes, bytes]) -> None:
    picture = read_picture(png(tmp_path / "p.png", noise("uint8", 3), chunk))
    assert (picture.profile, picture.notes) == (None, ())


def test_a_made_profile_is_the_same_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = png(tmp_path / "p.png", noise("uint8", 3), (b"gAMA", struct.pack(">I", 100000)))
    first = read_picture(path).profile
    whole = imagecodecs.cms_profile

    def later(*words: object, **named: object) -> bytes:
        made = bytearray(whole(*words, **named))
        made[24:26] = struct.pack(">H", 2099)
        return bytes(made)

    monkeypatch.setattr(imagecodecs, "cms_profile", later)
    assert read_picture(path).profile == first


def test_hdr_curves_are_refused(tmp_path: Path) -> None:
    path = png(tmp_path / "hdr.png", noise("uint16", 3), (b"cICP", bytes([9, 16, 0, 1])))
    with pytest.raises(BridgeError, match=r"hdr\.png is an HDR picture \(PQ\)\. Save it as OpenEXR") as refused:
        read_picture(path)
    assert refused.value.code is ErrorCode.UNSUPPORTED


@pytest.mark.parametrize(
    ("channels", "profile", "sentence"),
    [
        (1, ADOBE_RGB, "is a gray picture with a profile for RGB; it is left out"),
        (3, GRAY_GAMMA_2, "is an RGB picture with a profile for GRAY; it is left out"),
        (3, b"nonsense" * 40, "a colour profile that is damaged; it is left out"),
    ],
)
def test_a_profile_that_does_not_fit_is_told(tmp_path: Path, channels: int, profile: bytes, sentence: str) -> None:
    picture = read_picture(png(tmp_path / "p.png", noise("uint8", channels).squeeze(), icc_chunk(profile)))
    assert picture.profile is None
    assert sentence in picture.notes[0]


def test_several_frames_are_told(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (8, 8), tone) for tone in ("red", "blue")]
    frames[0].save(tmp_path / "p.png", save_all=True, append_images=frames[1:])
    picture = read_picture(tmp_path / "p.png")
    assert "several frames" in picture.notes[0]
    assert (picture.pixels[0, 0] == (255, 0, 0)).all()


def test_one_wrong_byte_is_noticed(tmp_path: Path) -> None:
    path = png(tmp_path / "p.png", noise("uint16", 3))
    data = bytearray(path.read_bytes())
    data[600] ^= 1
    path.write_bytes(data)
    with pytest.raises(BridgeError, match=r"p\.png is damaged or incomplete"):
        read_picture(path)


def test_what_claims_to_be_huge_is_refused_at_once(tmp_path: Path) -> None:
    header = struct.pack(">IIBBBBB", 40000, 40000, 16, 6, 0, 0, 0)
    data = bytearray(png(tmp_path / "p.png", noise("uint16", 4)).read_bytes())
    data[16:29] = header
    (tmp_path / "p.png").write_bytes(data)
    with pytest.raises(BridgeError, match="40000x40000 pixels") as refused:
        read_picture(tmp_path / "p.png")
    assert refused.value.code is ErrorCode.TOO_MANY_PIXELS


UNKNOWN = (
    (b"cICP", bytes([2, 2, 0, 1])),  # unspecified
    (b"cICP", bytes([1, 1, 0, 1])),  # BT.709's curve
    (b"cICP", bytes([12, 13, 9, 1])),
    (b"cICP", bytes([12])),
    (b"cICP", b""),
    (b"cHRM", bytes(32)),
    (b"cHRM", b"short"),
    (b"gAMA", b"\0"),
)


@pytest.mark.parametrize("chunk", UNKNOWN)
def test_a_chunk_that_is_not_understood_gives_way_to_a_profile(tmp_path: Path, chunk: tuple[bytes, bytes]) -> None:
    picture = read_picture(png(tmp_path / "p.png", noise("uint8", 3), chunk, icc_chunk(ADOBE_RGB)))
    assert (picture.profile, picture.notes) == (ADOBE_RGB, ())


@pytest.mark.parametrize("chunk", UNKNOWN)
def test_where_nothing_else_tells_the_colors_it_is_said(tmp_path: Path, chunk: tuple[bytes, bytes]) -> None:
    picture = read_picture(png(tmp_path / "p.png", noise("uint8", 3), chunk))
    assert picture.profile is None
    assert [note for note in picture.notes if "not known here" in note and "sRGB is assumed" in note]
    assert read_picture(png(tmp_path / "s.png", noise("uint8", 3), chunk, (b"sRGB", b"\0"))).notes == ()


@pytest.mark.parametrize("name", [b"eXIf", b"cHRM", b"cICP", b"gAMA", b"sRGB", b"iCCP", b"iTXt", b"zTXt", b"acTL"])
def test_no_metadata_refuses_a_picture_that_is_whole(tmp_path: Path, name: bytes) -> None:
    """As libpng and Pillow, which open all of these."""
    pixels = noise("uint8", 3)
    random = np.random.default_rng(7)
    for length in (*range(40), 100):
        for content in (bytes(length), b"\xff" * length, random.bytes(length), (b"garbage" * 20)[:length]):
            if name == b"cICP" and content[1:2] in (b"\x10", b"\x12"):
                continue  # an HDR picture
            assert (read_picture(png(tmp_path / "p.png", pixels, (name, content))).pixels == pixels).all()


@pytest.mark.parametrize(("space", "index", "is_adobe"), [(65535, "R03", True), (65535, "R98", False), (1, "", False)])
def test_adobe_rgb_that_only_exif_tells_is_kept(tmp_path: Path, space: int, index: str, is_adobe: bool) -> None:
    """DCF 2.0, as cameras write it."""
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = space
    exif.get_ifd(0x8769)[0xA005] = {1: index, 2: b"0100"}
    jpeg = tmp_path / "p.jpg"
    Image.fromarray(noise("uint8", 3)).save(jpeg, exif=exif)
    path = png(tmp_path / "p.png", noise("uint8", 3), (b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0")))
    for picture in (read_picture(jpeg), read_picture(path)):
        if not is_adobe:
            assert (picture.profile, picture.notes) == (None, ())
            continue
        assert picture.profile is not None
        assert np.abs(to_srgb([0.2, 0.7, 0.3], picture.profile) - to_srgb([0.2, 0.7, 0.3], ADOBE_RGB)).max() < 2e-3
        assert "colours are Adobe RGB" in picture.notes[0]
    Image.fromarray(noise("uint8", 3)).save(jpeg, exif=exif, icc_profile=GRAY_GAMMA_2)
    assert read_picture(jpeg).profile is None  # a profile that does not fit is told of, and nothing is guessed instead
