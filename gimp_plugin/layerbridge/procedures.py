"""The table of procedures: names, menu labels, help, and the arguments of each. Registration only; runs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gi.repository import Gimp, GObject

from .mnemonics import underlined
from .operations import LAYER, MARGINS, NUMBERS, OPERATIONS, VISIBLE, Input, Operation, Option, Output
from .parameters import Parameters, given
from .roles import (
    DOCUMENT,
    SELECTION,
    TEXT,
    Pick,
    choosable_outputs,
    file_argument,
    input_argument,
    picked_inputs,
    way_argument,
    way_of,
    ways_of,
    ways_title,
)
from .texts import _, t

MENU_PATH = "<Image>/Filters/Layerbridge"
PREFIX = "plug-in-layerbridge-"
READ_WRITE = GObject.ParamFlags.READWRITE
GREATEST = 2**31 - 1  # of GIMP's integers, where an option has no limit


@dataclass(frozen=True)
class Entry:
    """A menu entry and PDB procedure. `job`: the operation that it runs, where it makes layers with arguments; `asks`:
    whether a dialog comes first.
    """

    name: str
    label: str
    blurb: str
    help: str
    job: Operation | None = None
    needs_image: bool = True
    asks: bool = True


def entries() -> tuple[Entry, ...]:
    """In the order of the menu. What runs at once has a second entry, with the dialog."""
    return (
        *(entry for operation in OPERATIONS for entry in entries_of(operation)),
        Entry(
            "again",
            _("_Again with New Seed"),
            _("Repeat a Layerbridge result, or the last run, with another random seed"),
            _("Select a layer that Layerbridge made to repeat that one; otherwise the last run is repeated."),
        ),
        Entry(
            "history",
            _("_History…"),
            _("Fetch finished results again, also after a crash or a closed image"),
            _("Shows the results that Layerbridge still keeps for this GIMP."),
            needs_image=False,
        ),
        Entry(
            "settings",
            _("_Settings…"),
            _("Connection, pairing and start of Layerbridge"),
            _("Shows whether Layerbridge runs and is paired, and takes a pairing code."),
            needs_image=False,
        ),
    )


def entries_of(operation: Operation) -> list[Entry]:
    first = entry_of(operation)
    if operation.asks:
        return [first]
    label = _("{title} _with Options…").format(title=_(operation.title))
    return [first, replace(first, name=f"{operation.name}-options", label=label, asks=True)]


def entry_of(operation: Operation) -> Entry:
    title = _(operation.title)
    place = title.find(operation.mnemonic) if operation.mnemonic else -1
    label = title if place < 0 else underlined(title, place)
    return Entry(
        operation.name,
        f"{label}…" if operation.asks else label,
        _(operation.description).rstrip("."),
        _(operation.help),
        job=operation,
        asks=operation.asks,
    )


def add_job_arguments(procedure: Gimp.Procedure, operation: Operation) -> None:
    """The arguments of a job procedure: the same in menus, scripts and batch runs."""
    source = Gimp.Choice.new()
    source.add(LAYER, 0, t("sourceLayer"), "")
    source.add(VISIBLE, 1, t("sourceVisible"), "")
    blurb = _("What the model sees, and where the result goes")
    procedure.add_choice_argument("source", _("Source"), blurb, source, operation.source, READ_WRITE)
    for picture in picked_inputs(operation):
        _add_picture(procedure, picture)
    for output in choosable_outputs(operation):
        _add_ways(procedure, operation, output)
    for option in operation.options:
        _add_argument(procedure, option)


def add_return_values(procedure: Gimp.Procedure, operation: Operation | None) -> None:
    """operation: None: any, of which only layers and messages are given back."""
    procedure.add_core_object_array_return_value(
        "layers", _("Layers"), _("The new layers, the first variation first"), Gimp.Layer.__gtype__, READ_WRITE
    )
    procedure.add_string_return_value("messages", _("Messages"), _("What to know about them, or empty"), "", READ_WRITE)
    for kind in further_kinds(operation):
        if kind == TEXT:
            procedure.add_string_return_value("text", _("Text"), _("The text, or empty"), "", READ_WRITE)
        elif kind == DOCUMENT:
            procedure.add_image_return_value("new-image", t("way_document"), _("Or none"), True, READ_WRITE)
        else:
            procedure.add_channel_return_value("channel", t("way_channel"), _("The new one, or none"), True, READ_WRITE)


def further_kinds(operation: Operation | None) -> list[str]:
    """Kinds of outputs that have a return value of their own, behind layers and messages, in this order."""
    made = () if operation is None else [output.kind for output in operation.outputs]
    return [kind for kind in (SELECTION, DOCUMENT, TEXT) if kind in made]


def parameters_of(config: Gimp.ProcedureConfig, operation: Operation) -> Parameters:
    """The arguments of a call. What is beyond a limit stays so: it is refused, not changed."""
    arguments: dict[str, Any] = {}
    for option in operation.options:
        for name in option.arguments:
            arguments[name] = config.get_property(argument_name(name))
    values = {option.name: option.read(given(option, arguments)) for option in operation.options}
    files = {each.role: config.get_property(file_argument(each.role)) for each in picked_inputs(operation)}
    picks = {role: Pick(file=file.get_path() or "") for role, file in files.items() if file is not None}
    for role, layer in layers_of(config, operation).items():
        picks[role] = Pick(layer.get_tattoo(), layer.get_name())
    ways = {each.role: config.get_property(way_argument(each.role)) for each in choosable_outputs(operation)}
    return Parameters(operation, config.get_property("source"), values, picks, ways)


def layers_of(config: Gimp.ProcedureConfig, operation: Operation) -> dict[str, Gimp.Layer]:
    """The layers that a call gave, by the role of the input; they go before files."""
    given = {each.role: config.get_property(input_argument(each.role)) for each in picked_inputs(operation)}
    return {role: layer for role, layer in given.items() if layer is not None}


def argument_name(name: str) -> str:
    return name.replace("_", "-")


def _add_argument(procedure: Gimp.Procedure, option: Option) -> None:
    """One for an option, or one for each side."""
    name, title, blurb = argument_name(option.arguments[0]), _(option.title), _blurb(option)
    default = option.automatic_number if option.default is None else option.default
    if option.type == MARGINS:
        _add_sides(procedure, option)
    elif option.type in NUMBERS:
        low = option.automatic_number if option.automatic else option.minimum
        high = GREATEST if option.maximum is None else option.maximum
        whole = option.type == "integer"
        add = procedure.add_int_argument if whole else procedure.add_double_argument
        add(name, title, blurb, -GREATEST if low is None else low, high, default, READ_WRITE)
    elif option.type == "boolean":
        procedure.add_boolean_argument(name, title, blurb, bool(option.default), READ_WRITE)
    elif option.type == "choices":
        procedure.add_string_array_argument(name, title, blurb, READ_WRITE)
    elif option.type == "choice":
        first = [("auto", "auto")] if option.automatic else []
        choice = Gimp.Choice.new()
        for place, (word, label) in enumerate([*first, *option.labelled_choices]):
            choice.add(word, place, _(label), "")
        procedure.add_choice_argument(name, title, blurb, choice, option.default or "auto", READ_WRITE)
    else:
        procedure.add_string_argument(name, title, blurb, option.default or "", READ_WRITE)


def _add_picture(procedure: Gimp.Procedure, picture: Input) -> None:
    """Two arguments: a layer, or a file."""
    title, needed = _(picture.title), _("One of the two is needed.") if picture.required else _("Both may be left out.")
    purpose = f"{_(picture.description)} " if picture.description else ""
    layer = purpose + _("A layer or group, also of another image; or give a file. {needed}").format(needed=needed)
    procedure.add_layer_argument(input_argument(picture.role), title, layer, True, READ_WRITE)
    file = _("A PNG or JPEG; or give a layer. {needed}").format(needed=needed)
    name, action = file_argument(picture.role), Gimp.FileChooserAction.OPEN
    procedure.add_file_argument(name, _("{title} (file)").format(title=title), file, action, True, None, READ_WRITE)


def _add_ways(procedure: Gimp.Procedure, operation: Operation, output: Output) -> None:
    ways = Gimp.Choice.new()
    for place, (name, text) in enumerate(ways_of(output.kind)):
        ways.add(name, place, text, "")
    title, blurb = ways_title(operation, output), _("How the result is used")
    procedure.add_choice_argument(way_argument(output.role), title, blurb, ways, way_of(output, {}), READ_WRITE)


def _add_sides(procedure: Gimp.Procedure, option: Option) -> None:
    sides: Mapping[str, str] = {side: t(side) for side in ("left", "top", "right", "bottom")}
    for side in option.arguments:
        procedure.add_int_argument(
            side, sides[side], _blurb(option), option.minimum, option.maximum, option.default[side], READ_WRITE
        )


def _blurb(option: Option) -> str:
    """What it says, what it takes, and how to leave it out."""
    parts = [_(option.description)]
    if option.type == "choices":
        parts.append(_("Any of: {words}.").format(words=", ".join(option.choices or ())))
    if option.automatic:
        nothing = str(option.automatic_number) if option.type in NUMBERS else _("empty")
        parts.append(_("Automatic: {value}.").format(value=nothing))
    return " ".join(part for part in parts if part)
