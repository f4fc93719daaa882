"""Applying what a job made: each artifact by the kind of its output, as the user chose. Main thread only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial

from gi.repository import Gimp

from .apply import Anchor, insert, insert_stacks, one_step
from .artifacts import Artifact, Picture, Result, Selected, Words
from .failures import BridgeError
from .operations import Output
from .pictures import insert_pictures, open_pictures
from .roles import AS_IMAGE, way_of
from .selecting import apply_selections


@dataclass
class Applied:
    """What came of it. images: new ones, not shown yet. notices: for the user."""

    layers: list[Gimp.Layer] = field(default_factory=list)
    channels: list[Gimp.Channel] = field(default_factory=list)
    images: list[Gimp.Image] = field(default_factory=list)
    texts: list[Words] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def apply_all(
    anchor: Anchor,
    made: Mapping[str, Sequence[Artifact]],
    outputs: Sequence[Output],
    ways: Mapping[str, str],
    name: str,
) -> Applied:
    """Apply the artifacts of each output (`made`, by its role). ways: by role; name: of a group of layers.

    Texts and new images first: they need nothing of an image that may have been closed meanwhile. What enters the
    image is one undo step. Raises BridgeError where nothing could be applied.
    """
    applied = Applied()
    troubles: list[BridgeError] = []
    given = [output for output in outputs if made.get(output.role)]
    outside = [output for output in given if _is_outside(output, made[output.role], ways)]
    inside = [output for output in given if output not in outside]
    alone = [output for output in inside if not output.stack]
    stacks = {output.stack: [each for each in inside if each.stack == output.stack] for output in inside}
    stacks.pop("", None)
    works = [
        *(partial(_apply, applied, anchor, made[each.role], way_of(each, ways), name) for each in [*outside, *alone]),
        *(partial(_apply_stack, applied, anchor, [made[each.role] for each in lie], name) for lie in stacks.values()),
    ]
    with one_step(anchor.image) if len(inside) > 1 and anchor.image.is_valid() else nullcontext():
        for work in works:
            try:
                work()
            except BridgeError as error:
                troubles.append(error)
    if troubles and len(troubles) == len(works):
        raise troubles[0]
    applied.notices = list(dict.fromkeys([*applied.notices, *(error.message for error in troubles)]))
    return applied


def _is_outside(output: Output, made: Sequence[Artifact], ways: Mapping[str, str]) -> bool:
    """Whether it leaves the image alone."""
    return way_of(output, ways) == AS_IMAGE or any(isinstance(artifact, Words) for artifact in made)


def _apply_stack(applied: Applied, anchor: Anchor, made: Sequence[Sequence[Artifact]], name: str) -> None:
    """made: of each output, the lowest first, a layer of each variation that has one."""
    stacks: dict[int, list[Result]] = {}
    for artifact in (each for artifacts in made for each in artifacts):
        if isinstance(artifact, Result):
            stacks.setdefault(int(artifact.message.get("index", 0)), []).append(artifact)
    inserted = insert_stacks(anchor, list(stacks.values()), name)
    applied.layers += inserted.layers
    applied.notices += inserted.notices


def _apply(applied: Applied, anchor: Anchor, made: Sequence[Artifact], way: str, name: str) -> None:
    results = [artifact for artifact in made if isinstance(artifact, Result)]
    selections = [artifact for artifact in made if isinstance(artifact, Selected)]
    pictures = [artifact for artifact in made if isinstance(artifact, Picture)]
    applied.texts += [artifact for artifact in made if isinstance(artifact, Words)]
    if results:
        inserted = insert(anchor, results, name)
        applied.layers += inserted.layers
        applied.notices += inserted.notices
    if selections:
        channels, notices = apply_selections(anchor, selections, way)
        applied.channels += channels
        applied.notices += notices
    if pictures and way == AS_IMAGE:
        applied.images += open_pictures(anchor.image, pictures)
    elif pictures:
        inserted = insert_pictures(anchor, pictures)
        applied.layers += inserted.layers
        applied.notices += inserted.notices
