"""Qwen-Image-Layered: a picture with alpha as several, by diffusers' own pipeline of it.

That knows two sizes and takes pictures of 8 bits. It is given latents in the place of the picture, and the transformer
the sizes that they have.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from diffusers.pipelines.qwenimage.pipeline_qwenimage_layered import QwenImageLayeredPipeline

from ...pipelines.denoise import LatentForm
from ...pipelines.generation import FloatArray, Generation, Picture, Pixels, Watch
from ...pipelines.latents import channels_of, decode_latents
from ...pipelines.loader import offload
from ...pipelines.paint import paint
from ...pipelines.previews import latents_to_rgb
from ...pipelines.tokens import PATCH, as_tokens, token_form
from .load import QwenImage
from .paint import QwenPainter
from .pictures import seen
from .prompts import describe

CANNOT_WRITE = (
    "The picture was not described, since the file of the text encoder is without what writes words. Say in the prompt "
    "what the picture shows, and it is taken apart better."
)
GIVEN = "-"  # in the place of a prompt that is given as embeddings: without one the pipeline describes the picture


def separate(loaded: QwenImage, generation: Generation, watch: Watch) -> Picture:
    """See pipelines.family.FamilyModel.generate: of a generation with layers."""
    painter = LayersPainter(loaded, generation)
    cell = painter.factor * PATCH
    sides = (1, generation.height // cell, generation.width // cell)
    with _sides_told(loaded.parts["transformer"], [sides] * (painter.frames + 1)):
        picture = paint(painter, generation, watch)
    return replace(picture, caption=" ".join(painter.captions))


@dataclass(frozen=True)
class LayersPainter(QwenPainter):
    """See pipelines.paint.FamilyPainter. Latents have the channels of the whole picture, which the model paints as
    well, and then those of each layer, the lowest first. captions: what it has said of the picture, once it has.
    """

    captions: list[str] = field(default_factory=list[str])

    @property
    def frames(self) -> int:
        return self.generation.layers + 1

    @property
    def channels(self) -> int:
        return self.frames * channels_of(self.loaded.vae)

    @property
    def form(self) -> LatentForm:
        cell = self.factor * PATCH
        plain = token_form(self.generation.height // cell, self.generation.width // cell)

        def tokens(latents: torch.Tensor) -> torch.Tensor:
            return as_tokens(latents.unflatten(1, (self.frames, -1))[0]).flatten(0, 1)[None]

        def back(given: torch.Tensor) -> torch.Tensor:
            frames = given.unflatten(1, (self.frames, -1))[0]
            return torch.cat([plain.back(frame[None]) for frame in frames], dim=1)

        return LatentForm(tokens, tokens, back)

    def pipeline(self, generation: Generation, scheduler: Any) -> Any:
        pipeline: Any = _Pipeline(**self.loaded.parts, scheduler=scheduler, processor=None)
        pipeline.set_progress_bar_config(disable=True)
        offload(pipeline, self.loaded.device, self.loaded.placement)
        return pipeline

    def read_prompts(self, generation: Generation, watch: Watch) -> dict[str, Any]:
        if not generation.prompt.strip():
            watch.stage("describing")
            caption = self._described(generation)
            if caption:
                self.captions.append(caption)
            else:
                watch.warn("not_described", CANNOT_WRITE)
            generation = replace(generation, prompt=caption)
        return super().read_prompts(generation, watch) | {"prompt": GIVEN}

    def arguments(self, pipeline: Any, generation: Generation, own: torch.Tensor | None) -> dict[str, Any]:
        latents = self.encode(_image_of(generation))
        pipeline.image_processor = _Latents(latents)
        sized = _Sized((generation.width, generation.height))
        return {"image": sized, "layers": generation.layers}

    def preview(self, latents: torch.Tensor) -> Pixels:
        """The layers side by side, in the order of lines of text."""
        frames = latents.unflatten(0, (self.frames, -1))[1:]
        columns = math.ceil(math.sqrt(len(frames)))
        blank = torch.zeros_like(frames[:1]).expand(-len(frames) % columns, -1, -1, -1)
        rows = torch.cat([frames, blank]).unflatten(0, (-1, columns))
        grid = torch.cat([torch.cat(list(row), dim=2) for row in rows], dim=1)
        return latents_to_rgb(grid, self.loaded.latent_rgb, self.factor)

    def decode(self, latents: torch.Tensor) -> FloatArray:
        """(layers, H, W, 4): one after the other, which takes less memory, and without the whole picture."""
        frames = latents.unflatten(1, (self.frames, -1))[0, 1:]
        return np.stack([decode_latents(self.loaded.vae, frame[None], transparent=True) for frame in frames])

    def _described(self, generation: Generation) -> str:
        parts = self.loaded.parts
        picture = seen(np.ascontiguousarray(_image_of(generation)[:, :, :3]))
        return describe(parts["tokenizer"], parts["text_encoder"], picture, self.loaded.device.torch)


def _image_of(generation: Generation) -> FloatArray:
    if generation.image is None or not generation.layers:
        raise ValueError("this model takes a picture apart, and there is none")
    return generation.image


_OWN: Any = QwenImageLayeredPipeline


class _Pipeline(_OWN):
    """diffusers 0.42 asked for latents fails at its very end, since what it returns has another name: they come with
    the callback of the last step.
    """

    def __call__(self, **asked: Any) -> None:
        try:
            super().__call__(**asked)
        except UnboundLocalError as error:
            if "'images'" not in str(error):
                raise


@dataclass(frozen=True)
class _Sized:
    """What the pipeline asks of a picture. size: width and height in pixels."""

    size: tuple[int, int]


@dataclass(frozen=True)
class _Latents:
    """The pipeline's image processor: it takes latents where it finds them in the place of pixels."""

    latents: torch.Tensor

    def resize(self, image: Any, _height: int, _width: int) -> Any:
        return image

    def preprocess(self, _image: Any, _height: int, _width: int) -> torch.Tensor:
        return self.latents


@contextmanager
def _sides_told(transformer: Any, sides: list[tuple[int, int, int]]) -> Iterator[None]:
    """While inside, the transformer takes what it is given for pictures of these frames, rows and columns of tokens."""

    def before(_module: Any, arguments: Any, options: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        return arguments, {**options, "img_shapes": [sides for _ in options["img_shapes"]]}

    hook = transformer.register_forward_pre_hook(before, with_kwargs=True)
    try:
        yield
    finally:
        hook.remove()
