"""GIMP with its window: menu, dialog, progress, Stop, result, one Undo; several jobs at once; the daemon away.

Set LAYERBRIDGE_SHOTS to a folder to keep the screenshots.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.gimp.harness import REPOSITORY, Gimp, make_profile
from tests.gimp.window import Screen
from tests.support.daemon import Daemon, short_home

pytestmark = [pytest.mark.gimp, pytest.mark.gimp_window, pytest.mark.slow]

PICTURE = REPOSITORY / "tools" / "demo" / "coffee.png"
PROMPT = "a red apple"
SLOW = "60\t"  # steps: some seconds, enough to look at, to stop and to kill


class Session:
    """A GIMP, its daemon, and a command that starts the daemon again from inside GIMP's root."""

    def __init__(self, screen: Screen, daemon: Daemon, flag: Path) -> None:
        self.screen, self.daemon, self.flag = screen, daemon, flag

    def jobs(self) -> list[dict[str, Any]]:
        """Of this GIMP, newest first."""
        tokens = self.screen.profile.plugin.data / "tokens.json"
        token = json.loads(tokens.read_text())[self.daemon.call("GET", "/v1/hello")["home"]]
        return self.daemon.call("GET", "/v1/jobs?limit=20", token=token)["jobs"]

    def wait_running(self, count: int = 1) -> None:
        self.screen.wait(lambda: sum(job["progress"]["step"] > 0 for job in self.jobs()) >= count, "nothing is painted")


@pytest.fixture(scope="module")
def session(gimp: Gimp) -> Iterator[Session]:
    home, work = short_home(), short_home()
    daemon = Daemon(home, environment={"OMP_NUM_THREADS": "1"}).start()
    flag = work / "start"
    starter = work / "start.sh"  # the test's own Python is not to be seen in GIMP's root: it starts the daemon outside
    starter.write_text(f"#!/bin/sh\ntouch {flag}\nsleep 60\n")
    starter.chmod(0o755)
    profile = make_profile(gimp, home, [str(starter)])
    picture = work / "coffee.png"
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
        stack.callback(keep_shots, work)
        stack.callback(daemon.stop)
        stack.callback(ended.set)
        stack.callback(screen.stop)
        daemon.worker_pid()
        threading.Thread(target=start_when_asked, daemon=True).start()
        screen.start(picture, "window")
        yield Session(screen, daemon, flag)


def keep_shots(work: Path) -> None:
    kept = os.environ.get("LAYERBRIDGE_SHOTS")
    if kept:
        Path(kept).mkdir(parents=True, exist_ok=True)
        for path in [*work.glob("*.png"), *work.glob("*.log")]:
            shutil.copyfile(path, Path(kept) / path.name)


def test_menu_dialog_progress_result_and_one_undo(session: Session) -> None:
    screen = session.screen
    screen.open_menu()
    screen.shot("gimp-menu")
    screen.xdo("key", "i")
    dialog = screen.wait_for("Inpaint Selection")
    screen.move(dialog, 420, 240)
    screen.type(dialog, PROMPT)
    screen.shot("gimp-dialog")
    screen.keys(dialog, "alt+a")
    time.sleep(0.5)
    screen.move(dialog, 420, 140)
    screen.shot("gimp-dialog-advanced", dialog)
    screen.keys(dialog, "alt+e")  # steps: slow enough to be looked at
    screen.type(dialog, SLOW)
    screen.keys(dialog, "alt+g")
    session.wait_running()
    progress = screen.wait_for("Inpaint Selection")
    screen.move(progress, 420, 300)
    screen.shot("gimp-progress")
    screen.wait_layers(2)
    screen.wait_gone("Inpaint Selection")
    time.sleep(0.5)
    screen.shot("gimp-result")
    screen.keys(screen.main_window(), "ctrl+z")
    screen.wait_layers(1)
    screen.shot("undone")


def test_repeat_queues_while_another_runs_and_the_painter_paints(session: Session) -> None:
    """Two jobs at once by Ctrl+F, a brush stroke meanwhile: both results come, with other seeds."""
    screen = session.screen
    before = len(session.jobs())
    main = screen.main_window()
    screen.keys(main, "ctrl+f")
    screen.wait(lambda: len(session.jobs()) == before + 1, "the first was not sent")
    screen.keys(main, "ctrl+f")
    screen.wait(lambda: len(session.jobs()) == before + 2, "the second was not sent while the first ran")
    windows = [title for title in screen.titles() if title == "Inpaint Selection"]
    assert len(windows) == 2
    screen.keys(main, "p")
    screen.xdo("mousemove", "820", "700", "mousedown", "1", "mousemove", "900", "650", "mouseup", "1")
    screen.wait_layers(3, 60)
    first, second = session.jobs()[:2]
    assert first["request"]["prompt"] == second["request"]["prompt"] == PROMPT
    assert first["request"]["seed"] != second["request"]["seed"]


def test_stop_stops(session: Session) -> None:
    screen = session.screen
    layers = screen.layers()
    screen.choose("t")
    dialog = screen.wait_for("Image to Image")
    screen.keys(dialog, "alt+a")
    screen.keys(dialog, "alt+e")
    screen.type(dialog, SLOW)
    screen.keys(dialog, "alt+v")
    screen.type(dialog, "16\t")
    before = len(session.jobs())
    screen.keys(dialog, "alt+g")
    screen.wait(lambda: len(session.jobs()) == before + 1 and session.jobs()[0]["progress"]["step"] > 0, "not started")
    began = time.monotonic()
    screen.keys(screen.wait_for("Image to Image"), "alt+s")
    screen.wait_gone("Image to Image", 10)
    assert time.monotonic() - began < 10
    assert session.jobs()[0]["state"] == "cancelled"
    finished = len(session.jobs()[0]["results"])
    assert screen.layers() == layers + (0 if finished == 0 else 1 + (finished > 1) * finished)


def test_history_and_settings(session: Session) -> None:
    screen = session.screen
    layers = screen.layers()
    screen.choose("h")
    window = screen.wait_for("Layerbridge History")
    time.sleep(1.5)
    screen.move(window, 340, 150)
    screen.shot("gimp-history")
    finished = next(number for number, job in enumerate(session.jobs()) if job["results"])
    screen.keys(window, *["Down"] * finished, "alt+i")
    screen.wait_layers(layers + 1)
    screen.keys(window, "Escape")
    screen.wait_gone("Layerbridge History")
    screen.keys(screen.main_window(), "ctrl+z")
    screen.wait_layers(layers)
    screen.choose("s")
    window = screen.wait_for("Layerbridge Settings")
    time.sleep(1.0)
    screen.shot("gimp-settings", window)
    screen.keys(window, "Escape")
    screen.wait_gone("Layerbridge Settings")
    assert screen.layers() == layers


def test_the_daemon_dies_while_it_paints(session: Session) -> None:
    """Reconnecting, a button that starts it, a question, and the same job again: the layer comes after all."""
    screen = session.screen
    layers = screen.layers()
    screen.keys(screen.main_window(), "ctrl+shift+a")
    screen.choose("x")
    dialog = screen.wait_for("Text to Image")
    screen.keys(dialog, "alt+a")
    screen.keys(dialog, "alt+e")
    screen.type(dialog, SLOW)
    before = len(session.jobs())
    screen.keys(dialog, "alt+g")
    screen.wait(lambda: len(session.jobs()) == before + 1 and session.jobs()[0]["progress"]["step"] > 0, "not started")
    session.daemon.kill()
    progress = screen.wait_for("Text to Image")
    screen.move(progress, 420, 300)
    time.sleep(2.0)
    screen.shot("gimp-reconnecting", progress)
    screen.keys(progress, "alt+l")
    question = screen.wait_named("Layerbridge", 60)
    screen.shot("gimp-interrupted", question)
    screen.keys(question, "alt+r")
    screen.wait_layers(layers + 1, 60)


def test_not_running_offers_to_start(session: Session) -> None:
    screen = session.screen
    session.daemon.stop()
    screen.choose("i")
    dialog = screen.wait_for("Inpaint Selection")
    screen.move(dialog, 420, 240)
    time.sleep(1.0)
    screen.shot("gimp-not-running", dialog)
    layers = screen.layers()
    screen.keys(dialog, "alt+g")
    question = screen.wait_named("Layerbridge", 60)
    screen.shot("gimp-start", question)
    screen.keys(question, "alt+s")
    screen.wait_layers(layers + 1, 60)


def test_image_closed_while_it_paints(session: Session) -> None:
    """The painter is told where the result is, and History opens it as a new image."""
    screen = session.screen
    before = len(session.jobs())
    screen.keys(screen.main_window(), "ctrl+f")
    screen.wait(lambda: len(session.jobs()) == before + 1 and session.jobs()[0]["progress"]["step"] > 0, "not started")
    screen.keys(screen.main_window(), "ctrl+w")
    screen.keys(screen.wait_for("Close "), "ctrl+d")
    message = screen.wait_named("Layerbridge", 60)
    screen.shot("gimp-closed", message)
    assert session.jobs()[0]["state"] == "done"
    screen.keys(message, "Escape")
    screen.choose("h")
    window = screen.wait_for("Layerbridge History")
    time.sleep(1.0)
    screen.shot("history-without-image", window)
    screen.keys(window, "alt+o")
    screen.wait_layers(1)
    screen.keys(window, "Escape")
