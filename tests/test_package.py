"""What is built for others to install holds everything that it needs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("bridge_server", "gimp_plugin", "layerbridge_client", "photoshop_uxp")
LEFT_OUT = {"__pycache__", "node_modules"}
BUILD = "from setuptools import build_meta; print(build_meta.build_{kind}({out!r}))"


def sources() -> set[str]:
    """Every file of the packages, by its path below the root."""
    return {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and not LEFT_OUT & set(path.parts) and path.suffix != ".pyc"
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist, built from a copy of the sources without a network."""
    folder = tmp_path_factory.mktemp("build")
    tree = folder / "tree"
    tree.mkdir()
    for name in (*PACKAGES, "docs"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns(*LEFT_OUT))
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, tree)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    for kind in ("wheel", "sdist"):
        code = BUILD.format(kind=kind, out=str(folder))
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tree, env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr[-4000:]
    shutil.rmtree(tree)
    return folder


def test_the_wheel_holds_every_file_of_the_packages_and_the_license(built: Path) -> None:
    (wheel,) = built.glob("layerbridge-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert sources() - names == set(), "missing in the wheel"
    meta = next(name for name in names if name.endswith(".dist-info/METADATA")).removesuffix("METADATA")
    assert f"{meta}licenses/LICENSE" in names
    shipped = f"{meta}licenses/bridge_server/models/shipped"
    assert {f"{shipped}/NOTICE", f"{shipped}/LICENSE-u2netp.txt"} <= names
    assert {name.partition("/")[0] for name in names} == {*PACKAGES, meta.rstrip("/")}, "nothing else is installed"
    assert not [name for name in names if LEFT_OUT & set(name.split("/"))]


def test_the_sdist_can_be_built_again(built: Path) -> None:
    (archive_path,) = built.glob("layerbridge-*.tar.gz")
    with tarfile.open(archive_path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert sources() - names == set(), "missing in the sdist"
    assert {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"} <= names


def test_constraints_pin_every_direct_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["dev"], *extras["torchao"], *extras["sdnq"]]  # as make test installs
    pins = dict(
        line.partition("#")[0].strip().split("==")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line.partition("#")[0]
    )
    assert {requirement.partition(">=")[0] for requirement in wanted} == set(pins)


@pytest.mark.parametrize(
    "path",
    [*sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("*.md"))],
    ids=lambda path: path.name,
)
def test_prose_keeps_within_120_columns(path: Path) -> None:
    """Tables, code and what is generated stand as they are."""
    text = path.read_text(encoding="utf-8")
    prose = re.sub(r"^```.*?^```|^<!-- begin:.*?^<!-- end:", "", text, flags=re.S | re.M)
    long = [line for line in prose.splitlines() if len(line) > 120 and not line.startswith("|")]
    assert long == []
