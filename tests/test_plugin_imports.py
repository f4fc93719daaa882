"""The GIMP plug-in runs in GIMP's own Python: the standard library, gi and its own files are all it may import."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

PLUGIN = Path(__file__).parents[1] / "gimp_plugin"


def imported(path: Path) -> set[str]:
    """First names of what a file imports, relative imports left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level == 0}
    return {name.partition(".")[0] for name in names}


def test_the_gimp_plugin_needs_only_the_standard_library_and_gi() -> None:
    files = list(PLUGIN.rglob("*.py"))
    assert files
    allowed = sys.stdlib_module_names | {"gi"} | {path.stem for path in files} | {path.parent.name for path in files}
    foreign = {path.name: imported(path) - allowed for path in files}
    assert {name: modules for name, modules in foreign.items() if modules} == {}
