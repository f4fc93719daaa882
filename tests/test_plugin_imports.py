"""What runs in GIMP's own Python imports the standard library, gi, the client library and its own files."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CLIENT = "layerbridge_client"


def imported(path: Path) -> set[str]:
    """First names of what a file imports, relative imports left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level == 0}
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize(("folder", "others"), [("gimp_plugin", {"gi", CLIENT}), (CLIENT, set())])
def test_only_what_is_there_is_imported(folder: str, others: set[str]) -> None:
    files = list((ROOT / folder).rglob("*.py"))
    assert files
    own = {path.stem for path in files} | {path.parent.name for path in files} if folder == "gimp_plugin" else set()
    foreign = {path.name: imported(path) - set(sys.stdlib_module_names) - own - others for path in files}
    assert {name: modules for name, modules in foreign.items() if modules} == {}
