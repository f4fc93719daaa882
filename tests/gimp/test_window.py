"""GIMP with its window: menu, dialog, progress, Stop, result, one Undo; several jobs at once; the daemon away.

Set LAYERBRIDGE_SHOTS to a folder to keep the screenshots.
"""

from __future__ import annotations

import time

import pytest

from tests.gimp.session import Session

pytestmark = [pytest.mark.gimp, pytest.mark.gimp_window, pytest.mark.slow]

PROMPT = "a red apple"
SLOW = "60\t"  # steps: some seconds, enough to look at, to stop and to kill


def test_menu_dialog_progress_result_and_one_undo(gimp_session: Session) -> None:
    screen = gimp_session.screen
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
    gimp_session.wait_painting(0)
    params = gimp_session.jobs()[0]["request"]["params"]
    assert (params["steps"], params.get("guidance_scale")) == (60, None), "what was passed with Tab stays automatic"
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


def test_repeat_queues_while_another_runs_and_the_user_paints(gimp_session: Session) -> None:
    """Two jobs at once by Ctrl+F, a brush stroke meanwhile: both results come, with other seeds."""
    screen = gimp_session.screen
    before = len(gimp_session.jobs())
    main = screen.main_window()
    screen.keys(main, "ctrl+f")
    screen.wait(lambda: len(gimp_session.jobs()) == before + 1, "the first was not sent")
    screen.keys(main, "ctrl+f")
    screen.wait(lambda: len(gimp_session.jobs()) == before + 2, "the second was not sent while the first ran")
    windows = [title for title in screen.titles() if title == "Inpaint Selection"]
    assert len(windows) == 2
    screen.keys(main, "p")
    screen.xdo("mousemove", "820", "700", "mousedown", "1", "mousemove", "900", "650", "mouseup", "1")
    screen.wait_layers(3)
    first, second = gimp_session.jobs()[:2]
    assert first["request"]["params"]["prompt"] == second["request"]["params"]["prompt"] == PROMPT
    assert first["request"]["params"]["seed"] != second["request"]["params"]["seed"]


def test_stop_stops(gimp_session: Session) -> None:
    screen = gimp_session.screen
    layers = screen.layers()
    dialog = screen.choose_dialog("t", "Image to Image")
    screen.keys(dialog, "alt+a")
    screen.keys(dialog, "alt+e")
    screen.type(dialog, SLOW)
    screen.keys(dialog, "alt+v")
    screen.type(dialog, "16\t")
    before = len(gimp_session.jobs())
    screen.keys(dialog, "alt+g")
    gimp_session.wait_painting(before)
    screen.keys(screen.wait_for("Image to Image"), "alt+s")
    screen.wait_gone("Image to Image")
    assert gimp_session.jobs()[0]["state"] == "cancelled"
    finished = len(gimp_session.jobs()[0]["artifacts"])
    assert screen.layers() == layers + (0 if finished == 0 else 1 + (finished > 1) * finished)


def test_history_and_settings(gimp_session: Session) -> None:
    screen = gimp_session.screen
    layers = screen.layers()
    window = screen.choose_dialog("h", "Layerbridge History")
    time.sleep(1.5)
    screen.move(window, 340, 150)
    screen.shot("gimp-history")
    finished = next(number for number, job in enumerate(gimp_session.jobs()) if job["artifacts"])
    screen.keys(window, *["Down"] * finished, "alt+i")
    screen.wait_layers(layers + 1)
    screen.dismiss(window, "Layerbridge History")
    screen.keys(screen.main_window(), "ctrl+z")
    screen.wait_layers(layers)
    window = screen.choose_dialog("s", "Layerbridge Settings")
    time.sleep(1.0)
    screen.shot("gimp-settings", window)
    screen.dismiss(window, "Layerbridge Settings")
    assert screen.layers() == layers


def test_the_daemon_dies_while_it_paints(gimp_session: Session) -> None:
    """Reconnecting, a button that starts it, a question, and the same job again: the layer comes after all."""
    screen = gimp_session.screen
    layers = screen.layers()
    screen.keys(screen.main_window(), "ctrl+shift+a")
    dialog = screen.choose_dialog("x", "Text to Image")
    screen.keys(dialog, "alt+a")
    screen.keys(dialog, "alt+e")
    screen.type(dialog, SLOW)
    before = len(gimp_session.jobs())
    screen.keys(dialog, "alt+g")
    gimp_session.wait_painting(before)
    gimp_session.daemon.kill()
    progress = screen.wait_for("Text to Image")
    screen.move(progress, 420, 300)
    time.sleep(2.0)
    screen.shot("gimp-reconnecting", progress)
    screen.keys(progress, "alt+l")
    question = screen.wait_named("Layerbridge")
    screen.shot("gimp-interrupted", question)
    screen.shot("gimp-interrupted-progress", progress)
    screen.keys(question, "alt+r")
    screen.wait_layers(layers + 1)


def test_not_running_offers_to_start(gimp_session: Session) -> None:
    screen = gimp_session.screen
    gimp_session.daemon.stop()
    dialog = screen.choose_dialog("i", "Inpaint Selection")
    screen.move(dialog, 420, 240)
    time.sleep(1.0)
    screen.shot("gimp-not-running", dialog)
    layers = screen.layers()
    screen.keys(dialog, "alt+g")
    question = screen.wait_named("Layerbridge")
    screen.shot("gimp-start", question)
    screen.keys(question, "alt+s")
    screen.wait_layers(layers + 1)
