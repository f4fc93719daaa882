"""GIMP with its window on a screen of its own (Xvfb), used with keys and the mouse, seen with screenshots."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from tests.gimp.harness import INSIDE, REPOSITORY, Profile

WIDTH, HEIGHT = 1280, 900
FILTERS_MENU = (426, 12)  # where GIMP 3.0 has it at this size, in English
TITLE_LOOKS = 5
PRESSES, PRESS_SECONDS = 20, 15.0
DRAG_SECONDS = 10.0
CLOSING_TRIES = 8
MENU_TRIES, MENU_SECONDS = 6, 40.0
MENU_PAUSE = 0.4  # seconds for a menu to open; each further try leaves it twice as long
START_SECONDS = 240.0
PATIENCE_SECONDS = 300.0  # a busy machine types slowly; what is there is seen at once


class WindowError(AssertionError):
    pass


@dataclass
class Screen:
    """A running GIMP. Windows are found by their titles; there is no window manager, so focus is given by hand."""

    profile: Profile
    shots: Path
    size: tuple[int, int] = (WIDTH, HEIGHT)
    display: str = ""  # like :1, once it runs
    filters_menu: tuple[int, int] = FILTERS_MENU
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, picture: Path, script: str) -> Screen:
        """Open a picture in GIMP and run a module of tests/gimp/inside when its window is there."""
        screen = self._spawn("xvfb", "Xvfb", "-displayfd", "1", "-screen", "0", "{}x{}x24".format(*self.size))
        self.wait(lambda: (self.shots / "xvfb.log").read_text().strip().isdigit(), "no screen")
        self.display = ":" + (self.shots / "xvfb.log").read_text().strip()
        assert screen.poll() is None
        batch = f"import sys; sys.path.insert(0, {str(INSIDE)!r}); import {script}; {script}.main()"
        gimp = ["gimp", "--no-splash", str(picture), "--batch-interpreter", "python-fu-eval", "-b", batch]
        command = ("env", f"DISPLAY={self.display}", "LANG=C.UTF-8", "dbus-run-session", "--", *gimp)
        try:
            main = self._main_window(command, picture.stem)
        except WindowError as error:  # seen once on a crowded machine; why is not known, so what it said is told
            print(f"GIMP did not come up and is started once more: {error}", file=sys.stderr)
            self.processes[-1].kill()
            main = self._main_window(command, picture.stem)
        self.xdo("windowsize", main, *(str(side) for side in self.size), "windowmove", main, "0", "0")
        time.sleep(1.0)
        return self

    def _main_window(self, command: Sequence[str], title: str) -> str:
        """Of a GIMP that is started. Raises WindowError with what it said where it ends or does not come up."""
        gimp = self._spawn("gimp", *command)
        log = self.shots / "gimp.log"

        def came_or_ended() -> bool:
            return gimp.poll() is not None or any(title in name for name in self.titles())

        try:
            self.wait(came_or_ended, "no window", START_SECONDS)
        except WindowError as error:
            raise WindowError(f"{error}; it said {log.read_text(errors='replace')[-2000:]!r}") from error
        if gimp.poll() is not None:
            raise WindowError(f"it ended ({gimp.poll()}) and said {log.read_text(errors='replace')[-2000:]!r}")
        return self.wait_for(title)

    def stop(self) -> None:
        number = self.display[1:]
        for left in (Path(f"/tmp/.X{number}-lock"), Path(f"/tmp/.X11-unix/X{number}")):
            left.unlink(missing_ok=True)  # Xvfb ends without tidying up; before, since then another may have its number
        for process in reversed(self.processes):
            process.kill()  # gimp3-run takes everything that it started with it; it does not heed SIGTERM
            process.wait(60)

    def _spawn(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        with (self.shots / f"{name}.log").open("wb") as log:
            command = self.profile.command(*words)
            errors = subprocess.DEVNULL if name == "xvfb" else log
            self.processes.append(subprocess.Popen(command, stdout=log, stderr=errors, cwd=REPOSITORY))
        return self.processes[-1]

    def inside(self, *words: str) -> str:
        command = self.profile.command("env", f"DISPLAY={self.display}", *words)
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=REPOSITORY)
        return done.stdout.strip()

    def xdo(self, *words: str) -> str:
        return self.inside("xdotool", *words)

    def titles(self) -> list[str]:
        """Of all windows that can be seen."""
        return [title for _number, title in self.windows()]

    def windows(self) -> list[tuple[str, str]]:
        each = 'for w in $(xdotool search --onlyvisible --name .); do echo "$w $(xdotool getwindowname $w)"; done'
        found = [line.partition(" ") for line in self.inside("sh", "-c", each).splitlines()]
        return [(number, title) for number, _space, title in found if title]

    def wait_for(self, title: str, seconds: float = PATIENCE_SECONDS) -> str:
        """The window whose title contains this text."""
        found: list[str] = []

        def look() -> bool:
            found[:] = [number for number, name in self.windows() if title in name]
            return bool(found)

        self.wait(look, f"no window {title!r}", seconds)
        return found[0]

    def wait_named(self, title: str, seconds: float = PATIENCE_SECONDS) -> str:
        """The window with exactly this title."""
        trouble = f"no window {title!r}"
        return self.wait(lambda: next((n for n, name in self.windows() if name == title), ""), trouble, seconds)

    def wait_gone(self, title: str, seconds: float = PATIENCE_SECONDS) -> None:
        self.wait(lambda: not any(title in name for name in self.titles()), f"{title!r} is still there", seconds)

    def wait(self, condition: Callable[[], Any], trouble: str, seconds: float = PATIENCE_SECONDS) -> Any:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            value = condition()
            if value:
                return value
            time.sleep(0.1)
        self.shot("trouble")
        raise WindowError(f"{trouble}; windows: {self.titles()}")

    def keys(self, window: str, *keys: str) -> None:
        self.xdo("windowfocus", "--sync", window, "key", "--delay", "60", *keys)

    def type(self, window: str, text: str) -> None:
        self.xdo("windowfocus", "--sync", window, "type", "--delay", "5", text)

    def press_until(self, window: str, keys: str, title: str) -> str:
        """The window with exactly this title, for which keys are pressed again where a first press came too early.

        A press is given time: a second one would go to the question that the first one asked.
        """
        for _ in range(PRESSES):
            self.keys(window, keys)
            with contextlib.suppress(WindowError):
                return self.wait_named(title, PRESS_SECONDS)
        raise WindowError(f"{keys} shows no window {title!r}; windows: {self.titles()}")

    def dismiss(self, window: str, title: str) -> None:
        """Escape, pressed again where the window was busy and has not heard it."""
        for _ in range(CLOSING_TRIES):
            self.keys(window, "Escape")
            with contextlib.suppress(WindowError):
                return self.wait_gone(title, PRESS_SECONDS)
        raise WindowError(f"{title!r} does not close; windows: {self.titles()}")

    def close_all(self) -> None:
        """What a test that failed has left open, so that the next one is judged by itself."""
        for _ in range(CLOSING_TRIES):
            left = [number for number, title in self.windows() if "GIMP" not in title]
            if not left:
                return
            self.keys(left[-1], "Escape")
            time.sleep(0.5)

    def select_rectangle(self, window: str, corner: tuple[int, int], opposite: tuple[int, int]) -> None:
        """With the tool, by dragging, again where a busy GIMP took no notice of it; its outline is then seen.

        Corners are pixels of the screen, inside the image.
        """
        edge = (corner[0] - 2, corner[1] + 4, corner[0] + 3, opposite[1] - 4)
        before = self.look(edge)
        for _ in range(PRESSES):
            self.keys(window, "r")
            self.xdo("mousemove", *map(str, corner), "mousedown", "1")
            for x, y in ((corner[0] + 9, corner[1] + 9), opposite):  # a drag begins after some pixels
                self.xdo("mousemove", str(x), str(y))
            self.xdo("mouseup", "1")
            self.keys(window, "p")  # another tool: the rectangle can no longer be edited, it is simply selected
            with contextlib.suppress(WindowError):
                return self.wait(lambda: self.look(edge) != before, "no rectangle is seen", DRAG_SECONDS)
        raise WindowError(f"nothing is selected by dragging from {corner} to {opposite}")

    def look(self, box: tuple[int, int, int, int]) -> bytes:
        """The pixels in a box (left, top, right, bottom) of the screen."""
        return Image.open(self.shot("look")).convert("RGB").crop(box).tobytes()

    def main_window(self) -> str:
        """GIMP's own, with an image or without; while GIMP renames it, it has neither title for a moment."""
        named = ("– GIMP", "GNU Image")
        return self.wait(
            lambda: next((number for number, title in self.windows() if any(name in title for name in named)), ""),
            "GIMP's window is not there",
        )

    def move(self, window: str, x: int, y: int) -> None:
        self.xdo("windowmove", "--sync", window, str(x), str(y))
        time.sleep(0.3)

    def open_menu(self, pause: float = MENU_PAUSE) -> None:
        """Filters ▸ Layerbridge, which is the last entry."""
        x, y = (str(number) for number in self.filters_menu)
        self.xdo("windowfocus", "--sync", self.main_window(), "mousemove", x, y, "click", "1")
        time.sleep(pause)
        self.xdo("key", "--delay", "150", "Up", "Right")
        time.sleep(pause)

    def choose(self, mnemonic: str, pause: float = MENU_PAUSE) -> None:
        self.open_menu(pause)
        self.xdo("key", mnemonic)

    def choose_dialog(self, mnemonic: str, title: str) -> str:
        """The dialog that a menu entry opens. A stalled machine may show the menu only after the keys were pressed."""
        for number in range(MENU_TRIES):
            self.choose(mnemonic, MENU_PAUSE * 2**number)
            with contextlib.suppress(WindowError):
                return self.wait_for(title, MENU_SECONDS)
            self.keys(self.main_window(), "Escape", "Escape", "Escape")
        raise WindowError(f"the menu does not open {title!r}; windows: {self.titles()}")

    def layers(self) -> int:
        """How many layers the image has, by the title of its window; -1 where there is no image.

        While GIMP renames its window the title is missing for a moment, so a missing one is looked for again.
        """
        for _ in range(TITLE_LOOKS):
            for title in self.titles():
                if "layer" in title and "– GIMP" in title:
                    words = title.replace(")", " ").replace(",", " ").split()
                    return int(words[next(i for i, word in enumerate(words) if word.startswith("layer")) - 1])
            time.sleep(0.2)
        return -1

    def wait_layers(self, count: int, seconds: float = PATIENCE_SECONDS) -> None:
        self.wait(lambda: self.layers() == count, f"not {count} layers but {self.layers()}", seconds)

    def shot(self, name: str, window: str = "root") -> Path:
        """A screenshot of everything, or of one window."""
        path = self.shots / f"{name}.png"
        self.inside("import", "-window", window, str(path))
        return path
