"""Imports what a worker needs, library by library, so that the one that fails can be named."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ..errors import BridgeError

LIBRARIES = ("numpy", "cv2", "PIL", "torch", "transformers", "diffusers")  # each after those that it needs
COMPILER = "torch._dynamo"  # diffusers imports it and does without (utils/torch_utils.py); half of a worker's start
REASON_LENGTH = 200
REMEDY = "Install Layerbridge again, into a fresh environment"


class LibraryError(Exception):
    """A library cannot be imported. str(error) says which, and why in the library's own words."""


def import_libraries(names: Sequence[str] = LIBRARIES) -> None:
    """Raises LibraryError for the first that cannot be imported, in whatever way it fails.

    Without torch's compiler: what reads prompts imports it with the first model, the other tasks never.
    """
    for name in names:
        try:
            with _without(COMPILER):
                importlib.import_module(name)
        except Exception as error:  # a broken installation raises more than ImportError: OSError, RuntimeError ...
            raise LibraryError(_told(name, error)) from error


@contextmanager
def _without(module: str) -> Iterator[None]:
    """Importing the module fails within, unless it has been imported; afterwards it is imported as ever."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # pyright: ignore[reportArgumentType]  (docs.python.org/3/reference/import.html)
    try:
        yield
    finally:
        del sys.modules[module]


def why_unavailable(error: Exception) -> str:
    """The middle of the sentence "The process that paints cannot start: ... ."."""
    if isinstance(error, (LibraryError, BridgeError)):
        return str(error).rstrip(".")
    return f"a fault in Layerbridge or a library ({type(error).__name__})"


def _told(name: str, error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name:
        needed = "" if error.name == name else f", which {name} needs,"
        return f"the library {error.name}{needed} is missing. {REMEDY}"
    root: BaseException = error
    while (deeper := root.__cause__ or root.__context__) is not None:
        root = deeper
    reason = str(root).strip().partition("\n")[0][:REASON_LENGTH]
    return f"the library {name} cannot be loaded ({reason or type(root).__name__}). {REMEDY}"
