"""Hashes of weights: the same for the same weights, remembered, and never from a stale memory."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from bridge_server.models.hashes import known_hash, remembered, weights_hash


def write(folder: Path) -> list[Path]:
    (folder / "unet").mkdir(parents=True)
    files = [folder / "unet" / "a.safetensors", folder / "b.safetensors"]
    for number, file in enumerate(files):
        file.write_bytes(bytes([number]) * 100)
    return files


def test_a_single_file_has_its_own_sha256(tmp_path: Path) -> None:
    file = tmp_path / "x.safetensors"
    file.write_bytes(b"weights")
    assert weights_hash(file, [file], None) == hashlib.sha256(b"weights").hexdigest()[:16]


def test_a_folder_is_the_same_wherever_it_lies(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    assert weights_hash(first, write(first), None) == weights_hash(second, list(reversed(write(second))), None)


def test_it_is_remembered_until_a_file_changes(tmp_path: Path) -> None:
    files, cache = write(tmp_path / "m"), tmp_path / "state" / "hashes.json"
    assert known_hash(tmp_path / "m", files, remembered(cache)) == ""
    made = weights_hash(tmp_path / "m", files, cache)
    assert known_hash(tmp_path / "m", files, remembered(cache)) == made
    files[0].write_bytes(b"\7" * 100)
    os.utime(files[0], ns=(1, 1))
    assert known_hash(tmp_path / "m", files, remembered(cache)) == ""
    assert weights_hash(tmp_path / "m", files, cache) != made


def test_a_damaged_memory_remembers_nothing(tmp_path: Path) -> None:
    files, cache = write(tmp_path / "m"), tmp_path / "hashes.json"
    for content in ("{", "[]", '{"x": 5}'):
        cache.write_text(content)
        assert known_hash(tmp_path / "m", files, remembered(cache)) == ""
        assert len(weights_hash(tmp_path / "m", files, cache)) == 16
