"""What `generate` writes of a finished job, from the frame that the daemon gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bridge_server.cli.pictures.exr import read_exr
from bridge_server.cli.pictures.writing import choose_target
from bridge_server.cli.results import Results
from bridge_server.protocol.frame import Tensor, encode

from .samples import exr, exr_values


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
