"""Writes what is generated from the protocol: `python -m bridge_server.protocol.generate [--check]`, from a checkout.

Clients share the protocol by these copies, since they may not import the server. With --check nothing is written:
the differences are printed, and the exit code is 1 if there are any.
"""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from ..operations.registry import Registry, builtin
from . import fields, frame
from .mirror_docs import render_document
from .mirror_javascript import (
    render_codec_javascript,
    render_json_javascript,
    render_operations_javascript,
    render_wire_javascript,
)
from .mirror_python import render_copy, render_operations_python, render_wire_python
from .mirror_texts import render_javascript, render_python
from .openapi import build_openapi

Render = Callable[[Registry], str]


def render_openapi(operations: Registry) -> str:
    """The text of docs/openapi.json."""
    return json.dumps(build_openapi(operations), indent=2, ensure_ascii=False) + "\n"


def _copy_of(module: ModuleType) -> Render:
    return lambda _operations: render_copy(module)


DOCUMENTS = ("docs/protocol.md", "docs/operations.md", "docs/generate.md")  # only their marked blocks are generated
TARGETS: dict[str, Render] = {
    "layerbridge_client/frame.py": _copy_of(frame),
    "layerbridge_client/fields.py": _copy_of(fields),
    "layerbridge_client/wire.py": render_wire_python,
    "layerbridge_client/operation_table.py": render_operations_python,
    "photoshop_uxp/lib/codec.js": lambda _operations: render_codec_javascript(),
    "photoshop_uxp/lib/message_json.js": lambda _operations: render_json_javascript(),
    "photoshop_uxp/lib/wire.js": render_wire_javascript,
    "photoshop_uxp/lib/operation_table.js": render_operations_javascript,
    "layerbridge_client/english.py": lambda _operations: render_python("client"),
    "gimp_plugin/layerbridge/english.py": lambda _operations: render_python("gimp"),
    "photoshop_uxp/lib/english.js": lambda _operations: render_javascript("photoshop"),
    "docs/openapi.json": render_openapi,
}


def differences(root: Path, operations: Registry) -> str:
    """A unified diff from the files under `root` to what would be generated; empty if they agree."""
    found: list[str] = []
    for name, text in generated(root, operations).items():
        path = root / name
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        found += difflib.unified_diff(old.splitlines(True), text.splitlines(True), name, f"{name} (generated)")
    return "".join(found)


def generated(root: Path, operations: Registry) -> dict[str, str]:
    """The generated files' texts by their path below `root`."""
    texts = {name: render(operations) for name, render in TARGETS.items()}
    for name in DOCUMENTS:
        texts[name] = render_document((root / name).read_text(encoding="utf-8"), operations)
    return texts


def write(root: Path, operations: Registry) -> list[str]:
    """Write what differs; the paths that were written."""
    written: list[str] = []
    for name, text in generated(root, operations).items():
        path = root / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
            written.append(name)
    return written


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bridge_server.protocol.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say what differs")
    options = parser.parse_args(arguments)
    root = Path(__file__).parents[2]
    if options.check:
        difference = differences(root, builtin())
        sys.stdout.write(difference)
        return 1 if difference else 0
    for name in write(root, builtin()):
        print(f"wrote {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
