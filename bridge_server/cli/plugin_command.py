"""plugin install, uninstall, path, package."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..config import find_home
from ..errors import BridgeError, ErrorCode
from .interpreter import FIRST_ON_PATH
from .photoshop import (
    FOLDER,
    Package,
    build,
    checked_folder,
    copy_panel,
    installer_agent,
    panel_source,
    remove_panel,
    run_agent,
)
from .plugin import choose_folders, plugin_source, python_for, this_machine, this_target
from .plugin import install as install_into
from .plugin import uninstall as uninstall_from
from .windows import OTHER_PYTHON, STORE_PYTHON, is_store_python

BY_HAND = (
    "Double-click it on a computer with Photoshop: Creative Cloud asks, and installs it. docs/photoshop.md has more."
)
NO_BINDINGS = (
    "No python3 here has GIMP 3's bindings, so the first one on GIMP's PATH runs the plug-in. An AppImage brings its "
    "own; a GIMP of your distribution needs python3-gi and the package with Gimp-3.0.typelib, or it shows no menu."
)
OPEN = "Restart Photoshop; the panel is under Plugins > Layerbridge. Then pair it: layerbridge pair."


def install(options: argparse.Namespace) -> int:
    if is_store_python(sys.platform, sys.base_prefix):
        raise BridgeError(ErrorCode.UNSUPPORTED, f"Nothing was installed: {STORE_PYTHON}. {OTHER_PYTHON}")
    if options.editor == "photoshop":
        return _install_photoshop(options.into)
    machine = this_machine()
    for folder in choose_folders(machine, options.into):
        python = python_for(folder, machine)
        print(f"Installed {install_into(folder, plugin_source(), this_target(), python or FIRST_ON_PATH)}")
        if folder.sandboxed:
            print("  This GIMP runs in a sandbox and cannot start the daemon: run `layerbridge serve` yourself.")
        if python is None:
            print(f"  {NO_BINDINGS}")
    print("Restart GIMP; the plug-in is under Filters > Layerbridge.")
    return 0


def _install_photoshop(into: str | None) -> int:
    if into is not None:
        print(f"Installed {copy_panel(panel_source(), _folder(into))}")
        print(OPEN)
        return 0
    written = _write(build(panel_source()), find_home().state)
    agent = installer_agent(this_machine())
    if agent is None:
        print(f"Wrote {written}\n{BY_HAND}")
        return 0
    print(run_agent(agent, written) or f"Installed {written.name}")
    print(OPEN)
    return 0


def package(options: argparse.Namespace) -> int:
    """Write the panel's package into a folder."""
    print(_write(build(panel_source()), _folder(options.out)))
    return 0


def uninstall(options: argparse.Namespace) -> int:
    if options.editor == "photoshop":
        return _uninstall_photoshop(options.into)
    for folder in choose_folders(this_machine(), options.into):
        removed = uninstall_from(folder)
        print(f"Removed {folder.plugin}" if removed else f"There was no plug-in in {folder.path}")
    return 0


def _uninstall_photoshop(into: str | None) -> int:
    if into is None:
        print("Creative Cloud removes it: Stock & Marketplace > Plugins > Manage plugins > Layerbridge > Uninstall.")
        return 0
    folder = _folder(into)
    print(f"Removed {folder / FOLDER}" if remove_panel(folder) else f"There was no panel in {folder}")
    return 0


def path(options: argparse.Namespace) -> int:
    if options.editor == "photoshop":
        print(panel_source())
        return 0
    for folder in choose_folders(this_machine(), options.into):
        print(folder.plugin)
    return 0


def _write(made: Package, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    written = folder / made.name
    written.write_bytes(made.data)
    return written


def _folder(name: str) -> Path:
    return checked_folder(Path(name).expanduser().absolute())
