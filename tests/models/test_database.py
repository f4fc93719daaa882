"""The file of the model store with several who write to it at the same time."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from pathlib import Path

import pytest

from bridge_server import sqlite_format
from bridge_server.models import database
from bridge_server.models.catalog import Catalog
from bridge_server.models.database import MIGRATIONS, ask, write

from .made import checkpoint, stable_diffusion

pytestmark = pytest.mark.portable


def values(store: sqlite3.Connection) -> set[str]:
    return {value for (value,) in store.execute("SELECT value FROM meta")}


def test_of_two_who_read_and_then_write_neither_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "models.sqlite3"
    second_has_read = threading.Event()
    written: list[bool] = []

    def second(store: sqlite3.Connection) -> None:
        values(store)
        second_has_read.set()
        store.execute("INSERT INTO meta VALUES ('second', 'two')")

    other = threading.Thread(target=lambda: written.append(write(path, second)))

    def first(store: sqlite3.Connection) -> None:
        values(store)
        other.start()
        second_has_read.wait(1)  # it may not come so far: then it waits for this one
        store.execute("INSERT INTO meta VALUES ('first', 'one')")

    written.append(write(path, first))
    other.join()
    assert written == [True, True] and ask(path, values, set[str]()) == {"one", "two"}


def test_a_step_that_another_process_makes_meanwhile_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "models.sqlite3"
    version_of = sqlite_format.version_of

    def overtaken(store: sqlite3.Connection) -> int:
        found = version_of(store)
        monkeypatch.setattr(sqlite_format, "version_of", version_of)
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            sqlite_format.migrate(other, MIGRATIONS)
        return found

    monkeypatch.setattr(sqlite_format, "version_of", overtaken)
    assert write(path, lambda store: store.execute("INSERT INTO meta VALUES ('first', 'one')"))


def test_what_the_store_could_not_take_is_written_at_the_next_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.01)
    path, folder = tmp_path / "models.sqlite3", tmp_path / "models"
    catalog = Catalog([folder], path)
    catalog.look()
    checkpoint(folder / "a.safetensors", stable_diffusion())
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "a" in {model.name for model in catalog.look()}
        other.execute("ROLLBACK")
        for _ in range(2):
            catalog.look()
            labels = [label for (label,) in other.execute("SELECT label FROM models")]
            assert sorted(labels) == ["a", "starter"]
