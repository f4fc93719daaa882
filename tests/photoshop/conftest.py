"""Scenarios in JavaScript as tests of pytest: each `test('name', …)` of a `*.test.js` or `*.test.mjs` file is one.

Those in the browser share a process, and with it Chromium, the daemon and its worker; unit tests share another.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from json import loads
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
NAMED = re.compile(r"^test\(\s*(?P<quote>['\"])(?P<name>.+?)(?P=quote)\s*,", re.MULTILINE)
SPECIAL = re.compile(r"[^\w\s,'-]")
SILENCE_SECONDS = 660.0  # without a finished scenario: more than twice the patience of a wait (rig/rig.mjs)
OTHERS = "(made in a loop)"


@dataclass(frozen=True)
class Result:
    file: str
    name: str
    passed: bool
    skip: Any
    seconds: float
    error: str


class Run:
    """One Node.js process over some files; started when the first of its tests is asked for."""

    def __init__(self) -> None:
        self.results: list[Result] | None = None
        self.output = ""

    def of(self, item: Scenario) -> list[Result]:
        if self.results is None:
            self.results = []
            self._start([other for other in item.session.items if isinstance(other, Scenario) and other.run is self])
        return [r for r in self.results if not r.file or Path(r.file).resolve() == item.path.resolve()]

    def _start(self, items: list[Scenario]) -> None:
        report = Path(items[0].config._tmp_path_factory.mktemp("node")) / "results.jsonl"  # type: ignore[attr-defined]
        command = [
            "node",
            "--test-reporter",
            str(HERE / "rig/reporter.mjs"),
            "--test-reporter-destination",
            str(report),
        ]
        files = sorted({str(item.path) for item in items})
        environment = {**os.environ, "LAYERBRIDGE_PYTHON": sys.executable}
        output = report.with_name("output.txt")
        with output.open("w") as out:
            started = subprocess.Popen(
                [*command, *_patterns(items), str(HERE / "rig/run.mjs"), *files],
                cwd=HERE,
                env=environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        stopped = _wait(started, report)
        self.output = output.read_text(errors="replace") + stopped
        lines = report.read_text(encoding="utf-8").splitlines() if report.exists() else []
        for line in map(loads, lines):
            if line["nesting"] == 0:
                self.results.append(  # type: ignore[union-attr]
                    Result(
                        file=line.get("file") or "",
                        name=line["name"],
                        passed=line["passed"],
                        skip=line.get("skip"),
                        seconds=line["milliseconds"] / 1000,
                        error=line.get("error") or "",
                    )
                )


def _wait(process: subprocess.Popen[bytes], report: Path) -> str:
    """Until it ends; what is said where it had to be ended, since no scenario was finished for too long."""
    last = time.monotonic()
    size = 0
    while process.poll() is None:
        time.sleep(0.05)
        now = report.stat().st_size if report.exists() else 0
        if now != size:
            size, last = now, time.monotonic()
        if time.monotonic() - last > SILENCE_SECONDS:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return f"\nended: no scenario was finished for {SILENCE_SECONDS:.0f} seconds"
    return ""


def _patterns(items: Iterable[Scenario]) -> list[str]:
    """Where only some were chosen (-k, or by name): their names, for Node.js to run no others."""
    by_file: dict[ScenarioFile, set[str]] = defaultdict(set)
    for item in items:
        by_file[item.parent].add(item.name)  # type: ignore[index]
    if all(names == set(file.names) for file, names in by_file.items()):
        return []
    if any(OTHERS in names for names in by_file.values()):
        return []
    names = sorted(set().union(*by_file.values()))
    return ["--test-name-pattern=/^" + SPECIAL.sub(r"\\\g<0>", name) + "$/" for name in names]


class Scenario(pytest.Item):
    def __init__(self, *, run: Run, **given: Any) -> None:
        super().__init__(**given)
        self.run = run
        self.seconds: float | None = None

    def runtest(self) -> None:
        _need_node(browser=self.path.suffix == ".mjs")
        results = self.run.of(self)
        known = set(self.parent.names)  # type: ignore[union-attr]
        mine = [r for r in results if (r.name not in known if self.name == OTHERS else r.name == self.name)]
        if not mine and self.name != OTHERS:
            raise ScenarioError(f"{self.name} did not run.\n{self.run.output[-6000:]}")
        self.seconds = sum(result.seconds for result in mine)
        for result in mine:
            if result.skip:
                pytest.skip(f"{result.name}: {result.skip}")
            if not result.passed:
                raise ScenarioError(f"{result.name}\n{result.error}\n{self.run.output[-3000:]}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, ScenarioError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, self.name


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A scenario's own time, not that of the process which the first of them starts."""
    report = yield
    if isinstance(item, Scenario) and call.when == "call" and item.seconds is not None:
        report.duration = item.seconds
    return report


class ScenarioError(Exception):
    """What Node.js said of a scenario that failed."""


class ScenarioFile(pytest.File):
    names: tuple[str, ...] = ()

    def collect(self) -> Iterable[Scenario]:
        text = self.path.read_text(encoding="utf-8")
        names = [match["name"].replace("\\'", "'") for match in NAMED.finditer(text)]
        made = len(re.findall(r"^[ \t]+test\(|^test\(\s*`", text, re.MULTILINE))
        self.names = (*names, *((OTHERS,) if made else ()))
        runs = self.config.stash.setdefault(RUNS, {True: Run(), False: Run()})
        run = runs[self.path.suffix == ".mjs"]
        for name in self.names:
            yield Scenario.from_parent(self, name=name, run=run)


RUNS = pytest.StashKey[dict[bool, Run]]()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.name.endswith((".test.js", ".test.mjs")) and "node_modules" not in file_path.parts:
        return ScenarioFile.from_parent(parent, path=file_path)
    return None


def _need_node(*, browser: bool = False) -> None:
    """Skip, which in CI fails, where something is not installed."""
    if not shutil.which("node"):
        pytest.skip("Node.js is not installed: make system")
    if not (HERE / "node_modules/typescript").exists():
        pytest.skip("the Node.js packages are not installed: make system")
    if browser and not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        pytest.skip("Chromium is not installed: make system")


@pytest.fixture
def node() -> Any:
    """Run a script of tests/photoshop: `node("types/check.mjs", "--wrong")` gives the finished process."""
    _need_node()

    def run(*arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["node", *arguments], cwd=HERE, capture_output=True, text=True, timeout=timeout)

    return run
