"""Where the daemon is: what the installer wrote (`install.json`), and what the daemon wrote (`runtime.json`)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast


@dataclass(frozen=True)
class Installation:
    """`install.json` beside the plug-in, written by `layerbridge plugin install gimp`."""

    version: str = ""
    runtime: Path | None = None  # absolute path of the daemon's runtime.json
    command: tuple[str, ...] = ()  # starts the daemon; empty where GIMP's sandbox cannot
    environment: Mapping[str, str] = field(default_factory=dict[str, str])  # for that command
    home: str = ""  # of that daemon, as its `hello` has it
    start_log: Path | None = None  # absolute; what that daemon says while it starts


@dataclass(frozen=True)
class Runtime:
    """`runtime.json` of a daemon that runs, or ran."""

    instance: str
    addresses: tuple[str, ...]
    secret: str
    log: str
    certificate: str = ""  # PEM text, where the addresses are https


def read_installation(folder: Path, environ: Mapping[str, str] = os.environ) -> Installation:
    """What is installed; LAYERBRIDGE_HOME, where it is set, is the daemon's home instead."""
    value = _read(folder / "install.json")
    runtime, start_log = _path(value.get("runtime")), _path(value.get("start_log"))
    home, chosen = str(value.get("home", "")), environ.get("LAYERBRIDGE_HOME")
    if chosen:
        root = Path(chosen).expanduser().absolute()
        runtime, start_log, home = root / "runtime.json", root / "logs" / "start.log", ""
    return Installation(
        version=str(value.get("version", "")),
        runtime=runtime,
        command=tuple(str(word) for word in _list(value.get("command"))),
        environment={key: str(word) for key, word in _object(value.get("environment")).items()},
        home=home,
        start_log=start_log,
    )


def read_runtime(path: Path | None) -> Runtime | None:
    """The runtime file, or None where it is missing, unreadable or not complete."""
    if path is None:
        return None
    value = _read(path)
    addresses = _list(value.get("addresses"))
    if not addresses:
        return None
    return Runtime(
        instance=str(value.get("instance", "")),
        addresses=tuple(str(address) for address in addresses),
        secret=str(value.get("secret", "")),
        log=str(value.get("log", "")),
        certificate=str(value.get("certificate", "")),
    )


def _path(value: Any) -> Path | None:
    return Path(value) if isinstance(value, str) and value else None


def _read(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return _object(value)


def _object(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []
