"""Everything the handlers need, made once per daemon and passed to them: there is no module state."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web

from ..config import ServeOptions
from ..errors import BridgeError, ErrorCode
from ..executors.base import Executor
from ..executors.dispatch import Dispatcher
from ..jobs.ballast import Ballast
from ..jobs.events import EventLog
from ..jobs.journal import JournalThread
from ..jobs.queue import JobQueue
from ..jobs.spool import Spool
from ..operations.registry import Registry
from .auth import Auth
from .connections import Connections
from .contract import Contract
from .model_registry import ModelRegistry
from .pictures import Pictures
from .quota import Quota
from .strangers import Strangers
from .tls import Tls
from .uploads import Uploads

if TYPE_CHECKING:
    from ..families.registry import FamilyRegistry


@dataclass(frozen=True)
class Services:
    """One daemon. `port` is known once it listens; `stop` ends it."""

    options: ServeOptions
    operations: Registry
    instance: str
    home_id: str
    started: float
    port: int
    addresses: tuple[str, ...]
    sockets: tuple[socket.socket, ...]
    secret: str
    journal: JournalThread
    remarks: list[str]  # what its owner should know of the daemon, a sentence each
    ballast: Ballast
    spool: Spool
    quota: Quota
    pictures: Pictures
    events: EventLog
    queue: JobQueue
    dispatcher: Dispatcher
    executor: Executor
    auth: Auth
    known_families: Callable[[], FamilyRegistry]  # read when they are wanted, and once
    models: ModelRegistry
    tls: Tls | None = None
    strangers: Strangers = field(default_factory=Strangers)
    uploads: Uploads = field(default_factory=Uploads)
    connections: Connections = field(default_factory=Connections)
    contract: Contract = field(default_factory=Contract)
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def families(self) -> FamilyRegistry:
        return self.known_families()

    def check_running(self) -> None:
        """Raises shutting_down: no new job is taken any more."""
        if self.stop.is_set():
            raise BridgeError(ErrorCode.SHUTTING_DOWN, "Layerbridge is stopping. Start it again: `layerbridge serve`.")

    @property
    def scheme(self) -> str:
        return "http" if self.tls is None else "https"


SERVICES: web.AppKey[Services] = web.AppKey("services", Services)
