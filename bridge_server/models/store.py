"""The models that are known: a row each, with its key, what it is called, and what was read of its files (standard
library only).

Rows of models that are not there at the moment stay for a year: a disk that is plugged in again, or a folder that comes
back, brings the keys that it had.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import ErrorCode
from ..families.registry import FamilyRegistry
from ..protocol.tasks import ModelRef
from .database import ask, write
from .described import BASE, Model, refused
from .keys import Identity, keys_for
from .scan import Read

KEPT_SECONDS = 365 * 86400.0  # after that long without it, a model is new when it comes back
DAY_SECONDS = 86400.0  # how exactly it is known when a model was last there
COLUMNS = (
    *("key", "path", "source", "role", "family", "format", "license", "size", "mtime_ns", "ctime_ns", "hash"),
    *("settings", "label", "fingerprint", "signature", "name", "note", "problem", "described", "seen"),
)


@dataclass(frozen=True)
class Row:
    """identity: where it is, or was, and what is in it. label: what it is called in lists. hash: of its weights, empty
    where that is not known. read: None where it has to be read again. seen: when it was last there, Unix time.
    """

    key: str
    identity: Identity
    label: str
    hash: str
    read: Read | None
    seen: float


Rows = Mapping[str, Row]  # by key


def load_rows(path: Path | None, reader: str) -> dict[str, Row]:
    """What is known. reader: `reader_of` this code; what other code has read has to be read again."""
    if path is None:
        return {}
    rows, read_by = ask(path, _select, ((), ""))
    found = (_row(values, usable=read_by == reader) for values in rows)
    return {row.key: row for row in found}


def save_rows(path: Path, rows: Iterable[Row], gone: Iterable[str], reader: str) -> bool:
    """Whether the rows are written, and those with the keys `gone` taken away."""
    made = [_values(row) for row in rows]
    marks = ",".join("?" * len(COLUMNS))

    def change(database: sqlite3.Connection) -> None:
        if _reader(database) != reader:
            database.execute("UPDATE models SET signature = ''")
        database.executemany(f"INSERT OR REPLACE INTO models ({', '.join(COLUMNS)}) VALUES ({marks})", made)
        database.executemany("DELETE FROM models WHERE key = ?", [(key,) for key in gone])
        database.execute("INSERT OR REPLACE INTO meta VALUES ('reader', ?)", (reader,))

    return write(path, change)


def rows_for(models: Sequence[Model], read: Mapping[str, Read], known: Rows, now: float) -> tuple[list[Row], list[str]]:
    """A row for each of the models that were found, in their order, with its key and its label; and the keys of those
    that have been away for too long.

    read: by path. Two models of one role that would be called the same: the one that was called so before keeps the
    name. A LoRA and a model may share one: a request names the role too.
    """
    identities = [Identity(model.ref.path, model.fingerprint) for model in models]
    keys = keys_for(identities, {key: row.identity for key, row in known.items()})
    before = [known[key].label if key in known else "" for key in keys]
    labels = _labels([(model.role or BASE, model.name) for model in models], before)
    rows: list[Row] = []
    for model, key, identity, label in zip(models, keys, identities, labels, strict=True):
        old = known.get(key)
        recent = old is not None and now - old.seen < DAY_SECONDS
        seen = old.seen if old is not None and recent else now
        row = Row(key, identity, label, model.ref.hash, read.get(identity.place), seen)
        rows.append(old if old is not None and old == row else row)
    present = set(keys)
    gone = [key for key, row in known.items() if key not in present and now - row.seen > KEPT_SECONDS]
    return rows, gone


def reader_of(families: FamilyRegistry) -> str:
    """Tells what reads models: this version's code and the families."""
    modules = (sys.modules[family.detect.__module__] for family in families)
    here = Path(__file__).parent
    folders = {here, here.with_name("families"), *(Path(module.__file__ or "").parent for module in modules)}
    digest = hashlib.blake2b(f"{__version__} {families.keys}".encode(), digest_size=8)
    for file in sorted(file for folder in folders for file in folder.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _labels(names: Sequence[tuple[str, str]], before: Sequence[str]) -> list[str]:
    """names: role and name of each. Who was called by its own name, or that with a number, still is, the first of its
    role who was; others get the next free.
    """
    labels: dict[int, str] = {}
    taken: set[tuple[str, str]] = set()
    for index, ((role, name), label) in enumerate(zip(names, before, strict=True)):
        is_own = label == name or (label.startswith(f"{name} (") and label.endswith(")"))
        if is_own and (role, label.lower()) not in taken:
            labels[index] = label
            taken.add((role, label.lower()))
    numbers: dict[tuple[str, str], int] = {}
    for index, (role, name) in enumerate(names):
        if index in labels:
            continue
        label, number = name, numbers.get((role, name.lower()), 1)
        while (role, label.lower()) in taken:
            number += 1
            label = f"{name} ({number})"
        numbers[role, name.lower()] = number
        labels[index] = label
        taken.add((role, label.lower()))
    return [labels[index] for index in range(len(names))]


def with_rows(models: Sequence[Model], rows: Sequence[Row]) -> Iterator[Model]:
    """The models with their keys and labels; who is not called as it would be says after whom."""
    places = {
        (model.role or BASE, row.label.lower()): row.identity.place for model, row in zip(models, rows, strict=True)
    }
    for model, row in zip(models, rows, strict=True):
        note = model.note
        other = places.get((model.role or BASE, model.name.lower()))
        if row.label != model.name and other is not None:
            note = f"{note} Another model is called {model.name} too ({other}).".strip()
        named: dict[str, Any] = {"name": row.label, "key": row.key}
        changed: dict[str, Any] = {"ref": ModelRef(**(vars(model.ref) | named)), "note": note}
        yield Model(**(vars(model) | changed))


def _select(database: sqlite3.Connection) -> tuple[list[tuple[Any, ...]], str]:
    return database.execute(f"SELECT {', '.join(COLUMNS)} FROM models").fetchall(), _reader(database)


def _reader(database: sqlite3.Connection) -> str:
    found = database.execute("SELECT value FROM meta WHERE key = 'reader'").fetchone()
    return "" if found is None else str(found[0])


def _row(values: tuple[Any, ...], *, usable: bool) -> Row:
    told = dict(zip(COLUMNS, values, strict=True))
    identity = Identity(told["path"], told["fingerprint"])
    read = _read(told) if usable and told["signature"] else None
    return Row(told["key"], identity, told["label"], told["hash"], read, told["seen"])


def _read(told: dict[str, Any]) -> Read | None:
    """None where it is not what `_values` wrote."""
    try:
        signature = tuple(map(int, told["signature"].split()))
        if told["described"] is not None:
            return Read(signature, _usable(told, json.loads(told["described"])))
        shown = (told["name"], Path(told["path"]), told["source"], told["family"])
        facts = {name: told[name] for name in ("size", "license", "role", "fingerprint")}
        return Read(signature, refused(*shown, ErrorCode(told["problem"]), told["note"], **facts))
    except (KeyError, TypeError, ValueError):
        return None


def _usable(told: dict[str, Any], described: dict[str, Any]) -> Model:
    return Model(
        ref=ModelRef.from_json(described["ref"]),
        weights=tuple(described["weights"]),
        triggers=tuple(described["triggers"]),
        needs=described["needs"],
        wants=described["wants"],
        gives=described["gives"],
        settings=json.loads(told["settings"]),
        **{name: told[name] for name in ("role", "format", "license", "size", "note", "fingerprint")},
    )


def _values(row: Row) -> tuple[Any, ...]:
    """Of a row that was read. What could not be read is read again by the next daemon: the reason may be gone."""
    assert row.read is not None
    signature, model = row.read.signature, row.read.model
    ref, problem = model.ref, model.problem
    modified, changed = signature[2:4]
    told_more = {
        "ref": vars(ref),
        "weights": model.weights,
        "triggers": model.triggers,
        "needs": dict(model.needs),
        "wants": dict(model.wants),
        "gives": dict(model.gives),
    }
    described = None if problem else json.dumps(told_more)
    settings = json.dumps(dict(model.settings)) if model.settings else "{}"
    kept = "" if problem is ErrorCode.MODEL_UNREADABLE else " ".join(map(str, signature))
    told = (ref.source, model.role, ref.family, model.format, model.license, model.size, modified, changed, row.hash)
    read = (kept, ref.name, model.note, problem or "", described)
    return (row.key, row.identity.place, *told, settings, row.label, row.identity.fingerprint, *read, row.seen)
