"""A row of the tables of request fields, which tell a plug-in what there is and how long it may be.

The generator makes the tables from the models that the daemon checks requests with, and copies this file into
layerbridge_client, so it keeps to Python 3.9 and the standard library.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RequestField:
    """One field of a request.

    type: "integer", "number", "boolean", "string", "map" (text to text), "options" (text to anything),
    "words" (a list of strings), or the name of an object in the same tables. many: "list" or "map" of such objects.
    minimum, maximum: of a number, both allowed; of a string its characters, of a map its entries.
    choices: of a string or of each word, all that is allowed; of a number, words allowed besides numbers ("auto").
    """

    name: str
    type: str
    required: bool = False
    default: Any = None
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    many: str = ""
