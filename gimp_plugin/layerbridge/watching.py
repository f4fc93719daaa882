"""What the History window is given by who opens it: HTTP with questions, progress windows, showing results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from layerbridge_client.client import Client

from .outputs import Applied
from .parameters import Parameters
from .session import Connector

Attempt = Callable[[Connector, Callable[[Client], Any]], Any]


class Watched(Protocol):
    """The progress window of a job that runs without this window."""

    @property
    def is_shown(self) -> bool: ...

    def present(self) -> None: ...


Done = Callable[["dict[str, Any] | None", "BaseException | None"], None]
Watch = Callable[[Connector, str, Parameters, bool, Done], Watched]
Show = Callable[[Applied, "list[str]"], None]
