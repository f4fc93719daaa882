"""A number in GIMP's own slider, or in a plain spin button, that may say “Automatic (25)” instead. Main thread."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable

from .operations import Option
from .texts import t
from .widgets import GimpUi, Gtk

SLIDER_STEPS = 100  # what the slider reaches of a long range; more is typed
LONG_RANGE_STEPS = 1000
PAGE_STEPS = 10


class AutoNumber:
    """A number of `low` to `high`. None is automatic: the place below `low`, or what an emptied field says.

    The number that automatic stands for is shown where it is known, and plus and minus start from it.
    """

    def __init__(self, option: Option, text: str, slides: bool, scale: float, changed: Callable[[], None]) -> None:
        step = (option.step or 1) * scale
        self._scale, self._low = scale, (option.minimum or 0) * scale
        self._digits = 0 if option.type == "integer" else digits_of(step)
        self._is_whole, self._may_be_automatic = option.type == "integer", option.automatic
        self._automatic, self._stands_for, self._is_setting = option.automatic, None, False
        high = (2**31 - 1 if option.maximum is None else option.maximum) * scale
        self._least, self._most = self._low, high
        bottom = below(self._low, step) if option.automatic else self._low
        self._adjustment = Gtk.Adjustment(
            value=self._low, lower=bottom, upper=high, step_increment=step, page_increment=PAGE_STEPS * step
        )
        self._adjustment.connect("value-changed", lambda _adjustment: self._on_value())
        self.widget = self._make(text, slides, bottom, high, step)
        self._changed = changed
        self.widget.set_update_policy(Gtk.SpinButtonUpdatePolicy.IF_VALID)  # or GTK would read “Automatic” as 0
        self.widget.set_numeric(False)
        self.widget.connect("output", lambda _spin: self._on_output())
        self.widget.connect("changed", lambda _spin: self._on_typed())
        self.widget.connect("focus-out-event", lambda _spin, _event: self._on_left())
        self.widget.connect("activate", lambda _spin: self._on_left())

    def _make(self, text: str, slides: bool, bottom: float, high: float, step: float) -> Gtk.SpinButton:
        if not slides:
            return Gtk.SpinButton(adjustment=self._adjustment, digits=self._digits, width_chars=9)
        slider = GimpUi.SpinScale.new(self._adjustment, text, self._digits)
        if high - bottom > LONG_RANGE_STEPS * step:
            slider.set_scale_limits(bottom, self._low + SLIDER_STEPS * step)
        return slider

    def value(self) -> float | None:
        if self._automatic:
            return None
        value = round(self._adjustment.get_value(), self._digits) / self._scale
        return round(value) if self._is_whole else value

    def set_value(self, value: float | None) -> None:
        self._automatic = value is None and self._may_be_automatic
        shown = self._stands_for if value is None else value
        self._move(self._low if shown is None else shown * self._scale)

    def show_automatic(self, number: float | None) -> None:
        """What automatic stands for; None: not known yet."""
        if number != self._stands_for:
            self._stands_for = number
            if self._automatic:
                self.set_value(None)

    def limit(self, minimum: float | None, maximum: float | None) -> None:
        """What the chosen model takes, where the daemon tells it. A number that was chosen before stays, and the daemon
        says what is wrong with it.
        """
        chosen = None if self._automatic else self._adjustment.get_value()
        low = self._least if minimum is None else minimum * self._scale
        high = self._most if maximum is None else maximum * self._scale
        if chosen is not None:
            low, high = min(low, chosen), max(high, chosen)
        self._low = low
        bottom = below(low, self._adjustment.get_step_increment()) if self._may_be_automatic else low
        if (bottom, high) != (self._adjustment.get_lower(), self._adjustment.get_upper()):
            self._is_setting = True
            self._adjustment.set_lower(bottom)
            self._adjustment.set_upper(high)
            self._is_setting = False

    def _move(self, value: float) -> None:
        self._is_setting = True
        self.widget.set_value(value)  # writes the words anew, also where the number stays
        self._is_setting = False

    def _on_value(self) -> None:
        if not self._is_setting:
            self._automatic = self._may_be_automatic and self._adjustment.get_value() < self._low
            self._changed()

    def _on_output(self) -> bool:
        if self._automatic and self.widget.get_text() != self._words():
            self.widget.set_text(self._words())
        return self._automatic

    def _on_typed(self) -> None:
        """The very number that automatic stands for is a choice too, though it changes no value."""
        if self._automatic and is_number(self.widget.get_text()):
            self._automatic = False
            self._changed()

    def _on_left(self) -> bool:
        if self._may_be_automatic and not self.widget.get_text().strip():
            self.set_value(None)
            self._changed()
        return False

    def _words(self) -> str:
        if self._stands_for is None:
            return t("automatic")
        number = f"{self._stands_for * self._scale:.{self._digits}f}"
        return t("automaticIs", value=number)


def digits_of(step: float) -> int:
    """Decimal places that tell one step from the next."""
    return max(0, -math.floor(math.log10(step) + 1e-9))


def below(low: float, step: float) -> float:
    """The place of automatic: a step below the least number, 0 where that is above it."""
    return 0.0 if 0 < low <= step else low - step


def is_number(text: str) -> bool:
    with contextlib.suppress(ValueError):
        float(text.strip().replace(",", "."))
        return True
    return False
