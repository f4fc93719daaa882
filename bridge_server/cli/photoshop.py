"""The Photoshop panel as a package (.ccx), and how it gets into Photoshop.

A .ccx is a plain zip with manifest.json at its root. Adobe's own installer takes it: a double click hands it to
Creative Cloud, and the Unified Plugin Installer Agent (UPIA), which comes with Creative Cloud, takes it from a command
line.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..errors import BridgeError, ErrorCode
from .plugin import Machine

FOLDER = "layerbridge"
LEFT_OUT = ("node_modules", "__pycache__")
SCRIPTS = ".psjs"  # run by hand from File > Scripts; not a part of the panel
ZIP_UNIX = 3  # as if made on Unix, wherever it is made
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date a zip can hold: the same files give the same bytes
UPIA = "Adobe Desktop Common/RemoteComponents/UPI/UnifiedPluginInstallerAgent"
UPIA_SECONDS = 120


@dataclass(frozen=True)
class Package:
    """name: as the UXP Developer Tool names it, <plug-in id>_PS.ccx. data: the bytes of the file."""

    name: str
    version: str
    data: bytes


def panel_source() -> Path:
    """The folder of the panel's files in this installation."""
    spec = find_spec("photoshop_uxp")
    places = [] if spec is None else list(spec.submodule_search_locations or [])
    folder = next((Path(place) for place in places if (Path(place) / "manifest.json").is_file()), None)
    if folder is None:
        raise BridgeError(
            ErrorCode.INTERNAL, "The panel's files are missing from this installation. Install Layerbridge again."
        )
    return folder


def panel_files(source: Path) -> list[Path]:
    """The files of the panel, relative to `source`, in a fixed order."""
    found = (path.relative_to(source) for path in source.rglob("*") if path.is_file())
    wanted = [
        path
        for path in found
        if not set(path.parts) & set(LEFT_OUT)
        and not any(part.startswith(".") for part in path.parts)
        and path.suffix not in (SCRIPTS, ".py", ".pyc")
    ]
    return sorted(wanted, key=Path.as_posix)


def build(source: Path) -> Package:
    """The same files give the same bytes. Raises BridgeError where the manifest is not one for Photoshop."""
    manifest = _manifest(source)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for path in panel_files(source):
            entry = zipfile.ZipInfo(path.as_posix(), EPOCH)
            entry.create_system = ZIP_UNIX
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, (source / path).read_bytes())
    return Package(f"{manifest['id']}_PS.ccx", manifest["version"], content.getvalue())


def _manifest(source: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((source / "manifest.json").read_text(encoding="utf-8"))
        host, entry, _, _ = (manifest[key] for key in ("host", "main", "id", "version"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BridgeError(ErrorCode.INTERNAL, f"{source / 'manifest.json'} is damaged.", repr(error)) from None
    if not isinstance(host, dict) or host.get("app") != "PS" or not (source / str(entry)).is_file():
        raise BridgeError(
            ErrorCode.INTERNAL, f"{source / 'manifest.json'} does not name Photoshop and the panel's page."
        )
    return manifest


COMMON_FILES = r"C:\Program Files\Common Files"


def installer_agent(machine: Machine) -> list[str] | None:
    """The command line of Adobe's installer up to the package, or None where this machine has none.

    Windows: the place and the switch that public install scripts use. macOS: the same under Application Support;
    neither was tried on a machine that has them.
    """
    if machine.platform == "win32":
        names = ("CommonProgramW6432", "CommonProgramFiles")  # the second is that of x86 for a 32-bit Python
        common = next((machine.environment[name] for name in names if name in machine.environment), COMMON_FILES)
        program = Path(common) / "Adobe" / UPIA / "UnifiedPluginInstallerAgent.exe"
        return [str(program), "/install"] if program.is_file() else None
    if machine.platform == "darwin":
        base = Path("/Library/Application Support/Adobe")
        program = base / UPIA / "UnifiedPluginInstallerAgent.app/Contents/MacOS/UnifiedPluginInstallerAgent"
        return [str(program), "--install"] if program.is_file() else None
    return None


def run_agent(command: Iterable[str], package: Path) -> str:
    """Install with Adobe's agent; gives what it printed. Raises BridgeError where it refuses."""
    words = [*command, str(package)]
    try:
        done = subprocess.run(
            words, capture_output=True, encoding="utf-8", errors="replace", timeout=UPIA_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _refused(package, repr(error)) from None
    said = (done.stdout + done.stderr).strip()
    if done.returncode != 0:
        raise _refused(package, said or f"exit code {done.returncode}")
    return said


def _refused(package: Path, detail: str) -> BridgeError:
    return BridgeError(
        ErrorCode.UNSUPPORTED,
        f"Adobe's installer did not take the package ({detail}). Double-click {package} instead, or see "
        "docs/photoshop.md for the other ways.",
    )


def checked_folder(folder: Path) -> Path:
    """The folder itself. Raises BridgeError where it is a file, or does not exist."""
    if folder.is_file():
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"{folder} is a file. Name the folder that it is to go into.")
    if not folder.is_dir():
        raise BridgeError(ErrorCode.NOT_FOUND, f"There is no folder {folder}. Make it, or name another.")
    return folder


def copy_panel(source: Path, into: Path) -> Path:
    """The panel's files as a folder in `into`, for the UXP Developer Tool or Photoshop's own Plug-ins folder.

    Raises BridgeError where `into` is no folder or cannot be written, or holds something of the same name that is not
    ours; what was there before is then still there.
    """
    folder = checked_folder(into) / FOLDER
    _check_ours(folder)
    staged, former = into / f".{FOLDER}-new", into / f".{FOLDER}-old"
    _clear(staged, former)
    try:
        for path in panel_files(source):
            (staged / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / path, staged / path)
        if folder.exists():
            folder.rename(former)
        staged.rename(folder)
    except OSError as error:
        if former.exists() and not folder.exists():
            former.rename(folder)
        raise _unwritable(into, error) from None
    finally:
        _clear(staged, former)
    return folder


def _clear(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def remove_panel(into: Path) -> bool:
    """Remove a folder that `copy_panel` made; whether there was one. Raises BridgeError where that is not allowed."""
    folder = into / FOLDER
    if not folder.exists() and not folder.is_symlink():
        return False
    _check_ours(folder)
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise _unwritable(into, error) from None
    return True


def _check_ours(folder: Path) -> None:
    if not folder.exists() and not folder.is_symlink():
        return
    ours = (folder / "lib" / "wire.js").is_file() or (folder.is_dir() and not any(folder.iterdir()))
    if folder.is_symlink() or not ours:
        raise BridgeError(
            ErrorCode.INVALID_REQUEST,
            f"{folder} exists and was not made by Layerbridge. Move it away, then try again.",
        )


def _unwritable(folder: Path, error: OSError) -> BridgeError:
    return BridgeError(
        ErrorCode.INVALID_REQUEST,
        f"{folder} cannot be written ({error.strerror or error}). Close Photoshop, and where the folder belongs to the "
        "administrator run the command as one; or take `layerbridge plugin package`: a double click installs its file.",
        repr(error),
    )
