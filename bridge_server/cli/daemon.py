"""status, stop, pair: what is asked of a daemon that runs."""

from __future__ import annotations

import argparse
import json
import time

import psutil

from ..config import find_home
from ..errors import BridgeError, ErrorCode
from .connection import connect, require
from .main import EXIT_NOT_RUNNING, fail

STOP_SECONDS = 20.0


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
