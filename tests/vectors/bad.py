"""The frames to refuse, one for each rule of the format."""

from __future__ import annotations

import json
from typing import Any

MESSAGE = '"__metadata__":{"message":"{}"}'
IMAGE = '"image":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}'


def _header(name: str, says: str, header: str, body: int = 0) -> dict[str, Any]:
    return {"name": name, "says": says, "header": header, "body": body}


def _bytes(name: str, says: str, data: bytes) -> dict[str, Any]:
    return {"name": name, "says": says, "hex": data.hex()}


def _prefixed(text: bytes, body: bytes = b"") -> bytes:
    return len(text).to_bytes(8, "little") + text + body


def _padded(text: bytes) -> bytes:
    return _prefixed(text + b" " * (-len(text) % 8))


def _message(name: str, says: str, message: str) -> dict[str, Any]:
    return _header(name, says, '{"__metadata__":{"message":%s}}' % json.dumps(message))


def _tensor(name: str, says: str, entry: str, body: int = 2) -> dict[str, Any]:
    return _header(name, says, "{%s,%s}" % (MESSAGE, entry), body)


def _entry(dtype: str = '"U8"', shape: str = "[2]", offsets: str = "[0,2]") -> str:
    return f'"image":{{"dtype":{dtype},"shape":{shape},"data_offsets":{offsets}}}'


def _nested(levels: int) -> str:
    return '{"a":' * levels + "0" + "}" * levels


def _tensors(count: int) -> str:
    return ",".join(f'"t{i}":{{"dtype":"U8","shape":[1],"data_offsets":[{i},{i + 1}]}}' for i in range(count))


MASK = '"mask":{"dtype":"U8","shape":[%d],"data_offsets":[%d,%d]}'
EMPTY = b'{"__metadata__":{"message":"{}"}}       '

BAD: list[dict[str, Any]] = [
    # the length before the header
    _bytes("nothing at all", "begins with an 8-byte length", b""),
    _bytes("ends inside the length", "begins with an 8-byte length", b"\x28\0\0\0\0\0\0"),
    _bytes("header of no bytes", "header is empty", bytes(8)),
    _bytes("header too long", "65536 is the limit", (65544).to_bytes(8, "little")),
    _bytes("length beyond 2^53", "65536 is the limit", b"\xff" * 8),
    _bytes("length beyond 2^32", "65536 is the limit", (2**32 + 40).to_bytes(8, "little") + EMPTY),
    _bytes("not padded", "multiple of 8", _prefixed(EMPTY[:33])),
    _bytes("ends inside the header", "ends inside its header", _prefixed(EMPTY)[:-1]),
    _bytes("more after the tensors", "header describes 48", _prefixed(EMPTY, b"\0")),
    _tensor("ends inside a tensor", "header describes", IMAGE, 1),
    # the header's text
    _bytes("not UTF-8", "not UTF-8", _padded(b'{"\xff":1}')),
    _bytes("overlong UTF-8", "not UTF-8", _padded(b'{"\xc0\xaf":1}')),
    _bytes("surrogate in UTF-8", "not UTF-8", _padded(b'{"\xed\xa0\x80":1}')),
    _bytes("beyond Unicode in UTF-8", "not UTF-8", _padded(b'{"\xf4\x90\x80\x80":1}')),
    _bytes("ends inside a character", "not UTF-8", _prefixed(b'{"a":1,\xe2')),
    _bytes("byte order mark", "does not begin with '{'", _padded(b"\xef\xbb\xbf{}")),
    _header("begins with a space", "does not begin with '{'", " {%s}" % MESSAGE),
    _header("a list", "does not begin with '{'", "[1]"),
    _header("two objects", "not JSON", "{%s}{}" % MESSAGE),
    _header("trailing comma", "not JSON", "{%s,}" % MESSAGE),
    _header("missing colon", "not JSON", '{"a" 1}'),
    _header("single quotes", "not JSON", "{'a':1}"),
    _header("a zero byte at the end", "not JSON", "{%s}\0" % MESSAGE),
    _header("ends inside a text", "not JSON", '{"a'),
    _header("control character in a text", "not JSON", '{"a\n":1}'),
    _header("wrong escape", "not JSON", r'{"\x61":1}'),
    _header("short escape", "not JSON", r'{"\u12g4":1}'),
    _header("NaN", "not JSON", '{"a":NaN}'),
    _header("Infinity", "not JSON", '{"a":-Infinity}'),
    _header("leading zero", "not JSON", '{"a":01}'),
    _header("leading plus", "not JSON", '{"a":+1}'),
    _header("no digit after the point", "not JSON", '{"a":1.}'),
    _header("hexadecimal", "not JSON", '{"a":0x10}'),
    _header("same key twice", "stands twice", "{%s,%s}" % (MESSAGE, MESSAGE)),
    _header("same key twice, once escaped", "stands twice", r'{%s,%s,"im\u0061ge":0}' % (MESSAGE, IMAGE)),
    _header("same key twice inside", "stands twice", '{%s,"image":{"dtype":"U8","dtype":"U8"}}' % MESSAGE),
    _header("half a surrogate pair as a key", "half a surrogate pair", r'{%s,"\ud800":1}' % MESSAGE),
    _header("too deep", "nested deeper than 16", '{"a":%s}' % _nested(16)),
    _header("far too deep", "nested deeper than 16", '{"a":%s1%s}' % ("[" * 5000, "]" * 5000)),
    # metadata and message
    _header("no metadata", "__metadata__ must be a JSON object", "{%s}" % IMAGE, 2),
    _header("metadata is a text", "__metadata__ must be a JSON object", '{"__metadata__":"{}"}'),
    _header("metadata is a list", "__metadata__ must be a JSON object", '{"__metadata__":[]}'),
    _header("no message", "has no message", '{"__metadata__":{"format":"np"}}'),
    _header("message is an object", "only strings", '{"__metadata__":{"message":{}}}'),
    _header("another value is a number", "only strings", '{"__metadata__":{"message":"{}","n":1}}'),
    _message("empty message", "The message does not begin", ""),
    _message("message is a list", "The message does not begin", "[]"),
    _message("message is null", "The message does not begin", "null"),
    _message("message is cut off", "The message is not JSON", '{"a":'),
    _message("message with the same key twice", "stands twice", '{"seed":1,"seed":2}'),
    _message("message with NaN", "The message is not JSON", '{"strength":NaN}'),
    _message("message with infinity", "number beyond", '{"strength":1e400}'),
    _message("message with a number that loses digits", "number beyond", '{"seed":9007199254740992}'),
    _message("message with a large float", "number beyond", '{"seed":-1e16}'),
    _message("message with 5000 digits", "The message is not JSON", '{"seed":%s}' % ("9" * 5000)),
    _message("message too deep", "The message is nested deeper than 16", _nested(17)),
    _message("message with half a surrogate pair", "half a surrogate pair", r'{"prompt":"\udc00"}'),
    _message("message with a reversed surrogate pair", "half a surrogate pair", r'{"prompt":"\ude00\ud83d"}'),
    _message("message with half a surrogate pair in a key", "half a surrogate pair", r'{"\ud800x":1}'),
    # tensors: names, dtypes, shapes
    _header("too many tensors", "16 is the limit", "{%s,%s}" % (MESSAGE, _tensors(17)), 17),
    _tensor("name with a capital", "is no tensor name", IMAGE.replace("image", "Image")),
    _tensor("name with dots", "is no tensor name", IMAGE.replace("image", "../image")),
    _tensor("empty name", "is no tensor name", IMAGE.replace("image", "")),
    _tensor("name too long", "is no tensor name", IMAGE.replace("image", "a" * 65)),
    _tensor("name with a newline at its end", "is no tensor name", IMAGE.replace("image", r"image\n")),
    _tensor("tensor is a list", "Tensor image must be a JSON object", '"image":[]'),
    _tensor("tensor without dtype", "exactly dtype, shape and", '"image":{"shape":[2],"data_offsets":[0,2]}'),
    _tensor("tensor with more", "exactly dtype, shape and", IMAGE[:-1] + ',"x":1}'),
    _tensor("unknown dtype", "only U8, U16, F32", _entry(dtype='"F64"')),
    _tensor("dtype in small letters", "only U8, U16, F32", _entry(dtype='"u8"')),
    _tensor("dtype of an object's own words", "only U8, U16, F32", _entry(dtype='"constructor"')),
    _tensor("dtype is a list", "only U8, U16, F32", _entry(dtype='["U8"]')),
    _tensor("five dimensions", "shape of at most 4", _entry(shape="[1,1,1,1,2]")),
    _tensor("shape is a number", "shape of at most 4", _entry(shape="2")),
    _tensor("negative side", "shape of at most 4", _entry(shape="[-1,-2]")),
    _tensor("side is a float", "shape of at most 4", _entry(shape="[2.0]")),
    _tensor("side with an exponent", "shape of at most 4", _entry(shape="[2e0]")),
    _tensor("side is a truth value", "shape of at most 4", _entry(shape="[true,2]")),
    _tensor("side is a text", "shape of at most 4", _entry(shape='["2"]')),
    _tensor("side is null", "shape of at most 4", _entry(shape="[null]")),
    _tensor("side beyond 2^53", "number beyond", _entry(shape="[9007199254740993]")),
    _tensor("side beyond 2^63", "not JSON", _entry(shape="[9223372036854775808]")),
    _tensor("shape overflows 64 bits to 2", "its shape", _entry(shape="[4294967296,4294967296,2]")),
    _tensor("shape overflows a double", "its shape", _entry(shape=f"[{','.join(['9007199254740991'] * 4)}]")),
    # tensors: offsets and layout
    _tensor("offsets are a number", "data_offsets [begin, end]", _entry(offsets="2")),
    _tensor("three offsets", "data_offsets [begin, end]", _entry(offsets="[0,1,2]")),
    _tensor("begin after end", "data_offsets [begin, end]", _entry(offsets="[2,0]")),
    _tensor("negative offset", "data_offsets [begin, end]", _entry(offsets="[-2,0]")),
    _tensor("offset is a float", "data_offsets [begin, end]", _entry(offsets="[0,2.0]")),
    _tensor("offset is a truth value", "data_offsets [begin, end]", _entry(offsets="[false,2]")),
    _tensor("shape larger than its bytes", "spans 2 bytes", _entry(shape="[3]")),
    _tensor("shape smaller than its bytes", "spans 2 bytes", _entry(shape="[1]")),
    _tensor("dtype larger than its bytes", "needs 4", _entry(dtype='"U16"')),
    _tensor("gap at the start", "a gap before tensor image", _entry(offsets="[1,3]"), 3),
    _tensor("gap between", "a gap before tensor mask", IMAGE + "," + MASK % (1, 3, 4), 4),
    _tensor("overlap", "an overlap before tensor mask", IMAGE + "," + MASK % (2, 1, 3), 3),
    _tensor("same place twice", "an overlap before tensor", IMAGE + "," + IMAGE.replace("image", "mask")),
    _tensor(
        "not aligned",
        "not aligned: put larger elements first",
        MASK % (1, 0, 1) + ',"image":{"dtype":"U16","shape":[1],"data_offsets":[1,3]}',
        3,
    ),
]
