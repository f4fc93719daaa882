"""Files whose .safetensors header is spoiled: in ways that happen, and in ways that somebody has to want."""

from __future__ import annotations

import json
import struct
from random import Random
from typing import Any

from .made import stable_diffusion, tensor, whole_header

VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 4.5, 10**18, 10**400, float("inf"), float("nan"), "", "abc", "\ud800", [], {}, [[]],
    [1], [0, 4], [-1, -4], [1e999, 2], [1] * 100, {"shape": [0]}, {"a": {"b": {}}},
)  # fmt: skip
PIECES = (b"{", b"}", b"[", b"]", b'"', b"\\", b",", b":", b"\0", b"\xff", b"null", b"1e999", b"9" * 50, b"\\ud800")
NAMES = (*stable_diffusion(), "__metadata__", "lora_x", "model_ema.x", "first_stage_model.encoder.down.77.x", "")


def mutated(randomly: Random) -> bytes:
    """A whole file, seldom a sound one."""
    header: dict[str, Any] = whole_header()
    for _ in range(randomly.choice((0, 1, 1, 2, 5))):
        _change(header, randomly)
    text = json.dumps(header).encode()
    for _ in range(randomly.choice((0, 0, 0, 1, 3))):
        at = randomly.randrange(len(text))
        text = text[:at] + randomly.choice(PIECES) + text[at + randomly.choice((0, 1, 5, 200)) :]
    length = (
        len(text) if randomly.random() < 0.95 else randomly.choice((0, 1, 2, len(text) - 1, 2**31, 2**63, 2**64 - 1))
    )
    data = b"" if randomly.random() < 0.9 else b"\0" * randomly.randrange(20)
    whole = struct.pack("<Q", length) + text + data
    return whole if randomly.random() < 0.95 else whole[: randomly.randrange(len(whole))]


def _change(header: dict[str, Any], randomly: Random) -> None:
    name = randomly.choice(NAMES)
    match randomly.randrange(5):
        case 0:
            header.pop(name, None)
        case 1:
            header[name] = randomly.choice(VALUES)
        case 2:
            header[name] = tensor(randomly.choice(VALUES))
        case 3:
            header[name] = tensor([0, 4], **{randomly.choice(("dtype", "data_offsets", "x")): randomly.choice(VALUES)})
        case _:
            header["__metadata__"] = {f"modelspec.{randomly.choice(('license', 'x'))}": randomly.choice(VALUES)}
