"""plugin install, uninstall, path."""

from __future__ import annotations

import argparse

from .plugin import choose_folders, plugin_source, this_machine, this_target
from .plugin import install as install_into
from .plugin import uninstall as uninstall_from


def install(options: argparse.Namespace) -> int:
    for folder in choose_folders(this_machine(), options.into):
        print(f"Installed {install_into(folder, plugin_source(), this_target())}")
        if folder.sandboxed:
            print("  This GIMP runs in a sandbox and cannot start the daemon: run `layerbridge serve` yourself.")
    print("Restart GIMP; the plug-in is under Filters > Layerbridge.")
    return 0


def uninstall(options: argparse.Namespace) -> int:
    for folder in choose_folders(this_machine(), options.into):
        removed = uninstall_from(folder)
        print(f"Removed {folder.plugin}" if removed else f"There was no plug-in in {folder.path}")
    return 0


def path(options: argparse.Namespace) -> int:
    for folder in choose_folders(this_machine(), options.into):
        print(folder.plugin)
    return 0
