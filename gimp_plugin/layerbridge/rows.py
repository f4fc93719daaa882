"""The list of the History window: rows that are changed in place, so that what is selected stays selected."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .listing import Item, empty_text, item_text, when_text
from .texts import marked
from .widgets import BORDER, SPACING, Gtk, bold, clear_background, dialog, label, picture_of, room_on_screen

THUMBNAIL_SIDE = 96
LARGE_SIDE = 512
CLOSE = int(Gtk.ResponseType.CLOSE)


class Row(Gtk.ListBoxRow):
    def __init__(self, item: Item) -> None:
        super().__init__()
        self.item = item
        self.picture = Gtk.Image.new_from_icon_name("image-x-generic-symbolic", Gtk.IconSize.DIALOG)
        self.picture.set_size_request(THUMBNAIL_SIDE, THUMBNAIL_SIDE)
        self._text = label(item_text(item), wrap=True)
        column = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=SPACING, valign=Gtk.Align.CENTER)
        column.pack_start(bold(item.title), False, False, 0)
        column.pack_start(self._text, False, False, 0)
        column.pack_start(label(when_text(item), dim=True), False, False, 0)
        box = Gtk.Box(spacing=BORDER, border_width=SPACING)
        box.pack_start(self.picture, False, False, 0)
        box.pack_start(column, True, True, 0)
        clear_background(box)
        clear_background(column)
        self.add(box)
        self.show_all()

    def update(self, item: Item) -> None:
        self.item = item
        text = item_text(item)
        if text != self._text.get_text():
            self._text.set_text(text)


class ItemList(Gtk.ListBox):
    """`on_select` is called when another row, or another state of the same, is chosen."""

    def __init__(self, on_select: Callable[[], None], on_activate: Callable[[], None]) -> None:
        super().__init__(selection_mode=Gtk.SelectionMode.BROWSE, activate_on_single_click=False)
        self._rows: dict[tuple[str, int | None], Row] = {}
        self._on_select = on_select
        self.connect("row-selected", lambda _list, _row: on_select())
        self.connect("row-activated", lambda _list, _row: on_activate())
        self._empty = label("", wrap=True)
        self._empty.set_margin_top(4 * BORDER)
        self._empty.set_margin_bottom(4 * BORDER)
        self._empty.show()
        self.set_placeholder(self._empty)

    def set_words(self, words: str) -> None:
        """What stands there where no line is: that nothing has these words, or, without any, that there is nothing."""
        self._empty.set_text(empty_text(words))

    def chosen(self) -> Item | None:
        row = self.get_selected_row()
        return None if row is None else row.item

    def show_items(self, items: Sequence[Item], typing: bool = False) -> list[Item]:
        """Show these lines, keeping what is chosen; returns those that are new and have a picture.

        typing: the keys go elsewhere, and stay there.
        """
        before, position = self.chosen(), 0
        focused = not typing and (self.get_focus_child() is not None or before is None)
        wanted = {item.key for item in items}
        for key in [key for key in self._rows if key not in wanted]:
            self._rows.pop(key).destroy()
        new = []
        for position, item in enumerate(items):
            row = self._rows.get(item.key)
            if row is None:
                row = self._rows[item.key] = Row(item)
                self.insert(row, position)
                new.append(item)
            else:
                row.update(item)
        if before is None or before.key not in self._rows:
            self._choose(self._beside(before), focused)
        self._on_select()
        return [item for item in new if item.index is not None]

    def show_picture(self, item: Item, jpeg: bytes) -> None:
        row, pixbuf = self._rows.get(item.key), picture_of(jpeg, THUMBNAIL_SIDE)
        if row is not None and pixbuf is not None:
            row.picture.set_from_pixbuf(pixbuf)

    def choose_job(self, identity: str) -> None:
        self._choose(self._row_of(identity), focus=True)

    def _beside(self, gone: Item | None) -> Row | None:
        """A row of the same job, or the first."""
        return (gone and self._row_of(str(gone.job["id"]))) or self.get_row_at_index(0)

    def _row_of(self, identity: str) -> Row | None:
        return next((row for key, row in self._rows.items() if key[0] == identity), None)

    def _choose(self, row: Row | None, focus: bool) -> None:
        if row is not None:
            self.select_row(row)
            if focus:
                row.grab_focus()


def show_large(title: str, jpeg: bytes) -> None:
    """A result in a window of its own, until that is closed."""
    window = dialog(title, "layerbridge-show", [(marked("close", "C"), CLOSE)], default=CLOSE)
    picture = Gtk.Image.new_from_pixbuf(picture_of(jpeg, min(LARGE_SIDE, room_on_screen())))
    window.get_content_area().pack_start(picture, True, True, 0)
    window.show_all()
    window.run()
    window.destroy()
