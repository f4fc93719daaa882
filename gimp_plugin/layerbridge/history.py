"""The History window: jobs and results as they come, inserted, shown, stopped, run again or deleted. Main thread."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, Protocol

from gi.repository import Gimp

from layerbridge_client.client import Client

from . import questions
from .background import in_main_thread, start_in_background
from .documents import document_ids
from .failures import BridgeError, CancelError
from .fetch import check_image, insert_frames, new_image, sent_of
from .filter import ListFilter
from .geometry import shortened
from .listing import PAGE, Item, Job, Look, is_unfinished, items_of, look_again, merged
from .parameters import Parameters, from_request
from .rows import ItemList, show_large
from .session import Connector
from .texts import _, ngettext
from .widgets import GLib, Gtk, dialog, secondary

INSERT, SHOW, AGAIN, DELETE, STOP, MORE, FILTER = 1, 2, 3, 4, 5, 6, 7
CLOSE = int(Gtk.ResponseType.CLOSE)
LOOK_MILLISECONDS = 1000

Attempt = Callable[[Connector, Callable[[Client], Any]], Any]


class Watched(Protocol):
    """The progress window of a job that runs without this window."""

    @property
    def is_shown(self) -> bool: ...

    def present(self) -> None: ...


Done = Callable[["dict[str, Any] | None", "BaseException | None"], None]
Watch = Callable[[Connector, str, Parameters, bool, Done], Watched]


def show_history(image: Gimp.Image | None, connector: Connector, attempt: Attempt, watch: Watch) -> None:
    """Show the window until it is closed. Raises CancelError where Layerbridge is not there and not wanted."""
    window = HistoryWindow(image, connector, attempt, watch)
    try:
        window.run()
    finally:
        window.close()


class HistoryWindow:
    """`watch(connector, job, parameters, inserts, done)` shows a progress window and does not wait."""

    def __init__(self, image: Gimp.Image | None, connector: Connector, attempt: Attempt, watch: Watch) -> None:
        self._image, self._connector, self._attempt, self._watch = image, connector, attempt, watch
        self._jobs: dict[str, Job] = {}
        self._next: dict[str | None, str | None] = {}
        self._page = 0  # counts what was loaded afresh: what belongs to an older one comes too late
        self._busy = self._looking = self._leaving = self._closed = False
        self._watched: dict[str, Watched] = {}
        self._to_insert: set[str] = set()
        self._loop = GLib.MainLoop()
        insert = _("_Insert") if image is not None else _("_Open as New Image")
        buttons = [(_("_Delete"), DELETE), (_("S_top"), STOP), (_("_Run Again"), AGAIN), (_("_Show"), SHOW)]
        buttons += [(_("_Close"), CLOSE), (insert, INSERT)]
        self._window = dialog(_("Layerbridge History"), "layerbridge-history", buttons, default=INSERT)
        for response in (DELETE, STOP):
            secondary(self._window, response)
        respond = self._window.response
        self._filter = ListFilter(
            image is not None, lambda: respond(FILTER), lambda: respond(MORE), lambda: respond(CLOSE)
        )
        self._filter.find_on_keys(self._window)
        self._words = ""  # of what is listed
        self._list = ItemList(self._refresh, self._activate)
        self._fill()

    def _fill(self) -> None:
        box = self._window.get_content_area()
        scrolled = Gtk.ScrolledWindow(shadow_type=Gtk.ShadowType.IN, hscrollbar_policy=Gtk.PolicyType.NEVER)
        scrolled.set_size_request(520, 390)
        scrolled.add(self._list)
        box.pack_start(self._filter, False, False, 0)
        box.pack_start(scrolled, True, True, 0)
        self._window.show_all()
        self._refresh()

    def run(self) -> None:
        """Not modal, so that the progress windows that it opens can be used beside it."""
        self._load(fresh=True)
        self._window.connect("response", self._on_response)
        self._window.connect("delete-event", lambda _window, _event: True)  # GTK turns it into a response
        timer = GLib.timeout_add(LOOK_MILLISECONDS, self._tick)
        self._loop.run()
        GLib.source_remove(timer)

    def close(self) -> None:
        self._closed = True
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
        if response in (MORE, FILTER) or item is None:
            self._load(fresh=response != MORE)
        elif response == STOP:
            self._attempt(self._connector, lambda client: client.cancel(item.job["id"]))
        elif response == SHOW and item.index is None:
            self._show_progress(item)
        elif response == SHOW:
            index = item.index or 0
            jpeg = self._attempt(self._connector, lambda client: client.thumbnail(item.job["id"], index))
            show_large(item.title, jpeg)
        elif response == INSERT and item.index is not None:
            self._insert(item.job, [item.index])
        elif response == AGAIN:
            self._run_again(item)
        elif response == DELETE:
            self._delete(item)

    def _documents(self) -> list[str | None]:
        if self._image is None or not self._image.is_valid() or self._filter.is_of_all_images:
            return [None]
        return list(document_ids(self._image))

    def _load(self, fresh: bool) -> None:
        documents = self._documents()
        if fresh:
            self._page += 1
            self._words = self._filter.words
            self._jobs, self._next = {}, dict.fromkeys(documents)
        for document, before in dict(self._next).items():
            if not fresh and before is None:
                continue
            reply = self._attempt(
                self._connector,
                lambda client, document=document, before=before: client.jobs(
                    limit=PAGE, before=before, document=document, q=self._words or None
                ),
            )
            self._jobs.update({job["id"]: job for job in reply.get("jobs", [])})
            self._next[document] = reply.get("next")
        self._show_jobs()

    def _tick(self) -> bool:
        """Look what became of the jobs; again when that look is done."""
        if self._leaving:
            self._leave()
        elif self._filter.words != self._words:
            self._window.response(FILTER)  # typed while something else was done
        elif not self._looking:
            self._looking, page, known, words = True, self._page, dict(self._jobs), self._words

            def looked(look: Look | None, _error: BaseException | None) -> None:
                self._looking = False
                if look is not None and page == self._page and not self._closed:
                    self._jobs = merged(self._jobs, look, self._documents())
                    self._show_jobs()

            start_in_background(lambda: self._connector.call(lambda client: look_again(client, known, words)), looked)
        return True

    def _show_jobs(self) -> None:
        self._list.set_words(self._words)
        new = self._list.show_items(items_of(self._jobs.values()), self._page > 1 and self._filter.is_typed_in)
        self._filter.set_more(any(self._next.values()))
        if new:
            self._load_pictures(new)

    def _load_pictures(self, items: list[Item]) -> None:
        def load(client: Client) -> None:
            for item in items:
                if self._closed:
                    return
                in_main_thread(self._show_picture, item, client.thumbnail(item.job["id"], item.index or 0))

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

    def _check_target(self) -> None:
        if self._image is None:
            return
        if not self._image.is_valid():
            raise BridgeError("gone", _("The image was closed. Open an image and choose History… again."))
        check_image(self._image)

    def _insert(self, job: Job, indices: list[int]) -> None:
        self._check_target()
        frames = self._attempt(self._connector, lambda client: [client.result(job["id"], index) for index in indices])
        self._check_target()
        image = new_image(job, frames[0]) if self._image is None else self._image
        inserted = insert_frames(sent_of(image, job), frames)
        Gimp.displays_flush()
        if inserted.notes:
            Gimp.message("\n".join(inserted.notes))

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
        self._check_target()
        key = uuid.uuid4().hex
        accepted = self._attempt(self._connector, lambda client: client.resubmit(item.job["id"], key))
        identity = str(accepted["id"])
        self._to_insert.add(identity)
        self._follow(identity, item.job, inserts=True)
        self._jobs[identity] = self._attempt(self._connector, lambda client: client.job(identity)["job"])
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
            indices = [int(result["index"]) for result in snapshot.get("results", [])]
            if indices:
                self._insert(snapshot, indices)
        except BridgeError as failure:
            questions.tell_error(failure)
        except CancelError:
            pass
        finally:
            self._to_insert.discard(identity)

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
