"""Documents, layers and selections of any shape, as a plug-in would send them, and the whole way through the core."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from bridge_server.edit.compose import Layer, compose
from bridge_server.edit.prepare import Working, prepare
from bridge_server.edit.shape import measure
from bridge_server.edit.source import Mask, Source, selection_bounds, window
from bridge_server.plan.bounds import Bounds
from bridge_server.plan.native import NativeSize
from bridge_server.plan.plan import Plan, PlanInput, fit_to, make_plan
from bridge_server.plan.shape import Shape

NATIVE = NativeSize.around(32, 8)  # a small model, so that small documents cover every regime of scaling
DTYPES = (np.uint8, np.uint16, np.float32)
Model = Callable[[NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True)
class Scene:
    """A document with a layer in it, a selection, and what is asked for.

    picture: (H, W, C), the layer as it shows on the document, which it covers only partly. selection: (H, W) uint8.
    """

    kind: str
    picture: NDArray[Any]
    document: Bounds
    selection: Mask | None
    strength: float
    margins: tuple[int, int, int, int]
    grow: int | None
    feather: int | None
    keep: bool
    disabled_steps: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Outcome:
    source: Source
    plan: Plan
    working: Working
    layer: Layer


def identity(image: NDArray[np.float32]) -> NDArray[np.float32]:
    return image


def paint(seed: int) -> Model:
    return lambda image: np.random.default_rng(seed).random(image.shape, np.float32)


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """As the worker has it: a view of a file that cannot be written."""
    array.flags.writeable = False
    return array


def run(scene: Scene, model: Model, native: NativeSize = NATIVE) -> Outcome:
    """Plan from the selection's box, send the capture, plan again from the mask, prepare, paint, compose."""
    mask = scene.selection
    box = None if mask is None else selection_bounds(Source(None, mask, scene.document))
    first = plan_of(scene, box, native)
    sent = first.capture if first.needs_image else first.context
    source = Source(
        frozen(window(scene.picture, scene.document, sent).copy()) if first.needs_image else None,
        None if mask is None else frozen(window(mask, scene.document, sent).copy()),
        sent,
    )
    box = None if scene.kind == "outpaint" else selection_bounds(source)
    shape = None if box is None else measure(source, box, scene.document)
    plan = fit_to(plan_of(scene, box, native, shape), sent)
    working = prepare(source, plan)
    return Outcome(source, plan, working, compose(model(working.image), source, plan, working))


def plan_of(scene: Scene, selection: Bounds | None, native: NativeSize, shape: Shape | None = None) -> Plan:
    return make_plan(
        PlanInput(
            scene.kind,
            scene.document,
            native,
            scene.strength,
            selection=selection,
            shape=shape,
            margins=scene.margins,
            grow=scene.grow,
            feather=scene.feather,
            keep_to_selection=scene.keep,
            disabled_steps=scene.disabled_steps,
        )
    )


def noise(shape: tuple[int, ...], dtype: Any, seed: int) -> NDArray[Any]:
    random = np.random.default_rng(seed)
    if dtype is np.float32:
        return random.random(shape, np.float32)
    return random.integers(0, np.iinfo(dtype).max + 1, shape, dtype)


@st.composite
def selections(draw: st.DrawFn, width: int, height: int) -> Mask:
    """A box, soft noise in a box, or a slope over the whole canvas."""
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    right, bottom = draw(st.integers(left + 1, width)), draw(st.integers(top + 1, height))
    mask = np.zeros((height, width), np.uint8)
    how = draw(st.sampled_from(["box", "noise", "slope"]))
    if how == "box":
        mask[top:bottom, left:right] = 255
    elif how == "noise":
        mask[top:bottom, left:right] = np.random.default_rng(left).integers(1, 256, (bottom - top, right - left))
    else:
        mask[:] = np.linspace(1, 255, width).astype(np.uint8)
    return mask


@st.composite
def scenes(
    draw: st.DrawFn,
    kinds: tuple[str, ...] = ("inpaint", "outpaint", "img2img", "txt2img"),
    channels: tuple[int, ...] = (1, 2, 3, 4),
) -> Scene:
    kind = draw(st.sampled_from(kinds))
    width, height = draw(st.integers(1, 150)), draw(st.integers(1, 110))
    count = draw(st.sampled_from(channels))
    picture = noise((height, width, count), draw(st.sampled_from(DTYPES)), draw(st.integers(0, 99)))
    if count in (2, 4):  # a layer that covers a part of the canvas, with holes and soft pixels
        holes = np.random.default_rng(width).random((height, width)) < 0.2
        picture[holes, -1] = 0
        picture[:, : draw(st.integers(0, width)), -1] = 0
    margins = (0, 0, 0, 0)
    if kind == "outpaint":
        margins = draw(st.tuples(*[st.sampled_from([0, 0, 1, 9, 40])] * 4).filter(any))
    return Scene(
        kind=kind,
        picture=picture,
        document=Bounds(0, 0, width, height),
        selection=None if kind == "outpaint" else draw(st.none() | selections(width, height)),
        strength=draw(st.sampled_from([0.3, 0.6, 1.0])),
        margins=margins,
        grow=draw(st.none() | st.integers(0, 30)),
        feather=draw(st.none() | st.integers(0, 40)),
        keep=draw(st.booleans()),
    )
