"""The dialog that asks for a prompt and its settings, one for all kinds of jobs. Main thread."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gi.repository import Gimp

from layerbridge_client import wire

from . import questions
from .background import start_in_background
from .capture import chosen_layer, scene_notes, selection_box
from .failures import NOT_RUNNING, BridgeError, CancelError
from .parameters import DEFAULTS, LAYER, VISIBLE, Parameters, check
from .procedures import Entry
from .session import Connector
from .start import can_start, start
from .texts import _
from .widgets import BORDER, SPACING, AutoSpin, Choice, Gtk, TextBox, Whole, add_row, dialog, grid, label, secondary

RESET = 1
START = 2
OK = int(Gtk.ResponseType.OK)
CANCEL = int(Gtk.ResponseType.CANCEL)
PROMPT_LINES = 3
NEGATIVE_LINES = 2


def ask_parameters(
    image: Gimp.Image, drawables: list[Gimp.Drawable], last: Parameters, entry: Entry, connector: Connector
) -> Parameters:
    """What the painter wants. Raises CancelError."""
    asked = ParametersDialog(image, drawables, last, entry, connector)
    try:
        return asked.run()
    finally:
        asked.close()


class ParametersDialog:
    """Fields that the kind of job does not use are not shown; those that the image does not use are insensitive."""

    def __init__(
        self, image: Gimp.Image, drawables: list[Gimp.Drawable], last: Parameters, entry: Entry, connector: Connector
    ) -> None:
        self._procedure = last.procedure
        self._connector = connector
        self._has_selection = selection_box(image) is not None
        self._layer, notes = chosen_layer(drawables)
        self._closed = False
        title = entry.label.replace("_", "").rstrip("…")
        buttons = [(_("Rese_t"), RESET), (_("_Cancel"), CANCEL), (_("_Generate"), OK)]
        self._window = dialog(title, "layerbridge-" + entry.name, buttons, default=OK)
        secondary(self._window, RESET)
        box = self._window.get_content_area()
        self._bar, self._bar_text = self._make_bar()
        box.pack_start(self._bar, False, False, 0)
        box.pack_start(self._make_main(last), False, False, 0)
        self._reason = label("", wrap=True, dim=True)
        self._notes = [*notes, *scene_notes(drawables, self._layer, self._has_selection, self._procedure)]
        box.pack_start(self._reason, False, False, 0)
        box.pack_start(self._make_advanced(last), False, False, 0)
        self._window.set_resizable(False)
        self._window.show_all()
        self._bar.hide()
        self._refresh()
        self._load_models()

    def run(self) -> Parameters:
        self._prompt.view.grab_focus()
        while True:
            response = self._window.run()
            if response == RESET:
                self._reset()
            elif response == OK:
                return self._values()
            else:
                raise CancelError

    def close(self) -> None:
        self._closed = True
        self._window.destroy()

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

    def _make_main(self, last: Parameters) -> Gtk.Widget:
        table = grid()
        choices = [(VISIBLE, _("All visible layers"))]
        if self._layer is not None:
            name = _("Active layer (“{name}”)").format(name=self._layer.get_name())
            choices.insert(0, (LAYER, name))
        self._source = Choice(choices, last.source if self._layer is not None else VISIBLE)
        self._source.set_sensitive(self._layer is not None)
        row = 0
        source_label = _("_Insert above:") if self._procedure == "txt2img" else _("S_ource:")
        add_row(table, row, source_label, self._source)
        self._prompt = TextBox(last.prompt, PROMPT_LINES, self._confirm)
        self._negative = TextBox(last.negative_prompt, NEGATIVE_LINES, self._confirm)
        for text, widget in ((_("_Prompt:"), self._prompt), (_("_Negative:"), self._negative)):
            row += 1
            name = label(text, mnemonic_for=widget.view)
            name.set_valign(Gtk.Align.START)
            table.attach(name, 0, row, 1, 1)
            widget.set_hexpand(True)
            table.attach(widget, 1, row, 1, 1)
        self._negative.view.set_tooltip_text(_("Negative prompt: what is not to be seen there"))
        self._prompt.on_change(self._refresh)
        self._margins: dict[str, Whole] = {}
        if self._procedure == "outpaint":
            row += 1
            self._margins = self._make_margins(table, row, last)
        self._strength = AutoSpin(_percent(last.strength), 100, 5, low=_percent(wire.MIN_STRENGTH))
        if self._procedure == "img2img":
            row += 1
            self._strength.set_tooltip_text(
                _("How far the result may leave the original: 1 hardly changes it, 100 ignores it")
            )
            add_row(table, row, _("_Strength (%):"), self._strength)
        self._count = Whole(last.count, 1, wire.MAX_COUNT)
        add_row(table, row + 1, _("_Variations:"), self._count)
        return table

    def _make_margins(self, table: Gtk.Grid, row: int, last: Parameters) -> dict[str, Whole]:
        margins: dict[str, Whole] = {}
        box = Gtk.Grid(column_spacing=SPACING, row_spacing=SPACING)
        sides = (("left", _("_Left"), 0, 0), ("right", _("Rig_ht"), 1, 0), ("top", _("Top"), 0, 1))
        for side, text, column, line in (*sides, ("bottom", _("_Bottom"), 1, 1)):
            spin = Whole(getattr(last, side), 0, wire.MAX_SIDE, step=8)
            spin.connect("value-changed", lambda _spin: self._refresh())
            box.attach(label(text, mnemonic_for=spin), 2 * column, line, 1, 1)
            box.attach(spin, 2 * column + 1, line, 1, 1)
            margins[side] = spin
        name = label(_("Add pixels:"))
        name.set_valign(Gtk.Align.START)
        table.attach(name, 0, row, 1, 1)
        table.attach(box, 1, row, 1, 1)
        return margins

    def _make_advanced(self, last: Parameters) -> Gtk.Widget:
        table = grid()
        table.set_margin_top(SPACING)
        table.set_margin_start(BORDER)
        self._model = Choice([("", _("Default"))], last.model)
        self._model.connect("changed", lambda _combo: self._show_samplers())
        self._models: list[dict[str, Any]] = []
        self._steps = AutoSpin(last.steps, wire.MAX_STEPS)
        self._guidance = AutoSpin(last.guidance, 50, 0.5, digits=1)
        self._sampler = Choice([("auto", _("Automatic"))], last.sampler)
        self._seed = Whole(max(0, last.seed), 0, wire.MAX_SEED)
        self._random = Gtk.CheckButton(label=_("_Random"), use_underline=True, active=last.seed < 0)
        self._random.connect("toggled", lambda check: self._seed.set_sensitive(not check.get_active()))
        self._seed.set_sensitive(last.seed >= 0)
        seed = Gtk.Box(spacing=SPACING)
        seed.pack_start(self._seed, True, True, 0)
        seed.pack_start(self._random, False, False, 0)
        self._grow, self._feather = AutoSpin(last.grow, 4096), AutoSpin(last.feather, 4096)
        self._keep = Gtk.CheckButton(label=_("_Keep to selection"), use_underline=True, active=last.keep_to_selection)
        rows: list[tuple[str, Gtk.Widget]] = [(_("_Model:"), self._model)]
        if self._procedure in ("inpaint", "outpaint"):
            rows.append((_("_Strength (%):"), self._strength))
        rows += [(_("St_eps:"), self._steps), (_("G_uidance:"), self._guidance), (_("Sampler:"), self._sampler)]
        rows.append((_("See_d:"), seed))
        if self._procedure != "txt2img":
            rows += [(_("Gro_w (px):"), self._grow), (_("_Feather (px):"), self._feather)]
        for row, (text, widget) in enumerate(rows):
            add_row(table, row, text, widget)
        if self._procedure in ("inpaint", "img2img"):
            table.attach(self._keep, 0, len(rows), 2, 1)
        for widget in (self._grow, self._feather, self._keep):
            widget.set_sensitive(self._has_selection or self._procedure == "outpaint")
        expander = Gtk.Expander(label=_("_Advanced"), use_underline=True)
        expander.add(table)
        return expander

    # What happens

    def _refresh(self) -> None:
        """Say why Generate cannot be pressed yet, or what is to be known."""
        problem = ""
        try:
            check(self._values(), self._has_selection)
        except BridgeError as error:
            problem = error.message
        self._window.set_response_sensitive(OK, not problem)
        text = "\n".join([*self._notes, problem] if problem else self._notes)
        self._reason.set_text(text)
        self._reason.set_visible(bool(text))

    def _confirm(self) -> None:
        if self._window.get_widget_for_response(OK).get_sensitive():
            self._window.response(OK)

    def _values(self) -> Parameters:
        margins = {side: spin.number() for side, spin in self._margins.items()}
        if not hasattr(self, "_keep"):
            return replace(DEFAULTS[self._procedure], prompt=self._prompt.text(), **margins)
        strength = self._strength.number()
        return Parameters(
            procedure=self._procedure,
            source=self._source.chosen(),
            prompt=self._prompt.text().strip(),
            negative_prompt=self._negative.text().strip(),
            model=self._model.chosen(),
            strength=-1.0 if strength < 0 else strength / 100,
            steps=int(self._steps.number()) or -1,
            guidance=self._guidance.number(),
            sampler=self._sampler.chosen() or "auto",
            seed=-1 if self._random.get_active() else self._seed.number(),
            count=self._count.number(),
            grow=int(self._grow.number()),
            feather=int(self._feather.number()),
            keep_to_selection=self._keep.get_active(),
            **margins,
        )

    def _reset(self) -> None:
        """Every setting to its default. What was typed stays, and typing goes on."""
        self._fill(DEFAULTS[self._procedure])
        self._prompt.view.grab_focus()

    def _fill(self, values: Parameters) -> None:
        self._source.set_active_id(values.source if self._layer is not None else VISIBLE)
        self._model.set_active_id(values.model)
        self._strength.set_number(_percent(values.strength))
        self._steps.set_number(values.steps)
        self._guidance.set_number(values.guidance)
        self._sampler.set_active_id(values.sampler)
        self._random.set_active(values.seed < 0)
        self._count.set_value(values.count)
        self._grow.set_number(values.grow)
        self._feather.set_number(values.feather)
        self._keep.set_active(values.keep_to_selection)
        for side, spin in self._margins.items():
            spin.set_value(getattr(values, side))

    def _load_models(self) -> None:
        start_in_background(lambda: self._connector.call(lambda client: client.models()), self._show_models)

    def _show_models(self, reply: dict[str, Any] | None, error: BaseException | None) -> None:
        if self._closed:
            return
        if reply is None:
            self._show_trouble(error)
            return
        self._bar.hide()
        kind = DEFAULTS[self._procedure].kind
        self._models = [model for model in reply.get("models", []) if kind in model.get("kinds", [kind])]
        default = next((model["name"] for model in self._models if model.get("default")), "")
        first = _("Default ({name})").format(name=default) if default else _("Default")
        chosen = self._model.chosen()
        self._model.fill([("", first), *((model["name"], model["name"]) for model in self._models)], chosen)
        self._show_samplers()

    def _show_samplers(self) -> None:
        """The samplers of the chosen model."""
        name, chosen = self._model.chosen(), self._sampler.chosen()
        fitting = [model for model in self._models if model["name"] == name or (not name and model.get("default"))]
        if fitting:
            names = [(sampler, sampler) for sampler in fitting[0].get("samplers", []) if sampler != "auto"]
            self._sampler.fill([("auto", _("Automatic")), *names], chosen)

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


def _percent(strength: float) -> float:
    return -1.0 if strength < 0 else round(strength * 100)
