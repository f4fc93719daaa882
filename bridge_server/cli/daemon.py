"""serve, status, stop, pair: the daemon's own commands."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import sys
import time
from pathlib import Path

import psutil

from ..collector import collector_paused
from ..config import Home, ServeOptions, find_home, model_folders
from ..errors import BridgeError, ErrorCode
from ..faults import describe_fault
from ..http.runtime import Runtime
from ..jobs.faults import FULL
from ..logs import start_log
from .connection import connect, require, start
from .home import require_home
from .main import EXIT_NOT_RUNNING, fail

STOP_SECONDS = 20.0

log = logging.getLogger(__name__)


def serve(options: argparse.Namespace) -> int:
    home = find_home()
    if options.detach:
        running = connect(home)
        if running is not None:
            return already_running(running.runtime, options.port)
        arguments = [word for word in sys.argv[sys.argv.index("serve") + 1 :] if word != "--detach"]
        print(f"Layerbridge is running at {start(home, arguments).runtime.addresses[0]}")
        return 0
    with collector_paused():
        from ..http.server import prepare_folders
        from ..http.server import serve as run

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


def status(options: argparse.Namespace) -> int:
    answer = require(find_home()).call("GET", "/v1/status")
    if options.json:
        print(json.dumps(answer, indent=1))
        return 0
    minutes = answer["uptime_seconds"] / 60
    where = ", ".join(answer["addresses"])
    print(f"Layerbridge {answer['version']} at {where}, process {answer['pid']}, up {minutes:.0f} min")
    for device in answer["devices"]:
        model = device["loaded_model"] or "no model loaded"
        print(f"  {device['name']}: {device['state']}, {model}")
    print("  jobs: " + (", ".join(f"{count} {state}" for state, count in answer["jobs"].items() if count) or "none"))
    print(f"  spool: {answer['spool_bytes'] / 2**20:.1f} MiB")
    for remark in answer["remarks"]:
        print(f"  look: {remark}")
    for client in answer["clients"]:
        print(f"  paired: {client['name']} ({client['client_id']})")
    return 0


def stop(options: argparse.Namespace) -> int:
    home = find_home()
    connection = connect(home)
    if connection is None:
        fail("Layerbridge is not running.")
        return EXIT_NOT_RUNNING
    connection.call("POST", "/v1/shutdown")
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        if connect(home) is None and not home.runtime.exists() and not _alive(connection.runtime.pid):
            print("Layerbridge has stopped.")
            return 0
        time.sleep(0.05)
    message = f"The daemon (process {connection.runtime.pid}) was told to stop but still runs."
    raise BridgeError(ErrorCode.WORKER_UNRESPONSIVE, message)


def _alive(pid: int) -> bool:
    """Whether the process runs; one that has ended, and whose parent has not looked yet, does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def pair(options: argparse.Namespace) -> int:
    connection = require(find_home())
    if options.list:
        clients = connection.call("GET", "/v1/clients")["clients"]
        if not clients:
            print("No plug-in is paired. Open one, or run `layerbridge pair` for a code.")
        for client in clients:
            last = time.strftime("%Y-%m-%d %H:%M", time.localtime(client["last_used"]))
            print(f"{client['client_id']}  {client['name']}, last used {last}")
        return 0
    if options.revoke:
        connection.call("DELETE", f"/v1/clients/{options.revoke}")
        print(f"{options.revoke} is no longer paired.")
        return 0
    code = connection.call("POST", "/v1/pairing-codes")
    print(f"Pairing code: {code['code']}")
    print(f"Type it into the plug-in's settings within {code['expires_in'] // 60} minutes. It works once.")
    return 0
