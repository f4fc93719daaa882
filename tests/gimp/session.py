"""A GIMP with its window, its daemon, and a way for the plug-in to start the daemon again."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.gimp.harness import REPOSITORY, Gimp, make_profile
from tests.gimp.window import Screen
from tests.support.daemon import Daemon, short_home

PICTURE = REPOSITORY / "tools" / "demo" / "coffee.png"


@dataclass(frozen=True)
class Session:
    screen: Screen
    daemon: Daemon

    def token(self) -> str:
        tokens = json.loads((self.screen.profile.plugin.data / "tokens.json").read_text())
        return tokens[self.daemon.call("GET", "/v1/hello")["home"]]

    def jobs(self) -> list[dict[str, Any]]:
        """Of this GIMP, newest first; none before it was paired."""
        if not (self.screen.profile.plugin.data / "tokens.json").exists():
            return []
        return self.daemon.call("GET", "/v1/jobs?limit=20", token=self.token())["jobs"]

    def wait_painting(self, before: int) -> None:
        """Until one more job than `before` is there, and has done a step."""

        def painting() -> bool:
            jobs = self.jobs()
            return len(jobs) == before + 1 and jobs[0]["progress"]["step"] > 0

        self.screen.wait(painting, "nothing is painted")


@contextmanager
def open_session(gimp: Gimp) -> Iterator[Session]:
    """GIMP with a photograph and a disc selected in it. LAYERBRIDGE_SHOTS names a folder to keep screenshots in."""
    home, work = short_home(), short_home()
    daemon = Daemon(home, environment={"OMP_NUM_THREADS": "1"}).start()
    flag, starter = work / "start", work / "start.sh"
    starter.write_text(
        f"#!/bin/sh\ntouch {flag}\nsleep 60\n"
    )  # Python is outside GIMP's root: ask the test to start it
    starter.chmod(0o755)
    profile = make_profile(gimp, home, [str(starter)])
    picture = work / PICTURE.name
    shutil.copyfile(PICTURE, picture)
    screen = Screen(profile, work)
    ended = threading.Event()

    def start_when_asked() -> None:
        while not ended.wait(0.1):
            if flag.exists():
                flag.unlink()
                daemon.start()

    with ExitStack() as stack:
        for folder in (home, work, profile.folder):
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.callback(_keep_shots, work)
        stack.callback(daemon.stop)
        stack.callback(ended.set)
        stack.callback(screen.stop)
        daemon.worker_pid()
        threading.Thread(target=start_when_asked, daemon=True).start()
        screen.start(picture, "window")
        yield Session(screen, daemon)
        assert "Traceback" not in (work / "gimp.log").read_text(errors="replace")


def _keep_shots(work: Path) -> None:
    kept = os.environ.get("LAYERBRIDGE_SHOTS")
    if kept:
        Path(kept).mkdir(parents=True, exist_ok=True)
        for path in [*work.glob("*.png"), *work.glob("*.log")]:
            if path.name != PICTURE.name:
                shutil.copyfile(path, Path(kept) / path.name)
