"""Files with the names, sides, inputs and outputs of published networks are given pictures as their makers do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bridge_server.models.catalog import find_models
from bridge_server.worker.segmenters import network_for
from tests.support.tiny_onnx import tiny_onnx

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
CENTERED, AS_IT_IS = ((0.5, 0.5, 0.5), (1.0, 1.0, 1.0)), ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
U2NET = ("1959", "1960", "1961", "1962", "1963", "1964", "1965")
COLOR = np.float32((0.4, 0.3, 0.2))


@pytest.mark.parametrize(
    ("name", "side", "given", "made", "values", "brightest"),
    [
        ("u2net.onnx", 320, "input.1", U2NET, IMAGENET, True),
        ("u2net_human_seg.onnx", 320, "input.1", U2NET, IMAGENET, True),
        ("silueta.onnx", 320, "input.1", U2NET, IMAGENET, True),
        ("isnet-general-use.onnx", 1024, "input_image", ("output_image",), CENTERED, False),
        ("isnet-anime.onnx", 1024, "img", ("mask",), AS_IT_IS, False),
        ("isnetis.onnx", 1024, "img", ("mask",), AS_IT_IS, False),
        ("BiRefNet-general-epoch_244.onnx", 1024, "input_image", ("output_image",), IMAGENET, False),
        ("BiRefNet_HR-general-epoch_130.onnx", 2048, "input_image", ("output_image",), IMAGENET, False),
        ("rmbg-1.4.onnx", 1024, "input", ("output",), CENTERED, False),
        ("bria-rmbg-2.0.onnx", 0, "pixel_values", ("alphas",), IMAGENET, False),
    ],
    ids=lambda value: value if isinstance(value, str) and value.endswith(".onnx") else "",
)
def test_a_published_network_gets_the_values_it_was_trained_with(
    tmp_path: Path,
    name: str,
    side: int,
    given: str,
    made: tuple[str, ...],
    values: tuple[tuple[float, ...], tuple[float, ...]],
    brightest: bool,
) -> None:
    (tmp_path / name).write_bytes(tiny_onnx(side, given=given, made=made, batch=1 if side else 0))
    (model,) = [model for model in find_models([tmp_path]) if model.role == "segmenter"]
    assert model.ref.native_resolution == (side or 1024)
    network = network_for(model.ref)
    assert network.side == (side or 1024)
    mask = network.look(np.broadcast_to(COLOR, (network.side, network.side, 3)).copy())
    shown = COLOR / COLOR.max() if brightest else COLOR
    red, green, blue = (shown - np.float32(values[0])) / np.float32(values[1])
    raw = 20 * red - 10 * green - 10 * blue
    wanted = raw if 0 <= raw <= 1 else 1 / (1 + np.exp(-raw))
    assert mask.shape == (network.side, network.side)
    np.testing.assert_allclose(mask, wanted, atol=1e-4)
