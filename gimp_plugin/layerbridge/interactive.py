"""Runs with a window: the dialog, the progress window, questions, and what they lead to. Main thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from gi.repository import Gimp

from layerbridge_client.client import Client

from . import questions
from .again import again_task
from .background import in_background, in_main_thread, start_in_background
from .capture import refuse_floating
from .dialog import ask_parameters
from .failures import NOT_RUNNING, BridgeError, CancelError
from .follow import Follower, Update
from .history import show_history
from .operations import LAYER
from .outputs import Applied
from .parameters import Parameters
from .procedures import Entry
from .progress import ProgressWindow
from .roles import titled
from .run import Outcome, Task, run
from .session import Connector
from .settings import show_settings
from .start import can_start, start
from .texts import _
from .widgets import GimpUi
from .words import show_text

T = TypeVar("T")
LAYER_HINT = _("You can go on painting. The result appears as a new layer, and one Undo takes it back.")
OTHER_HINT = _("You can go on painting. The result comes when it is ready; one Undo takes back what it changed.")


def run_with_window(
    run_mode: Gimp.RunMode,
    image: Gimp.Image | None,
    drawables: list[Gimp.Drawable],
    entry: Entry,
    connector: Connector,
) -> Outcome | None:
    """Ask, run, show; None for a window that makes no layers by itself.

    Failures are shown here, with what can be done; then CancelError is raised.
    """
    GimpUi.init("layerbridge-" + entry.name)
    remembered = connector.remembered
    job = entry.job
    if run_mode == Gimp.RunMode.WITH_LAST_VALS and not entry.needs_image and image is not None:
        job = remembered.last_operation()  # Ctrl+F after History or Settings still repeats the last run
    try:
        if image is not None and (job is not None or entry.needs_image):
            refuse_floating(image)  # before anything is typed
        if job is None and not entry.needs_image:
            _show_window(entry.name, image, connector)
            return None
        if job is None:
            task = again_task(image, drawables, remembered)
        else:
            parameters = remembered.parameters(job).with_new_seed()
            if run_mode == Gimp.RunMode.INTERACTIVE and entry.asks:
                parameters = ask_parameters(image, drawables, remembered.parameters(job), connector)
            elif run_mode == Gimp.RunMode.INTERACTIVE:
                parameters = parameters.without_picks()  # of a layer that may be of another image, or gone
            task = Task(image, drawables, parameters)
        remembered.keep(task.parameters)
        return run_task(task, connector)
    except BridgeError as error:
        questions.tell_error(error)
        raise CancelError from None


def run_task(task: Task, connector: Connector) -> Outcome:
    host = WindowHost(connector, task.parameters)
    try:
        outcome = run(task, host)
    finally:
        host.close()
    connector.remembered.keep_last_job(outcome.job)
    show_applied(outcome.applied, outcome.notices)
    return outcome


def show_applied(applied: Applied, notices: list[str]) -> None:
    """New images in windows, and texts in theirs."""
    for image in applied.images:
        Gimp.Display.new(image)
    Gimp.displays_flush()
    if notices:
        Gimp.message("\n".join(notices))
    for words in applied.texts:
        show_text(words.name, words.text)


def _show_window(name: str, image: Gimp.Image | None, connector: Connector) -> None:
    if name == "history":
        show_history(image, connector, attempt, watch_with_window, show_applied)
    else:
        show_settings(connector)


def attempt(connector: Connector, work: Callable[[Client], T]) -> T:
    """HTTP work beside the main loop. Where the daemon does not run or does not know us, the user is asked.

    Raises CancelError where they decline, BridgeError for everything else.
    """
    while True:
        try:
            return in_background(lambda: connector.call(work))
        except BridgeError as error:
            if error.code in NOT_RUNNING:
                _start(connector, error.code)
            elif error.code == "unauthorized":
                _pair(connector)
            else:
                raise


def _start(connector: Connector, code: str) -> None:
    startable = can_start(connector.installation)
    autostart = startable and connector.remembered.setting("autostart", False)
    if not autostart and not questions.offer_start(connector, code):
        raise CancelError
    if startable:
        in_background(lambda: start(connector))


def _pair(connector: Connector) -> None:
    reason = ""
    while True:
        code = questions.ask_code(reason)
        if not code:
            raise CancelError
        try:
            in_background(lambda code=code: connector.connect(code))
        except BridgeError as error:
            if error.code not in ("pairing_refused", "pairing_rate_limited"):
                raise
            reason = error.message
        else:
            return


class WindowHost:
    """The progress window as the host of a run."""

    def __init__(self, connector: Connector, parameters: Parameters, hint: str = "") -> None:
        """hint: instead of what happens when it is ready."""
        self.connector = connector
        self.stopped = False
        self._job = ""
        self._follower: Follower | None = None
        title = _(parameters.operation.title)
        subject = titled(parameters.prompt, 60) or title
        only_layers = all(output.kind == LAYER for output in parameters.operation.outputs)
        hint = hint or (LAYER_HINT if only_layers else OTHER_HINT)
        self._window = ProgressWindow(title, subject, hint, self._stop, self._restart)

    def attempt(self, work: Callable[[Client], T]) -> T:
        return attempt(self.connector, work)

    def follow(self, job: str, seq: int) -> dict[str, Any]:
        self._job = job
        follower = self._follower = Follower(self.connector, job, self._update)
        if self.stopped:
            self._cancel()
        return in_background(lambda: follower.finish(seq))

    def watch(self, job: str, done: Callable[[dict[str, Any] | None, BaseException | None], None]) -> None:
        """Follow a job from the beginning, which has its newest preview; calls `done` at its end."""
        self._job = job
        follower = self._follower = Follower(self.connector, job, self._update)

        def ended(snapshot: dict[str, Any] | None, error: BaseException | None) -> None:
            self.close()
            done(snapshot, error)

        start_in_background(follower.finish, ended)

    @property
    def is_shown(self) -> bool:
        return self._window.is_shown

    def present(self) -> None:
        self._window.present()

    def remark(self, text: str) -> None:
        self._window.remark(text)

    def may_convert(self) -> bool:
        return questions.may_convert()

    def run_again(self, error: BridgeError) -> bool:
        return questions.run_again(error)

    def close(self) -> None:
        self._window.close()

    def _update(self, update: Update) -> None:
        in_main_thread(self._window.show, update)

    def _stop(self) -> None:
        self.stopped = True
        if self._follower is not None:
            self._follower.abandon.set()
            self._cancel()

    def _cancel(self) -> None:
        job = self._job
        start_in_background(lambda: self.connector.call(lambda client: client.cancel(job)), _ignore)

    def _restart(self) -> None:
        self._window.say(_("Starting Layerbridge…"))
        start_in_background(lambda: start(self.connector), _report)


def watch_with_window(
    connector: Connector,
    job: str,
    parameters: Parameters,
    inserts: bool,
    done: Callable[[dict[str, Any] | None, BaseException | None], None],
) -> WindowHost:
    """Follow a job that runs already, without waiting: `done` gets its last snapshot, or what went wrong.

    inserts: whether who asks inserts the result; else another plug-in's run does, or History.
    """
    host = WindowHost(connector, parameters, "" if inserts else _("When it is ready, History has the result."))
    host.watch(job, done)
    return host


def _report(_value: object, error: BaseException | None) -> None:
    if isinstance(error, BridgeError):
        questions.tell_error(error)


def _ignore(_value: object, _error: BaseException | None) -> None:
    """A cancel that failed shows in the job itself."""
