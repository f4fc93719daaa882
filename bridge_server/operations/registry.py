"""Which operations there are. A registry is an argument of whatever needs one; `builtin` makes that of the product."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable

from .base import Operation


class Registry:
    """Operations by name."""

    def __init__(self, operations: Iterable[Operation] = ()) -> None:
        self._operations: dict[str, Operation] = {}
        for operation in operations:
            self.register(operation)

    def register(self, operation: Operation) -> None:
        """Raises ValueError where there is one of that name."""
        if operation.name in self._operations:
            raise ValueError(f"there is an operation {operation.name} already")
        self._operations[operation.name] = operation

    def get(self, name: str) -> Operation:
        """Raises KeyError."""
        return self._operations[name]

    def all(self) -> tuple[Operation, ...]:
        """In the order of the menus."""
        return tuple(sorted(self._operations.values(), key=lambda operation: operation.menu.order))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(operation.name for operation in self.all())

    def __contains__(self, name: object) -> bool:
        return name in self._operations


def builtin() -> Registry:
    """A new registry of the operations that Layerbridge ships: the OPERATION of each module here that has one.

    Raises ValueError where two have the same name.
    """
    folder, _, _ = __name__.rpartition(".")
    found = pkgutil.iter_modules(importlib.import_module(folder).__path__)
    modules = (importlib.import_module(f"{folder}.{module.name}") for module in found)
    return Registry(module.OPERATION for module in modules if hasattr(module, "OPERATION"))
