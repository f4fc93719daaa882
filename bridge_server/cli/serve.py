"""serve: the daemon itself. It imports what serving needs and no more, since the user waits until it is ready."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import sys
from pathlib import Path

from ..config import Home, ServeOptions, find_home, model_folders
from ..errors import BridgeError, ErrorCode
from ..faults import describe_fault
from ..http.runtime import Runtime
from ..http.server import prepare_folders
from ..http.server import serve as run
from ..jobs.faults import FULL
from ..logs import start_log
from .home import require_home
from .main import fail

log = logging.getLogger(__name__)


def serve(options: argparse.Namespace) -> int:
    home = find_home()
    if options.detach:
        from .connection import connect, start  # of a client, which the daemon is not

        running = connect(home)
        if running is not None:
            return already_running(running.runtime, options.port)
        arguments = [word for word in sys.argv[sys.argv.index("serve") + 1 :] if word != "--detach"]
        print(f"Layerbridge is running at {start(home, arguments).runtime.addresses[0]}")
        return 0
    require_home(home)
    try:
        prepare_folders(home)
        asyncio.run(run(serve_options(options, home), announce, lambda: start_log(home.log)))
    except (BridgeError, OSError) as error:
        if not no_room(error):
            raise
        return fail(
            f"The disk of {home.state} is so full that Layerbridge cannot start. Free some space, then try again."
        )
    except Exception as error:  # noqa: BLE001  (a user gets a sentence and the log the place, whatever it is)
        log.critical("the daemon ended: %s", describe_fault(error))
        return fail(f"A fault in Layerbridge ended the daemon. Please report it with the end of {home.log}.")
    return 0


def no_room(error: BridgeError | OSError) -> bool:
    return error.code is ErrorCode.DISK_FULL if isinstance(error, BridgeError) else error.errno in FULL


def already_running(runtime: Runtime, port: int | None) -> int:
    """Fine, unless it was asked for on another port."""
    if port in (None, 0, runtime.port):
        print(f"Layerbridge is running already at {runtime.addresses[0]}")
        return 0
    return fail(
        f"Layerbridge is running already, on port {runtime.port}. Use it there, or stop it first: `layerbridge stop`."
    )


def serve_options(options: argparse.Namespace, home: Home) -> ServeOptions:
    defaults = ServeOptions(home)
    return ServeOptions(
        home=home,
        port=options.port,
        hosts=tuple(options.host or defaults.hosts),
        tls_cert=options.tls_cert,
        tls_key=options.tls_key,
        allowed_hosts=tuple(name.lower() for name in options.allow_host),
        executor=options.executor,
        devices=tuple(options.device or defaults.devices),
        model_folders=(*model_folders(home), *(Path(folder).absolute() for folder in options.models)),
        idle_unload_seconds=options.idle_unload,
        keep_models_bytes=None if options.keep_models is None else int(options.keep_models * 1e9),
    )


def announce(runtime: Runtime) -> None:
    with contextlib.suppress(OSError):  # to a file on a full disk, or a pipe that nobody reads: the daemon runs on
        print(f"Layerbridge {runtime.version} is ready at {runtime.addresses[0]} (Ctrl+C stops it)", flush=True)
