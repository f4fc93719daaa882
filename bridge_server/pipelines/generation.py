"""What a family is asked to paint, what it gives back, and how it is watched meanwhile. No torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..operations.limits import REFINED_FROM
from ..protocol.tasks import AdapterRef

FloatArray = NDArray[np.float32]
Pixels = NDArray[np.uint8]


class Cancelled(Exception):  # noqa: N818  (not an error: the user asked for it)
    """The task was told to stop. Raised between steps, inside a step, and around loading and decoding."""


@dataclass(frozen=True)
class Part:
    """Which part of a larger picture a run paints: the size of the whole, and where the part begins, in its pixels.

    Its noise is cut from the noise of the whole, so that parts which overlap begin alike.
    """

    whole_width: int
    whole_height: int
    x: int
    y: int


@dataclass(frozen=True)
class Generation:
    """One denoising run.

    image: (height, width, 3) float32 sRGB in 0..1, None for text to image. mask: (height, width) float32 in 0..1,
    1 = repaint, None = everything. width and height are divisible by the model's multiple. strength in 0..1: the share
    of `steps` that runs, at least one. sampler: one of the family's or "auto".
    soft_mask: whether the mask's soft values count; else it is hard, at one half. part: None: the picture is a whole.
    keeps_start: the result is `image` with what the model changed of it, without what its autoencoder alone changes;
    with a `detail`, only with the model's texture (edit/fill/removal.py). For images that show nothing old where
    they are repainted, since it would shine through. adapters: what is added to the model for this run.
    layers: 0, or how many layers the image is to be taken apart into; it is (height, width, 4) then, straight alpha.
    references: further pictures, each (h, w, 3) float32 sRGB in 0..1 of a size of its own. refined_from: where in the
    schedule the model's refiner takes over, where it has one.
    """

    prompt: str
    negative_prompt: str
    width: int
    height: int
    strength: float
    steps: int
    guidance_scale: float
    sampler: str
    seed: int
    image: FloatArray | None = None
    mask: FloatArray | None = None
    soft_mask: bool = True
    part: Part | None = None
    keeps_start: bool = False
    detail: float | None = None
    adapters: tuple[AdapterRef, ...] = ()
    references: tuple[FloatArray, ...] = ()
    refined_from: float = REFINED_FROM
    layers: int = 0

    @property
    def steps_to_run(self) -> int:
        return self.steps if self.image is None else steps_to_run(self.steps, self.strength)

    @property
    def paints_everything(self) -> bool:
        return self.mask is None or bool(self.mask.min() >= 1.0)


@dataclass(frozen=True)
class Picture:
    """pixels: (height, width, 3) float32 sRGB in 0..1; of layers (layers, height, width, 4), straight alpha, the lowest
    first. steps_run: denoising steps. sampler: the one that ran. caption: what the model was told where there was no
    prompt, and it has described the picture by itself.
    """

    pixels: FloatArray
    steps_run: int
    sampler: str
    caption: str = ""


@dataclass(frozen=True)
class Warned:
    """Something the user should know about a picture that is painted all the same."""

    code: str
    message: str


class Watch(Protocol):
    """Receives progress, and is asked whether to go on."""

    def check(self) -> None:
        """Raises Cancelled if the task shall stop."""
        ...

    def stage(self, name: str) -> None:
        """A stage begins that the operation declares: loading, encoding, denoising or decoding of those that paint."""
        ...

    def step(self, step: int, steps: int) -> None:
        """`step` (from 1) of `steps` is finished."""
        ...

    def preview(self, paint: Callable[[], Pixels], step: int, steps: int) -> None:
        """`paint` gives a small picture, (height, width, 3) uint8; it is called only if the preview is wanted now."""
        ...

    def warn(self, code: str, message: str) -> None: ...


@dataclass
class Unwatched:
    """Watches nothing and keeps the warnings: for scripts and tests."""

    warnings: list[Warned] = field(default_factory=list)

    def check(self) -> None: ...

    def stage(self, name: str) -> None: ...

    def step(self, step: int, steps: int) -> None: ...

    def preview(self, paint: Callable[[], Pixels], step: int, steps: int) -> None: ...

    def warn(self, code: str, message: str) -> None:
        self.warnings.append(Warned(code, message))


def steps_to_run(steps: int, strength: float) -> int:
    """How many of `steps` run at `strength`: diffusers' int(steps * strength), but never none.

    The small addition keeps 100 steps at 0.29 from becoming 28 (0.29 * 100 = 28.999999999999996).
    """
    return max(1, min(steps, int(steps * strength + 1e-6)))
