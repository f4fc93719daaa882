"""Whether this plug-in and the daemon mean the same by an operation; the daemon's own table, where they do. No gi."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .operations import OPERATIONS, Operation, read_operations
from .roles import unknown_inputs
from .texts import _

Table = Sequence[Mapping[str, Any]]  # what `GET /v1/operations` says


def agree(mine: Operation, table: Table) -> tuple[Operation, str]:
    """The operation as the daemon describes it, and what to say where the two do not fit together; else empty."""
    row = next((row for row in table if row.get("name") == mine.name), None)
    if row is None or row.get("version", 0) < mine.version:
        text = _("Layerbridge is older than this plug-in and cannot do {operation} as it is asked here. {remedy}")
        return mine, text.format(operation=_(mine.title), remedy=update())
    try:
        theirs = read_operations([row])[0]
    except (KeyError, TypeError):
        theirs = None
    if theirs is None or theirs.version != mine.version or unknown_inputs(theirs):
        text = _("This plug-in is older than Layerbridge and cannot ask for {operation} as it is now. {remedy}")
        return mine, text.format(operation=_(mine.title), remedy=reinstall())
    return theirs, ""


def missing_here(table: Table) -> str:
    """What to say where the daemon can do more than the menu has; empty where it cannot."""
    known = {operation.name for operation in OPERATIONS}
    titles = [_(str(row.get("title", row["name"]))) for row in table if row["name"] not in known]
    if not titles:
        return ""
    text = _("Layerbridge can do more than this plug-in has in its menu: {titles}. {remedy}")
    return text.format(titles=", ".join(titles), remedy=reinstall())


def reinstall() -> str:
    return _("Run “layerbridge plugin install gimp”, then restart GIMP.")


def update() -> str:
    return _("Update Layerbridge, then restart it with “layerbridge stop” and “layerbridge serve”.")
