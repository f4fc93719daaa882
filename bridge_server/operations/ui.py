"""How an option is shown: what a form, a menu or a help text needs beyond its type (standard library only)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

Widget = Literal[
    "text", "slider", "number", "pixels", "percent", "seed", "choice", "choices", "model", "sampler", "check", "margins"
]
Group = Literal["main", "advanced", "script"]


@dataclass(frozen=True)
class Ui:
    """What stands beside an option's type.

    widget: what edits it; percent shows the value times 100. group: main is always seen, advanced may be folded away,
    script is for the command line and scripts alone. unit: of the value, such as "px". step: of one click. lines: of a
    text. automatic_is: what a value that is left out stands for, a number or where it is found: model.steps (the
    chosen model in GET /v1/models), plan.grow (the answer of POST /v1/plan), models.default, random. choices_from: the
    same for a list. shown_when: "" always, "selection" where something is selected, model.X where the chosen model has
    X (or says nothing of it), plan.X where the plan has; of several, with spaces between, all must be. hint: what an
    empty field shows. required: a form does not go on without it. optional_with: what is required is not where another
    option has a value, such as "edit_task=remove"; of several, with spaces between, any. argument: its name in GIMP's
    procedures and on the command line where that is shorter than its own. labels: by the word of a choice, what is
    shown of it where that is not the word itself.
    """

    widget: Widget
    group: Group = "advanced"
    unit: str = ""
    step: float | None = None
    lines: int = 1
    automatic_is: float | str | None = None
    choices_from: str = ""
    shown_when: str = ""
    hint: str = ""
    required: bool = False
    optional_with: str = ""
    argument: str = ""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


def pairs_of(optional_with: str) -> list[tuple[str, str]]:
    """The options and values of Ui.optional_with."""
    pairs = (pair.partition("=") for pair in optional_with.split())
    return [(option, value) for option, _equals, value in pairs]


@dataclass(frozen=True)
class Shown:
    """How one operation shows an option otherwise than the option's own declaration says; None: as that says."""

    group: Group | None = None
    shown_when: str | None = None
    hint: str | None = None
    required: bool | None = None
    optional_with: str | None = None
    automatic_is: float | str | None = None

    def over(self, ui: Ui) -> Ui:
        changes = {name: value for name, value in vars(self).items() if value is not None}
        return replace(ui, **changes)
