"""Every malformed frame is refused with a reason, and nothing but FrameError ever comes out."""

from __future__ import annotations

import contextlib
import json
import random
import time
import types
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from bridge_server.errors import ErrorCode
from bridge_server.protocol import frame

from .vectors import CODECS, Bad, bad_vectors, good_vectors

pytestmark = pytest.mark.portable

WHOLE = [vector.data for vector in good_vectors()]
json_texts = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["U8", "U16", "F32", "{}", "dtype", "shape", "data_offsets", "__metadata__", "message"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["image", "__metadata__", "message", "dtype", "shape", "data_offsets", "\udc80"]), inner
        )
    ),
    max_leaves=20,
).map(json.dumps)


@pytest.mark.parametrize("vector", bad_vectors(), ids=lambda vector: vector.name)
@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
def test_bad_vectors(codec: types.ModuleType, vector: Bad) -> None:
    with pytest.raises(codec.FrameError) as caught:
        codec.decode(vector.data)
    sentence = str(caught.value)
    assert vector.says in sentence
    assert len(sentence) < 300
    sentence.encode("utf-8")


def test_the_servers_error_carries_its_code() -> None:
    with pytest.raises(frame.FrameError) as caught:
        frame.decode(b"")
    assert caught.value.code == ErrorCode.INVALID_FRAME


@given(st.binary(max_size=200))
def test_bytes(data: bytes) -> None:
    with contextlib.suppress(frame.FrameError):
        frame.decode(data)


@given(json_texts)
def test_json_headers(text: str) -> None:
    with contextlib.suppress(frame.FrameError):
        frame.decode_header(text.encode())


@given(json_texts)
def test_json_messages(text: str) -> None:
    header = json.dumps({"__metadata__": {"message": text}})
    with contextlib.suppress(frame.FrameError):
        assert frame.decode_header(header.encode()).message == json.loads(text)


@given(st.sampled_from(WHOLE), st.randoms(use_true_random=False))
def test_damaged_frames(data: bytes, randomness: random.Random) -> None:
    with contextlib.suppress(frame.FrameError):
        read = frame.decode(damage(data, randomness))
        assert sum(len(read.tensor(name)) for name in read.header.tensors) == read.header.body_bytes


def damage(data: bytes, randomness: random.Random) -> bytes:
    """`data` with one to three bytes or runs changed, left out, or put in twice."""
    damaged = bytearray(data)
    for _ in range(randomness.randint(1, 3)):
        at = randomness.randrange(len(damaged) + 1)
        end = min(at + randomness.randint(1, 6), len(damaged))
        match randomness.randrange(4):
            case 0 if at < len(damaged):
                damaged[at] = randomness.choice(b'0123456789{}[]",:\\ -+.eE\xc3\xed\x00')
            case 1:
                del damaged[at:end]
            case 2:
                damaged[at:at] = damaged[at:end]
            case _:
                damaged[at:end] = randomness.randbytes(end - at)
    return bytes(damaged)


HOSTILE: dict[str, Any] = {
    "many keys, one twice": "{" + ",".join(f'"{i}":0' for i in range(7000)) + ',"6999":0}',
    "many numbers": '{"a":[' + "1," * 32000 + "1]}",
    "a long text of escapes": '{"a":"' + r"\u00e9" * 10900 + '"}',
    "an open text": '{"a":"' + r"\\" * 32000,
    "open lists": '{"a":' + "[" * 65000,
    "open objects": '{"a":' * 13000,
    "a long number": '{"a":' + "1" * 65000 + "}",
    "a long fraction": '{"a":0.' + "1" * 65000 + "}",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_headers_are_refused_quickly(text: str) -> None:
    start = time.thread_time()
    with pytest.raises(frame.FrameError):
        frame.decode_header(text.encode())
    assert time.thread_time() - start < 0.5, "quadratic in the header's length?"
