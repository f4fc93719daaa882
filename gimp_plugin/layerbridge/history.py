"""The History window: jobs and results as they come, inserted, shown, stopped, run again or deleted. Main thread."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from gi.repository import Gimp

from layerbridge_client.client import Client

from . import questions
from .background import in_main_thread, start_in_background
from .documents import document_ids
from .failures import GONE, REFUSED, BridgeError, CancelError
from .fetch import apply_found, check_image
from .filter import ListFilter
from .geometry import shortened
from .job_pages import JobPages
from .listing import Item, Job, deletion_text, is_unfinished, items_of, thumbnail_of
from .parameters import from_request
from .rows import ItemList, show_large
from .session import Connector
from .texts import _, marked
from .watching import Attempt, Show, Watch, Watched
from .widgets import GLib, Gtk, dialog, room_on_screen, secondary

INSERT, SHOW, AGAIN, DELETE, STOP, MORE, FILTER = 1, 2, 3, 4, 5, 6, 7
CLOSE = int(Gtk.ResponseType.CLOSE)
LOOK_MILLISECONDS = 1000
LIST_WIDTH, LIST_HEIGHT = 520, 390
AROUND_LIST = 90  # of the height: the choice of images and the words, above the list


def show_history(image: Gimp.Image | None, connector: Connector, attempt: Attempt, watch: Watch, show: Show) -> None:
    """Show the window until it is closed. Raises CancelError where Layerbridge is not there and not wanted."""
    window = HistoryWindow(image, connector, attempt, watch, show)
    try:
        window.run()
    finally:
        window.close()


class HistoryWindow:
    """`watch(connector, job, parameters, inserts, done)` shows a progress window and does not wait; `show` what came
    of a job beside layers.
    """

    def __init__(
        self, image: Gimp.Image | None, connector: Connector, attempt: Attempt, watch: Watch, show: Show
    ) -> None:
        self._image, self._connector, self._attempt, self._watch, self._show = image, connector, attempt, watch, show
        self._pages = JobPages(connector, attempt)
        self._busy = self._leaving = self._closed = False
        self._watched: dict[str, Watched] = {}
        self._to_insert: set[str] = set()
        self._loop = GLib.MainLoop()
        insert = _("_Insert") if image is not None else _("_Open as New Image")
        buttons = [
            (marked("delete", "D"), DELETE),
            (marked("stop", "t"), STOP),
            (marked("runAgain", "R"), AGAIN),
            (_("_Show"), SHOW),
        ]
        buttons += [(marked("close", "C"), CLOSE), (insert, INSERT)]
        self._window = dialog(_("Layerbridge History"), "layerbridge-history", buttons, default=INSERT)
        for response in (DELETE, STOP):
            secondary(self._window, response)
        respond = self._window.response
        self._filter = ListFilter(
            image is not None, lambda: respond(FILTER), lambda: respond(MORE), lambda: respond(CLOSE)
        )
        self._filter.find_on_keys(self._window)
        self._list = ItemList(self._refresh, self._activate)
        self._fill()

    def _fill(self) -> None:
        box = self._window.get_content_area()
        scrolled = Gtk.ScrolledWindow(shadow_type=Gtk.ShadowType.IN, hscrollbar_policy=Gtk.PolicyType.NEVER)
        scrolled.set_size_request(LIST_WIDTH, min(LIST_HEIGHT, room_on_screen() - AROUND_LIST))
        scrolled.add(self._list)
        box.pack_start(self._filter, False, False, 0)
        box.pack_start(scrolled, True, True, 0)
        for response in (DELETE, STOP, AGAIN, SHOW, CLOSE, INSERT):  # as wide as its words: a small screen is narrow
            button = self._window.get_widget_for_response(response)
            button.get_parent().set_child_non_homogeneous(button, True)
        self._window.get_widget_for_response(STOP).set_no_show_all(True)  # in the place of Delete, of a job that runs
        self._window.show_all()
        self._refresh()

    def run(self) -> None:
        """Not modal, so that the progress windows that it opens can be used beside it."""
        self._load()
        self._window.connect("response", self._on_response)
        self._window.connect("delete-event", lambda _window, _event: True)  # GTK turns it into a response
        timer = GLib.timeout_add(LOOK_MILLISECONDS, self._tick)
        self._loop.run()
        GLib.source_remove(timer)

    def close(self) -> None:
        self._closed = True
        self._pages.close()
        self._window.destroy()

    def _on_response(self, _window: Gtk.Dialog, response: int) -> None:
        if response not in (INSERT, SHOW, AGAIN, DELETE, STOP, MORE, FILTER):
            self._leave()
        elif not self._busy:
            self._busy = True
            try:
                self._act(response)
            except BridgeError as error:
                questions.tell_error(error)
            except CancelError:
                pass
            finally:
                self._busy = False

    def _leave(self) -> None:
        """Close; what this window is to insert, or shows in a progress window, is waited for first."""
        self._leaving = True
        self._window.hide()
        if not self._to_insert and not any(watched.is_shown for watched in self._watched.values()):
            self._loop.quit()

    def _act(self, response: int) -> None:
        item = self._list.chosen()
        if response == MORE:
            self._load_more()
        elif response == FILTER or item is None:
            self._load()
        elif response == STOP:
            self._attempt(self._connector, lambda client: client.cancel(item.job["id"]))
        elif response == SHOW and item.index is None:
            self._show_progress(item)
        elif response == SHOW:
            jpeg = self._attempt(self._connector, lambda client: thumbnail_of(client, item))
            if not jpeg:
                raise BridgeError(REFUSED, _("There is no picture of this result. Insert shows or applies it."))
            show_large(item.title, jpeg)
        elif response == INSERT and item.index is not None:
            self._insert(item.job, [one for one in item.job["artifacts"] if int(one["index"]) == item.index])
        elif response == AGAIN:
            self._run_again(item)
        elif response == DELETE:
            self._delete(item)

    def _documents(self) -> list[str | None]:
        if self._image is None or not self._image.is_valid() or self._filter.is_of_all_images:
            return [None]
        return list(document_ids(self._image))

    def _load(self) -> None:
        self._pages.load(self._documents(), self._filter.words)
        self._show_jobs()

    def _load_more(self) -> None:
        self._pages.load_more()
        self._show_jobs()

    def _tick(self) -> bool:
        """Look what became of the jobs; again when that look is done."""
        if self._leaving:
            self._leave()
        elif self._filter.words != self._pages.words:
            self._window.response(FILTER)  # typed while something else was done
        else:
            self._pages.look(self._documents, self._show_jobs)
        return True

    def _show_jobs(self) -> None:
        pages = self._pages
        self._list.set_words(pages.words)
        new = self._list.show_items(items_of(pages.jobs.values()), pages.number > 1 and self._filter.is_typed_in)
        self._filter.set_more(pages.has_more)
        if new:
            self._load_pictures(new)

    def _load_pictures(self, items: list[Item]) -> None:
        def load(client: Client) -> None:
            for item in items:
                if self._closed:
                    return
                in_main_thread(self._show_picture, item, thumbnail_of(client, item))

        start_in_background(lambda: self._connector.call(load), lambda _value, _error: None)

    def _show_picture(self, item: Item, jpeg: bytes) -> None:
        if not self._closed:
            self._list.show_picture(item, jpeg)

    def _refresh(self) -> None:
        item = self._list.chosen()
        runs = item is not None and is_unfinished(item.job)
        finished = item is not None and item.index is not None
        self._window.set_response_sensitive(INSERT, finished)
        self._window.set_response_sensitive(SHOW, finished or runs)
        for response in (AGAIN, DELETE):
            self._window.set_response_sensitive(response, item is not None and not runs)
        self._window.get_widget_for_response(DELETE).set_visible(not runs)
        self._window.get_widget_for_response(STOP).set_visible(runs)

    def _activate(self) -> None:
        item = self._list.chosen()
        self._window.response(SHOW if item is not None and item.index is None else INSERT)

    def _check_target(self, job: Job) -> None:
        if self._image is None:
            return
        if not self._image.is_valid():
            raise BridgeError(GONE, _("The image was closed. Open an image and choose History… again."))
        check_image(self._image, job)

    def _insert(self, job: Job, made: Sequence[Mapping[str, Any]]) -> None:
        self._check_target(job)
        frames = self._attempt(
            self._connector, lambda client: [client.artifact(job["id"], one["role"], int(one["index"])) for one in made]
        )
        self._check_target(job)
        applied = apply_found(self._image, job, made, frames)
        self._show(applied, applied.notices)

    def _show_progress(self, item: Item) -> None:
        """The progress window of a job, also where the one that it had is hidden."""
        if not is_unfinished(item.job):
            return
        watched = self._watched.get(item.job["id"])
        if watched is not None:
            watched.present()
        else:
            self._follow(str(item.job["id"]), item.job, inserts=False)

    def _run_again(self, item: Item) -> None:
        self._check_target(item.job)
        key = uuid.uuid4().hex
        accepted = self._attempt(self._connector, lambda client: client.resubmit(item.job["id"], key))
        identity = str(accepted["id"])
        self._to_insert.add(identity)
        self._follow(identity, item.job, inserts=True)
        self._pages.jobs[identity] = self._attempt(self._connector, lambda client: client.job(identity)["job"])
        self._show_jobs()
        self._list.choose_job(identity)

    def _follow(self, identity: str, job: Job, inserts: bool) -> None:
        parameters = from_request(job["request"], 0)

        def done(snapshot: dict[str, Any] | None, error: BaseException | None) -> None:
            self._watched.pop(identity, None)
            if inserts:
                self._take(identity, snapshot, error)

        self._watched[identity] = self._watch(self._connector, identity, parameters, inserts, done)

    def _take(self, identity: str, snapshot: dict[str, Any] | None, error: BaseException | None) -> None:
        """Insert what came of a job that was run again, or say why nothing did."""
        try:
            if snapshot is None:
                raise error or CancelError
            if snapshot.get("error"):
                questions.tell(questions.error_title(snapshot["error"]["code"]), snapshot["error"]["message"])
            if snapshot.get("artifacts"):
                self._insert(snapshot, snapshot["artifacts"])
        except BridgeError as failure:
            questions.tell_error(failure)
        except CancelError:
            pass
        finally:
            self._to_insert.discard(identity)

    def _delete(self, item: Item) -> None:
        title = _("Delete “{title}”?").format(title=shortened(item.title, 40))
        if questions.ask(title, deletion_text(item.job), marked("delete", "D"), _("_Cancel")):
            self._attempt(self._connector, lambda client: client.delete(item.job["id"]))
            self._load()
