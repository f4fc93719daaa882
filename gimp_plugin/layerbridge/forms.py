"""A form made from the table: an operation's options as widgets, in groups; a dictionary in and out. Main thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .fields import WIDGETS, Field, field_of
from .mnemonics import mnemonics
from .operations import OPERATIONS, SCRIPT, Operation, Option
from .texts import _, ngettext
from .widgets import BORDER, SPACING, Gtk, grid

MAIN = "main"
WITHOUT = (None, False, "", "none")  # what a model says of what it has not


class Form:
    """`main` and `advanced` hold the widgets. What belongs to the model is shown when the daemon has told of it."""

    def __init__(
        self,
        operation: Operation,
        values: Mapping[str, Any],
        has_selection: bool,
        changed: Callable[[], None],
        confirm: Callable[[], None],
    ) -> None:
        self._operation, self._has_selection, self._on_change = operation, has_selection, changed
        self._models: Sequence[Mapping[str, Any]] = ()
        self._plan: Mapping[str, Any] = {}
        self._is_filling = True
        known = [option for each in (*OPERATIONS, operation) for option in shown_options(each)]
        titles = mnemonics((option.name, _(option.title)) for option in known)
        self.fields: dict[str, Field] = {
            option.name: field_of(option, titles[option.name], self._changed, confirm)
            for option in shown_options(operation)
        }
        marked = [titles[name].partition("_")[2] for name in self.fields]
        self.letters = "".join(text[0].lower() for text in marked if text)  # that Alt reaches
        self.main = self._table(MAIN)
        self._folded = self._table("advanced")
        self._folded.set_margin_top(SPACING)
        self._folded.set_margin_start(BORDER)
        self.advanced = Gtk.Expander(use_underline=True)
        self.advanced.add(self._folded)
        self._fill(values)

    def values(self) -> dict[str, Any]:
        """Of the options that it shows."""
        return {name: field.value() for name, field in self.fields.items()}

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Those that are given."""
        self._fill(values)
        self._on_change()

    def reset(self) -> None:
        """Every setting to its default. What was typed stays."""
        self.set_values({name: field.option.default for name, field in self.fields.items() if not is_typed(field)})

    def know_models(self, models: Sequence[Mapping[str, Any]]) -> None:
        """What `GET /v1/models` says."""
        name = self._operation.name
        self._models = [model for model in models if name in model.get("operations", [name])]
        self._changed()

    def know_plan(self, plan: Mapping[str, Any]) -> None:
        """What `POST /v1/plan` says of these values: the lengths that automatic stands for."""
        self._plan = plan
        self._fill({})

    def holds(self, conditions: str) -> bool:
        """Whether all of these words hold for what is chosen, see Option.shown_when; not where that is not known."""
        facts = self._facts()
        return all(self._is_told(condition, facts) for condition in conditions.split()) and self._holds(
            conditions, facts
        )

    def focus(self) -> None:
        """To where typing begins."""
        first = next((field for field in self.fields.values() if is_typed(field)), None)
        if first is not None:
            first.focus.grab_focus()

    def refresh(self) -> None:
        """Show what the present values ask for; again after all of the window was shown."""
        facts = self._facts()
        for field in self.fields.values():
            option = field.option
            field.show(self._is_wanted(option, facts))
            taken = facts["model"].get("options", {}).get(option.name) or {}
            field.limit(taken.get("minimum"), taken.get("maximum"))
            field.show_automatic(meaning(option, facts))
            if option.choices_from and self._models:
                field.offer([str(name) for name in looked_up(option.choices_from, facts) or () if name != "auto"])
        changed = [field for field in self.fields.values() if field.option.group != MAIN and not field.is_default()]
        text = ngettext("_Advanced ({count} changed)", "_Advanced ({count} changed)", len(changed))
        self.advanced.set_label(text.format(count=len(changed)) if changed else _("_Advanced"))
        self.advanced.set_visible(bool(self._folded.get_children()))

    def _fill(self, values: Mapping[str, Any]) -> None:
        self._is_filling = True
        for name, field in self.fields.items():
            if name in values:
                field.set_value(values[name])
        self.refresh()
        self._is_filling = False

    def _changed(self) -> None:
        if not self._is_filling:
            self._fill({})
            self._on_change()

    def _table(self, group: str) -> Gtk.Grid:
        table = grid()
        fields = [field for field in self.fields.values() if (field.option.group == MAIN) == (group == MAIN)]
        for row, field in enumerate(fields):
            if field.label is None:
                table.attach(field.widget, 0, row, 2, 1)
            else:
                table.attach(field.label, 0, row, 1, 1)
                table.attach(field.widget, 1, row, 1, 1)
        return table

    def _facts(self) -> dict[str, Any]:
        """What the table's words are looked up in."""
        chosen = next((f.value() for f in self.fields.values() if f.option.choices_from == "models"), None)
        default = next((model for model in self._models if is_default(model, self._operation.name)), {})
        model = next((model for model in self._models if model["name"] == chosen), default if chosen is None else {})
        names = [model["name"] for model in self._models]
        return {"model": model, "models": {"default": default.get("name")}, "names": names, "plan": self._plan}

    def _is_wanted(self, option: Option, facts: Mapping[str, Any]) -> bool:
        """What the model or the plan does not tell of counts as there."""
        return self._holds(option.shown_when, facts)

    def _holds(self, conditions: str, facts: Mapping[str, Any]) -> bool:
        return all(self._is_there(condition, facts) for condition in conditions.split())

    def _is_told(self, condition: str, facts: Mapping[str, Any]) -> bool:
        where, _dot, name = condition.partition(".")
        return where not in ("model", "plan") or name in facts[where]

    def _is_there(self, condition: str, facts: Mapping[str, Any]) -> bool:
        where, _dot, name = condition.partition(".")
        if where == "selection":
            return self._has_selection
        return where not in ("model", "plan") or name not in facts[where] or facts[where][name] not in WITHOUT


def is_default(model: Mapping[str, Any], operation: str) -> bool:
    """Whether it paints where none is chosen; an older daemon has one for all operations."""
    return operation in model.get("default_for", [operation] if model.get("default") else [])


def shown_options(operation: Operation) -> list[Option]:
    """Without those of a newer daemon for which this plug-in has no widget: they keep their default."""
    return [option for option in operation.options if option.group != SCRIPT and option.widget in WIDGETS]


def is_typed(field: Field) -> bool:
    return field.option.widget == "text"


def meaning(option: Option, facts: Mapping[str, Any]) -> Any:
    """What automatic stands for: a number or a name; None where it is not known."""
    where = option.automatic_is
    return looked_up(where, facts) if isinstance(where, str) else where


def looked_up(where: str, facts: Mapping[str, Any]) -> Any:
    """`models`: their names; `model.steps`: what the chosen model says of it."""
    if where == "models":
        return facts["names"]
    holder, _dot, name = where.partition(".")
    found = facts.get(holder)
    return found.get(name) if isinstance(found, Mapping) else None
