"""The conformance script on the fake host must agree with the table of rules; the comparison must tell differences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

RUN = (
    "import('./conformance/run.mjs').then((m) => m.runOnFake({options}))"
    ".then(({{report}}) => console.log(JSON.stringify(report)))"
)


def report_of(node: Any, **options: Any) -> dict[str, Any]:
    done = node("-e", RUN.format(options=json.dumps(options)))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_script_agrees_with_the_fake(node: Any, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(json.dumps(report_of(node)))
    done = node("compare-report.mjs", str(tmp_path / "report.json"))
    assert done.returncode == 0, done.stdout
    assert ", 0 differ, 0 are not in the report" in done.stdout


@pytest.mark.parametrize(
    ("rule", "choice"),
    [
        ("mask.outside", "black"),
        ("selection.none", "zero"),
        ("pixels.empty", "zero"),
        ("put.beyond-canvas", "clipped"),
        ("layer.xmp-property", "text"),
    ],
)
def test_a_photoshop_that_differs_is_told(node: Any, tmp_path: Path, rule: str, choice: str) -> None:
    (tmp_path / "report.json").write_text(json.dumps(report_of(node, assume={rule: choice})))
    done = node("compare-report.mjs", str(tmp_path / "report.json"))
    assert done.returncode == 1
    assert f"\n{rule} (assumed)" in done.stdout
    assert f"this Photoshop: {choice}" in done.stdout


def test_a_failing_check_does_not_stop_the_script(node: Any) -> None:
    """In a Photoshop without getSelection, the rules of selections fail, and all others are still in the report."""
    broken = RUN.format(options="{}").replace("{})", "{}, ({imaging}) => { delete imaging.getSelection; })", 1)
    observed = json.loads(node("-e", broken).stdout)["observed"]
    assert observed["selection.values"].startswith("failed: ")
    assert observed["mask.values"] == "yes"
    assert len(observed) > 100


def test_another_file_is_refused(node: Any, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("{}")
    done = node("compare-report.mjs", str(tmp_path / "other.json"))
    assert done.returncode != 0
    assert "not a report" in done.stderr


def test_the_documentation_has_the_table(node: Any) -> None:
    done = node("conformance/table.mjs", "--check")
    assert done.returncode == 0, done.stderr
