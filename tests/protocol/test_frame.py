"""The frame codec: what is written is read, views are aligned and never copied, and safetensors agrees."""

from __future__ import annotations

import array
import sys
import types
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from safetensors.numpy import load_file, save_file

from bridge_server.protocol import frame
from bridge_server.protocol.frame import FrameError, Tensor

from .vectors import CODECS, Good, good_vectors

pytestmark = pytest.mark.portable

NUMPY = {"U8": np.uint8, "U16": np.uint16, "F32": np.float32}
FORMAT = {"U8": "B", "U16": "H", "F32": "f"}
LARGEST = 2**53 - 1

scalars = (
    st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | st.floats(-LARGEST, LARGEST) | st.text(max_size=20)
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=8), inner), max_leaves=8
)
messages = st.dictionaries(st.text(max_size=12), values, max_size=8)
names = st.from_regex(r"[a-z0-9_/]{1,64}", fullmatch=True).filter(lambda name: name != "__metadata__")
shapes = st.lists(st.integers(0, 5), max_size=4).map(tuple)


@st.composite
def tensors(draw: st.DrawFn) -> Tensor:
    dtype, shape = draw(st.sampled_from(["U8", "U16", "F32"])), draw(shapes)
    size = frame.element_count(shape) * frame.ELEMENT_SIZE[dtype]
    return Tensor(dtype, shape, draw(st.binary(min_size=size, max_size=size)))


@given(messages, st.dictionaries(names, tensors(), max_size=frame.MAX_TENSORS))
def test_round_trip(message: dict[str, Any], sent: dict[str, Tensor]) -> None:
    parts = frame.encode(message, sent)
    read = frame.decode(b"".join(parts))
    assert read.message == message
    assert set(read.header.tensors) == set(sent)
    for name, tensor in sent.items():
        assert (read.header.tensors[name].dtype, read.header.tensors[name].shape) == (tensor.dtype, tensor.shape)
        assert read.tensor(name) == tensor.data


def test_nothing_is_copied_and_every_view_is_aligned() -> None:
    sent = {
        "mask": Tensor("U8", (3,), b"abc"),
        "image": Tensor("F32", (1,), bytes(4)),
        "icc": Tensor("U16", (3,), array.array("H", [1, 2, 3]).tobytes()),
    }
    parts = frame.encode({}, sent)
    assert [getattr(part, "obj", None) for part in parts[1:]] == [sent[n].data for n in ("image", "icc", "mask")]
    buffer = bytearray(b"".join(parts))
    read = frame.decode(buffer)
    base = np.frombuffer(buffer, np.uint8).ctypes.data
    assert base % frame.ALIGNMENT == 0, "CPython's own allocations are aligned"
    for name, spec in read.header.tensors.items():
        view = np.frombuffer(read.tensor(name), NUMPY[spec.dtype])
        assert view.ctypes.data % frame.ELEMENT_SIZE[spec.dtype] == 0
        assert base <= view.ctypes.data < base + len(buffer), "a view into the buffer, no copy"
        assert read.tensor(name).cast(FORMAT[spec.dtype]).nbytes == spec.nbytes


def test_typed_views_and_arrays_without_elements_can_be_sent() -> None:
    image = np.arange(12, dtype=np.uint16).reshape(2, 2, 3)
    empty = np.zeros((0, 3), np.float32)
    parts = frame.encode({}, {"image": Tensor("U16", (2, 2, 3), image.data), "mask": Tensor("F32", (0, 3), empty.data)})
    read = frame.decode(b"".join(parts))
    assert np.frombuffer(read.tensor("image"), np.uint16).tolist() == list(range(12))
    assert len(read.tensor("mask")) == 0


def test_what_safetensors_writes_is_read_and_the_other_way_round(tmp_path: Path) -> None:
    sent = {
        "mask": np.arange(7, dtype=np.uint8).reshape(7, 1),
        "image": np.linspace(-1, 2, 24, dtype=np.float32).reshape(2, 3, 4),
        "reference/0": np.arange(9, dtype=np.uint16).reshape(3, 3),
    }
    path = tmp_path / "theirs.safetensors"
    save_file(sent, path, {"message": '{"kind":"txt2img"}'})
    theirs = frame.decode(path.read_bytes())
    assert theirs.message == {"kind": "txt2img"}
    dtypes = {"uint8": "U8", "uint16": "U16", "float32": "F32"}
    for name, values in sent.items():
        spec = theirs.header.tensors[name]
        assert np.array_equal(np.frombuffer(theirs.tensor(name), NUMPY[spec.dtype]).reshape(spec.shape), values)

    ours = {name: Tensor(dtypes[values.dtype.name], values.shape, values.data) for name, values in sent.items()}
    path.write_bytes(b"".join(frame.encode({"prompt": "中文"}, ours)))
    read = load_file(path)
    assert set(read) == set(sent)
    for name, values in sent.items():
        assert read[name].dtype == values.dtype
        assert np.array_equal(read[name], values)


@pytest.mark.parametrize("vector", good_vectors(), ids=lambda vector: vector.name)
@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
def test_good_vectors(codec: types.ModuleType, vector: Good) -> None:
    read = codec.decode(vector.data)
    assert read.message == vector.message
    assert set(read.header.tensors) == set(vector.tensors)
    sent: dict[str, Any] = {}
    for name, expected in vector.tensors.items():
        spec = read.header.tensors[name]
        assert (spec.dtype, list(spec.shape)) == (expected["dtype"], expected["shape"])
        assert array.array(FORMAT[spec.dtype], bytes(read.tensor(name))).tolist() == expected["values"]
        sent[name] = codec.Tensor(spec.dtype, spec.shape, read.tensor(name))
    if vector.python:
        assert b"".join(codec.encode(vector.message, sent)) == vector.data


def test_the_vectors_are_written_on_a_little_endian_machine() -> None:
    assert sys.byteorder == "little", "frames are little-endian; a big-endian machine would have to swap"


LONG = "x" * frame.MAX_HEADER_BYTES


@pytest.mark.parametrize(
    ("message", "sent", "says"),
    [
        ({"seed": float("nan")}, {}, "cannot be written as JSON"),
        ({"seed": b"bytes"}, {}, "cannot be written as JSON"),
        ({"seed": 2**53}, {}, "number beyond"),
        ({"prompt": "\ud800"}, {}, "cannot be written as JSON"),
        ({"prompt": LONG}, {}, "shorten the prompt"),
        ({}, {"Image": Tensor("U8", (), b"x")}, "is no tensor name"),
        ({}, {"__metadata__": Tensor("U8", (), b"x")}, "is no tensor name"),
        ({}, {"image": Tensor("I64", (), bytes(8))}, "only U8, U16, F32"),
        ({}, {"image": Tensor("U16", (3,), b"abc")}, "holds 3 bytes"),
        ({}, {"image": Tensor("U8", (-1, -1), b"x")}, "whole numbers"),
        ({}, {"image": Tensor("U8", (1, 1, 1, 1, 1), b"x")}, "at most 4"),
        ({}, {"image": Tensor("U8", (2,), memoryview(b"abcd")[::2])}, "not contiguous"),
        ({}, {f"t{i}": Tensor("U8", (), b"x") for i in range(17)}, "16 is the limit"),
    ],
)
def test_encode_refuses_what_decode_would(message: dict[str, Any], sent: dict[str, Tensor], says: str) -> None:
    with pytest.raises(FrameError, match=says):
        frame.encode(message, sent)


def test_the_longest_prompts_of_a_request_fit_its_header() -> None:
    prompt = "中" * 8000
    header = frame.encode({"prompt": prompt, "negative_prompt": prompt}, {})[0]
    assert len(header) < frame.MAX_REQUEST_HEADER_BYTES < frame.MAX_HEADER_BYTES
