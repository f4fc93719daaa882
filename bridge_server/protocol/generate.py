"""Writes what is generated from the protocol: `python -m bridge_server.protocol.generate [--check]`, from a checkout.

The plug-ins share the protocol by these copies, since they may not import the server. With --check nothing is written:
the differences are printed, and the exit code is 1 if there are any.
"""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from collections.abc import Callable
from pathlib import Path

from .mirror_docs import render_document
from .mirror_javascript import render_wire_javascript
from .mirror_python import render_wire_python
from .openapi import build_openapi

Render = Callable[[], str]


def render_openapi() -> str:
    """The text of docs/openapi.json."""
    return json.dumps(build_openapi(), indent=2, ensure_ascii=False) + "\n"


DOCUMENT = "docs/protocol.md"  # only its marked blocks are generated
TARGETS: dict[str, Render] = {
    "gimp_plugin/layerbridge/wire.py": render_wire_python,
    "photoshop_uxp/lib/wire.js": render_wire_javascript,
    "docs/openapi.json": render_openapi,
}


def differences(root: Path) -> str:
    """A unified diff from the files under `root` to what would be generated; empty if they agree."""
    found: list[str] = []
    for name, text in generated(root).items():
        path = root / name
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        found += difflib.unified_diff(old.splitlines(True), text.splitlines(True), name, f"{name} (generated)")
    return "".join(found)


def generated(root: Path) -> dict[str, str]:
    """The generated files' texts by their path below `root`."""
    texts = {name: render() for name, render in TARGETS.items()}
    texts[DOCUMENT] = render_document((root / DOCUMENT).read_text(encoding="utf-8"))
    return texts


def write(root: Path) -> list[str]:
    """Write what differs; the paths that were written."""
    written: list[str] = []
    for name, text in generated(root).items():
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
        difference = differences(root)
        sys.stdout.write(difference)
        return 1 if difference else 0
    for name in write(root):
        print(f"wrote {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
