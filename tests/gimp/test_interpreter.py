"""Which Python runs the plug-in: a virtual environment that is first on GIMP's PATH must not cost the menu."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from bridge_server.cli.doctor import examine_interpreter
from bridge_server.cli.interpreter import FIRST_ON_PATH, PROBE, candidates, find_python, loads_gimp, named_python
from bridge_server.cli.plugin import ENTRY, GimpFolder, Machine, Target, install, plugin_source, python_for
from gimp_plugin.layerbridge.operations import OPERATIONS
from tests.gimp.harness import GIMP_SECONDS, Gimp, make_profile
from tests.support.daemon import short_home

PROCEDURE = re.compile(rb'\(proc-def "plug-in-layerbridge-([^"]+)"')
AT_ONCE = {f"{operation.name}-options" for operation in OPERATIONS if not operation.asks}
MENU = {*(operation.name for operation in OPERATIONS), *AT_ONCE, "again", "history", "settings"}
TARGET = Target("1.2.3", Path("/home/anna/state/runtime.json"), (), {})


def machine(platform: str, path: str = "") -> Machine:
    return Machine(platform, Path("/home/anna"), {"PATH": path})


def test_the_systems_python_is_tried_first_then_the_path() -> None:
    path = "/home/anna/.venv/bin:relative:/usr/bin:/opt/my gimp/bin::/usr/local/bin"
    tried: list[str] = []

    def works(python: str) -> bool:
        tried.append(python)
        return python == "/usr/local/bin/python3"

    assert find_python(candidates({"PATH": path}), works) == "/usr/local/bin/python3"
    assert tried == ["/usr/bin/python3", "/home/anna/.venv/bin/python3", "/usr/local/bin/python3"], "no blank, absolute"
    assert find_python(candidates({"PATH": "/" + "x" * 120}), lambda python: "x" in python) is None, "too long"


def test_a_python_that_is_not_there_or_has_no_bindings_is_not_named(tmp_path: Path) -> None:
    assert not loads_gimp(str(tmp_path / "python3"))
    (tmp_path / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "python3").chmod(0o755)
    assert not loads_gimp(str(tmp_path / "python3"))


@pytest.mark.parametrize(("platform", "sandboxed"), [("linux", True), ("win32", False), ("darwin", False)])
def test_where_gimp_has_a_python_of_its_own_none_is_named(tmp_path: Path, platform: str, sandboxed: bool) -> None:
    folder = GimpFolder(tmp_path, sandboxed)
    assert python_for(folder, machine(platform)) == FIRST_ON_PATH
    plugin = install(folder, plugin_source(), TARGET)
    assert named_python(plugin / ENTRY) == FIRST_ON_PATH
    assert list(examine_interpreter(folder, machine(platform), lambda _python: False)) == []


def test_the_first_line_is_all_that_changes(tmp_path: Path) -> None:
    plugin = install(GimpFolder(tmp_path), plugin_source(), TARGET, "/usr/bin/python3")
    first, _newline, rest = (plugin / ENTRY).read_text().partition("\n")
    assert first == "#!/usr/bin/python3"
    assert rest == (plugin_source() / ENTRY).read_text().partition("\n")[2]


@pytest.mark.parametrize(
    ("named", "works", "level", "words"),
    [
        ("/usr/bin/python3", True, "ok", "has GIMP's bindings"),
        ("/usr/bin/python3", False, "problem", "there will be no menu"),
        (FIRST_ON_PATH, True, "warning", "/usr/bin/python3 has them"),
        (FIRST_ON_PATH, False, "warning", "Fine for an AppImage"),
    ],
)
def test_doctor_names_it(tmp_path: Path, named: str, works: bool, level: str, words: str) -> None:
    folder = GimpFolder(tmp_path)
    install(folder, plugin_source(), TARGET, named)
    (finding,) = examine_interpreter(folder, machine("linux"), lambda _python: works)
    assert finding.level == level
    assert words in f"{finding.what} {finding.remedy}"


@pytest.mark.gimp
@pytest.mark.slow
def test_a_python_without_bindings_first_on_the_path_does_not_cost_the_menu(gimp: Gimp) -> None:
    """In the real GIMP: `env python3` in the first line gives no procedures, the Python that was found gives all.

    GIMP notes in pluginrc what it found; GIMP's own Python plug-ins do not run on such a PATH.
    """
    work = short_home()
    fake = work / "python3"
    fake.write_text('#!/bin/sh\nexec /usr/bin/python3 -S "$@"\n')  # no site-packages: as a virtual environment, no gi
    fake.chmod(0o755)
    profile = replace(make_profile(gimp, work), environment={"PATH": f"{work}:/usr/bin:/bin:/usr/sbin:/sbin"})

    def works(python: str) -> bool:
        """`loads_gimp`, in the root folder that GIMP is in."""
        command = profile.command(python, "-I", "-c", PROBE)
        return subprocess.run(command, capture_output=True, timeout=120, check=False).returncode == 0

    assert not works(str(fake))
    found = {}
    for python in (FIRST_ON_PATH, find_python([str(fake), *candidates({})], works)):
        assert python is not None
        install(profile.plugin, plugin_source(), TARGET, python)
        command = profile.command("gimp-console", "-idf", "--quit")
        ended = subprocess.run(command, capture_output=True, text=True, timeout=GIMP_SECONDS, check=False)
        assert ended.returncode == 0, ended.stderr[-3000:]
        found[python] = {name.decode() for name in PROCEDURE.findall((profile.folder / "pluginrc").read_bytes())}
    assert found == {FIRST_ON_PATH: set(), "/usr/bin/python3": MENU}
