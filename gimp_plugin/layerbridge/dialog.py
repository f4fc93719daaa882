"""The dialog that asks for an operation's options: its form, its source, and what stands in the way. Main thread."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gi.repository import Gimp

from . import questions
from .background import start_in_background
from .capture import chosen_layer, scene_notes, selection_box
from .failures import NOT_RUNNING, BridgeError, CancelError
from .forms import Form
from .operations import LAYER, VISIBLE
from .parameters import Parameters, check
from .session import Connector
from .start import can_start, start
from .texts import _
from .widgets import BORDER, Choice, Gtk, add_row, dialog, label, scrolled, secondary

RESET = 1
START = 2
OK = int(Gtk.ResponseType.OK)
CANCEL = int(Gtk.ResponseType.CANCEL)


def ask_parameters(
    image: Gimp.Image, drawables: list[Gimp.Drawable], last: Parameters, connector: Connector
) -> Parameters:
    """What the painter wants. Raises CancelError."""
    asked = ParametersDialog(image, drawables, last, connector)
    try:
        return asked.run()
    finally:
        asked.close()


class ParametersDialog:
    """`form` has the options of the operation; options for a selection are shown where something is selected."""

    def __init__(
        self, image: Gimp.Image, drawables: list[Gimp.Drawable], last: Parameters, connector: Connector
    ) -> None:
        self._last, self._connector, self._closed = last, connector, False
        self._drawables = drawables
        self._has_selection = selection_box(image) is not None
        self._layer, self._notes = chosen_layer(drawables)
        self._source = self._make_source(last)
        self.form = Form(last.operation, last.values, self._has_selection, self._refresh, self._confirm)
        title = _(last.operation.title)
        buttons = [(_("Rese_t"), RESET), (_("_Cancel"), CANCEL), (_("_Generate"), OK)]
        self.window = dialog(title, "layerbridge-" + last.operation.name, buttons, default=OK)
        secondary(self.window, RESET)
        self._bar, self._bar_text = self._make_bar()
        self._reason = label("", wrap=True, dim=True)
        self.form.main.insert_row(0)
        text = _("S_ource:") if last.operation.reads_image else _("_Insert above:")
        add_row(self.form.main, 0, text, self._source)
        column = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=BORDER)
        for part in (self._bar, self.form.main, self._reason, self.form.advanced):
            column.pack_start(part, False, False, 0)
        self.window.get_content_area().pack_start(scrolled(column), True, True, 0)
        self.window.set_resizable(False)
        self.window.show_all()
        self._bar.hide()
        self.form.refresh()
        self._refresh()
        self._load_models()

    def run(self) -> Parameters:
        self.form.focus()
        while True:
            response = self.window.run()
            if response == RESET:
                self._reset()
            elif response == OK:
                return self.values()
            else:
                raise CancelError

    def values(self) -> Parameters:
        return replace(self._last, source=self._source.chosen()).with_values(**self.form.values())

    def close(self) -> None:
        self._closed = True
        self.window.destroy()

    # What is shown

    def _make_bar(self) -> tuple[Gtk.InfoBar, Gtk.Label]:
        bar = Gtk.InfoBar(message_type=Gtk.MessageType.WARNING, no_show_all=True)
        text = label("", wrap=True)
        text.show()
        bar.get_content_area().add(text)
        if can_start(self._connector.installation):
            bar.add_button(_("Start La_yerbridge"), START)
        bar.connect("response", lambda _bar, _response: self._start())
        return bar, text

    def _make_source(self, last: Parameters) -> Choice:
        choices = [(VISIBLE, _("All visible layers"))]
        if self._layer is not None:
            name = _("Active layer (“{name}”)").format(name=self._layer.get_name())
            choices.insert(0, (LAYER, name))
        source = Choice(choices, last.source if self._layer is not None else VISIBLE)
        source.set_sensitive(self._layer is not None)
        source.connect("changed", lambda _source: self._refresh())
        return source

    # What happens

    def _refresh(self) -> None:
        """Say why Generate cannot be pressed yet, or what is to be known."""
        problem, values = "", self.values()
        try:
            check(values, self._has_selection)
        except BridgeError as error:
            problem = error.message
        self.window.set_response_sensitive(OK, not problem)
        notes = [*self._notes, *scene_notes(self._drawables, self._layer, self._has_selection, values)]
        text = "\n".join([*notes, problem] if problem else notes)
        self._reason.set_text(text)
        self._reason.set_visible(bool(text))

    def _confirm(self) -> None:
        if self.window.get_widget_for_response(OK).get_sensitive():
            self.window.response(OK)

    def _reset(self) -> None:
        """Every setting to its default. What was typed stays, and typing goes on."""
        self._source.set_active_id(self._last.operation.source if self._layer is not None else VISIBLE)
        self.form.reset()
        self.form.focus()

    def _load_models(self) -> None:
        start_in_background(lambda: self._connector.call(lambda client: client.models()), self._show_models)

    def _show_models(self, reply: dict[str, Any] | None, error: BaseException | None) -> None:
        if self._closed:
            return
        if reply is None:
            self._show_trouble(error)
            return
        self._bar.hide()
        self.form.know_models(reply.get("models", []))

    def _show_trouble(self, error: BaseException | None) -> None:
        """Not running, or not paired: said at once, although the painter may still type; Generate asks again."""
        if isinstance(error, BridgeError):
            startable = error.code in NOT_RUNNING
            self._bar_text.set_text(questions.error_title(error.code) if startable else error.message)
            self._bar.set_response_sensitive(START, startable)
            self._bar.show()

    def _start(self) -> None:
        self._bar_text.set_text(_("Starting Layerbridge…"))
        self._bar.set_response_sensitive(START, False)
        start_in_background(lambda: start(self._connector), self._started)

    def _started(self, _value: object, error: BaseException | None) -> None:
        if self._closed:
            return
        if error is None:
            self._load_models()
        else:
            self._show_trouble(error)
