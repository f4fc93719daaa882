"""Small GTK pieces that look like GIMP's own: labels, text boxes, lists, pictures."""

from __future__ import annotations

import base64
from collections.abc import Callable

import gi

gi.require_version("GimpUi", "3.0")
gi.require_version("Gtk", "3.0")
gi.require_version("GdkPixbuf", "2.0")
from gi.repository import Gdk, GdkPixbuf, GimpUi, GLib, Gtk, Pango  # noqa: E402

from .keys import confirms  # noqa: E402
from .texts import _  # noqa: E402

BORDER = 12
SPACING = 6
TEXT_MARGIN = 4
TEXT_WIDTH = 380
CHOICE_CHARS = 40
AROUND_CONTENT = 120  # of a dialog's height: title bar, buttons, borders
LEAST_CONTENT = 120


def dialog(title: str, role: str, buttons: list[tuple[str, int]], default: int | None = None) -> GimpUi.Dialog:
    """A dialog of GIMP's kind, above the image window. `buttons` are (mnemonic label, response)."""
    window = GimpUi.Dialog(title=title, role=role)
    for label, response in buttons:
        window.add_button(label, response)
    if default is not None:
        window.set_default_response(default)
    GimpUi.window_set_transient(window)
    box = window.get_content_area()
    box.set_border_width(BORDER)
    box.set_spacing(BORDER)
    return window


def label(text: str, mnemonic_for: Gtk.Widget | None = None, wrap: bool = False, dim: bool = False) -> Gtk.Label:
    widget = Gtk.Label(label=text, xalign=0.0, use_underline=mnemonic_for is not None)
    if mnemonic_for is not None:
        widget.set_mnemonic_widget(mnemonic_for)
    if wrap:
        widget.set_line_wrap(True)
        widget.set_max_width_chars(56)
    if dim:
        widget.get_style_context().add_class("dim-label")
    return widget


def bold(text: str) -> Gtk.Label:
    widget = Gtk.Label(xalign=0.0)
    widget.set_markup(f"<b>{GLib.markup_escape_text(text)}</b>")
    widget.set_ellipsize(Pango.EllipsizeMode.END)
    widget.set_max_width_chars(48)
    return widget


def clear_background(widget: Gtk.Widget) -> None:
    """Let a list's row shine through a box that the theme would paint."""
    provider = Gtk.CssProvider()
    provider.load_from_data(b"* { background: none; }")
    widget.get_style_context().add_provider(provider, Gtk.STYLE_PROVIDER_PRIORITY_APPLICATION)


def secondary(window: Gtk.Dialog, response: int) -> None:
    """Put a dialog's button at the far side, away from those that confirm."""
    button = window.get_widget_for_response(response)
    button.get_parent().set_child_secondary(button, True)


def grid() -> Gtk.Grid:
    return Gtk.Grid(column_spacing=BORDER, row_spacing=SPACING)


def add_row(table: Gtk.Grid, row: int, text: str, widget: Gtk.Widget) -> None:
    """A mnemonic label and its widget in the next row of a two-column grid."""
    name = label(text, mnemonic_for=widget)
    table.attach(name, 0, row, 1, 1)
    widget.set_hexpand(True)
    table.attach(widget, 1, row, 1, 1)


class TextBox(Gtk.Overlay):
    """Several lines of text; Ctrl+Enter confirms the dialog, Tab moves on. hint: what is read where it is empty."""

    def __init__(self, lines: int, confirm: Callable[[], None], hint: str = "") -> None:
        super().__init__()
        self.view = Gtk.TextView(wrap_mode=Gtk.WrapMode.WORD_CHAR, accepts_tab=False)
        self.view.set_left_margin(SPACING)
        self.view.set_right_margin(SPACING)
        self.view.set_top_margin(TEXT_MARGIN)
        self.view.set_bottom_margin(TEXT_MARGIN)
        self.view.connect("key-press-event", self._on_key, confirm)
        layout = self.view.create_pango_layout("X")
        window = Gtk.ScrolledWindow(shadow_type=Gtk.ShadowType.IN, hscrollbar_policy=Gtk.PolicyType.NEVER)
        window.set_min_content_height(layout.get_pixel_size()[1] * lines + 2 * TEXT_MARGIN)
        window.add(self.view)
        self.set_size_request(TEXT_WIDTH, -1)
        self.add(window)
        self._hint = label(hint, wrap=True, dim=True)
        self._hint.set_valign(Gtk.Align.START)
        self._hint.set_halign(Gtk.Align.START)
        self._hint.set_margin_start(SPACING + 2)
        self._hint.set_margin_top(TEXT_MARGIN + 1)
        self.add_overlay(self._hint)
        self.set_overlay_pass_through(self._hint, True)
        self.on_change(self._show_hint)

    def text(self) -> str:
        buffer = self.view.get_buffer()
        return buffer.get_text(buffer.get_start_iter(), buffer.get_end_iter(), False)

    def set_text(self, text: str) -> None:
        self.view.get_buffer().set_text(text)

    def on_change(self, changed: Callable[[], None]) -> None:
        self.view.get_buffer().connect("changed", lambda _buffer: changed())

    def _show_hint(self) -> None:
        self._hint.set_opacity(0.0 if self.view.get_buffer().get_char_count() else 1.0)

    @staticmethod
    def _on_key(view: Gtk.TextView, event: Gdk.EventKey, confirm: Callable[[], None]) -> bool:
        primary = view.get_modifier_mask(Gdk.ModifierIntent.PRIMARY_ACCELERATOR)  # Cmd on macOS
        if confirms(int(event.state), event.keyval, int(primary)):
            confirm()
            return True
        return False


class Choice(Gtk.ComboBoxText):
    """One of several (id, text)."""

    def __init__(self, items: list[tuple[str, str]], chosen: str) -> None:
        super().__init__()
        for cell in self.get_cells():  # a layer's long name does not widen the dialog
            cell.set_property("ellipsize", Pango.EllipsizeMode.END)
            cell.set_property("max-width-chars", CHOICE_CHARS)
        self.fill(items, chosen)

    def fill(self, items: list[tuple[str, str]], chosen: str) -> None:
        """Replace the items; an unknown choice stays, marked as not available."""
        self.remove_all()
        if chosen not in [name for name, _text in items]:
            items = [*items, (chosen, _("{name} (not available)").format(name=chosen))]
        for name, text in items:
            self.append(name, text)
        self.set_active_id(chosen)

    def chosen(self) -> str:
        return self.get_active_id() or ""


def scrolled(child: Gtk.Widget) -> Gtk.ScrolledWindow:
    """The child as high as it is, or as the smallest screen allows; then it scrolls."""
    window = Gtk.ScrolledWindow(hscrollbar_policy=Gtk.PolicyType.NEVER, overlay_scrolling=False)
    window.set_propagate_natural_height(True)
    window.set_propagate_natural_width(True)
    window.set_max_content_height(room_on_screen())
    window.add(child)
    return window


def room_on_screen() -> int:
    """How high a dialog's content may be, in logical pixels, on the smallest monitor."""
    display = Gdk.Display.get_default()
    heights = [display.get_monitor(each).get_workarea().height for each in range(display.get_n_monitors())]
    return max(LEAST_CONTENT, min(heights) - AROUND_CONTENT)


def picture_of(jpeg: bytes, side: int) -> GdkPixbuf.Pixbuf | None:
    """A JPEG as large as fits a square of `side` pixels; None where it is damaged."""
    loader = GdkPixbuf.PixbufLoader()
    try:
        loader.write(jpeg)
        loader.close()
    except GLib.Error:
        return None
    whole = loader.get_pixbuf()
    if whole is None:
        return None
    scale = side / max(whole.get_width(), whole.get_height())
    width, height = max(1, round(whole.get_width() * scale)), max(1, round(whole.get_height() * scale))
    return whole.scale_simple(width, height, GdkPixbuf.InterpType.BILINEAR)


def decoded(text: str) -> bytes:
    """The bytes of base64 text; empty where it is damaged."""
    try:
        return base64.b64decode(text)
    except ValueError:
        return b""
