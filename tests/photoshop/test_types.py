"""The panel and the conformance script against Adobe's types."""

from __future__ import annotations

import re
from typing import Any

from .conftest import HERE


def test_panel_and_conformance_script_fit_adobes_types(node: Any) -> None:
    done = node("types/check.mjs")
    assert done.returncode == 0, done.stdout + done.stderr


def test_mistakes_are_found(node: Any) -> None:
    """Each line of wrong.js that ends with a number is a mistake, and only those are."""
    lines = (HERE / "types/wrong.js").read_text(encoding="utf-8").splitlines()
    planted = {number for number, line in enumerate(lines, 1) if re.search(r"// \d+$", line)}
    done = node("types/check.mjs", "--wrong")
    found = {int(match) for match in re.findall(r"wrong\.js\((\d+),", done.stdout)}
    assert found == planted, done.stdout
    assert len(planted) >= 19


def test_each_patch_has_a_reason_and_a_source(node: Any) -> None:
    told = (
        "import('./types/patches.mjs').then(({PATCHES}) => "
        "console.log(PATCHES.filter((p) => !p.reason || !p.source).length, PATCHES.length))"
    )
    without, count = map(int, node("-e", told).stdout.split())
    assert (without, count > 5) == (0, True)
