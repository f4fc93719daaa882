"""What stands above the list of the History window: whose results are listed, and words that they must have."""

from __future__ import annotations

from collections.abc import Callable

from .texts import _, marked, t
from .widgets import SPACING, Choice, Gdk, Gtk, label

THIS_IMAGE, ALL_IMAGES = "this", "all"
MAX_WORDS = 200  # characters that the daemon takes


class ListFilter(Gtk.Box):
    """`on_change`: the choice or the words are others. `on_more`: the next page is wanted. `on_escape`: Escape was
    pressed and no words are left to take away.
    """

    def __init__(
        self,
        has_image: bool,
        on_change: Callable[[], None],
        on_more: Callable[[], None],
        on_escape: Callable[[], None],
    ) -> None:
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=SPACING)
        self._on_escape = on_escape
        self._images = Choice(
            [(THIS_IMAGE, t("thisDocument")), (ALL_IMAGES, t("allDocuments"))], THIS_IMAGE if has_image else ALL_IMAGES
        )
        self._images.set_sensitive(has_image)
        self._images.connect("changed", lambda _combo: on_change())
        self._more = Gtk.Button(label=marked("more", "M"), use_underline=True)
        self._more.connect("clicked", lambda _button: on_more())
        self._search = Gtk.SearchEntry(placeholder_text=_("Words of the prompt, the model or the image"))
        self._search.set_max_length(MAX_WORDS)
        self._search.set_tooltip_text(_("Only results that have all of these words (Ctrl+F)"))
        self._search.get_accessible().set_name(_("Search"))
        self._search.connect("search-changed", lambda _entry: on_change())
        self._search.connect("stop-search", lambda _entry: self._escape())
        top = Gtk.Box(spacing=SPACING)
        top.pack_start(label(_("Res_ults of:"), mnemonic_for=self._images), False, False, 0)
        top.pack_start(self._images, False, False, 0)
        top.pack_end(self._more, False, False, 0)
        self.pack_start(top, False, False, 0)
        self.pack_start(self._search, False, False, 0)

    @property
    def is_of_all_images(self) -> bool:
        return self._images.chosen() == ALL_IMAGES

    @property
    def words(self) -> str:
        return " ".join(self._search.get_text().split())

    @property
    def is_typed_in(self) -> bool:
        return self._search.has_focus()

    def set_more(self, there_is_more: bool) -> None:
        self._more.set_sensitive(there_is_more)

    def find_on_keys(self, window: Gtk.Window) -> None:
        """Ctrl+F, or Cmd+F, in the window goes to the words."""
        window.connect("key-press-event", self._on_key)

    def _on_key(self, window: Gtk.Window, event: Gdk.EventKey) -> bool:
        primary = window.get_modifier_mask(Gdk.ModifierIntent.PRIMARY_ACCELERATOR)  # Cmd on macOS
        if not event.state & primary or event.keyval not in (Gdk.KEY_f, Gdk.KEY_F):
            return False
        self._search.grab_focus()
        return True

    def _escape(self) -> None:
        if self._search.get_text():
            self._search.set_text("")
        else:
            self._on_escape()
