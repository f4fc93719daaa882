"""The real GIMP 3, found and run: a fresh user folder, the plug-in installed by the real installer, scripts inside."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge_server.cli.plugin import GimpFolder, Target, install, plugin_source

INSIDE = Path(__file__).parent / "inside"
REPOSITORY = Path(__file__).parents[2]
GIMP_SECONDS = 480  # on a busy machine


@dataclass(frozen=True)
class Gimp:
    """Where the commands `gimp3-run` and `gimp3-profile` are; they enter a root folder with GIMP 3 in it."""

    run: Path
    profile: Path


def find_gimp(environment: Mapping[str, str] = os.environ) -> Gimp | None:
    """On the PATH, or where `make` puts it; None where there is none."""
    cache = Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "layerbridge" / "gimp3-bin"
    where = f"{environment.get('PATH', '')}{os.pathsep}{cache}"
    run, profile = shutil.which("gimp3-run", path=where), shutil.which("gimp3-profile", path=where)
    return Gimp(Path(run), Path(profile)) if run and profile else None


@dataclass(frozen=True)
class Profile:
    """A user folder of GIMP with the plug-in in it, told of the daemon at `home`. All below the temporary folder."""

    gimp: Gimp
    folder: Path
    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def plugin(self) -> GimpFolder:
        return GimpFolder(self.folder)

    def command(self, *words: str) -> list[str]:
        variables = {"GIMP3_DIRECTORY": str(self.folder), "LAYERBRIDGE_HOME": str(self.home), **self.environment}
        pairs = [f"{name}={value}" for name, value in variables.items()]
        return ["env", *pairs, str(self.gimp.run), *words]

    def batch(self, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `main(*arguments)` of a module in tests/gimp/inside in GIMP without a window."""
        words = ", ".join(repr(argument) for argument in arguments)
        script = f"import sys; sys.path.insert(0, {str(INSIDE)!r}); import {module}; {module}.main({words})"
        gimp = ["gimp-console", "-idf", "--batch-interpreter", "python-fu-eval", "-b", script, "--quit"]
        return subprocess.run(
            self.command(*gimp), capture_output=True, text=True, timeout=GIMP_SECONDS, check=False, cwd=REPOSITORY
        )


def make_profile(gimp: Gimp, home: Path, command: Sequence[str] = ()) -> Profile:
    folder = Path(tempfile.mkdtemp(prefix="layerbridge-gimp-"))
    subprocess.run([gimp.profile, folder], check=True)
    target = Target("0.0", home / "runtime.json", tuple(command), {})
    install(GimpFolder(folder), plugin_source(), target)
    return Profile(gimp, folder, home)


def read_report(path: Path, ended: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """What the script inside wrote; its own words where it did not finish."""
    assert ended.returncode == 0, f"GIMP ended with {ended.returncode}:\n{ended.stdout[-4000:]}\n{ended.stderr[-6000:]}"
    return json.loads(path.read_text())
