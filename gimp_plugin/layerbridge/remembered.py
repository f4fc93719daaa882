"""The plug-in's own small files in GIMP's user folder: last values, settings, and tokens (0600). No gi."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .operations import Operation, find
from .parameters import Parameters, from_json

VALUES_FILE = "values.json"
SHARED_WIDGETS = ("text", "model")
TOKENS_FILE = "tokens.json"


@dataclass(frozen=True)
class Remembered:
    """Reads and writes `folder`; every write replaces the whole file, so several runs at once do no harm."""

    folder: Path

    def parameters(self, operation: Operation) -> Parameters:
        """The last values of an operation; a prompt typed for any of them is offered in the others' dialogs."""
        values = self._read(VALUES_FILE)
        own = values.get("parameters", {}).get(operation.name)
        if isinstance(own, dict):
            return from_json(own, operation=operation)
        offered = {name: values[name] for name in shared_options(operation) if name in values}
        return from_json(offered if operation.asks else {}, operation=operation)

    def keep(self, parameters: Parameters) -> None:
        values = self._read(VALUES_FILE)
        operation = parameters.operation
        values.setdefault("parameters", {})[operation.name] = parameters.to_json()
        values["last"] = operation.name
        values.update({name: parameters.values[name] for name in shared_options(operation)})
        self._write(VALUES_FILE, values)

    def last_operation(self) -> Operation | None:
        return find(str(self._read(VALUES_FILE).get("last", "")))

    def last_job(self) -> str:
        return str(self._read(VALUES_FILE).get("last_job", ""))

    def keep_last_job(self, job: str) -> None:
        values = self._read(VALUES_FILE)
        values["last_job"] = job
        self._write(VALUES_FILE, values)

    def setting(self, name: str, default: Any) -> Any:
        value = self._read(VALUES_FILE).get("settings", {}).get(name, default)
        return value if isinstance(value, type(default)) else default

    def keep_setting(self, name: str, value: Any) -> None:
        values = self._read(VALUES_FILE)
        values.setdefault("settings", {})[name] = value
        self._write(VALUES_FILE, values)

    def chosen_homes(self) -> list[str]:
        """Homes of other people's daemons that the user agreed to send pictures to."""
        return [str(home) for home in self.setting("chosen_homes", [])]

    def choose_home(self, home: str) -> None:
        self.keep_setting("chosen_homes", sorted({*self.chosen_homes(), home}))

    def token(self, home: str) -> str | None:
        """The token for the daemon whose home has this hash."""
        token = self._read(TOKENS_FILE).get(home)
        return token if isinstance(token, str) and token else None

    def keep_token(self, home: str, token: str | None) -> None:
        tokens = self._read(TOKENS_FILE)
        tokens.pop(home, None)
        if token:
            tokens[home] = token
        self._write(TOKENS_FILE, tokens)

    def _read(self, name: str) -> dict[str, Any]:
        try:
            value = json.loads((self.folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return value if isinstance(value, dict) else {}

    def _write(self, name: str, value: dict[str, Any]) -> None:
        """What cannot be written is not remembered: no reason to refuse a picture."""
        try:
            self._replace(name, value)
        except OSError as error:
            print(f"Layerbridge cannot remember its values: {error}", file=sys.stderr)

    def _replace(self, name: str, value: dict[str, Any]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=self.folder, prefix=name, suffix=".new")  # mkstemp makes it 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(value, file, indent=1)
            Path(temporary).replace(self.folder / name)
        except OSError:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise


def shared_options(operation: Operation) -> list[str]:
    """Names of the options whose values are offered for other operations too."""
    return [option.name for option in operation.options if option.widget in SHARED_WIDGETS]
