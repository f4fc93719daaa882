"""Short questions and messages: not running, not paired, failed, indexed. Each has a button for what can be done."""

from __future__ import annotations

from .failures import FOREIGN, UNREACHABLE, BridgeError
from .session import Connector
from .start import can_start
from .texts import _, has_text, marked, t
from .widgets import SPACING, GimpUi, Gtk, bold, dialog, label

ACT = 1  # the response of a dialog's own button
CLOSE = int(Gtk.ResponseType.CLOSE)
CANCEL = int(Gtk.ResponseType.CANCEL)


def ask(title: str, text: str, action: str, cancel: str, icon: str = "dialog-question", default: int = ACT) -> bool:
    """Whether the user chose `action`. default: what Enter chooses, ACT or CANCEL."""
    window = dialog(_("Layerbridge"), "layerbridge-question", [(cancel, CANCEL), (action, ACT)], default)
    _fill(window, title, text, icon)
    response = window.run()
    window.destroy()
    return response == ACT


def tell(title: str, text: str, icon: str = "dialog-error") -> None:
    window = dialog(_("Layerbridge"), "layerbridge-message", [(marked("close", "C"), CLOSE)], default=CLOSE)
    _fill(window, title, text, icon)
    window.run()
    window.destroy()


def tell_error(error: BridgeError) -> None:
    """A failure that nothing can be done about here; the sentence says what to do elsewhere."""
    tell(error_title(error.code), error.message)


def error_title(code: str) -> str:
    key = f"title_{code}"
    return t(key if has_text(key) else "title_other")


def offer_start(connector: Connector, code: str = UNREACHABLE) -> bool:
    """Whether the user wants Layerbridge started now. code: UNREACHABLE or FOREIGN."""
    text = _("It is the program on this computer that paints. Start it now? It goes on running when GIMP is closed.")
    action = _("_Start Layerbridge")
    if not can_start(connector.installation):
        text = _("Open a terminal and run “layerbridge serve”, then choose Try Again.")
        action = _("_Try Again")
    if code == FOREIGN:
        text += _("\n\nAnother one answers, of another user or another home folder. Nothing was sent to it.")
    return ask(error_title(code), text, action, _("_Cancel"), "dialog-warning")


def may_use_another(address: str) -> bool:
    """Whether pictures may go to the daemon of another user or another home."""
    return ask(
        _("Use somebody else’s Layerbridge?"),
        _(
            "The Layerbridge at {address} is not yours: it belongs to another user of this computer, or to another "
            "home folder. Whoever runs it can see the pictures that you send. It is used where yours does not run. To "
            "pair with it you need a code from “layerbridge pair”, run by its owner."
        ).format(address=address),
        _("_Use It"),
        _("_Cancel"),
        "dialog-warning",
        CANCEL,
    )


def ask_code(reason: str = "") -> str:
    """The pairing code the user typed; empty where they cancelled."""
    buttons = [(_("_Cancel"), CANCEL), (marked("pair", "P"), ACT)]
    window = dialog(t("pairTitle"), "layerbridge-pair", buttons, default=ACT)
    text = reason or t("pairText")
    column = _fill(window, error_title("unauthorized"), text, "dialog-password")
    entry = Gtk.Entry(activates_default=True, max_length=32, width_chars=16)
    row = Gtk.Box(spacing=SPACING)
    row.pack_start(label(_("C_ode:"), mnemonic_for=entry), False, False, 0)
    row.pack_start(entry, True, True, 0)
    column.pack_start(row, False, False, 0)
    window.set_response_sensitive(ACT, False)
    entry.connect("changed", lambda box: window.set_response_sensitive(ACT, len(box.get_text().strip()) >= 4))
    window.show_all()
    entry.grab_focus()
    response = window.run()
    code = entry.get_text().strip()
    window.destroy()
    return code if response == ACT else ""


def may_convert() -> bool:
    return ask(
        _("This image is indexed"),
        _(
            "An indexed image has too few colors for the result. It can be converted to RGB when the result is "
            "inserted; one Undo takes both back."
        ),
        _("Convert to _RGB"),
        _("_Cancel"),
    )


def run_again(error: BridgeError) -> bool:
    text = _("{message}\n\nIt can be run again now, with the same picture and settings.").format(message=error.message)
    return ask(error_title(error.code), text, marked("runAgain", "R"), marked("close", "C"), "dialog-warning")


def _fill(window: GimpUi.Dialog, title: str, text: str, icon: str) -> Gtk.Box:
    """Icon, bold title and text; returns the column below them."""
    row = Gtk.Box(spacing=2 * SPACING)
    image = Gtk.Image.new_from_icon_name(icon, Gtk.IconSize.DIALOG)
    image.set_valign(Gtk.Align.START)
    row.pack_start(image, False, False, 0)
    column = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=SPACING)
    column.pack_start(bold(title), False, False, 0)
    column.pack_start(label(text, wrap=True), False, False, 0)
    row.pack_start(column, True, True, 0)
    window.get_content_area().pack_start(row, True, True, 0)
    window.set_resizable(False)
    window.show_all()
    return column
