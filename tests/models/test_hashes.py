"""Hashes of weights: the same for the same weights, remembered, and never from a stale memory."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from pathlib import Path

import pytest

from bridge_server.models import database
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
    files, cache = write(tmp_path / "m"), tmp_path / "state" / "models.sqlite3"
    assert known_hash(tmp_path / "m", files, remembered(cache)) == ""
    made = weights_hash(tmp_path / "m", files, cache)
    assert known_hash(tmp_path / "m", files, remembered(cache)) == made
    before = files[0].stat()
    files[0].write_bytes(b"\7" * 100)
    os.utime(files[0], ns=(before.st_atime_ns, before.st_mtime_ns) if time_is_kept else (1, 1))
    assert known_hash(tmp_path / "m", files, remembered(cache)) == ""
    assert weights_hash(tmp_path / "m", files, cache) != made


def test_a_damaged_memory_remembers_nothing_and_is_kept_aside(tmp_path: Path) -> None:
    files, store = write(tmp_path / "m"), tmp_path / "models.sqlite3"
    store.write_bytes(b"no database at all" * 1000)
    assert known_hash(tmp_path / "m", files, remembered(store)) == ""
    made = weights_hash(tmp_path / "m", files, store)
    assert known_hash(tmp_path / "m", files, remembered(store)) == made
    assert store.with_name("models.sqlite3.damaged").read_bytes().startswith(b"no database")


def test_a_memory_that_somebody_holds_spoils_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.0)
    files, store = write(tmp_path / "m"), tmp_path / "models.sqlite3"
    weights_hash(files[1], files[1:], store)
    with contextlib.closing(sqlite3.connect(store, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert remembered(store) == {}
        made = weights_hash(tmp_path / "m", files, store)
        other.execute("ROLLBACK")
    assert weights_hash(tmp_path / "m", files, store) == made == known_hash(tmp_path / "m", files, remembered(store))


def test_a_memory_that_cannot_be_written_spoils_nothing(tmp_path: Path) -> None:
    files = write(tmp_path / "m")
    (tmp_path / "file").write_text("no folder")
    assert len(weights_hash(tmp_path / "m", files, tmp_path / "file" / "models.sqlite3")) == 16


def test_nothing_is_hashed_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, store = write(tmp_path / "m"), tmp_path / "models.sqlite3"
    made = weights_hash(tmp_path / "m", files, store)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda *_: pytest.fail("a weight file was opened"))
        assert weights_hash(tmp_path / "m", files, store) == made


@pytest.mark.parametrize("digest", ["", "hash", "a" * 63, "\ud7ff" * 64])
def test_entries_that_are_no_hashes_are_not_believed(tmp_path: Path, digest: str) -> None:
    file = tmp_path / "x.safetensors"
    file.write_bytes(bytes(100))
    status = file.stat()
    entry = (100, status.st_mtime_ns, status.st_ctime_ns, digest)
    assert known_hash(file, [file], {str(file): entry}) == ""
