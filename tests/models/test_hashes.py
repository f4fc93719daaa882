"""Hashes of weights: the same for the same weights, remembered, and never from a stale memory."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from bridge_server.models.hashes import known_hash, remembered, weights_hash

pytestmark = pytest.mark.portable


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


@pytest.mark.parametrize("time_is_kept", [False, True])
def test_it_is_remembered_until_a_file_changes(tmp_path: Path, time_is_kept: bool) -> None:
    files, cache = write(tmp_path / "m"), tmp_path / "state" / "hashes.json"
    assert known_hash(tmp_path / "m", files, remembered(cache)) == ""
    made = weights_hash(tmp_path / "m", files, cache)
    assert known_hash(tmp_path / "m", files, remembered(cache)) == made
    before = files[0].stat()
    files[0].write_bytes(b"\7" * 100)
    os.utime(files[0], ns=(before.st_atime_ns, before.st_mtime_ns) if time_is_kept else (1, 1))
    assert known_hash(tmp_path / "m", files, remembered(cache)) == ""
    assert weights_hash(tmp_path / "m", files, cache) != made


def test_a_damaged_memory_remembers_nothing(tmp_path: Path) -> None:
    files, cache = write(tmp_path / "m"), tmp_path / "hashes.json"
    for content in ("{", "[]", '{"x": 5}'):
        cache.write_text(content)
        assert known_hash(tmp_path / "m", files, remembered(cache)) == ""
        assert len(weights_hash(tmp_path / "m", files, cache)) == 16


@pytest.mark.parametrize("refuse", ["write_text", "replace"])
def test_a_memory_that_cannot_be_written_just_now_spoils_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refuse: str
) -> None:
    """As on Windows, while another process has the file open."""
    files, cache = write(tmp_path / "m"), tmp_path / "state" / "hashes.json"

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "in use")

    with monkeypatch.context() as patch:
        patch.setattr(Path, refuse, refused)
        made = weights_hash(tmp_path / "m", files, cache)
    assert not list(cache.parent.glob("*.part")) and remembered(cache) == {}
    assert weights_hash(tmp_path / "m", files, cache) == made == known_hash(tmp_path / "m", files, remembered(cache))


def test_a_memory_that_cannot_be_read_just_now_remembers_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, cache = write(tmp_path / "m"), tmp_path / "hashes.json"
    made = weights_hash(tmp_path / "m", files, cache)
    real = os.open

    def refused(path: object, *rest: int) -> int:
        if path == cache:
            raise PermissionError(13, "in use")
        return real(path, *rest)  # pyright: ignore

    monkeypatch.setattr(os, "open", refused)
    assert remembered(cache) == {} and weights_hash(tmp_path / "m", files, cache) == made


def test_it_is_written_only_when_something_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, cache = write(tmp_path / "m"), tmp_path / "hashes.json"
    weights_hash(tmp_path / "m", files, cache)
    written: list[Path] = []
    monkeypatch.setattr(Path, "replace", lambda path, target: written.append(target))
    weights_hash(tmp_path / "m", files, cache)
    assert written == []


@pytest.mark.parametrize("entry", [5, None, [], [1], {"a": 1}, ["size", "time", "hash"], [100, 1, "\ud800"]])
def test_entries_that_are_no_hashes_are_not_believed(tmp_path: Path, entry: object) -> None:
    file = tmp_path / "x.safetensors"
    file.write_bytes(bytes(100))
    os.utime(file, ns=(1, 1))
    assert known_hash(file, [file], {str(file): entry}) == ""
