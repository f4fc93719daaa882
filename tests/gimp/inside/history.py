"""Runs inside a GIMP with its window: the History window, searched by words as they are typed."""

import forms
from gi.repository import GLib

STEP_MILLISECONDS = 100
LOOKS = 10


def seen(image, work):
    """The titles that are listed for each search, or what stands there where none is."""
    from layerbridge.history import HistoryWindow
    from layerbridge.interactive import attempt, show_applied, watch_with_window
    from layerbridge.plugin import make_connector

    window = HistoryWindow(image, make_connector(), attempt, watch_with_window, show_applied)
    found, steps = {}, searched(window, work)

    def go_on():
        for told in steps:
            if told is None:
                return True  # not there yet: look again
            found.update(told)
        window._leave()
        return False

    found["window"] = list(window._window.get_size())
    GLib.timeout_add(STEP_MILLISECONDS, go_on)
    window.run()
    window.close()
    return found


def searched(window, work):
    """Yields None while it waits, and what is listed once that has changed and then stayed so for some looks: the last
    job may come after the first of them.
    """
    before, last, looks = None, None, 0
    for words, shot in (("", ""), ("BOAT", "history-found"), ("boat wreck", "history-none"), ("", "")):
        window._filter._search.set_text(words)
        while window._pages.words != words or listed(window) == before or looks < LOOKS:
            looks = looks + 1 if listed(window) == last else 0
            last = listed(window)
            yield None
        if shot:
            forms.shoot(work / f"toy-{shot}.png")
        before, looks = listed(window), 0
        yield {words: before}


def listed(window):
    titles = [row.item.title for row in window._list.get_children()]
    return titles or window._list._empty.get_text()
