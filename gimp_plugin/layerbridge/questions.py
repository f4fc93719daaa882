"""Short questions and messages: not running, not paired, failed, indexed. Each has a button for what can be done."""

from __future__ import annotations

from .failures import FOREIGN, LOST, UNREACHABLE, BridgeError
from .session import Connector
from .start import can_start
from .texts import _
from .widgets import SPACING, GimpUi, Gtk, bold, dialog, label

ACT = 1  # the response of a dialog's own button
CLOSE = int(Gtk.ResponseType.CLOSE)
CANCEL = int(Gtk.ResponseType.CANCEL)


def ask(title: str, text: str, action: str, cancel: str, icon: str = "dialog-question", default: int = ACT) -> bool:
    """Whether the painter chose `action`. default: what Enter chooses, ACT or CANCEL."""
    window = dialog(_("Layerbridge"), "layerbridge-question", [(cancel, CANCEL), (action, ACT)], default)
    _fill(window, title, text, icon)
    response = window.run()
    window.destroy()
    return response == ACT


def tell(title: str, text: str, icon: str = "dialog-error") -> None:
    window = dialog(_("Layerbridge"), "layerbridge-message", [(_("_Close"), CLOSE)], default=CLOSE)
    _fill(window, title, text, icon)
    window.run()
    window.destroy()


def tell_error(error: BridgeError) -> None:
    """A failure that nothing can be done about here; the sentence says what to do elsewhere."""
    tell(error_title(error.code), error.message)


def error_title(code: str) -> str:
    titles = {
        UNREACHABLE: _("Layerbridge is not running"),
        FOREIGN: _("Your Layerbridge is not running"),
        LOST: _("Layerbridge stopped"),
        "unauthorized": _("This GIMP is not paired"),
        "pairing_refused": _("The code was not accepted"),
        "pairing_rate_limited": _("The code was not accepted"),
        "incompatible_version": _("Layerbridge and the plug-in do not fit together"),
        "out_of_memory": _("Not enough memory"),
        "worker_unavailable": _("Layerbridge cannot paint"),
        "interrupted": _("The job was interrupted"),
        "worker_died": _("The job was interrupted"),
        "worker_unresponsive": _("The job was interrupted"),
        "refused": _("This cannot be done here"),
        "gone": _("The result could not be inserted"),
        "empty_selection": _("There is nothing to paint"),
        "too_many_pixels": _("The area is too large"),
        "too_large": _("The area is too large"),
        "queue_full": _("Too many jobs are waiting"),
        "disk_full": _("The disk is full"),
        "model_not_found": _("The model was not found"),
        "model_unreadable": _("The model cannot be read"),
        "model_unsafe": _("The model is not safe to open"),
    }
    return titles.get(code, _("Layerbridge could not finish this"))


def offer_start(connector: Connector, code: str = UNREACHABLE) -> bool:
    """Whether the painter wants Layerbridge started now. code: UNREACHABLE or FOREIGN."""
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
    """The pairing code the painter typed; empty where they cancelled."""
    buttons = [(_("_Cancel"), CANCEL), (_("_Pair"), ACT)]
    window = dialog(_("Pair with Layerbridge"), "layerbridge-pair", buttons, default=ACT)
    text = reason or _("Run “layerbridge pair” in a terminal and type the code that it shows.")
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
            "An indexed image has too few colours for the result. It can be converted to RGB when the result is "
            "inserted; one Undo takes both back."
        ),
        _("Convert to _RGB"),
        _("_Cancel"),
    )


def run_again(error: BridgeError) -> bool:
    text = _("{message}\n\nIt can be run again now, with the same picture and settings.").format(message=error.message)
    return ask(error_title(error.code), text, _("_Run Again"), _("_Close"), "dialog-warning")


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
