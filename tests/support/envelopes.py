"""Envelopes for tests, written down as flat as they are thought of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from bridge_server.operations.registry import Registry, builtin

APART = ("kind", "version", "document", "bounds", "profile", "model", "models", "inputs", "client_data")


def envelope(
    flat: Mapping[str, Any], tensors: Collection[str] = ("image",), operations: Registry | None = None
) -> dict[str, Any]:
    """The message of a request frame with these tensors.

    flat: `kind` (the operation), `document`, `bounds` (what the tensors cover), `profile`, `model`, `client_data`, and
    options; whatever else it has counts as an option. A profile without a picture is named as the picture's.
    """
    known, name = operations or builtin(), flat["kind"]
    covered = {"bounds": flat["bounds"]} if "bounds" in flat else {}
    inputs = {role: dict(covered) for role in tensors if role != "icc"}
    if flat.get("profile") is not None:
        inputs["image"] = covered | {"profile": flat["profile"]}
    found = {
        "operation": name,
        "version": known.get(name).version if name in known else 1,
        "params": {key: value for key, value in flat.items() if key not in APART},
        "inputs": inputs,
        "models": [{"model": flat["model"]}] if flat.get("model") is not None else [],
    }
    return found | {key: flat[key] for key in ("version", "document", "client_data", "models", "inputs") if key in flat}
