#!/usr/bin/env python3
"""Entry file of the plug-in: GIMP starts it once to ask for the procedures, and once for each run."""

import importlib.util
import sys
from pathlib import Path

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Gimp  # noqa: E402


def load_package() -> None:
    """Make this folder the package `layerbridge`, without putting GIMP's plug-in folder on the search path."""
    folder = Path(__file__).resolve().parent
    spec = importlib.util.spec_from_file_location(
        "layerbridge", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    package = importlib.util.module_from_spec(spec)
    sys.modules["layerbridge"] = package
    spec.loader.exec_module(package)


load_package()
from layerbridge.plugin import LayerbridgePlugIn  # noqa: E402

Gimp.main(LayerbridgePlugIn.__gtype__, sys.argv)
