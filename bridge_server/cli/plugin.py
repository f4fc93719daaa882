"""Installing the plug-in into GIMP 3's user folders: on Linux, Windows and macOS, as a package, flatpak or snap.

Everything that depends on the machine is passed in (`Machine`), so that each platform is testable on any other.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

from .. import __version__
from ..children import python_command
from ..config import HOME_VARIABLE, MODELS_VARIABLE, find_home
from ..errors import BridgeError, ErrorCode
from .interpreter import FIRST_ON_PATH, candidates, find_python, loads_gimp, name_python

NAME = "layerbridge"
ENTRY = "layerbridge.py"  # GIMP wants a file of the folder's name, and executable
NOTE = "install.json"
CLIENT = "layerbridge_client"  # the package that the plug-in shares with the command line; it is copied into it
FLATPAK_ID = "org.gimp.GIMP"
USER_FOLDER = re.compile(r"3\.\d+")
STORE_GIMP = "Packages/*GIMP*/LocalCache/Roaming/GIMP"  # in %LOCALAPPDATA%: Windows may redirect to it
PATH_VARIABLES = (
    *(HOME_VARIABLE, "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"),
    *("HF_HOME", "HF_HUB_CACHE", "SSL_CERT_FILE"),
)
PLAIN_VARIABLES = ("HF_ENDPOINT",)


@dataclass(frozen=True)
class Machine:
    """What decides where GIMP's folders are: sys.platform, the user's home folder, the environment."""

    platform: str
    home: Path
    environment: Mapping[str, str]


@dataclass(frozen=True)
class GimpFolder:
    """A user folder of GIMP 3. `sandboxed`: GIMP runs in a flatpak or snap and cannot start programs outside."""

    path: Path
    sandboxed: bool = False

    @property
    def plugin(self) -> Path:
        return self.path / "plug-ins" / NAME

    @property
    def data(self) -> Path:
        """The plug-in's own files: last values and tokens."""
        return self.path / NAME


@dataclass(frozen=True)
class Target:
    """What an installed plug-in is told of the daemon."""

    version: str
    runtime: Path  # absolute
    command: tuple[str, ...]  # starts the daemon
    environment: Mapping[str, str]  # for that command
    home: str = ""  # what its `hello` calls home
    start_log: Path | None = None  # absolute


def this_machine() -> Machine:
    return Machine(sys.platform, Path.home(), os.environ)


def this_target(environment: Mapping[str, str] = os.environ) -> Target:
    """The daemon of this installation, with the home and the folders of models that are in force now."""
    home = find_home(environment)
    command = python_command("-m", "bridge_server", "serve")
    return Target(
        __version__,
        home.runtime.absolute(),
        command,
        noted_environment(environment),
        home.identity,
        home.start_log.absolute(),
    )


def noted_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What decides where the daemon finds its files, made absolute: a GIMP from the desktop sees no shell profile."""
    noted = {name: _absolute(environment[name]) for name in PATH_VARIABLES if environment.get(name)}
    noted |= {name: environment[name] for name in PLAIN_VARIABLES if environment.get(name)}
    models = [_absolute(part) for part in environment.get(MODELS_VARIABLE, "").split(os.pathsep) if part]
    return noted | ({MODELS_VARIABLE: os.pathsep.join(models)} if models else {})


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute())


def plugin_source() -> Path:
    """The folder of the plug-in's files in this installation."""
    return _package_folder("gimp_plugin.layerbridge")


def _package_folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise BridgeError(
            ErrorCode.INTERNAL, "The plug-in's files are missing from this installation. Install Layerbridge again."
        )
    return Path(spec.origin).parent


def configuration_roots(machine: Machine) -> list[tuple[Path, bool]]:
    """The folders that hold GIMP's user folders, and whether that GIMP is sandboxed."""
    home, environment = machine.home, machine.environment
    if machine.platform == "win32":
        local = Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local")
        store = [(root, True) for root in sorted(local.glob(STORE_GIMP))]
        return [(Path(environment.get("APPDATA") or home / "AppData" / "Roaming") / "GIMP", False), *store]
    if machine.platform == "darwin":
        return [(home / "Library" / "Application Support" / "GIMP", False)]
    return [
        (Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "GIMP", False),
        (home / ".var" / "app" / FLATPAK_ID / "config" / "GIMP", True),
        (home / "snap" / "gimp" / "current" / ".config" / "GIMP", True),
    ]


def find_gimp_folders(machine: Machine) -> list[GimpFolder]:
    """GIMP 3's user folders that exist, newest version first. GIMP3_DIRECTORY, where set, is the only one."""
    chosen = machine.environment.get("GIMP3_DIRECTORY")
    if chosen:
        return [GimpFolder(machine.home / chosen)]
    found = []
    for root, sandboxed in configuration_roots(machine):
        if root.is_dir():
            versions = [entry for entry in root.iterdir() if entry.is_dir() and USER_FOLDER.fullmatch(entry.name)]
            versions.sort(key=lambda entry: int(entry.name.split(".")[1]), reverse=True)
            found += [GimpFolder(version, sandboxed) for version in versions]
    return found


def choose_folders(machine: Machine, into: str | None = None) -> list[GimpFolder]:
    """`into`, or the folders that are found. Raises BridgeError where there are none."""
    if into:
        return [named_folder(Path(into).expanduser().absolute())]
    folders = find_gimp_folders(machine)
    if not folders:
        looked = ", ".join(str(root) for root, _ in configuration_roots(machine))
        raise BridgeError(
            ErrorCode.NOT_FOUND,
            f"No user folder of GIMP 3 was found (looked in {looked}). Start GIMP 3 once and try again, or name the "
            "folder with --into; GIMP shows it under Edit > Preferences > Folders.",
        )
    return folders


def named_folder(chosen: Path) -> GimpFolder:
    """The user folder, named by hand as itself or as the `plug-ins` in it. Raises BridgeError where there is none."""
    path = chosen.parent if chosen.name == "plug-ins" else chosen
    if not path.is_dir():
        raise BridgeError(
            ErrorCode.NOT_FOUND,
            f"There is no folder {path}. GIMP shows its user folder under Edit > Preferences > Folders; "
            "name that one with --into.",
        )
    neighbors = set(pairwise(path.parts))
    store = ("LocalCache", "Roaming") in neighbors
    return GimpFolder(path, sandboxed=FLATPAK_ID in path.parts or ("snap", "gimp") in neighbors or store)


def python_for(folder: GimpFolder, machine: Machine) -> str | None:
    """What the first line is to name; None where a Python with GIMP's bindings is wanted and none is found."""
    if machine.platform in ("win32", "darwin") or folder.sandboxed:
        return FIRST_ON_PATH
    return find_python(candidates(machine.environment), loads_gimp)


def install(folder: GimpFolder, source: Path, target: Target, python: str = FIRST_ON_PATH) -> Path:
    """Install or update; returns the plug-in's folder. Doing it twice changes nothing but the time stamps.

    Raises BridgeError where the folder is not ours or cannot be written; what was there before is then still there.
    """
    _check_ours(folder.plugin)
    staged, former = _workshop(folder)  # not among the plug-ins: GIMP may be starting right now
    _clear(staged, former)
    try:
        _stage(staged, source, target, folder.sandboxed, python)
        folder.plugin.parent.mkdir(parents=True, exist_ok=True)
        if folder.plugin.exists() or folder.plugin.is_symlink():
            folder.plugin.rename(former)
        staged.rename(folder.plugin)
    except OSError as error:
        if (former.exists() or former.is_symlink()) and not folder.plugin.exists():
            former.rename(folder.plugin)
        raise BridgeError(
            ErrorCode.INVALID_REQUEST,
            f"{folder.plugin} cannot be written ({error.strerror or error}). Close GIMP and try again; the plug-in "
            "that was there before is left as it was.",
            repr(error),
        ) from None
    finally:
        _clear(staged, former)
    return folder.plugin


def _workshop(folder: GimpFolder) -> tuple[Path, Path]:
    return folder.path / f".{NAME}-new", folder.path / f".{NAME}-old"


def _stage(staged: Path, source: Path, target: Target, sandboxed: bool, python: str) -> None:
    ignored = shutil.ignore_patterns("__pycache__", NOTE)
    shutil.copytree(source, staged, ignore=ignored, copy_function=shutil.copyfile)
    shutil.copytree(_package_folder(CLIENT), staged / CLIENT, ignore=ignored, copy_function=shutil.copyfile)
    name_python(staged / ENTRY, python)
    (staged / ENTRY).chmod(0o755)
    note = {
        "version": target.version,
        "runtime": str(target.runtime),
        "home": target.home,
        "command": [] if sandboxed else list(target.command),
        "environment": dict(target.environment),
        "start_log": "" if target.start_log is None else str(target.start_log),
    }
    (staged / NOTE).write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")


def _clear(*folders: Path) -> None:
    for folder in folders:
        if folder.is_symlink():
            folder.unlink()
        shutil.rmtree(folder, ignore_errors=True)


def uninstall(folder: GimpFolder) -> bool:
    """Remove the plug-in, its last values and its tokens; returns whether there was anything."""
    there = folder.plugin.exists() or folder.plugin.is_symlink()
    if there:
        _check_ours(folder.plugin)
        _remove(folder.plugin)
    if folder.data.is_dir():
        shutil.rmtree(folder.data)
    return there


def installed_version(folder: GimpFolder) -> str | None:
    """The version of the installed plug-in; "" where it is there but does not say; None where it is not there."""
    if not (folder.plugin / ENTRY).exists():
        return None
    try:
        return str(json.loads((folder.plugin / NOTE).read_text(encoding="utf-8"))["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _check_ours(plugin: Path) -> None:
    known = ("remembered.py", "procedures.py")  # of every version so far
    ours = plugin.is_symlink() or not plugin.is_dir() or all((plugin / name).exists() for name in known)
    if not ours and any(plugin.iterdir()):
        raise BridgeError(
            ErrorCode.INVALID_REQUEST,
            f"{plugin} exists and was not made by Layerbridge. Move it away, then try again.",
        )


def _remove(plugin: Path) -> None:
    if plugin.is_symlink():
        plugin.unlink()
    elif plugin.exists():
        shutil.rmtree(plugin)
