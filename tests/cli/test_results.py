"""What `generate` writes of a finished job, from the frame that the daemon gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from bridge_server.cli.outputs import prepare_folder
from bridge_server.cli.pictures.exr import read_exr
from bridge_server.cli.pictures.writing import Target, choose_target
from bridge_server.cli.results import Results
from bridge_server.errors import BridgeError
from bridge_server.protocol.frame import Tensor, encode

from .samples import ADOBE_RGB, exr, exr_values, profile_of_png


def test_light_without_cover_survives_an_image_to_image_of_the_whole_picture(tmp_path: Path) -> None:
    """A flame of an EXR: colours above 0 where alpha is 0, as compositors add it to what lies below."""
    pixels = np.full((6, 8, 4), 0.5, np.float32)
    pixels[:, :, 3] = 1
    pixels[:, :2] = (3.0, 1.5, 0.25, 0.0)
    pixels[:, 2:4] = (0.25, 0.25, 0.25, 0.5)
    file = exr(tmp_path / "in.exr", {name: pixels[:, :, index].copy() for index, name in enumerate("RGBA")})
    document = read_exr(file)
    painted = np.full((6, 8, 4), 0.75, np.float32)
    painted[:, :, 3] = pixels[:, :, 3]  # straight, with the source's alpha, as image to image gives it
    box = {"x": 0, "y": 0, "width": 8, "height": 6}
    tensors = {
        "image": Tensor("F32", painted.shape, painted.data.cast("B")),
        "mask": Tensor("U8", (6, 8), memoryview(np.full((6, 8), 255, np.uint8)).cast("B")),
    }
    content = b"".join(bytes(part) for part in encode({"bounds": box, "canvas": box}, tensors))
    results = Results(tmp_path, choose_target(document, None), document, replaced=True)
    flat, _, _ = results.write(content, 1)
    values = exr_values(flat, "RGBA")
    assert values[:, :2].tobytes() == pixels[:, :2].tobytes()
    assert (values[:, 2:4] == [0.375, 0.375, 0.375, 0.5]).all(), "new colours, and nothing of the old below them"
    assert (values[:, 4:] == [0.75, 0.75, 0.75, 1.0]).all()


def frame(message: dict[str, Any], **arrays: NDArray[Any]) -> bytes:
    names = {"u1": "U8", "u2": "U16", "f4": "F32"}
    tensors = {
        name: Tensor(names[array.dtype.str[1:]], array.shape, np.ascontiguousarray(array).data.cast("B"))
        for name, array in arrays.items()
    }
    return b"".join(bytes(part) for part in encode(message, tensors))


CANVAS = {"x": 0, "y": 0, "width": 8, "height": 6}


def test_a_selection_becomes_a_gray_mask_as_large_as_the_picture(tmp_path: Path) -> None:
    """Whatever kind of file the picture is, and with nothing selected beyond what the frame covers."""
    mask = np.array([[0, 128], [255, 7]], np.uint8)
    message = {"role": "subject", "bounds": {"x": 3, "y": 2, "width": 2, "height": 2}, "canvas": CANVAS}
    results = Results(tmp_path, Target("tiff"), None, False, outputs={"subject": "selection"})
    assert [file.name for file in results.write(frame(message, mask=mask), 2)] == ["mask-2.png", "result-2.json"]
    written = Image.open(tmp_path / "mask-2.png")
    assert (written.mode, written.size) == ("L", (8, 6))
    values = np.asarray(written).copy()
    assert (values[2:4, 3:5] == mask).all()
    values[2:4, 3:5] = 0
    assert not values.any()


def test_a_document_becomes_a_picture_of_its_own_size_and_depth(tmp_path: Path) -> None:
    image = np.arange(10 * 12 * 4, dtype=np.uint16).reshape(10, 12, 4) * 90
    message = {"role": "large", "bounds": CANVAS, "canvas": CANVAS}
    results = Results(tmp_path, Target("tiff"), None, False, outputs={"large": "document"})
    assert [file.name for file in results.write(frame(message, image=image), 1)] == ["flat-1.tiff", "result-1.json"]
    assert (tifffile.imread(tmp_path / "flat-1.tiff") == image).all()


def test_without_the_document_a_result_has_the_profile_that_came_with_it(tmp_path: Path) -> None:
    """As `jobs fetch` writes it; values of another space without a word would be taken as sRGB."""
    deep, icc = np.full((6, 8, 4), 40000, np.uint16), np.frombuffer(ADOBE_RGB, np.uint8)
    for role, more in (("large", {}), ("layer", {"mask": np.full((6, 8), 255, np.uint8)})):
        message = {"role": role, "bounds": CANVAS, "canvas": CANVAS}
        outputs = {role: "document" if role == "large" else "layer"}
        results = Results(tmp_path, Target("png"), None, False, flattens=False, outputs=outputs)
        (picture, _) = results.write(frame(message, image=deep, icc=icc, **more), 1)
        assert profile_of_png(picture) == ADOBE_RGB
    light = frame({"role": "large", "bounds": CANVAS, "canvas": CANVAS}, image=deep.astype(np.float32))
    results = Results(tmp_path, Target("png"), None, False, outputs={"large": "document"})
    with pytest.raises(BridgeError, match="--format tiff"):
        results.write(light, 1)


def test_a_text_becomes_a_file(tmp_path: Path) -> None:
    message = {"role": "caption", "bounds": CANVAS, "canvas": CANVAS, "text": "a cup, “red”"}
    results = Results(tmp_path, Target("png"), None, False, outputs={"caption": "text"})
    assert [file.name for file in results.write(frame(message), 1)] == ["text-1.txt", "result-1.json"]
    assert (tmp_path / "text-1.txt").read_text(encoding="utf-8") == "a cup, “red”\n"


def test_what_would_be_written_over_an_input_is_known_for_every_kind_of_output(tmp_path: Path) -> None:
    mask = tmp_path / "mask-1.png"
    mask.write_bytes(b"the only copy")
    prepare_folder(tmp_path, 1, "png", [mask], {"layer": "layer", "large": "document"})
    with pytest.raises(BridgeError, match=r"mask-1\.png is the image or the mask"):
        prepare_folder(tmp_path, 1, "png", [mask], {"subject": "selection"})
