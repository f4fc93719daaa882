"""The progress window: what happens, how long it takes, the picture as it grows, and Stop. Blocks nothing in GIMP."""

from __future__ import annotations

from collections.abc import Callable

from .follow import Update, eta_text
from .texts import _, marked, t
from .widgets import BORDER, SPACING, GLib, Gtk, bold, decoded, dialog, label, picture_of

PREVIEW_SIDE = 192
PULSE_MILLISECONDS = 100
STOP = 1
HIDE = 2
START = 3


class ProgressWindow:
    """Shows updates of one job. `on_stop` and `on_start` are called in the main thread."""

    def __init__(
        self, title: str, subject: str, hint: str, on_stop: Callable[[], None], on_start: Callable[[], None]
    ) -> None:
        self._on_stop, self._on_start = on_stop, on_start
        self._window = dialog(
            title,
            "layerbridge-progress",
            [(_("Start _Layerbridge"), START), (_("_Hide"), HIDE), (marked("stop", "S"), STOP)],
        )
        self._window.connect("response", self._on_response)
        self._window.connect("delete-event", self._on_close)
        self._picture = Gtk.Image.new_from_icon_name("image-x-generic-symbolic", Gtk.IconSize.DIALOG)
        self._phase = label(_("Connecting…"))
        self._bar = Gtk.ProgressBar()
        self._eta = label("", dim=True)
        self._stopping = False
        self._closed = False
        self._pulse = GLib.timeout_add(PULSE_MILLISECONDS, self._tick)
        self._known = False  # whether the fraction is known; the bar swings until then
        self._remarks: list[str] = []
        self._remark = label("", wrap=True)
        self._fill(subject, hint)

    def _fill(self, subject: str, hint: str) -> None:
        frame = Gtk.Frame(shadow_type=Gtk.ShadowType.IN)
        frame.set_size_request(PREVIEW_SIDE, PREVIEW_SIDE)
        frame.add(self._picture)
        column = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=SPACING)
        column.set_size_request(320, -1)
        column.pack_start(bold(subject), False, False, 0)
        column.pack_start(self._phase, False, False, 0)
        column.pack_start(self._bar, False, False, 0)
        column.pack_start(self._eta, False, False, 0)
        column.pack_start(self._remark, False, False, 0)
        hide = _("Hide closes this window only; History… shows it again and can stop the job.")
        column.pack_end(label(f"{hint} {hide}", wrap=True, dim=True), False, False, 0)
        row = Gtk.Box(spacing=BORDER)
        row.pack_start(frame, False, False, 0)
        row.pack_start(column, True, True, 0)
        self._window.get_content_area().pack_start(row, True, True, 0)
        self._window.set_resizable(False)
        self._window.show_all()
        self._start_button = self._window.get_widget_for_response(START)
        self._start_button.hide()

    def show(self, update: Update) -> None:
        """Show news. A preview stays until the next."""
        if self._stopping or self._closed:
            return
        self._phase.set_text(update.text)
        self._known = update.ended or (update.fraction > 0 and not update.lost)
        if self._known:
            self._bar.set_fraction(update.fraction)
        self._eta.set_text("" if update.ended else eta_text(update.eta_seconds))
        self._window.set_response_sensitive(STOP, not update.ended)
        self._start_button.set_visible(update.lost)
        pixbuf = picture_of(decoded(update.preview), PREVIEW_SIDE) if update.preview else None
        if pixbuf is not None:
            self._picture.set_from_pixbuf(pixbuf)

    def remark(self, text: str) -> None:
        """A line that stays: something to know about this job."""
        self._remarks.append(text)
        self._remark.set_text("\n".join(self._remarks))

    def say(self, text: str) -> None:
        self._phase.set_text(text)
        self._known = False

    @property
    def is_shown(self) -> bool:
        return not self._closed and self._window.get_visible()

    def present(self) -> None:
        if not self._closed:
            self._window.present()

    def close(self) -> None:
        self._closed = True
        GLib.source_remove(self._pulse)
        self._window.destroy()

    def _tick(self) -> bool:
        if not self._known:
            self._bar.pulse()
        return True

    def _on_response(self, _window: Gtk.Dialog, response: int) -> None:
        if response == STOP:
            self._stopping = True
            self.say(t("stopping"))
            self._eta.set_text("")
            self._window.set_response_sensitive(STOP, False)
            self._on_stop()
        elif response == START:
            self._on_start()
        elif response == HIDE:
            self._window.hide()

    def _on_close(self, window: Gtk.Dialog, _event: object) -> bool:
        """Closing the window only hides it: the job goes on, its result is inserted."""
        window.hide()
        return True
