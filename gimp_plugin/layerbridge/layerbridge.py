#!/usr/bin/env python3
"""Entry file of the plug-in: GIMP starts it once to ask for the procedures, and once for each run."""

import importlib.util
import sys
from pathlib import Path

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Gimp  # noqa: E402


def load_package(name: str, folder: Path) -> None:
    """Make a folder the package `name`, without putting GIMP's plug-in folder on the search path."""
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    spec.loader.exec_module(package)


HERE = Path(__file__).resolve().parent
load_package("layerbridge_client", HERE / "layerbridge_client")
load_package("layerbridge", HERE)
from layerbridge.plugin import LayerbridgePlugIn  # noqa: E402

Gimp.main(LayerbridgePlugIn.__gtype__, sys.argv)
