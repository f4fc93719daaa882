"""From a click to layers: look, plan, capture, submit, follow, fetch, insert. Main thread; HTTP through the host."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from gi.repository import Gimp

from layerbridge_client import wire
from layerbridge_client.client import Client

from .apply import Anchor, Result, insert, read_result
from .capture import Scene, blank_source, look, packed_selection, read_selection, read_source, with_packed_selection
from .documents import note_document
from .failures import BridgeError, CancelError
from .follow import Follower
from .geometry import Box
from .notices import ahead, at_the_end, codes_of
from .operations import LAYER
from .parameters import Parameters, check, job_message, layer_name, plan_request
from .session import Connector
from .texts import _

MAX_LOOKS = 4  # the painter goes on painting: look again where the scene changed while the daemon planned
T = TypeVar("T")
WORTH_REPEATING = ("interrupted", "worker_died", "worker_unresponsive")


class Host(Protocol):
    """Who a run talks to: the progress window, or a script."""

    @property
    def connector(self) -> Connector: ...

    @property
    def stopped(self) -> bool: ...

    def attempt(self, work: Callable[[Client], T]) -> T:
        """Run HTTP work beside the main loop; helps where the daemon is not there or does not know us."""
        ...

    def follow(self, job: str, seq: int) -> dict[str, Any]:
        """Follow a job to its end; returns its last snapshot."""
        ...

    def remark(self, text: str) -> None:
        """Something to know while the job runs."""
        ...

    def may_convert(self) -> bool:
        """Whether an indexed image may become RGB."""
        ...

    def run_again(self, error: BridgeError) -> bool:
        """Whether a job that was interrupted should be run again."""
        ...


@dataclass(frozen=True)
class Task:
    """What is to be made, and of what."""

    image: Gimp.Image
    drawables: list[Gimp.Drawable]
    parameters: Parameters
    note: Mapping[str, Any] = field(default_factory=dict)  # Again: the parasite of the result that is repeated
    hidden: list[Gimp.Layer] = field(default_factory=list)  # Again: earlier results, left out of what is read


@dataclass(frozen=True)
class Outcome:
    job: str
    layers: list[Gimp.Layer]
    notes: list[str]


@dataclass(frozen=True)
class Sent:
    """A job that the daemon accepted, and what its results need when they come back."""

    job: str
    seq: int
    anchor: Anchor
    parameters: Parameters
    note: dict[str, Any]
    told: frozenset[str] = frozenset()  # codes of warnings that the plan gave already


def run(task: Task, host: Host) -> Outcome:
    """Make the layers. Raises BridgeError, or CancelError where the painter stopped before anything was finished."""
    sent = send(task, host)
    snapshot = follow_to_end(sent.job, sent.seq, host)
    if snapshot["id"] != sent.job:
        sent = replace(sent, job=snapshot["id"], note={**sent.note, "job": snapshot["id"]})
    return finish(snapshot, sent, host)


def send(task: Task, host: Host) -> Sent:
    """Look, plan, capture and submit: after this the image is not read again."""
    parameters = task.parameters.with_fixed_seed()
    scene = _look(task)
    check(parameters, scene.selection is not None)
    note_document(task.image)
    convert = task.image.get_base_type() == Gimp.ImageBaseType.INDEXED
    if convert and not host.may_convert():
        raise CancelError
    plan, scene = _planned(task, scene, parameters, host)
    box = Box.from_json(plan["capture"])
    tensors = _tensors(task, scene, box, needs_image=bool(plan["needs_image"]))
    anchor = _anchor(scene, parameters, convert)
    client_data = _client_data(scene, parameters, anchor)
    message = job_message(parameters, scene.document, box, client_data, has_profile="icc" in tensors)
    parts = wire.encode(message, tensors)
    key = uuid.uuid4().hex
    if host.stopped:
        raise CancelError
    accepted = host.attempt(lambda client: client.submit(parts, key))
    job = str(accepted["id"])
    parameters = parameters.with_values(seed=int(accepted["seed"]))
    note = _note(job, scene, parameters, anchor, box, tensors.get("mask"), task.note)
    for text in [*scene.notes, *ahead(plan)]:
        host.remark(text)
    return Sent(job, int(accepted["seq"]), anchor, parameters, note, codes_of(plan))


def _planned(task: Task, scene: Scene, parameters: Parameters, host: Host) -> tuple[dict[str, Any], Scene]:
    """The plan, and the scene as it is when that has come: what the painter changed meanwhile is planned again."""
    looks = 0
    while True:
        body = plan_request(parameters, scene.document, scene.selection, scene.layer_box)
        plan = host.attempt(lambda client, body=body: client.plan(body))
        planned, scene = scene, _look(task)
        looks += 1
        if planned == scene or looks == MAX_LOOKS:
            return plan, scene


def follow_to_end(job: str, seq: int, host: Host) -> dict[str, Any]:
    """The last snapshot of a job, or of the one that it was run again as."""
    while True:
        snapshot = host.follow(job, seq)
        error = snapshot.get("error") or {}
        if snapshot["state"] != "failed" or error.get("code") not in WORTH_REPEATING:
            return snapshot
        if snapshot.get("results") or host.stopped or not host.run_again(_as_error(error)):
            return snapshot
        repeated, key = job, uuid.uuid4().hex
        accepted = host.attempt(lambda client, repeated=repeated, key=key: client.resubmit(repeated, key))
        job, seq = str(accepted["id"]), int(accepted["seq"])


def finish(snapshot: Mapping[str, Any], sent: Sent, host: Host) -> Outcome:
    """Fetch and insert what was finished. Raises BridgeError where nothing was."""
    indices = [int(result["index"]) for result in snapshot.get("results", [])]
    notes = at_the_end(snapshot, sent.told)
    error = snapshot.get("error")
    if not indices:
        if error:
            raise _as_error(error)
        raise CancelError
    frames = host.attempt(lambda client: [client.result(sent.job, index) for index in indices])
    results = results_of(frames, sent.parameters, sent.note)
    inserted = insert(sent.anchor, results, layer_name(sent.parameters))
    if error:
        notes.append(
            _("{done} of {count} variations were finished. {message}").format(
                done=len(indices), count=sent.parameters.count, message=error.get("message", "")
            )
        )
    return Outcome(sent.job, inserted.layers, _unique([*notes, *inserted.notes]))


def results_of(frames: Sequence[bytes], parameters: Parameters, note: Mapping[str, Any]) -> list[Result]:
    """Checked results, each with its layer's name and its parasite."""
    results = []
    for number, data in enumerate(frames, start=1):
        name = layer_name(parameters)
        name = f"{name} #{number}" if len(frames) > 1 else name
        result = read_result(data, name, {})
        known = ("kind", "seed", "index", "steps_run", "model", "bounds", "request", "seconds")
        made = {key: result.message[key] for key in known if key in result.message}
        results.append(replace(result, note={**note, "result": made}))
    return results


def _look(task: Task) -> Scene:
    scene = look(task.image, task.drawables, task.parameters)
    return with_packed_selection(scene, task.note) if task.note else scene


def _tensors(task: Task, scene: Scene, box: Box, needs_image: bool) -> dict[str, wire.Tensor]:
    tensors = read_source(scene, task.parameters, box, task.hidden) if needs_image else blank_source(scene, box)
    operation = task.parameters.operation
    mask = read_selection(scene, box) if operation.reads_mask else None
    if mask is None and operation.needs_mask:
        mask = wire.Tensor("U8", (box.height, box.width), b"\xff" * (box.width * box.height))
    if mask is not None:
        tensors["mask"] = mask
    return tensors


def _anchor(scene: Scene, parameters: Parameters, convert: bool) -> Anchor:
    above = scene.layer if parameters.source == LAYER else None
    whole = parameters.operation.means_layer and scene.selection is None
    hide = whole and above is not None and above.has_alpha()
    return Anchor(scene.image, above, scene.origin, hide, convert)


def _client_data(scene: Scene, parameters: Parameters, anchor: Anchor) -> dict[str, str]:
    """What History needs to insert a result as this run would have."""
    return {
        "host": "gimp",
        "procedure": parameters.operation.name,
        "source": parameters.source,
        "layer": "" if anchor.above is None else str(anchor.above.get_tattoo()),
        "origin": f"{scene.origin[0]},{scene.origin[1]}",
        "hide": "1" if anchor.hide else "",
    }


def _note(
    job: str,
    scene: Scene,
    parameters: Parameters,
    anchor: Anchor,
    box: Box,
    mask: wire.Tensor | None,
    repeated: Mapping[str, Any],
) -> dict[str, Any]:
    """The parasite: what Again needs. `result` is added for each layer."""
    packed = None
    if mask is not None and scene.selection is not None:
        packed = packed_selection(mask, box, scene.selection)
    return {
        "version": 1,
        "job": job,
        "first": repeated.get("first", job),
        "parameters": parameters.to_json(),
        "layer": "" if anchor.above is None else str(anchor.above.get_tattoo()),
        "origin": f"{scene.origin[0]},{scene.origin[1]}",
        "selection": packed,
    }


def _as_error(error: Mapping[str, Any]) -> BridgeError:
    code, message = str(error.get("code", "internal")), str(error.get("message", ""))
    remedy = wire.ERRORS[code].remedy if code in wire.ERRORS else ""
    if not message:
        message = remedy
    return BridgeError(code, message, str(error.get("detail", "")))


def _unique(texts: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(texts))


@dataclass
class BatchHost:
    """For scripts: no questions, no windows; what goes wrong is raised."""

    connector: Connector
    in_background: Callable[[Callable[[], Any]], Any]
    patience_seconds: float
    stopped: bool = False
    remarks: list[str] = field(default_factory=list)

    def attempt(self, work: Callable[[Client], T]) -> T:
        return self.in_background(lambda: self.connector.call(work))

    def follow(self, job: str, seq: int) -> dict[str, Any]:
        follower = Follower(self.connector, job, lambda _update: None, self.patience_seconds)
        return self.in_background(lambda: follower.finish(seq))

    def remark(self, text: str) -> None:
        self.remarks.append(text)

    def may_convert(self) -> bool:
        raise BridgeError(
            "refused", _("This image is indexed. Convert it first with Image ▸ Mode ▸ RGB, then try again.")
        )

    def run_again(self, error: BridgeError) -> bool:
        return False
