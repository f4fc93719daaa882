"""One daemon from start to end: lock, journal, listen, say where, run, stop in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import signal
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from .. import __version__
from ..config import Home, ServeOptions
from ..errors import BridgeError, ErrorCode
from ..executors.dispatch import Dispatcher
from ..executors.registry import EXECUTORS, Factory, make_executor
from ..jobs.ballast import Ballast
from ..jobs.events import EventLog
from ..jobs.journal import JournalThread
from ..jobs.lanes import lanes_of
from ..jobs.queue import JobQueue
from ..jobs.spool import Spool
from ..logs import log_loop_fault
from ..operations.registry import Registry
from ..operations.registry import builtin as shipped_operations
from ..protocol.requests import job_request
from .app import make_app
from .auth import Auth
from .listen import open_sockets
from .model_registry import ModelRegistry
from .pictures import Pictures
from .quota import Quota
from .routes import import_the_rest
from .runtime import Runtime, read_runtime, remove_runtime, sweep_runtime, write_runtime
from .services import Services
from .site import Site, make_runner
from .tls import check_exposure, load_tls
from .upkeep import forget_live, keep_ballast, keep_tidy

if TYPE_CHECKING:
    from ..families.registry import FamilyRegistry

log = logging.getLogger(__name__)


async def serve(
    options: ServeOptions,
    on_ready: Callable[[Runtime], None],
    on_locked: Callable[[], None] = lambda: None,
    operations: Registry | None = None,
    families: FamilyRegistry | None = None,
    executors: Mapping[str, Factory] = EXECUTORS,
) -> None:
    """Run a daemon until a signal or POST /v1/shutdown stops it. Raises BridgeError where it cannot start.

    on_locked: called when no other daemon of this home runs, before anything else is done; it may open the log.
    operations: what can be asked for; families: whose models are known. None: what Layerbridge ships. executors: of
    which one is chosen by its name.
    """
    home = options.home
    prepare_folders(home)
    lock = FileLock(home.lock)
    try:
        Ballast(home.ballast).with_room(lambda: lock.acquire(timeout=0))
    except Timeout:
        raise BridgeError(ErrorCode.INTERNAL, already_running(home)) from None
    try:
        on_locked()
        sweep_runtime(home.runtime)
        async with open_services(options, operations, executors, families) as services:
            await _serve(services, on_ready)
    finally:
        lock.release()


def prepare_folders(home: Home) -> None:
    """Make the home's folders; the one that holds pictures and secrets is for its owner only."""
    for folder in (home.state, home.models, home.logs):
        folder.mkdir(parents=True, exist_ok=True)
    home.state.chmod(0o700)


def already_running(home: Home) -> str:
    runtime = read_runtime(home.runtime)
    where = f" at {runtime.addresses[0]} (process {runtime.pid})" if runtime else ""
    return f"Layerbridge is running already{where}. Use it, or stop it with `layerbridge stop`."


@contextlib.asynccontextmanager
async def open_services(
    options: ServeOptions,
    operations: Registry | None = None,
    executors: Mapping[str, Factory] = EXECUTORS,
    families: FamilyRegistry | None = None,
) -> AsyncGenerator[Services]:
    """Everything that lives as long as the daemon, listening sockets apart."""
    home, operations = options.home, operations or shipped_operations()
    known = cache(lambda: families or _shipped_families())
    instance = secrets.token_hex(8)
    tls = load_tls(options.tls_cert, options.tls_key)
    check_exposure(options.hosts, tls)
    port, sockets = open_sockets(options.hosts, options.port)
    ballast = Ballast(home.ballast)
    asked = job_request(operations)
    journal = JournalThread(home.journal, home.spool, ballast, asked)
    try:
        reserved = int(journal.call_now(lambda rows: rows.get_meta("events")) or "0")
        # never below an earlier daemon's, also where the journal that counted them is lost: milliseconds go faster
        reserved = max(reserved, int(time.time() * 1000))
        events = EventLog(reserved, lambda n: journal.call_now(lambda rows: rows.set_meta("events", str(n))))
        spool = Spool(home.spool, home.quarantine, asked)
        ballast.with_room(spool.prepare)
        queue = JobQueue(journal, spool, events, options.limits, lanes_of(operations))
        executor = make_executor(options, executors)
        secret = secrets.token_urlsafe(32)
        yield Services(
            options=options,
            operations=operations,
            instance=instance,
            home_id=home.identity,
            started=time.time(),
            port=port,
            addresses=tuple(_address(bound.getsockname(), "https" if tls else "http") for bound in sockets),
            sockets=tuple(sockets),
            secret=secret,
            journal=journal,
            remarks=[*journal.opened.remarks],
            ballast=ballast,
            spool=spool,
            quota=Quota(options.limits, spool),
            pictures=Pictures(home.worker_log),
            events=events,
            queue=queue,
            dispatcher=Dispatcher(queue, executor),
            executor=executor,
            auth=Auth(journal, secret),
            known_families=known,
            models=ModelRegistry(options.model_folders, home.model_store, known),
            tls=tls,
        )
    finally:
        for bound in sockets:
            bound.close()
        journal.close()
        remove_runtime(home.runtime, instance)  # last, so that who sees it gone may start another daemon


def _shipped_families() -> FamilyRegistry:
    from ..families.registry import builtin

    return builtin()


def _address(name: tuple[str, int], scheme: str) -> str:
    """Where a client of this machine reaches a socket: one that listens everywhere, on the loopback address."""
    host, port = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(name[0], name[0]), name[1]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


async def _serve(services: Services, on_ready: Callable[[Runtime], None]) -> None:
    home = services.options.home
    await services.queue.restore()
    asyncio.get_running_loop().set_exception_handler(log_loop_fault)
    runner = make_runner(make_app(services))
    await runner.setup()
    for bound in services.sockets:
        await Site(runner, bound, services.strangers, services.tls.context if services.tls else None).start()
    runtime = Runtime(
        version=__version__,
        instance=services.instance,
        pid=os.getpid(),
        port=services.port,
        addresses=list(services.addresses),
        secret=services.secret,
        started=services.started,
        log=str(home.log),
        certificate=services.tls.certificate if services.tls else "",
    )
    services.ballast.with_room(lambda: write_runtime(home.runtime, runtime))
    _stop_on_signals(services.stop)
    on_ready(runtime)
    await services.executor.start()
    upkeep = (keep_tidy(services), keep_ballast(services), forget_live(services))
    lasting = (services.dispatcher.run(), *upkeep, _scan(services))
    background = [asyncio.create_task(work) for work in lasting]
    try:
        await _first(services.stop, background)
    finally:
        services.stop.set()
        services.events.wake()
        try:
            await services.dispatcher.stop()
        finally:
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            await runner.cleanup()


async def _first(stop: asyncio.Event, background: list[asyncio.Task[None]]) -> None:
    """Until `stop` is set, or a background task fails: then its exception."""
    stopping = asyncio.create_task(stop.wait())
    pending: set[asyncio.Task[None] | asyncio.Task[bool]] = {stopping, *background}
    while not stopping.done():
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


def _stop_on_signals(stop: asyncio.Event) -> None:
    """Ctrl+C, the end of the session, and a terminal window that is closed (not under nohup)."""
    loop = asyncio.get_running_loop()
    closing = [getattr(signal, name) for name in ("SIGHUP", "SIGBREAK") if hasattr(signal, name)]
    heard = [number for number in closing if signal.getsignal(number) != signal.SIG_IGN]
    for number in (signal.SIGINT, signal.SIGTERM, *heard):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows' event loops
            signal.signal(number, lambda _number, _frame: loop.call_soon_threadsafe(stop.set))


async def _scan(services: Services) -> None:
    """Look at the model folders once, so that the first plan need not wait for a slow disk."""
    try:
        await asyncio.to_thread(import_the_rest)
        await services.models.refresh()
    except Exception:  # a background task that fails ends the daemon, and it can do without this one
        log.exception("the models could not be looked through; the next request for them tries again")
