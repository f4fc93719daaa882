"""The Settings window: whether Layerbridge runs and this GIMP is paired, a pairing code, and starting by itself."""

from __future__ import annotations

from typing import Any

from layerbridge_client.session import check_version

from . import questions
from .agreement import missing_here
from .background import in_background
from .failures import FOREIGN, NOT_RUNNING, BridgeError
from .session import Connector
from .start import can_start, start
from .texts import _, marked, t
from .widgets import Gtk, add_row, dialog, grid, label

START = 1
PAIR = 2
AGAIN = 3
CLOSE = int(Gtk.ResponseType.CLOSE)


def show_settings(connector: Connector) -> None:
    """Show the window until it is closed."""
    window = dialog(
        _("Layerbridge Settings"),
        "layerbridge-settings",
        [
            (_("_Start Layerbridge"), START),
            (_("_Pair…"), PAIR),
            (marked("checkAgain", "A"), AGAIN),
            (marked("close", "C"), CLOSE),
        ],
        default=CLOSE,
    )
    state, address, version, models = (label("", wrap=True) for _field in range(4))
    for widget in (state, address, version, models):
        widget.set_selectable(True)
    table = grid()
    add_row(table, 0, _("State:"), state)
    add_row(table, 1, _("Address:"), address)
    add_row(table, 2, _("Version:"), version)
    add_row(table, 3, _("Models:"), models)
    autostart = Gtk.CheckButton(label=_("Start Layerbridge by _itself when it is needed"), use_underline=True)
    autostart.set_active(connector.remembered.setting("autostart", False))
    autostart.set_sensitive(can_start(connector.installation))
    autostart.connect("toggled", lambda check: connector.remembered.keep_setting("autostart", check.get_active()))
    box = window.get_content_area()
    box.pack_start(table, True, True, 0)
    box.pack_start(autostart, False, False, 0)
    window.set_resizable(False)
    window.show_all()
    while True:
        facts = in_background(lambda: connection_facts(connector))
        state.set_text(facts["state"])
        address.set_text(facts["address"])
        version.set_text(facts["version"])
        models.set_text(facts["models"])
        running = facts["code"] not in NOT_RUNNING
        window.set_response_sensitive(START, not facts["own"] and can_start(connector.installation))
        window.set_response_sensitive(PAIR, running or facts["code"] == FOREIGN)
        response = window.run()
        if response == START:
            state.set_text(_("Starting Layerbridge…"))
            _attempt(lambda: start(connector))
        elif response == PAIR and facts["code"] == FOREIGN:
            _pair_with_another(connector)
        elif response == PAIR:
            code = questions.ask_code()
            if code:
                _attempt(lambda code=code: connector.connect(code))
        elif response != AGAIN:
            break
    window.destroy()


def connection_facts(connector: Connector) -> dict[str, Any]:
    """What the window shows, as texts; `code` is empty where all is well. Blocking."""
    facts: dict[str, Any] = {"state": "", "address": "–", "version": "–", "models": "–", "code": "", "own": False}
    try:
        found = connector.find()
        facts["address"], facts["version"] = found.client.address, str(found.hello.get("version", "?"))
        facts["own"] = connector.is_own(found)
        check_version(found.hello, connector.sentences)
        listed = connector.call(lambda known: known.models())
        table = connector.call(lambda known: known.operations()).get("operations", [])
    except BridgeError as error:
        return {**facts, "state": error.message, "code": error.code}
    models = listed.get("models", [])
    names = [t("isDefault", name=model["name"]) if model.get("default") else model["name"] for model in models]
    state = _("Running, and this GIMP is paired.")
    if not facts["own"]:
        state = _("Somebody else’s Layerbridge is used, as you chose. Yours does not run.")
    state = " ".join(text for text in (state, missing_here(table)) if text)
    return {**facts, "state": state, "models": ", ".join(names) or t("modelsNone")}


def _pair_with_another(connector: Connector) -> None:
    """With the daemon of another user or another home, where the user wants that."""
    other = in_background(lambda: next(connector.others(), None))
    if other is None or not questions.may_use_another(other.client.address):
        return
    code = questions.ask_code()
    if code:
        _attempt(lambda: connector.choose(other, code))


def _attempt(work: Any) -> None:
    try:
        in_background(work)
    except BridgeError as error:
        questions.tell_error(error)
