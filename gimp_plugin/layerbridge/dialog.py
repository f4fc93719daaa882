"""The dialog that asks for an operation's options: its form, its source, and what stands in the way. Main thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gi.repository import Gimp, GLib

from layerbridge_client.client import Client

from . import questions
from .agreement import agree
from .background import start_in_background
from .capture import chosen_layer, read_scene, scene_notices, selection_box
from .failures import NOT_RUNNING, BridgeError, CancelError
from .forms import Form
from .notices import ahead
from .operations import LAYER, VISIBLE
from .parameters import Parameters, check, plan_request
from .role_rows import RoleRows
from .roles import has_place, way_of, way_problem
from .session import Connector
from .start import can_start, start
from .texts import _, marked, t
from .widgets import BORDER, Choice, Gtk, add_row, dialog, label, scrolled, secondary

PLAN_MILLISECONDS = 300  # without a change, after which the daemon is asked what automatic stands for
RESET = 1
START = 2
OK = int(Gtk.ResponseType.OK)
CANCEL = int(Gtk.ResponseType.CANCEL)


def ask_parameters(
    image: Gimp.Image, drawables: list[Gimp.Drawable], last: Parameters, connector: Connector
) -> Parameters:
    """What the user wants. Raises CancelError."""
    asked = ParametersDialog(image, drawables, last, connector)
    try:
        return asked.run()
    finally:
        asked.close()


class ParametersDialog:
    """`form` has the options of the operation, `rows` its roles; what is for a selection is shown where there is one.

    It begins with the table that was installed with the plug-in, and follows the daemon's when that has come.
    """

    def __init__(
        self, image: Gimp.Image, drawables: list[Gimp.Drawable], last: Parameters, connector: Connector
    ) -> None:
        self._last, self._connector, self._closed = last, connector, False
        self._is_connected, self._planned, self._waiting = False, {}, 0
        self._image, self._drawables, self._disagreement = image, drawables, ""
        self._said: list[str] = []
        self._estimate: list[str] = []  # how long it takes
        self._has_selection = selection_box(image) is not None
        self._layer, self._notices = chosen_layer(drawables)
        title = _(last.operation.title)
        buttons = [(marked("reset", "t"), RESET), (_("_Cancel"), CANCEL), (marked("generate", "G"), OK)]
        self.window = dialog(title, "layerbridge-" + last.operation.name, buttons, default=OK)
        secondary(self.window, RESET)
        self._bar, self._bar_text = self._make_bar()
        self._reason = label("", wrap=True, dim=True)
        self._column = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=BORDER)
        for part in (self._bar, self._reason):
            self._column.pack_start(part, False, False, 0)
        self._make_form(last)
        self.window.get_content_area().pack_start(scrolled(self._column), True, True, 0)
        self.window.set_resizable(False)
        self.window.show_all()
        self._bar.hide()
        self.form.refresh()
        self._refresh()
        self._load()

    def _make_form(self, parameters: Parameters) -> None:
        operation = parameters.operation
        self._source = self._make_source(parameters)
        self.form = Form(operation, parameters.values, self._has_selection, self._refresh, self._confirm)
        self.rows = RoleRows(operation, self._image, self.form.letters, self._refresh)
        self.rows.set_values(parameters.picks, parameters.chosen_ways)
        has_source = operation.reads_image or has_place(operation)
        if has_source:
            self.form.main.insert_row(0)
            text = _("S_ource:") if operation.reads_image else _("_Insert above:")
            add_row(self.form.main, 0, text, self._source)
        self.rows.attach(self.form.main, 1 if has_source else 0)
        for place, part in ((1, self.form.main), (3, self.form.advanced)):
            self._column.pack_start(part, False, False, 0)
            self._column.reorder_child(part, place)

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
        """As they stand in the form."""
        roles = {"picks": self.rows.picks(), "chosen_ways": self.rows.chosen_ways()}
        return replace(self._last, source=self._source.chosen(), **roles).with_values(**self.form.values())

    def close(self) -> None:
        self._closed = True
        self._stop_waiting()
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
        choices = [(VISIBLE, t("sourceVisible"))]
        if self._layer is not None:
            name = t("sourceLayerNamed", name=self._layer.get_name())
            choices.insert(0, (LAYER, name))
        source = Choice(choices, last.source if self._layer is not None else VISIBLE)
        source.set_sensitive(self._layer is not None)
        source.connect("changed", lambda _source: self._refresh())
        return source

    # What happens

    def _refresh(self) -> None:
        """Say why Generate cannot be pressed yet, or what is to be known."""
        self.rows.show_those(self.form.holds)
        problem, values = self._disagreement, self.values()
        problem = problem or way_problem(values.operation, values.ways, self._layer is not None)
        try:
            check(values, self._has_selection)
        except BridgeError as error:
            problem = problem or error.message
        self.window.set_response_sensitive(OK, not problem)
        self.window.get_widget_for_response(OK).set_tooltip_text(problem or None)  # the reason may be scrolled away
        notices = [*self._notices, *scene_notices(self._drawables, self._layer, self._has_selection, values)]
        self._said = [*notices, problem] if problem else notices
        self._tell()
        self._plan_soon()

    def _tell(self) -> None:
        text = "\n".join([*self._said, *self._estimate])
        self._reason.set_text(text)
        self._reason.set_visible(bool(text))

    def _confirm(self) -> None:
        if self.window.get_widget_for_response(OK).get_sensitive():
            self.window.response(OK)

    def _reset(self) -> None:
        """Every setting to its default. What was typed stays, and typing goes on."""
        operation = self._last.operation
        self._source.set_active_id(operation.source if self._layer is not None else VISIBLE)
        self.rows.set_values({}, {output.role: way_of(output, {}) for output in operation.outputs})
        self.form.reset()
        self.form.focus()

    def _load(self) -> None:
        def ask(client: Client) -> tuple[dict[str, Any], dict[str, Any]]:
            return client.operations(), client.models()

        start_in_background(lambda: self._connector.call(ask), self._show)

    def _show(self, replies: tuple[dict[str, Any], dict[str, Any]] | None, error: BaseException | None) -> None:
        if self._closed:
            return
        if replies is None:
            self._show_trouble(error)
            return
        self._bar.hide()
        self._is_connected = True
        self.know_operations(replies[0].get("operations", []))
        self.form.know_models(replies[1].get("models", []))

    def know_operations(self, table: Sequence[Mapping[str, Any]]) -> None:
        """What `GET /v1/operations` says: the form is made anew where the daemon's has other rows."""
        values = self.values()
        operation, self._disagreement = agree(values.operation, table)
        if operation != values.operation:
            self._last = values.described(operation)
            for part in (self.form.main, self.form.advanced):
                part.destroy()
            self._make_form(self._last)
            for part in (self.form.main, self.form.advanced):
                part.show_all()
            self.form.refresh()
            self.form.focus()
        self._refresh()

    def _plan_soon(self) -> None:
        """Ask for the lengths that automatic stands for, and how long it takes, once nothing changed for a moment."""
        self._stop_waiting()
        operation = self._last.operation
        if self._is_connected and (operation.plans or operation.estimates) and not self._closed:
            self._waiting = GLib.timeout_add(PLAN_MILLISECONDS, self._plan)

    def _stop_waiting(self) -> None:
        if self._waiting:
            GLib.source_remove(self._waiting)
            self._waiting = 0

    def _plan(self) -> bool:
        self._waiting = 0
        values = self.values()
        try:
            scene = read_scene(self._image, self._drawables, values)
        except BridgeError:  # Generate says it
            return False
        body = plan_request(values, scene.document, scene.selection, scene.layer_box)
        if body != self._planned:
            self._planned = body
            start_in_background(lambda: self._connector.call(lambda client: client.plan(body)), self._show_plan)
        return False

    def _show_plan(self, plan: dict[str, Any] | None, _error: BaseException | None) -> None:
        """Where there is none, the form goes on without: Generate asks again, and says what is wrong."""
        if not self._closed:
            self._estimate = ahead(plan or {}) if self._last.operation.estimates else []
            self.form.know_plan(plan or {})
            self._tell()

    def _show_trouble(self, error: BaseException | None) -> None:
        """Not running, or not paired: said at once, although the user may still type; Generate asks again."""
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
            self._load()
        else:
            self._show_trouble(error)
