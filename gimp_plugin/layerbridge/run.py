"""From a click to layers: look, plan, capture, submit, follow, fetch, insert. Main thread; HTTP through the host."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from gi.repository import Gimp

from layerbridge_client import wire
from layerbridge_client.client import Client

from .agreement import agree
from .apply import Anchor
from .capture import Scene, packed_selection, read_scene, with_packed_selection
from .documents import note_document
from .failures import REFUSED, BridgeError, CancelError
from .follow import Follower
from .geometry import Box, origin_text
from .inputs import picked, scene_tensors, unplanned
from .notices import ahead, at_the_end, broken_off, codes_of
from .operations import LAYER
from .outputs import Applied, apply_all
from .parameters import Parameters, check, job_message, layer_name, plan_request
from .picking import input_entries, named_layers
from .results import artifacts_of
from .roles import adds_layers, names_mentioned, way_problem, ways_text
from .session import Connector
from .texts import _

MAX_LOOKS = 4  # the user goes on painting: look again where the scene changed while the daemon planned
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
    layers: Mapping[str, Gimp.Layer] = field(default_factory=dict)  # that a script gave for inputs, by role


@dataclass(frozen=True)
class Outcome:
    """What came of a job. notices: for the user."""

    job: str
    applied: Applied
    notices: list[str]


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
    """Make the layers. Raises BridgeError, or CancelError where the user stopped before anything was finished."""
    sent = send(task, host)
    snapshot = follow_to_end(sent.job, sent.seq, host)
    if snapshot["id"] != sent.job:
        sent = replace(sent, job=snapshot["id"], note={**sent.note, "job": snapshot["id"]})
    return finish(snapshot, sent, host)


def send(task: Task, host: Host) -> Sent:
    """Look, plan, capture and submit: after this the image is not read again."""
    parameters = task.parameters
    scene = _scene_of(task)
    check(parameters, scene.selection is not None)
    refuse(way_problem(parameters.operation, parameters.ways, scene.layer is not None))
    note_document(task.image)
    indexed = task.image.get_base_type() == Gimp.ImageBaseType.INDEXED
    convert = indexed and adds_layers(parameters.operation, parameters.ways)
    if convert and not host.may_convert():
        raise CancelError
    operation, problem = agree(parameters.operation, host.attempt(lambda client: client.operations())["operations"])
    refuse(problem)
    asked = parameters.described(operation).with_fixed_seed()
    parameters = asked.with_mentioned(named_layers(task.image))
    check(parameters, scene.selection is not None)
    plan, scene = _planned(task, scene, parameters, host)
    box = Box.from_json(plan["capture"])
    tensors = scene_tensors(scene, parameters, box, task.hidden, bool(plan["needs_image"]))
    further = picked(scene, parameters, task.layers, task.hidden)
    anchor = _anchor(scene, parameters, convert)
    client_data = _client_data(scene, parameters, anchor)
    roles = [name for name in tensors if name != "icc"]
    message = job_message(parameters, scene.document, box, client_data, roles, has_profile="icc" in tensors)
    message["inputs"].update(
        input_entries(further, "icc" in tensors, names_mentioned(parameters.prompt, parameters.picks))
    )
    parts = wire.encode(message, {**tensors, **{role: each.tensor for role, each in further.items()}})
    key = uuid.uuid4().hex
    if host.stopped:
        raise CancelError
    accepted = host.attempt(lambda client: client.submit(parts, key))
    job = str(accepted["id"])
    parameters = parameters.with_values(seed=int(accepted["seed"]))
    note = _note(job, scene, replace(parameters, picks=asked.picks), anchor, box, tensors.get("mask"), task.note)
    for text in [*scene.notices, *ahead(plan)]:
        host.remark(text)
    return Sent(job, int(accepted["seq"]), anchor, parameters, note, codes_of(plan))


def _planned(task: Task, scene: Scene, parameters: Parameters, host: Host) -> tuple[dict[str, Any], Scene]:
    """The plan, and the scene as it is when that has come: what the user changed meanwhile is planned again."""
    if not parameters.operation.plans:
        scene = _scene_of(task)
        return unplanned(scene, parameters), scene
    looks = 0
    while True:
        body = plan_request(parameters, scene.document, scene.selection, scene.layer_box)
        plan = host.attempt(lambda client, body=body: client.plan(body))
        planned, scene = scene, _scene_of(task)
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
        if snapshot.get("artifacts") or host.stopped or not host.run_again(_as_error(error)):
            return snapshot
        repeated, key = job, uuid.uuid4().hex
        accepted = host.attempt(lambda client, repeated=repeated, key=key: client.resubmit(repeated, key))
        job, seq = str(accepted["id"]), int(accepted["seq"])


def finish(snapshot: Mapping[str, Any], sent: Sent, host: Host) -> Outcome:
    """Fetch and insert what was finished. Raises BridgeError where nothing was."""
    made = snapshot.get("artifacts", [])
    notices = at_the_end(snapshot, sent.told)
    if not made:
        if snapshot.get("error"):
            raise _as_error(snapshot["error"])
        raise CancelError
    frames = host.attempt(lambda client: [client.artifact(sent.job, one["role"], int(one["index"])) for one in made])
    applied = apply_frames(sent, made, frames)
    return Outcome(sent.job, applied, _unique([*notices, *broken_off(snapshot), *applied.notices]))


def apply_frames(sent: Sent, entries: Sequence[Mapping[str, Any]], frames: Sequence[bytes]) -> Applied:
    """Apply artifacts of a job, each as its output says and the user chose. entries: what the job says of them."""
    parameters = sent.parameters
    made = artifacts_of(entries, frames, parameters, sent.note)
    return apply_all(sent.anchor, made, parameters.operation.outputs, parameters.ways, layer_name(parameters))


def _scene_of(task: Task) -> Scene:
    scene = read_scene(task.image, task.drawables, task.parameters)
    return with_packed_selection(scene, task.note) if task.note else scene


def _anchor(scene: Scene, parameters: Parameters, convert: bool) -> Anchor:
    above = scene.layer if parameters.source == LAYER else None
    operation = parameters.operation
    whole = operation.means_layer and operation.makes_layers and scene.selection is None
    stands_in = operation.stacks or (above is not None and above.has_alpha())
    hide = above is not None and (operation.hides_source or (whole and stands_in))
    return Anchor(scene.image, above, scene.origin, hide, convert, scene.layer)


def _client_data(scene: Scene, parameters: Parameters, anchor: Anchor) -> dict[str, str]:
    """What History needs to insert a result as this run would have."""
    return {
        "host": "gimp",
        "procedure": parameters.operation.name,
        "source": parameters.source,
        "layer": "" if anchor.above is None else str(anchor.above.get_tattoo()),
        "origin": origin_text(scene.origin),
        "hide": "1" if anchor.hide else "",
        "active": "" if anchor.active is None else str(anchor.active.get_tattoo()),
        "apply": ways_text(parameters.ways),
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
        "origin": origin_text(scene.origin),
        "selection": packed,
    }


def refuse(problem: str) -> None:
    """Raises BridgeError where there is a problem."""
    if problem:
        raise BridgeError(REFUSED, problem)


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
            REFUSED, _("This image is indexed. Convert it first with Image ▸ Mode ▸ RGB, then try again.")
        )

    def run_again(self, error: BridgeError) -> bool:
        return False
