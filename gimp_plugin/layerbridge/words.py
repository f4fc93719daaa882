"""A text that a job made, in a window of its own, from which it can be copied. Main thread only."""

from __future__ import annotations

from .texts import marked
from .widgets import TEXT_WIDTH, Gdk, Gtk, dialog, room_on_screen

COPY = 1
CLOSE = int(Gtk.ResponseType.CLOSE)
HEIGHT = 200


def show_text(title: str, text: str) -> None:
    """Until it is closed. Copy leaves it open, and asks for the text to be kept when this process has ended."""
    window = dialog(
        title, "layerbridge-text", [(marked("copy", "o"), COPY), (marked("close", "C"), CLOSE)], default=CLOSE
    )
    view = Gtk.TextView(editable=False, wrap_mode=Gtk.WrapMode.WORD_CHAR, cursor_visible=False, accepts_tab=False)
    for set_margin in (view.set_left_margin, view.set_right_margin, view.set_top_margin, view.set_bottom_margin):
        set_margin(6)
    view.get_buffer().set_text(text)
    scrolled = Gtk.ScrolledWindow(shadow_type=Gtk.ShadowType.IN, hscrollbar_policy=Gtk.PolicyType.NEVER)
    scrolled.set_size_request(TEXT_WIDTH, min(HEIGHT, room_on_screen()))
    scrolled.add(view)
    window.get_content_area().pack_start(scrolled, True, True, 0)
    window.show_all()
    while window.run() == COPY:
        clipboard = Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD)
        clipboard.set_text(text, -1)
        clipboard.store()
    window.destroy()
