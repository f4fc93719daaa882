"""A form's widgets, one class for each widget hint of the table: an option's value in, and out again. Main thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .operations import Option
from .spins import AutoNumber
from .texts import _, t
from .widgets import SPACING, Choice, Gtk, TextBox, label

Changed = Callable[[], None]
PERCENT = 100.0
SIDES = {"left": "_Left", "right": "Rig_ht", "top": "Top", "bottom": "_Bottom"}
COLUMNS = 2  # of the sides of a margin


class Field:
    """An option in a form. `label` stands before `widget`; None where the widget says its name itself."""

    label: Gtk.Label | None
    widget: Gtk.Widget
    focus: Gtk.Widget  # what the keyboard goes to

    def __init__(self, option: Option, text: str) -> None:
        """text: the title, its mnemonic marked."""
        self.option = option
        self.text = f"{text} ({option.unit})" if option.unit else text
        self.hint = _(option.description)
        self.is_shown = True

    def place(self, widget: Gtk.Widget, focus: Gtk.Widget | None = None, named: bool = False) -> None:
        """named: the widget says its name itself."""
        self.widget, self.focus = widget, focus or widget
        self.widget.set_hexpand(True)
        self.widget.set_tooltip_text(self.hint)
        self.label = None if named else label(_("{title}:").format(title=self.text), mnemonic_for=self.focus)

    def show(self, is_shown: bool) -> None:
        self.is_shown = is_shown
        for each in (self.label, self.widget):
            if each is not None:
                each.set_visible(is_shown)

    def is_default(self) -> bool:
        return self.value() == self.option.default

    def value(self) -> Any:
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        raise NotImplementedError

    def show_automatic(self, meaning: Any) -> None:
        """What automatic stands for, where that is known."""

    def limit(self, minimum: float | None, maximum: float | None) -> None:
        """The numbers that may be chosen, where the daemon says that; None: those of the option."""

    def offer(self, names: Sequence[str]) -> None:
        """What may be chosen, where the daemon says that."""


class TextField(Field):
    def __init__(self, option: Option, text: str, changed: Changed, confirm: Changed) -> None:
        super().__init__(option, text)
        self.box = TextBox(option.lines, confirm, _(option.hint))
        self.box.on_change(changed)
        self.place(self.box, self.box.view)
        if self.label is not None:
            self.label.set_valign(Gtk.Align.START)

    def value(self) -> str:
        return self.box.text().strip()

    def set_value(self, value: Any) -> None:
        self.box.set_text(value or "")


class NumberField(Field):
    slides = False
    scale = 1.0

    def __init__(self, option: Option, text: str, changed: Changed, _confirm: Changed) -> None:
        super().__init__(option, text)
        self.number = AutoNumber(option, self.text, self.slides, self.scale, changed)
        self.place(self.number.widget, named=self.slides)

    def value(self) -> float | None:
        return self.number.value()

    def set_value(self, value: Any) -> None:
        self.number.set_value(value)

    def show_automatic(self, meaning: Any) -> None:
        self.number.show_automatic(meaning if isinstance(meaning, (int, float)) else None)

    def limit(self, minimum: float | None, maximum: float | None) -> None:
        self.number.limit(minimum, maximum)


class SliderField(NumberField):
    slides = True


class PercentField(SliderField):
    scale = PERCENT


class SeedField(Field):
    """A number, or random: then the number that was used last stays to be seen."""

    def __init__(self, option: Option, text: str, changed: Changed, _confirm: Changed) -> None:
        super().__init__(option, text)
        adjustment = Gtk.Adjustment(
            lower=option.minimum, upper=option.maximum, step_increment=option.step or 1, page_increment=10
        )
        self._spin = Gtk.SpinButton(adjustment=adjustment, numeric=True, width_chars=9)
        self._spin.connect("value-changed", lambda _spin: changed())
        self._random = Gtk.CheckButton(label=_("_Random"), use_underline=True)
        self._random.connect("toggled", lambda check: self._on_random(changed))
        box = Gtk.Box(spacing=SPACING)
        box.pack_start(self._spin, True, True, 0)
        box.pack_start(self._random, False, False, 0)
        self.place(box, self._spin)

    def value(self) -> int | None:
        return None if self._random.get_active() else self._spin.get_value_as_int()

    def set_value(self, value: Any) -> None:
        self._random.set_active(value is None)
        if value is not None:
            self._spin.set_value(value)

    def _on_random(self, changed: Changed) -> None:
        self._spin.set_sensitive(not self._random.get_active())
        changed()


class ChoiceField(Field):
    """One of several names; the first is automatic, where that is allowed."""

    def __init__(self, option: Option, text: str, changed: Changed, _confirm: Changed) -> None:
        super().__init__(option, text)
        self._names = option.labelled_choices
        self._automatic = t("automatic")
        self._choice = Choice(self._items(), "" if option.automatic else str(option.default))
        self._choice.connect("changed", lambda _choice: changed())
        self.place(self._choice)

    def value(self) -> str | None:
        return self._choice.chosen() or None

    def set_value(self, value: Any) -> None:
        self._choice.fill(self._items(), value or "")

    def show_automatic(self, meaning: Any) -> None:
        words = t("automatic")
        if isinstance(meaning, str) and meaning in (self.option.choices or ()):
            words = t("automaticIs", value=_(self.option.label_of(meaning)))
        elif isinstance(meaning, str) and meaning:
            words = t("modelDefaultNamed", name=meaning)
        if words != self._automatic:
            self._automatic = words
            self.set_value(self.value())

    def offer(self, names: Sequence[str]) -> None:
        offered = [(name, name) for name in names]
        if offered != self._names:
            self._names = offered
            self.set_value(self.value())

    def _items(self) -> list[tuple[str, str]]:
        first = [("", self._automatic)] if self.option.automatic else []
        return [*first, *((name, _(shown)) for name, shown in self._names)]


class ChoicesField(Field):
    """Any of several names."""

    def __init__(self, option: Option, text: str, changed: Changed, _confirm: Changed) -> None:
        super().__init__(option, text)
        self._checks = {name: Gtk.CheckButton(label=name) for name in option.choices or ()}
        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
        for check in self._checks.values():
            check.connect("toggled", lambda _check: changed())
            box.pack_start(check, False, False, 0)
        self.place(box)

    def value(self) -> list[str]:
        return [name for name, check in self._checks.items() if check.get_active()]

    def set_value(self, value: Any) -> None:
        for name, check in self._checks.items():
            check.set_active(name in value)


class CheckField(Field):
    def __init__(self, option: Option, text: str, changed: Changed, _confirm: Changed) -> None:
        super().__init__(option, text)
        self._check = Gtk.CheckButton(label=self.text, use_underline=True)
        self._check.connect("toggled", lambda _check: changed())
        self.place(self._check, named=True)

    def value(self) -> bool:
        return self._check.get_active()

    def set_value(self, value: Any) -> None:
        self._check.set_active(bool(value))


class MarginsField(Field):
    """A number for each side."""

    def __init__(self, option: Option, text: str, changed: Changed, _confirm: Changed) -> None:
        super().__init__(option, text.replace("_", ""))
        table = Gtk.Grid(column_spacing=SPACING, row_spacing=SPACING)
        self._spins: dict[str, Gtk.SpinButton] = {}
        for place, side in enumerate(sorted(option.default, key=list(SIDES).index)):
            step = option.step or 1
            adjustment = Gtk.Adjustment(
                lower=option.minimum, upper=option.maximum, step_increment=step, page_increment=10 * step
            )
            spin = Gtk.SpinButton(adjustment=adjustment, numeric=True, width_chars=7)
            spin.connect("value-changed", lambda _spin: changed())
            row, column = divmod(place, COLUMNS)
            table.attach(label(_(SIDES[side]), mnemonic_for=spin), 2 * column, row, 1, 1)
            table.attach(spin, 2 * column + 1, row, 1, 1)
            self._spins[side] = spin
        self.place(table, next(iter(self._spins.values())))
        if self.label is not None:
            self.label.set_use_underline(False)
            self.label.set_valign(Gtk.Align.START)

    def value(self) -> dict[str, int]:
        return {side: self._spins[side].get_value_as_int() for side in self.option.default}

    def set_value(self, value: Any) -> None:
        for side, spin in self._spins.items():
            spin.set_value(value[side])


WIDGETS: Mapping[str, Callable[[Option, str, Changed, Changed], Field]] = {
    "text": TextField,
    "number": NumberField,
    "slider": SliderField,
    "pixels": SliderField,
    "percent": PercentField,
    "seed": SeedField,
    "choice": ChoiceField,
    "model": ChoiceField,
    "sampler": ChoiceField,
    "choices": ChoicesField,
    "check": CheckField,
    "margins": MarginsField,
}


def field_of(option: Option, text: str, changed: Changed, confirm: Changed) -> Field:
    """The widget that the table asks for. Raises KeyError for a hint that this plug-in does not know."""
    return WIDGETS[option.widget](option, text, changed, confirm)
