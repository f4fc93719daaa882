"""More of GIMP with its window: the other entries of the menu, questions, pairing, an image closed too early."""

from __future__ import annotations

import json
import time

import pytest

from tests.gimp.session import Session

pytestmark = [pytest.mark.gimp, pytest.mark.gimp_window, pytest.mark.slow]

CORNER, OPPOSITE = (480, 330), (560, 390)  # pixels of the screen, inside the image


def test_remove_runs_at_once_and_again_repeats_it(gimp_session: Session) -> None:
    screen = gimp_session.screen
    main = screen.main_window()
    layers = screen.layers()
    screen.select_rectangle(main, CORNER, OPPOSITE)
    screen.choose("r")
    screen.wait_layers(layers + 1)
    screen.keys(main, "ctrl+shift+a")
    screen.choose("a")
    screen.wait_layers(layers + 2)
    newest, first = gimp_session.jobs()[:2]
    assert newest["request"]["operation"] == first["request"]["operation"] == "remove"
    assert newest["request"]["params"]["seed"] != first["request"]["params"]["seed"]
    screen.wait_gone("Remove Selection")
    screen.keys(main, "ctrl+z", "ctrl+z", "ctrl+z")  # the second is “select none”
    screen.wait_layers(layers)


def test_remove_with_options_asks_first_and_what_runs_at_once_does_as_it_was_chosen(gimp_session: Session) -> None:
    screen = gimp_session.screen
    main = screen.main_window()
    layers = screen.layers()
    screen.select_rectangle(main, CORNER, OPPOSITE)
    dialog = screen.choose_dialog("w", "Remove Selection")
    screen.keys(dialog, "alt+a")
    time.sleep(1.0)  # what the daemon tells of the plan comes a moment later
    screen.shot("gimp-remove", dialog)
    screen.keys(dialog, "alt+v")
    screen.type(dialog, "2\t")
    screen.keys(dialog, "alt+g")
    screen.wait_layers(layers + 3)  # a group with two
    asked = gimp_session.jobs()[0]["request"]
    assert asked["operation"] == "remove" and asked["params"]["num_images"] == 2
    screen.wait_gone("Remove Selection")
    screen.choose("r")
    screen.wait_layers(layers + 6)
    again = gimp_session.jobs()[0]["request"]
    assert again["params"]["num_images"] == 2 and again["params"]["seed"] != asked["params"]["seed"]
    screen.wait_gone("Remove Selection")
    dialog = screen.choose_dialog("w", "Remove Selection")
    screen.keys(dialog, "alt+v")
    screen.type(dialog, "1\t")  # as the tests after this one expect it
    screen.keys(dialog, "alt+g")
    screen.wait_layers(layers + 7)
    screen.wait_gone("Remove Selection")
    screen.keys(main, "ctrl+z", "ctrl+z", "ctrl+z", "ctrl+shift+a")
    screen.wait_layers(layers)


def test_repeat_after_settings_repeats_the_last_run(gimp_session: Session) -> None:
    screen = gimp_session.screen
    main = screen.main_window()
    layers, before = screen.layers(), len(gimp_session.jobs())
    screen.select_rectangle(main, CORNER, OPPOSITE)
    screen.dismiss(screen.choose_dialog("s", "Layerbridge Settings"), "Layerbridge Settings")
    screen.keys(main, "ctrl+f")
    screen.wait_layers(layers + 1)
    assert len(gimp_session.jobs()) == before + 1
    screen.wait_gone("Remove Selection")
    screen.keys(main, "ctrl+z", "ctrl+shift+a")
    screen.wait_layers(layers)


def test_outpaint_resizes_the_canvas_and_one_undo_takes_it_back(gimp_session: Session) -> None:
    screen = gimp_session.screen
    layers = screen.layers()
    dialog = screen.choose_dialog("o", "Outpaint")
    screen.keys(dialog, "alt+a")
    time.sleep(0.5)
    screen.shot("gimp-outpaint", dialog)
    screen.keys(dialog, "alt+l")
    screen.type(dialog, "64\t")
    screen.keys(dialog, "alt+h")
    screen.type(dialog, "0\t")
    screen.keys(dialog, "alt+g")
    screen.wait_for("664x400")
    screen.wait_layers(layers + 1)
    screen.wait_gone("Outpaint")
    screen.keys(screen.main_window(), "ctrl+z")
    screen.wait_for("600x400")
    screen.wait_layers(layers)


def test_the_other_dialogs(gimp_session: Session) -> None:
    screen = gimp_session.screen
    for mnemonic, title in (("t", "Image to Image"), ("x", "Text to Image")):
        dialog = screen.choose_dialog(mnemonic, title)
        screen.keys(dialog, "alt+a")
        time.sleep(0.5)
        screen.shot("gimp-" + title.lower().replace(" ", "-"), dialog)
        screen.dismiss(dialog, title)


def test_history_runs_again_shows_and_deletes(gimp_session: Session) -> None:
    screen = gimp_session.screen
    layers, before = screen.layers(), len(gimp_session.jobs())
    newest = gimp_session.jobs()[0]
    window = screen.choose_dialog("h", "Layerbridge History")
    screen.keys(window, "alt+r")
    screen.wait_layers(layers + 1)
    again = gimp_session.jobs()[0]
    assert len(gimp_session.jobs()) == before + 1
    assert again["request"]["params"] == newest["request"]["params"]
    screen.wait_gone("Outpaint")
    shown = screen.press_until(window, "alt+s", newest["request"]["params"]["prompt"] or "Outpaint")
    screen.keys(shown, "Escape")
    screen.wait(lambda: shown not in [number for number, _title in screen.windows()], "it does not close")
    screen.keys(window, "alt+d")
    screen.keys(screen.wait_named("Layerbridge"), "alt+d")
    screen.wait(lambda: again["id"] not in [job["id"] for job in gimp_session.jobs()], "nothing was deleted")
    screen.dismiss(window, "Layerbridge History")
    screen.keys(screen.main_window(), "ctrl+z")
    screen.wait_layers(layers)


def test_a_hidden_job_is_shown_again_and_stopped_in_history(gimp_session: Session) -> None:
    """Escape hides it; History follows it, offers Stop instead of Delete, and Delete when it has ended."""
    screen = gimp_session.screen
    layers, before = screen.layers(), len(gimp_session.jobs())
    dialog = screen.choose_dialog("x", "Text to Image")
    screen.keys(dialog, "ctrl+a")
    screen.type(dialog, "a blue ball")
    screen.keys(dialog, "alt+a", "alt+e")
    screen.type(dialog, "40\t")
    screen.keys(dialog, "alt+v")
    screen.type(dialog, "8\t")
    screen.keys(dialog, "alt+g")
    gimp_session.wait_painting(before)
    job = gimp_session.jobs()[0]["id"]
    screen.keys(screen.wait_for("Text to Image"), "Escape")
    screen.wait_gone("Text to Image")
    window = screen.choose_dialog("h", "Layerbridge History")
    screen.move(window, 40, 150)
    screen.wait(lambda: gimp_session.jobs()[0]["artifacts"], "no variation is finished")
    time.sleep(2.0)
    screen.shot("gimp-history-running", window)
    screen.keys(window, "alt+d")  # there is no Delete now: neither a question nor an end
    screen.keys(window, "alt+s")
    shown = screen.wait_for("Text to Image")
    screen.move(shown, 640, 300)
    time.sleep(1.0)
    screen.shot("gimp-shown-again")
    assert "Layerbridge" not in screen.titles()
    screen.keys(shown, "Escape")
    screen.wait_gone("Text to Image")
    screen.keys(window, "alt+t")
    screen.wait(lambda: gimp_session.jobs()[0]["state"] == "cancelled", "it was not stopped")
    stopped = gimp_session.jobs()[0]
    assert stopped["id"] == job
    finished = len(stopped["artifacts"])
    screen.wait_layers(layers + 1 + (finished > 1) * finished)  # what was finished is inserted, by the run itself

    question = screen.press_until(window, "alt+d", "Layerbridge")  # as soon as the window has heard of the end
    screen.shot("gimp-history-stopped", window)
    screen.keys(question, "alt+d")
    screen.wait(lambda: job not in [known["id"] for known in gimp_session.jobs()], "it was not deleted")
    screen.dismiss(window, "Layerbridge History")
    screen.keys(screen.main_window(), "ctrl+z")
    screen.wait_layers(layers)


def test_reset_leaves_the_prompt_and_gives_it_the_focus(gimp_session: Session) -> None:
    screen = gimp_session.screen
    layers, before = screen.layers(), len(gimp_session.jobs())
    dialog = screen.choose_dialog("x", "Text to Image")
    screen.keys(dialog, "ctrl+a")
    screen.type(dialog, "a red ball")
    screen.keys(dialog, "alt+v")
    screen.type(dialog, "3\t")
    screen.keys(dialog, "alt+t")

    def generates() -> bool:
        """Ctrl+Enter generates where the prompt has the focus; GTK shows a button as pressed for a moment first."""
        if dialog in [number for number, _title in screen.windows()]:
            screen.keys(dialog, "ctrl+Return")
        return len(gimp_session.jobs()) > before

    screen.wait(generates, "the prompt has not got the focus back")
    screen.wait_layers(layers + 1)
    jobs = gimp_session.jobs()
    assert len(jobs) == before + 1
    params = jobs[0]["request"]["params"]
    assert (params["prompt"], params["num_images"], params.get("steps")) == ("a red ball", 1, None)
    screen.wait_gone("Text to Image")
    screen.keys(screen.main_window(), "ctrl+z")
    screen.wait_layers(layers)


def test_a_floating_selection_is_told_before_anything_is_typed(gimp_session: Session) -> None:
    screen = gimp_session.screen
    main = screen.main_window()
    screen.keys(main, "ctrl+a", "ctrl+shift+l")
    time.sleep(1.0)
    message = screen.choose_dialog("i", "Layerbridge")
    screen.shot("gimp-floating")
    assert not any("Inpaint" in title for title in screen.titles())
    screen.keys(message, "Escape")
    screen.wait(lambda: "Layerbridge" not in screen.titles(), "the message stays")
    screen.keys(main, "ctrl+z", "ctrl+z")


def test_indexed_images_are_asked_about(gimp_session: Session) -> None:
    """The conversion lies in the same undo step as the result."""
    screen = gimp_session.screen
    main, layers, before = screen.main_window(), screen.layers(), len(gimp_session.jobs())
    screen.keys(main, "alt+i", "m", "i")
    screen.keys(screen.wait_for("Indexed Color Conversion"), "alt+o")
    screen.wait_for("Indexed color")
    screen.wait_gone("Indexed Color Conversion")
    time.sleep(0.5)
    screen.select_rectangle(main, CORNER, OPPOSITE)
    screen.choose("r")
    question = screen.wait_named("Layerbridge")
    screen.shot("gimp-indexed", question)
    screen.keys(question, "Escape")
    screen.wait_gone("Remove Selection")
    assert len(gimp_session.jobs()) == before
    screen.choose("r")
    screen.keys(screen.wait_named("Layerbridge"), "alt+r")
    screen.wait_layers(layers + 1)
    screen.wait_for("RGB color")
    screen.wait_gone("Remove Selection")
    screen.keys(main, "ctrl+z")
    screen.wait_for("Indexed color")
    screen.wait_layers(layers)
    screen.keys(main, "ctrl+z", "ctrl+z")
    screen.wait_for("RGB color")


def test_pairing_with_a_code(gimp_session: Session) -> None:
    """A token that was revoked, a runtime.json without the secret: the code that `layerbridge pair` shows."""
    screen, daemon = gimp_session.screen, gimp_session.daemon
    path = daemon.home / "runtime.json"
    whole = path.read_text()
    secret = daemon.secret
    tokens = screen.profile.plugin.data / "tokens.json"
    path.write_text(json.dumps({**json.loads(whole), "secret": ""}))
    tokens.write_text("{}")
    try:
        window = screen.choose_dialog("s", "Layerbridge Settings")
        time.sleep(1.0)
        screen.shot("gimp-not-paired", window)
        screen.keys(window, "alt+p")
        question = screen.wait_for("Pair with Layerbridge")
        screen.type(question, "WRONGONE")
        screen.keys(question, "Return")
        refused = screen.wait_named("Layerbridge")
        screen.shot("gimp-pairing-refused", refused)
        screen.keys(refused, "Escape")
        screen.wait_gone("Pair with Layerbridge")
        code = daemon.call("POST", "/v1/pairing-codes", {}, token=secret)["code"]
        screen.keys(window, "alt+p")
        question = screen.wait_for("Pair with Layerbridge")
        screen.type(question, code)
        screen.shot("gimp-pair", question)
        screen.keys(question, "Return")
        screen.wait(lambda: len(json.loads(tokens.read_text())) == 1, "no token")
        screen.wait_gone("Pair with Layerbridge")
        screen.dismiss(window, "Layerbridge Settings")
    finally:
        path.write_text(whole)


def test_unread_words_are_shown(gimp_session: Session) -> None:
    screen = gimp_session.screen
    layers = screen.layers()
    dialog = screen.choose_dialog("x", "Text to Image")
    screen.type(dialog, " ".join(f"word{number}" for number in range(60)))
    screen.keys(dialog, "alt+g")
    screen.wait_layers(layers + 1)
    message = screen.wait_for("Message")
    screen.shot("gimp-unread-words", message)
    screen.keys(message, "Return")
    screen.wait_gone("Message")
    screen.keys(screen.main_window(), "ctrl+z")
    screen.wait_layers(layers)


def test_image_closed_while_it_paints(gimp_session: Session) -> None:
    """The user is told where the result is, and History opens it as a new image."""
    screen = gimp_session.screen
    before = len(gimp_session.jobs())
    dialog = screen.choose_dialog("i", "Inpaint Selection")
    screen.keys(dialog, "alt+a", "alt+e")
    screen.type(dialog, "90\t")
    screen.keys(dialog, "alt+g")
    gimp_session.wait_painting(before)
    screen.keys(screen.main_window(), "ctrl+w")
    screen.keys(screen.wait_for("Close "), "ctrl+d")
    message = screen.wait_named("Layerbridge")
    screen.shot("gimp-closed", message)
    assert gimp_session.jobs()[0]["state"] == "done"
    screen.keys(message, "Escape")
    window = screen.choose_dialog("h", "Layerbridge History")
    time.sleep(1.0)
    screen.shot("history-without-image", window)
    screen.keys(window, "alt+o")
    screen.wait_layers(1)
    screen.keys(window, "Escape")
