"""The small networks that ship: the files are those that were checked, and each has its source and license."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.models import weights
from bridge_server.pipelines.ncnn import HALF, read_layers
from tools.shipped_weights import SUMS, sums

NETWORKS = (weights.SUBJECT, weights.UPSCALER)
OWN = (weights.REFINER,)  # trained here, under this project's license


def test_each_file_is_the_one_that_was_checked() -> None:
    known = sums((weights.FOLDER / SUMS).read_text(encoding="ascii"))
    assert set(known) == {*NETWORKS, *OWN}
    for name, digest in known.items():
        assert hashlib.sha256(weights.shipped(name).read_bytes()).hexdigest() == digest, name


def test_each_network_has_its_source_and_its_license() -> None:
    notice = (weights.FOLDER / "NOTICE").read_text(encoding="utf-8")
    for name in NETWORKS:
        part = notice.split(f"\n{name}\n", 1)[1]
        license_file = f"LICENSE-{Path(name).stem}.txt"
        assert "https://github.com/" in part and license_file in part
        assert (weights.FOLDER / license_file).stat().st_size > 1000
    for name in OWN:
        part = notice.split(f"\n{name}\n", 1)[1]
        assert "starter_training.matting" in part and "CC-BY 4.0" in part and "Apache-2.0" in part
    assert {path.name for path in weights.FOLDER.iterdir()} == {
        "NOTICE", SUMS, *NETWORKS, *OWN, *(f"LICENSE-{Path(name).stem}.txt" for name in NETWORKS)
    }  # fmt: skip


def test_a_file_that_is_missing_is_named() -> None:
    with pytest.raises(BridgeError, match=r"better\.onnx of Layerbridge is missing") as missing:
        weights.shipped("better.onnx")
    assert missing.value.code is ErrorCode.MODEL_NOT_FOUND


def test_the_conversion_reads_a_network_in_the_format_it_comes_in() -> None:
    """One convolution to three channels, whose weights are filled up to whole words, and one PReLU."""
    param = (
        "7767517\n3 3\nInput in 0 1 data\nConvolution c 1 1 data a 0=3 1=1 5=1 6=3\nPReLU p 1 1 a b 0=3\n"
        "PixelShuffle s 1 1 b c 0=4\n"
    )
    kernel, bias, slopes = np.array([1, 2, 3], "<f2"), np.array([4, 5, 6], "<f4"), np.array([7, 8, 9], "<f4")
    content = struct.pack("<I", HALF) + kernel.tobytes() + b"\0\0" + bias.tobytes() + slopes.tobytes()
    tensors = read_layers(param, content)
    assert {name: (tensor.shape, tensor.dtype.str) for name, tensor in tensors.items()} == {
        "body.0.weight": ((3, 1, 1, 1), "<f2"),
        "body.0.bias": ((3,), "<f4"),
        "body.1.weight": ((3,), "<f4"),
    }
    assert tensors["body.0.weight"].ravel().tolist() == [1, 2, 3] and tensors["body.1.weight"].tolist() == [7, 8, 9]
    with pytest.raises(ValueError, match="4 bytes are left over"):
        read_layers(param, content + bytes(4))
