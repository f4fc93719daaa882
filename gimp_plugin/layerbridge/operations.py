"""What can be asked for, by the table that was installed with the plug-in: operations and their options. No gi."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from layerbridge_client import operation_table

LAYER = "layer"
VISIBLE = "visible"
BASE = "base"  # the role of the model that paints
SCRIPT = "script"  # the group of options that no form shows
MARGINS = "margins"
NUMBERS = ("integer", "number")
T = TypeVar("T")


@dataclass(frozen=True)
class Option:
    """An option and how it is shown; bridge_server/operations/ui.py says what each field means."""

    name: str
    title: str
    description: str
    type: str  # text, integer, number, boolean, choice, choices, margins
    widget: str
    group: str
    default: Any
    automatic: bool  # whether it may be left out, None here
    unit: str = ""
    automatic_is: Any = None
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    lines: int = 1
    max_length: int | None = None
    choices: Sequence[str] | None = None
    choices_from: str = ""
    hint: str = ""
    required: bool = False
    optional_with: str = ""
    labels: Mapping[str, str] | None = None  # of choices, where they are not the words themselves
    shown_when: str = ""
    argument: str = ""

    @property
    def arguments(self) -> tuple[str, ...]:
        """Its names in the PDB with _ for -, and in files of earlier versions: one, or one for each side."""
        return tuple(self.default) if self.type == MARGINS else (self.argument or self.name,)

    @property
    def automatic_number(self) -> int:
        """What says “automatic” where only numbers can be given."""
        return min(-1, int(self.minimum or 0) - 1)

    @property
    def labelled_choices(self) -> list[tuple[str, str]]:
        """The words that it may be, each with what is shown of it: “Photograph” of photograph."""
        return [(word, self.label_of(word)) for word in self.choices or ()]

    def label_of(self, word: str) -> str:
        return (self.labels or {}).get(word) or word[:1].upper() + word[1:].replace("-", " ")

    def read(self, given: Any) -> Any:
        """A value out of a file, a script or a request. None: automatic; of the wrong type: the default."""
        if self.automatic and self._means_automatic(given):
            return None
        if self.type in NUMBERS and type(given) in (int, float):
            return float(given) if self.type == "number" else round(given)
        if self.type == "boolean" and isinstance(given, bool):
            return given
        if self.type == "text" and isinstance(given, str):
            return given
        if self.type == "choice" and given in (self.choices or ()):
            return given
        if self.type == "choices" and isinstance(given, (list, tuple)):
            return [word for word in self.choices or () if word in given]
        if self.type == MARGINS and isinstance(given, Mapping):
            sides = {side: given.get(side) for side in self.default}
            return {side: value if type(value) is int else self.default[side] for side, value in sides.items()}
        return self.default

    def within(self, value: Any) -> Any:
        """The nearest value that is allowed."""
        if self.type == MARGINS:
            return {side: self._clamped(number) for side, number in value.items()}
        if self.type == "text" and value is not None and self.max_length is not None:
            return value[: self.max_length]
        return self._clamped(value) if self.type in NUMBERS and value is not None else value

    def is_needed(self, values: Mapping[str, Any]) -> bool:
        """Whether a form goes on without it. values: of all options, by name."""
        pairs = [pair.partition("=") for pair in self.optional_with.split()]
        return self.required and not any(values.get(name) == value for name, _equals, value in pairs)

    def _clamped(self, number: float) -> float:
        number = number if self.minimum is None else max(number, type(number)(self.minimum))
        return number if self.maximum is None else min(number, type(number)(self.maximum))

    def _means_automatic(self, given: Any) -> bool:
        if type(given) in (int, float):
            return given <= self.automatic_number
        return given in (None, "", "auto")


@dataclass(frozen=True)
class Input:
    """What is captured for a role. source: of an image; unselected: everything or refused, of a mask. absent: what
    stands for a picture that is not given. whole: whether all that is visible is offered.
    shown_when: as of an option.
    """

    role: str
    title: str
    required: bool = True
    source: str | None = None
    unselected: str | None = None
    description: str = ""
    absent: str = ""
    whole: bool = False
    shown_when: str = ""


@dataclass(frozen=True)
class Output:
    role: str
    kind: str
    title: str
    several: bool = False
    grows_canvas: bool = False
    hides_source: bool = False
    stack: str = ""  # the group of layers that belong together, the first lowest; "": it is none of them


@dataclass(frozen=True)
class Operation:
    """Something that a user can ask for."""

    name: str
    version: int  # of its options
    title: str
    description: str
    help: str
    mnemonic: str  # the letter of the title that is underlined
    asks: bool  # whether a dialog comes first
    plans: bool  # whether the daemon says which pixels it wants
    estimates: bool  # whether the daemon says how long it will take
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    options: tuple[Option, ...]

    def input(self, role: str) -> Input | None:
        return next((given for given in self.inputs if given.role == role), None)

    def output(self, role: str) -> Output | None:
        return next((made for made in self.outputs if made.role == role), None)

    def option(self, name: str) -> Option | None:
        return next((option for option in self.options if option.name == name), None)

    @property
    def source(self) -> str:
        """Which layers are meant where nobody chose: those that are read, or the one that the result lies above."""
        image = self.input("image")
        return LAYER if image is None or image.source is None else image.source

    @property
    def reads_image(self) -> bool:
        return self.input("image") is not None

    @property
    def reads_mask(self) -> bool:
        return self.input("mask") is not None

    @property
    def needs_mask(self) -> bool:
        """Whether a mask is sent also where nothing is selected."""
        mask = self.input("mask")
        return mask is not None and mask.required

    @property
    def needs_selection(self) -> bool:
        mask = self.input("mask")
        return mask is not None and mask.unselected == "refused"

    @property
    def means_layer(self) -> bool:
        """Whether with nothing selected the whole layer is meant, not the canvas."""
        return self.reads_image and self.reads_mask and not self.needs_mask

    @property
    def makes_layers(self) -> bool:
        return any(output.kind == LAYER for output in self.outputs)

    @property
    def grows_canvas(self) -> bool:
        return any(output.grows_canvas for output in self.outputs)

    @property
    def hides_source(self) -> bool:
        return any(output.hides_source for output in self.outputs)

    @property
    def label(self) -> str:
        """The title of its results where there is no prompt to name them by."""
        return self.outputs[0].stack or self.outputs[0].title if self.outputs else self.title

    @property
    def stacks(self) -> bool:
        """Whether a result is several layers that belong together."""
        return any(output.stack for output in self.outputs)


def read_operations(table: Iterable[Mapping[str, Any]]) -> tuple[Operation, ...]:
    """In the order of the table, which is that of the menu."""
    return tuple(_operation(row) for row in table)


def _operation(row: Mapping[str, Any]) -> Operation:
    return Operation(
        name=row["name"],
        version=row["version"],
        title=row["title"],
        description=row["description"],
        help=row["help"],
        mnemonic=row["menu"]["mnemonic"],
        asks=row["menu"]["asks"],
        plans=row["plans"],
        estimates=row.get("estimates", False),
        inputs=tuple(_made(Input, each) for each in row["inputs"]),
        outputs=tuple(_made(Output, each) for each in row["outputs"]),
        options=tuple(_made(Option, each) for each in row["options"]),
    )


def _made(kind: type[T], row: Mapping[str, Any]) -> T:
    """An object of the columns that it knows."""
    known = {field.name: row[field.name] for field in fields(kind) if field.name in row}  # type: ignore[arg-type]
    return kind(**known)


OPERATIONS = read_operations(operation_table.OPERATIONS)


def model_option(operation: Operation) -> Option | None:
    """The option that is a model, which a request names among its models."""
    return next((option for option in operation.options if option.widget == "model"), None)


def find(name: str) -> Operation | None:
    return next((operation for operation in OPERATIONS if operation.name == name), None)


def known_as(name: str) -> Operation:
    """The operation of this name; one that this plug-in does not know is listed as the first, under its own name."""
    return find(name) or (replace(OPERATIONS[0], name=name, title=name) if name else OPERATIONS[0])
