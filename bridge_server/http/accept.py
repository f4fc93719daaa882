"""Which of several media types an `Accept` header asks for (RFC 9110, 12.5.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Range:
    """A media range, such as image/*, and how much it is wanted: 0 (not at all) to 1."""

    type: str
    subtype: str
    quality: float

    def specificity(self, media_type: str) -> int:
        """How closely it names the type; -1 where it does not."""
        kind, _, subtype = media_type.partition("/")
        if self.subtype == "*":
            return {"*": 0, kind: 1}.get(self.type, -1)
        return 2 if (self.type, self.subtype) == (kind, subtype) else -1


def choose(accept: str, offered: Sequence[str]) -> str | None:
    """The type that is wanted most, of equal ones the first that is offered; None where none is wanted.

    accept: the header; empty or "*/*": whatever is offered first. What is no media range in it says nothing.
    """
    ranges = [found for part in accept.split(",") if (found := _range(part)) is not None]
    if not accept.strip():
        return offered[0]
    wanted = [(_quality(media_type, ranges), media_type) for media_type in offered]
    quality, media_type = max(wanted, key=lambda one: one[0])  # the first of equal ones
    return media_type if quality > 0 else None


def _quality(media_type: str, ranges: Sequence[Range]) -> float:
    """That of the range which names the type most closely."""
    named = [(one.specificity(media_type), one.quality) for one in ranges]
    closest, quality = max(named, default=(-1, 0.0))
    return quality if closest >= 0 else 0.0


def _range(text: str) -> Range | None:
    named, *parameters = (part.strip().lower() for part in text.split(";"))
    kind, slash, subtype = named.partition("/")
    if not (kind and slash and subtype) or (kind == "*" and subtype != "*"):
        return None
    given = [value for name, _, value in (part.partition("=") for part in parameters) if name.strip() == "q"]
    quality = _number(given[0].strip()) if given else 1.0
    return None if quality is None else Range(kind, subtype, quality)


def _number(text: str) -> float | None:
    """A weight from 0 to 1."""
    whole, _, rest = text.partition(".")
    if whole not in ("0", "1") or not all(digit in "0123456789" for digit in rest):
        return None
    return min(1.0, float(text))
