"""Which model is which, whatever it is called and wherever it lies (standard library only).

A key is made of a model's content when it is first seen, and remembered from then on. A fingerprint is enough to know
a file again that was moved: its size and some of its bytes. It is no proof of what the weights are: that is their hash
(hashes.py).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

KEY = re.compile(r"[0-9a-f]{16}")
START_BYTES = 1024  # that count of the beginning: the header, in which notes of the training often come first
SAMPLE_BYTES = 2048  # of the end: weights
MANY_BYTES = 2**28  # of larger files, whose ends may be a part that many models share, the middle counts too


@dataclass(frozen=True)
class Identity:
    """What of a model tells it from others. place: its path. fingerprint: empty where its content tells nothing."""

    place: str
    fingerprint: str


def fingerprint(pieces: Iterable[bytes]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def keys_for(found: Sequence[Identity], known: Mapping[str, Identity]) -> list[str]:
    """A key for each of `found`, whose places differ; known: by key, also those that are not there now.

    A model is known by its place and content; one that was moved by its content; one that was changed where it lies by
    its place. What is none of these gets a key of its own: the same on every machine, but for copies.
    """
    keys: dict[int, str] = {}
    free = dict(known)
    for rule in (_unchanged, _moved, _changed) if known else ():
        by_trait: dict[object, list[str]] = {}
        for key, identity in free.items():
            for trait in rule(identity):
                by_trait.setdefault(trait, []).append(key)
        for index, identity in enumerate(found):
            if index in keys:
                continue
            candidates = (key for trait in rule(identity) for key in by_trait.get(trait, ()) if key in free)
            if (key := next(candidates, None)) is not None:
                keys[index] = key
                del free[key]
    taken = {*known, *keys.values()}
    for index, identity in enumerate(found):
        if index not in keys:
            keys[index] = _new_key(identity, taken)
            taken.add(keys[index])
    return [keys[index] for index in range(len(found))]


def _unchanged(identity: Identity) -> tuple[object, ...]:
    return ((identity.place, identity.fingerprint),)


def _moved(identity: Identity) -> tuple[object, ...]:
    """The same content, best under the same name."""
    if not identity.fingerprint:
        return ()
    return ((identity.fingerprint, PurePath(identity.place).name), identity.fingerprint)


def _changed(identity: Identity) -> tuple[object, ...]:
    return (identity.place,)


def _new_key(identity: Identity, taken: set[str]) -> str:
    parts = (identity.fingerprint,) if identity.fingerprint else (identity.place,)
    key = _digest(parts)
    number = 0
    while key in taken:
        number += 1
        key = _digest((*parts, identity.place, str(number)))
    return key


def _digest(parts: tuple[str, ...]) -> str:
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
