"""A form's rows for roles: pictures that are picked for inputs, and how a result is used. Main thread only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from gi.repository import Gimp

from .mnemonics import TAKEN, mnemonics
from .operations import Input, Operation
from .picking import named_layers, pickable
from .roles import Pick, choosable_outputs, in_reach, picked_inputs, way_of, ways_of, ways_title
from .texts import _, t
from .widgets import BORDER, Choice, Gtk, label

NOTHING, BROWSE, FILE, LAYER, WHOLE = "", "browse", "file", "layer:", "visible"
DEPTH = "\u2003"  # of a layer in a group, for each group
PATTERNS = ("*.png", "*.PNG", "*.jpg", "*.JPG", "*.jpeg", "*.JPEG")
Changed = Callable[[], None]


class PickRow(Choice):
    """Nothing, a layer or group of the image, or a file."""

    def __init__(self, given: Input, image: Gimp.Image, changed: Changed) -> None:
        self._given, self._image = given, image
        self._pick = Pick()
        self._is_filling = False
        super().__init__([], NOTHING)
        self.set_pick(Pick())
        self.connect("changed", lambda _choice: self._on_changed(changed))

    def pick(self) -> Pick:
        return self._pick

    def set_pick(self, pick: Pick) -> None:
        """A layer that is not in the image is no pick."""
        self._pick = in_reach({"": pick}, named_layers(self._image))[""]
        chosen = f"{LAYER}{self._pick.layer}" if self._pick else NOTHING
        chosen = FILE if self._pick.file else WHOLE if self._pick.visible else chosen
        self._is_filling = True
        self.fill(self._items(), chosen)
        self._is_filling = False
        hint = self._given.description
        self.set_tooltip_text(self._pick.file or (_(hint) if hint else None))

    def _items(self) -> list[tuple[str, str]]:
        without = _(self._given.absent) if self._given.absent else t("pictureNone")
        items = [(NOTHING, _("Choose a layer or a file") if self._given.required else without)]
        if self._given.whole:
            items.append((WHOLE, t("pictureVisible")))
        for layer in pickable(self._image):
            items.append((f"{LAYER}{layer.get_tattoo()}", DEPTH * _depth(layer) + layer.get_name()))
        if self._pick.file:
            items.append((FILE, Path(self._pick.file).name))
        return [*items, (BROWSE, t("pictureFile"))]

    def _on_changed(self, changed: Changed) -> None:
        if self._is_filling:
            return
        chosen = self.chosen()
        if chosen == BROWSE:
            path = ask_picture(self.get_toplevel(), _(self._given.title))
            self.set_pick(Pick(file=path) if path else self._pick)
        elif chosen.startswith(LAYER):
            layer = self._image.get_layer_by_tattoo(int(chosen[len(LAYER) :]))
            self.set_pick(Pick() if layer is None else Pick(layer.get_tattoo(), layer.get_name()))
        elif chosen == WHOLE:
            self.set_pick(Pick(visible=True))
        elif chosen == NOTHING:
            self.set_pick(Pick())
        changed()


class RoleRows:
    """`inputs` that are required stand above an operation's options, the others and `ways` below them."""

    def __init__(self, operation: Operation, image: Gimp.Image, taken: str, changed: Changed) -> None:
        """taken: letters that Alt reaches elsewhere in the form."""
        inputs, outputs = picked_inputs(operation), choosable_outputs(operation)
        titles = [(f"input {each.role}", _(each.title)) for each in inputs]
        titles += [(f"output {each.role}", ways_title(operation, each)) for each in outputs]
        self._titles = mnemonics(titles, TAKEN + taken)
        self._required = [each.role for each in inputs if each.required]
        self._conditions = {each.role: each.shown_when for each in inputs}
        self._labels: dict[str, Gtk.Label] = {}
        self.inputs = {each.role: PickRow(each, image, changed) for each in inputs}
        self.ways = {each.role: Choice(ways_of(each.kind), way_of(each, {})) for each in outputs}
        for way in self.ways.values():
            way.connect("changed", lambda _choice: changed())

    def attach(self, table: Gtk.Grid, first: int) -> None:
        """Into a form's grid: required inputs from row `first` on, the rest behind its last row."""
        for number, role in enumerate(self._required):
            table.insert_row(first + number)
            self._add(table, first + number, f"input {role}", self.inputs[role])
        last = 1 + max((table.child_get_property(child, "top-attach") for child in table.get_children()), default=-1)
        below = [(f"input {role}", row) for role, row in self.inputs.items() if role not in self._required]
        below += [(f"output {role}", row) for role, row in self.ways.items()]
        for number, (name, row) in enumerate(below):
            self._add(table, last + number, name, row)

    def show_those(self, holds: Callable[[str], bool]) -> None:
        """Inputs of which the condition holds, or for which a picture is chosen."""
        for role, row in self.inputs.items():
            shown = bool(row.pick()) or holds(self._conditions[role])
            row.set_visible(shown)
            self._labels[f"input {role}"].set_visible(shown)

    def picks(self) -> dict[str, Pick]:
        return {role: row.pick() for role, row in self.inputs.items() if row.pick()}

    def chosen_ways(self) -> dict[str, str]:
        return {role: row.chosen() for role, row in self.ways.items()}

    def set_values(self, picks: Mapping[str, Pick], ways: Mapping[str, str]) -> None:
        for role, row in self.inputs.items():
            row.set_pick(picks.get(role, Pick()))
        for role, row in self.ways.items():
            if role in ways:
                row.set_active_id(ways[role])

    def _add(self, table: Gtk.Grid, row: int, name: str, widget: Gtk.Widget) -> None:
        text = _("{title}:").format(title=self._titles[name])
        widget.set_hexpand(True)
        self._labels[name] = label(text, mnemonic_for=widget)
        table.attach(self._labels[name], 0, row, 1, 1)
        table.attach(widget, 1, row, 1, 1)


def ask_picture(parent: Gtk.Window, title: str) -> str:
    """The path of a PNG or JPEG; empty where none was chosen."""
    chooser = Gtk.FileChooserDialog(title=title, transient_for=parent, action=Gtk.FileChooserAction.OPEN)
    chooser.add_button(_("_Cancel"), Gtk.ResponseType.CANCEL)
    chooser.add_button(_("_Open"), Gtk.ResponseType.ACCEPT)
    chooser.set_default_response(Gtk.ResponseType.ACCEPT)
    chooser.set_border_width(BORDER // 2)
    pictures = Gtk.FileFilter()
    pictures.set_name(_("Pictures (PNG, JPEG)"))
    for pattern in PATTERNS:
        pictures.add_pattern(pattern)
    chooser.add_filter(pictures)
    try:
        return (chooser.get_filename() or "") if chooser.run() == Gtk.ResponseType.ACCEPT else ""
    finally:
        chooser.destroy()


def _depth(layer: Gimp.Layer) -> int:
    depth, parent = 0, layer.get_parent()
    while parent is not None:
        depth, parent = depth + 1, parent.get_parent()
    return depth
