"""The shared vectors of tests/vectors, and the two Python codecs that must agree on them."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from bridge_server.protocol import frame
from layerbridge_client import wire

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "tests" / "vectors"


CODECS: dict[str, ModuleType] = {"server": frame, "client": wire}


@dataclass(frozen=True)
class Good:
    """A whole frame and what it holds: tensors as {dtype, shape, values}."""

    name: str
    data: bytes
    python: bool
    message: dict[str, Any]
    tensors: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Bad:
    """Bytes to refuse, and words the refusal says."""

    name: str
    data: bytes
    says: str


def good_vectors() -> list[Good]:
    entries = json.loads((VECTORS / "good.json").read_text(encoding="utf-8"))
    return [Good(name, (VECTORS / "good" / f"{name}.frame").read_bytes(), **entry) for name, entry in entries.items()]


def bad_vectors() -> list[Bad]:
    entries = json.loads((VECTORS / "bad.json").read_text(encoding="utf-8"))
    return [Bad(entry["name"], _bad_bytes(entry), entry["says"]) for entry in entries]


def _bad_bytes(entry: dict[str, Any]) -> bytes:
    if "hex" in entry:
        return bytes.fromhex(entry["hex"])
    text = entry["header"].encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + bytes(entry["body"])
