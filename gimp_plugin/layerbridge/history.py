"""The History window: finished results with thumbnails, fetched again, run again or deleted. Main thread."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gi.repository import Gimp

from . import questions
from .background import in_main_thread, start_in_background
from .capture import document_ids
from .client import Client
from .failures import BridgeError, CancelError
from .fetch import check_image, insert_frames, new_image, sent_of
from .geometry import shortened
from .parameters import Parameters, from_request
from .run import layer_name
from .session import Connector
from .texts import _, ngettext
from .widgets import BORDER, SPACING, Choice, Gtk, bold, clear_background, dialog, label, picture_of, secondary

INSERT, SHOW, AGAIN, DELETE, MORE = 1, 2, 3, 4, 5
CLOSE = int(Gtk.ResponseType.CLOSE)
PAGE = 24  # jobs
THUMBNAIL_SIDE = 96
LARGE_SIDE = 512
THIS_IMAGE, ALL_IMAGES = "this", "all"

Attempt = Callable[[Connector, Callable[[Client], Any]], Any]
Follow = Callable[[str, int, Parameters, Connector], dict[str, Any]]


@dataclass(frozen=True)
class Item:
    """A line of the list: one variation of a job, or a job that has none (`index` None)."""

    job: dict[str, Any]
    index: int | None

    @property
    def title(self) -> str:
        return layer_name(from_request(self.job["request"], 0))


def items_of(jobs: list[dict[str, Any]]) -> list[Item]:
    """Newest first; every finished variation on its own line."""
    items: list[Item] = []
    for job in sorted(jobs, key=lambda job: job.get("created", 0.0), reverse=True):
        results = job.get("results", [])
        items += [Item(job, int(result["index"])) for result in results] or [Item(job, None)]
    return items


def show_history(image: Gimp.Image | None, connector: Connector, attempt: Attempt, follow: Follow) -> None:
    """Show the window until it is closed. Raises CancelError where Layerbridge is not there and not wanted."""
    window = HistoryWindow(image, connector, attempt, follow)
    try:
        window.run()
    finally:
        window.close()


class HistoryWindow:
    def __init__(self, image: Gimp.Image | None, connector: Connector, attempt: Attempt, follow: Follow) -> None:
        self._image, self._connector, self._attempt, self._follow = image, connector, attempt, follow
        self._jobs: dict[str, dict[str, Any]] = {}
        self._next: dict[str | None, str | None] = {}
        self._closed = False
        self._page = 0
        insert = _("_Insert") if image is not None else _("_Open as New Image")
        buttons = [(_("_Delete"), DELETE), (_("_Run Again"), AGAIN), (_("_Show"), SHOW)]
        buttons += [(_("_Close"), CLOSE), (insert, INSERT)]
        self._window = dialog(_("Layerbridge History"), "layerbridge-history", buttons, default=INSERT)
        secondary(self._window, DELETE)
        self._filter = Choice(
            [(THIS_IMAGE, _("This image")), (ALL_IMAGES, _("All images"))], THIS_IMAGE if image else ALL_IMAGES
        )
        self._filter.set_sensitive(image is not None)
        self._filter.connect("changed", lambda _combo: self._window.response(MORE + 1))
        self._list = Gtk.ListBox(selection_mode=Gtk.SelectionMode.BROWSE, activate_on_single_click=False)
        self._list.connect("row-selected", lambda _list, _row: self._refresh())
        self._list.connect("row-activated", lambda _list, _row: self._window.response(INSERT))
        self._empty = label(_("Nothing here yet. Finished results appear here and stay for two weeks."), wrap=True)
        self._empty.set_margin_top(4 * BORDER)
        self._empty.set_margin_bottom(4 * BORDER)
        self._empty.show()
        self._list.set_placeholder(self._empty)
        self._more = Gtk.Button(label=_("_More…"), use_underline=True)
        self._more.connect("clicked", lambda _button: self._window.response(MORE))
        self._fill()

    def _fill(self) -> None:
        box = self._window.get_content_area()
        top = Gtk.Box(spacing=SPACING)
        top.pack_start(label(_("Res_ults of:"), mnemonic_for=self._filter), False, False, 0)
        top.pack_start(self._filter, False, False, 0)
        top.pack_end(self._more, False, False, 0)
        scrolled = Gtk.ScrolledWindow(shadow_type=Gtk.ShadowType.IN, hscrollbar_policy=Gtk.PolicyType.NEVER)
        scrolled.set_size_request(520, 420)
        scrolled.add(self._list)
        box.pack_start(top, False, False, 0)
        box.pack_start(scrolled, True, True, 0)
        self._window.show_all()

    def run(self) -> None:
        self._load(fresh=True)
        while True:
            response = self._window.run()
            try:
                if response == MORE:
                    self._load(fresh=False)
                elif response == MORE + 1:
                    self._load(fresh=True)
                elif response in (INSERT, SHOW, AGAIN, DELETE):
                    self._act(response)
                else:
                    return
            except BridgeError as error:
                questions.tell_error(error)
            except CancelError:
                continue

    def close(self) -> None:
        self._closed = True
        self._window.destroy()

    def _act(self, response: int) -> None:
        item = self._chosen()
        if item is None:
            return
        if response == INSERT and item.index is not None:
            self._insert(item.job, [item.index])
        elif response == SHOW and item.index is not None:
            self._show(item, item.index)
        elif response == AGAIN:
            self._run_again(item)
        elif response == DELETE:
            self._delete(item)

    # The list

    def _documents(self) -> list[str | None]:
        if self._image is None or self._filter.chosen() == ALL_IMAGES:
            return [None]
        return list(document_ids(self._image))

    def _load(self, fresh: bool) -> None:
        documents = self._documents()
        if fresh:
            self._jobs, self._next = {}, dict.fromkeys(documents)
        wanted = dict(self._next) if not fresh else dict.fromkeys(documents)
        for document, before in wanted.items():
            if not fresh and before is None:
                continue
            reply = self._attempt(
                self._connector,
                lambda client, document=document, before=before: client.jobs(
                    limit=PAGE, before=before, document=document
                ),
            )
            self._jobs.update({job["id"]: job for job in reply.get("jobs", [])})
            self._next[document] = reply.get("next")
        self._show_items(items_of(list(self._jobs.values())))

    def _show_items(self, items: list[Item]) -> None:
        self._page += 1
        for row in self._list.get_children():
            row.destroy()
        pictures: list[tuple[Item, Gtk.Image]] = []
        for item in items:
            row, picture = _row(item)
            self._list.add(row)
            if item.index is not None:
                pictures.append((item, picture))
        self._list.show_all()
        first = self._list.get_row_at_index(0)
        if first is not None:
            self._list.select_row(first)
            first.grab_focus()
        self._more.set_sensitive(any(self._next.values()))
        self._refresh()
        self._load_pictures(pictures, self._page)

    def _load_pictures(self, pictures: list[tuple[Item, Gtk.Image]], page: int) -> None:
        def load(client: Client) -> None:
            for item, picture in pictures:
                if self._closed or page != self._page:
                    return
                jpeg = client.thumbnail(item.job["id"], item.index or 0)
                in_main_thread(self._show_picture, picture, jpeg, page)

        start_in_background(lambda: self._connector.call(load), lambda _value, _error: None)

    def _show_picture(self, picture: Gtk.Image, jpeg: bytes, page: int) -> None:
        pixbuf = picture_of(jpeg, THUMBNAIL_SIDE)
        if pixbuf is not None and not self._closed and page == self._page:
            picture.set_from_pixbuf(pixbuf)

    def _chosen(self) -> Item | None:
        row = self._list.get_selected_row()
        return None if row is None else row.item

    def _refresh(self) -> None:
        item = self._chosen()
        finished = item is not None and item.index is not None
        for response in (INSERT, SHOW):
            self._window.set_response_sensitive(response, finished)
        for response in (AGAIN, DELETE):
            self._window.set_response_sensitive(response, item is not None)

    # What is done

    def _check_target(self) -> None:
        if self._image is None:
            return
        if not self._image.is_valid():
            raise BridgeError("gone", _("The image was closed. Open an image and choose History… again."))
        check_image(self._image)

    def _insert(self, job: dict[str, Any], indices: list[int]) -> None:
        self._check_target()
        frames = self._attempt(self._connector, lambda client: [client.result(job["id"], index) for index in indices])
        self._check_target()
        image = new_image(job, frames[0]) if self._image is None else self._image
        inserted = insert_frames(sent_of(image, job), frames)
        Gimp.displays_flush()
        if inserted.notes:
            Gimp.message("\n".join(inserted.notes))

    def _show(self, item: Item, index: int) -> None:
        jpeg = self._attempt(self._connector, lambda client: client.thumbnail(item.job["id"], index))
        window = dialog(item.title, "layerbridge-show", [(_("_Close"), CLOSE)], default=CLOSE)
        picture = Gtk.Image.new_from_pixbuf(picture_of(jpeg, LARGE_SIDE))
        window.get_content_area().pack_start(picture, True, True, 0)
        window.show_all()
        window.run()
        window.destroy()

    def _run_again(self, item: Item) -> None:
        self._check_target()
        key = uuid.uuid4().hex
        accepted = self._attempt(self._connector, lambda client: client.resubmit(item.job["id"], key))
        parameters = from_request(item.job["request"], int(accepted["seed"]))
        snapshot = self._follow(str(accepted["id"]), int(accepted["seq"]), parameters, self._connector)
        if snapshot.get("error"):
            questions.tell(questions.error_title(snapshot["error"]["code"]), snapshot["error"]["message"])
        indices = [int(result["index"]) for result in snapshot.get("results", [])]
        if indices:
            self._insert(snapshot, indices)
        self._load(fresh=True)

    def _delete(self, item: Item) -> None:
        count = len(item.job.get("results", []))
        text = ngettext(
            "The result is deleted from Layerbridge. Layers in your images stay.",
            "All {count} variations of this job are deleted from Layerbridge. Layers in your images stay.",
            max(1, count),
        ).format(count=count)
        if questions.ask(
            _("Delete “{title}”?").format(title=shortened(item.title, 40)), text, _("_Delete"), _("_Cancel")
        ):
            self._attempt(self._connector, lambda client: client.delete(item.job["id"]))
            self._load(fresh=True)


def _row(item: Item) -> tuple[Gtk.ListBoxRow, Gtk.Image]:
    picture = Gtk.Image.new_from_icon_name("image-x-generic-symbolic", Gtk.IconSize.DIALOG)
    picture.set_size_request(THUMBNAIL_SIDE, THUMBNAIL_SIDE)
    column = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=SPACING, valign=Gtk.Align.CENTER)
    column.pack_start(bold(item.title), False, False, 0)
    column.pack_start(label(item_text(item), wrap=True), False, False, 0)
    column.pack_start(label(when_text(item), dim=True), False, False, 0)
    box = Gtk.Box(spacing=BORDER, border_width=SPACING)
    box.pack_start(picture, False, False, 0)
    box.pack_start(column, True, True, 0)
    clear_background(box)
    clear_background(column)
    row = Gtk.ListBoxRow()
    row.add(box)
    row.item = item
    return row, picture


def item_text(item: Item) -> str:
    """What happened: size, place and seed of a result, or the state and what went wrong."""
    job = item.job
    if item.index is not None:
        result = next(result for result in job["results"] if int(result["index"]) == item.index)
        bounds = result["bounds"]
        return _("{width} × {height} pixels at {x}, {y}; seed {seed}").format(seed=result["seed"], **bounds)
    if job.get("error"):
        return job["error"]["message"]
    return {
        "queued": _("Waiting"),
        "loading": _("Loading model…"),
        "running": _("Painting"),
        "cancelled": _("Stopped"),
    }.get(job["state"], job["state"])


def when_text(item: Item) -> str:
    name = item.job["request"].get("document", {}).get("name", "")
    when = time.strftime("%x %H:%M", time.localtime(item.job.get("created", 0.0)))
    return _("{name}, {when}").format(name=name, when=when) if name else when
