"""Requests as earlier versions wrote them: in journals and in their spool.

Before there were envelopes (journals of format 1 and 2) a request was flat. Only what Layerbridge itself has kept is
read so; the daemon takes no such request from anybody.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, cast

from ..operations.base import Operation
from ..operations.registry import Registry

# All operations had all of these; one that meant nothing for an operation said nothing.
FLAT_OPTIONS = frozenset(
    {
        "prompt", "negative_prompt", "margins", "strength", "steps", "guidance_scale", "sampler", "seed", "count",
        "grow", "feather", "padding", "keep_to_selection", "without",
    }
)  # fmt: skip
APART = frozenset({"kind", "document", "bounds", "profile", "client_data", "model"})
_RENAMED = {"without": "disabled_steps", "count": "num_images"}
_RENAMED_STEPS = {"refine": "hires_pass"}


def as_envelope(
    message: Mapping[str, Any], operations: Registry, tensors: Collection[str] | None = None
) -> dict[str, Any]:
    """The same request as it is written today. tensors: the names of those that came with it; None: not known.

    What nobody knew then either becomes an option, so that it is not lost, and is not run without it.
    """
    is_flat = "kind" in message and "operation" not in message
    name = message.get("kind" if is_flat else "operation")
    spec = operations.get(name) if isinstance(name, str) and name in operations else None
    if is_flat:
        return _from_flat(message, spec, tensors)
    params = message.get("params")
    if not isinstance(params, dict):
        return dict(message)
    return {**message, "params": _with_names_of_today(cast("dict[str, Any]", params), spec)}


def _from_flat(message: Mapping[str, Any], spec: Operation | None, tensors: Collection[str] | None) -> dict[str, Any]:
    options = {
        key: value
        for key, value in message.items()
        if key not in APART and (spec is None or spec.has_option(_RENAMED.get(key, key)) or key not in FLAT_OPTIONS)
    }
    covered = {"bounds": message["bounds"]} if "bounds" in message else {}
    named = {"profile": message["profile"]} if message.get("profile") is not None else {}
    inputs: dict[str, Any] = {"image": covered | named}
    if "mask" in tensors if tensors is not None else spec is not None and spec.needs("mask"):
        inputs["mask"] = covered
    found: dict[str, Any] = {"operation": message.get("kind"), "version": 1}
    found |= {"params": _with_names_of_today(options, spec), "inputs": inputs}
    found["models"] = [{"model": message["model"]}] if message.get("model") else []
    return found | {key: message[key] for key in ("document", "client_data") if key in message}


def _with_names_of_today(options: Mapping[str, Any], spec: Operation | None) -> dict[str, Any]:
    """Options that another name means now have that, but for those of an operation that still has the old one."""
    return {
        key if spec is not None and spec.has_option(key) else _RENAMED.get(key, key): (
            _steps(value) if key == "without" else value
        )
        for key, value in options.items()
    }


def _steps(value: Any) -> Any:
    """The names of steps as they are today. What is no list of names stays, and is refused where it is read."""
    if not isinstance(value, list):
        return value
    return [_RENAMED_STEPS.get(step, step) if isinstance(step, str) else step for step in cast("list[Any]", value)]
