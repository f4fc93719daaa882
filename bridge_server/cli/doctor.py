"""doctor: what is wrong with this machine, and how to mend it. Looks, and changes nothing."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from .. import __version__
from ..children import python_command, python_environment
from ..config import Home, find_home, model_folders
from ..errors import ErrorCode
from ..jobs.rescue import damaged_files
from ..jobs.spool import Spool
from ..models.catalog import find_models
from ..protocol.limits import PORTS
from .connection import Connection, connect, say_hello
from .home import home_fault, nearest_existing
from .interpreter import FIRST_ON_PATH, candidates, find_python, loads_gimp, named_python
from .plugin import ENTRY, GimpFolder, Machine, find_gimp_folders, installed_version, this_machine
from .windows import OTHER_PYTHON, STORE_PYTHON, is_outside_profile, is_store_python, protecting_command

INSTALL = "Run `layerbridge plugin install gimp`."
FREE_BYTES = 5 * 2**30  # a Stable Diffusion 1.5 model and room to work
TORCH_PROBE = """
import json, torch
facts = {"version": torch.__version__, "cuda_build": torch.version.cuda, "hip": getattr(torch.version, "hip", None)}
facts["cuda"] = [
    {"name": torch.cuda.get_device_name(i), "memory": torch.cuda.get_device_properties(i).total_memory}
    for i in range(torch.cuda.device_count())
] if torch.cuda.is_available() else []
facts["mps"] = torch.backends.mps.is_available()
facts["threads"] = torch.get_num_threads()
print(json.dumps(facts))
"""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. remedy: what to do, empty where nothing is wrong."""

    level: Literal["ok", "warning", "problem"]
    what: str
    remedy: str = ""


def doctor(options: argparse.Namespace) -> int:
    findings = list(examine(find_home()))
    if options.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=1))
    else:
        for finding in findings:
            mark = {"ok": "  ok     ", "warning": "  look   ", "problem": "  PROBLEM"}[finding.level]
            print(f"{mark} {finding.what}" + (f"\n            -> {finding.remedy}" if finding.remedy else ""))
    return 1 if any(finding.level == "problem" for finding in findings) else 0


def examine(home: Home) -> Iterator[Finding]:
    """All findings, in the order a person would ask."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    yield Finding("ok", f"Layerbridge {__version__}, Python {python}, {sys.platform}")
    if is_store_python(sys.platform, sys.base_prefix):
        yield Finding("problem", STORE_PYTHON, OTHER_PYTHON)
    yield from examine_torch()
    yield from examine_home(home)
    connection = connect(home)
    yield from examine_daemon(connection, home)
    yield from examine_plugins()


def examine_torch() -> Iterator[Finding]:
    """torch in a process of its own: a broken build can end it."""
    command = python_command("-c", TORCH_PROBE)
    probe = subprocess.run(
        command, capture_output=True, encoding="utf-8", errors="replace", check=False, env=python_environment()
    )
    if probe.returncode:
        reason = probe.stderr.strip().splitlines()[-1:] or [f"exit code {probe.returncode}"]
        remedy = "Install it again: `pip install --force-reinstall torch`."
        yield Finding("problem", f"torch cannot be loaded: {reason[0]}", remedy)
        return
    facts: dict[str, Any] = json.loads(probe.stdout.strip().splitlines()[-1])
    for device in facts["cuda"]:
        yield Finding("ok", f"torch {facts['version']}: {device['name']}, {device['memory'] / 2**30:.0f} GiB")
    if facts["mps"]:
        yield Finding("ok", f"torch {facts['version']}: Apple GPU")
    if facts["cuda"] or facts["mps"]:
        return
    text = f"torch {facts['version']} finds no GPU: the CPU paints, with {facts['threads']} threads"
    if shutil.which("nvidia-smi") and not facts["cuda_build"]:
        remedy = "This torch was built without CUDA. See https://pytorch.org/get-started for the right one."
        yield Finding("problem", text, remedy)
    elif shutil.which("nvidia-smi"):
        yield Finding("problem", text, "The NVIDIA driver may be older than this torch needs; update it.")
    else:
        yield Finding("warning", text, "Small models are fine; for large ones use a machine with a GPU.")


def examine_home(home: Home) -> Iterator[Finding]:
    fault = home_fault(home)
    if fault:
        what, _, remedy = fault.partition(". ")
        yield Finding("problem", what, remedy)
        return
    free = shutil.disk_usage(nearest_existing(home.state)).free
    text = f"state is in {home.state}, {free / 2**30:.1f} GiB free; logs are in {home.logs}"
    low = free < FREE_BYTES
    yield Finding("warning" if low else "ok", text, "Free some space: results and models need it." if low else "")
    if home.state.exists() and sys.platform != "win32" and home.state.stat().st_mode & 0o077:
        yield Finding("problem", f"{home.state} is open to other users", f"Run `chmod 700 {home.state}`.")
    if is_outside_profile(sys.platform, str(home.state), os.environ):
        what = f"{home.state} lies outside your user folder, where Windows lets other users of this computer read"
        yield Finding("warning", what, f"Run once: {protecting_command(str(home.state))}")
    yield from examine_models(home)


def examine_models(home: Home) -> Iterator[Finding]:
    folders = model_folders(home)
    models = find_models(folders, home.model_store)
    usable = sum(model.problem is None for model in models)
    damaged = [model.name for model in models if model.problem is ErrorCode.MODEL_UNREADABLE]
    others = len(models) - usable
    text = f"{usable} model{'s' * (usable != 1)} can be used, {others} file{'s' * (others != 1)} cannot; looked in "
    text += _listed(folders)
    remedy = f"Damaged: {_listed(damaged[:5])}{' …' if len(damaged) > 5 else ''}. `layerbridge models list` says why."
    yield Finding("warning" if damaged else "ok", text, remedy if damaged else "")


def examine_daemon(connection: Connection | None, home: Home) -> Iterator[Finding]:
    if connection is None:
        yield Finding("warning", "the daemon is not running", "Start it with `layerbridge serve`; plug-ins can too.")
        yield from examine_ports()
        yield from examine_kept(home)
        return
    answer = connection.call("GET", "/v1/status")
    yield Finding("ok", f"the daemon runs at {', '.join(answer['addresses'])}; its log is {answer['log']}")
    if answer["version"] != __version__:
        remedy = "Restart it: `layerbridge stop`, then `layerbridge serve`."
        yield Finding("problem", f"the daemon is version {answer['version']}, this command is {__version__}", remedy)
    for remark in answer["remarks"]:
        yield Finding("warning", remark)
    for device in answer["devices"]:
        if device["state"] == "dead":
            remedy = f"The end of {home.worker_log} says why."
            yield Finding("problem", f"the worker on {device['name']} cannot start", remedy)
        else:
            yield Finding("ok", f"worker on {device['name']}: {device['state']}")
    names = [client["name"] for client in answer["clients"]]
    remedy = "" if names else "Open the plug-in once; if it asks for a code, run `layerbridge pair`."
    yield Finding("ok" if names else "warning", f"paired plug-ins: {', '.join(names) or 'none'}", remedy)


def examine_kept(home: Home) -> Iterator[Finding]:
    """What an earlier daemon has put aside; one that runs says so itself."""
    damaged = damaged_files(home.journal)
    if damaged:
        what = f"{home.journal} was damaged and has been mended; {len(damaged)} damaged file(s) are kept: {damaged[-1]}"
        yield Finding("warning", what, "If it happened more than once, check the disk. The file may be deleted.")
    if home.spool.is_dir() and os.access(home.spool, os.R_OK | os.X_OK):
        for remark in Spool(home.spool, home.quarantine).remarks():
            yield Finding("warning", remark)


def examine_ports(ports: tuple[int, ...] = PORTS) -> Iterator[Finding]:
    """Who listens where the daemon would."""
    taken = [port for port in ports if _is_taken(port)]
    others = [port for port in taken if say_hello("127.0.0.1", port) is not None]
    for port in others:
        yield Finding("ok", f"port {port} is taken by a Layerbridge of another home, or of another user")
    if len(taken) == len(ports):
        yield Finding("problem", f"all of its ports are taken: {_listed(taken)}", "Use `layerbridge serve --port N`.")
    elif set(taken) - set(others):
        foreign = [port for port in taken if port not in others]
        yield Finding("ok", f"port {_listed(foreign)} is taken by another program; the next one is used")


def _listed(things: Sequence[object]) -> str:
    return ", ".join(map(str, things))


def _is_taken(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def examine_plugins() -> Iterator[Finding]:
    machine = this_machine()
    folders = {folder: installed_version(folder) for folder in find_gimp_folders(machine)}
    there = {folder: version for folder, version in folders.items() if version is not None}
    if not there:
        found = "GIMP 3 was started here before" if folders else "no user folder of GIMP 3 was found"
        yield Finding("warning", f"the GIMP plug-in is not installed ({found})", INSTALL)
    for folder, version in there.items():
        text = f"GIMP plug-in {version or 'of unknown version'} in {folder.plugin}"
        if version == __version__:
            yield Finding("ok", text)
        else:
            yield Finding("problem", f"{text}; this is {__version__}", INSTALL)
        yield from examine_interpreter(folder, machine)


def examine_interpreter(
    folder: GimpFolder, machine: Machine, works: Callable[[str], bool] = loads_gimp
) -> Iterator[Finding]:
    """Whether the Python that the first line names can run the plug-in: if not, GIMP shows no menu, and no message."""
    if machine.platform in ("win32", "darwin") or folder.sandboxed:
        return
    named = named_python(folder.plugin / ENTRY)
    if named != FIRST_ON_PATH:
        if works(named):
            yield Finding("ok", f"GIMP starts it with {named}, which has GIMP's bindings")
        else:
            text = f"GIMP starts it with {named}, which has no bindings of GIMP 3: there will be no menu"
            yield Finding("problem", text, f"Install python3-gi and the package with Gimp-3.0.typelib. {INSTALL}")
        return
    better = find_python(candidates(machine.environment), works)
    text = "GIMP starts it with the first python3 on its PATH; if that has no bindings of GIMP 3, there is no menu"
    if better:
        yield Finding("warning", text, f"{better} has them. {INSTALL}")
    else:
        yield Finding("warning", text, "Fine for an AppImage; else install python3-gi and Gimp-3.0.typelib's package.")
