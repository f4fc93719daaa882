"""The conformance script on the fake host must agree with the table of rules; the comparison must tell differences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

RUN = (
    "import('./conformance/run.mjs').then((m) => m.runOnFake({options}{change}))"
    ".then(({{report, texts, control}}) => "
    "console.log(JSON.stringify({{report, texts, open: control.host.documents.length}})))"
)
CMYK = {"pixels.other-modes", "pixels.other-modes-own"}
PRESSES = ["yes", "no", "yes"]  # begin; 100 megapixels; CMYK


def run_script(node: Any, change: str = "", **options: Any) -> tuple[dict[str, Any] | None, list[str]]:
    """The report, and what its dialogs said."""
    given = json.dumps({"presses": PRESSES, **options})
    done = node("-e", RUN.format(options=given, change=f", {change}" if change else ""))
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["open"] == 0, "its documents are closed"
    return said["report"], said["texts"]


def report_of(node: Any, change: str = "", **options: Any) -> dict[str, Any]:
    report, _ = run_script(node, change, **options)
    assert report is not None
    return report


def test_the_script_agrees_with_the_fake(node: Any, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(json.dumps(report_of(node)))
    done = node("compare-report.mjs", str(tmp_path / "report.json"))
    assert done.returncode == 0, done.stdout
    assert ", 0 differ, 0 are not in the report, 1 were left out" in done.stdout
    assert "speed.layers: 500 layers made in" in done.stdout


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
    chosen = (
        f"import('./conformance/run.mjs').then((m) => m.runChosen(['{rule}'], {{assume: {{'{rule}': '{choice}'}}}}))"
    )
    done = node("-e", f"{chosen}.then(({{report}}) => console.log(JSON.stringify(report)))")
    (tmp_path / "report.json").write_text(done.stdout)
    done = node("compare-report.mjs", str(tmp_path / "report.json"))
    assert done.returncode == 1
    assert f"\n{rule} (assumed)" in done.stdout
    assert f"this Photoshop: {choice}" in done.stdout


def test_a_failing_check_does_not_stop_the_script(node: Any) -> None:
    """In a Photoshop without getSelection, the rules of selections fail, and all others are still in the report."""
    observed = report_of(node, "({imaging}) => { delete imaging.getSelection; }")["observed"]
    assert observed["selection.values"].startswith("failed: ")
    assert observed["mask.values"] == "yes"
    assert len(observed) > 100


def test_it_says_first_what_is_at_stake_and_asks_where_the_report_goes(node: Any) -> None:
    _, texts = run_script(node, presses=["close"])
    assert len(texts) == 1
    assert texts[0].startswith("Save your documents first.")
    assert "minutes" in texts[0]
    report, texts = run_script(node, pick="cancel")
    assert report is None
    assert len(texts) == 1


@pytest.mark.parametrize(("presses", "asked"), [(["yes", "no", "close"], 3), (["missing"], 0)])
def test_cmyk_is_read_only_after_a_question(node: Any, presses: list[str], asked: int) -> None:
    """Where dialogs are closed, or a script has none, what may end Photoshop is left out, and nothing else is."""
    report, texts = run_script(node, presses=presses)
    assert report is not None
    assert len(texts) == asked
    assert set(report["left_out"]) == CMYK | {"memory.large"}
    assert not CMYK & set(report["observed"])
    assert len(report["observed"]) > 150


ENDING = """import('./conformance/run.mjs').then(async (m) => {
    const seen = {};
    const ended = new Promise((resolve) => { seen.ended = resolve; });
    m.runOnFake({presses: ['yes', 'no', 'yes']}, ({imaging, app}, control) => {
        const {getPixels} = imaging;
        imaging.getPixels = (options) => {
            if (app.activeDocument.mode !== 'CMYKColorMode') return getPixels(options);
            seen.ended(control.uxp.files[0]);
            return new Promise(() => {});
        };
    });
    console.log(await (await ended).read());
    process.exit(0);
})"""


def test_what_was_seen_before_photoshop_ended_is_in_the_report(node: Any, tmp_path: Path) -> None:
    """A check that never comes back: the file names it, and has all that was seen before."""
    done = node("-e", ENDING)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["running"] in CMYK
    assert len(report["observed"]) > 150
    (tmp_path / "report.json").write_text(done.stdout)
    compared = node("compare-report.mjs", str(tmp_path / "report.json"))
    assert f"breaks off while {report['running']}" in compared.stdout


CANCELLED = """(photoshop, control) => {
    const {createDocument} = photoshop.app;
    let count = 0;
    photoshop.app.createDocument = async (options) => {
        const document = await createDocument(options);
        if (++count === 40) control.cancel();
        return document;
    };
}"""


def test_a_cancelled_script_stops_at_once_and_its_documents_are_closed(node: Any) -> None:
    report, texts = run_script(node, CANCELLED)
    assert report is not None
    assert 20 < len(report["observed"]) < 60
    assert report["running"]
    assert len(texts) == 1, "nothing more is asked"


def test_the_script_is_written_from_the_panels_checks(node: Any) -> None:
    done = node("conformance/build.mjs", "--check")
    assert done.returncode == 0, done.stderr


def test_another_file_is_refused(node: Any, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("{}")
    done = node("compare-report.mjs", str(tmp_path / "other.json"))
    assert done.returncode != 0
    assert "not a report" in done.stderr


def test_the_documentation_has_the_table(node: Any) -> None:
    done = node("conformance/table.mjs", "--check")
    assert done.returncode == 0, done.stderr
