"""What a model family is to everything else (standard library only).

A family is one architecture: what plan, list and load it needs to know (`FamilySpec`), how its files are recognised
(`Detect`), and the names of the modules that run it and that build a tiny one for tests. Those two import torch, so
they are named here and imported by the worker, or by tests, alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..operations.limits import IMG2IMG_STRENGTH

Guidance = Literal["cfg", "embedded", "none"]
"""cfg: two answers, with and without the prompt; a negative prompt is read. embedded: a number the model is told."""
Schedule = Literal["diffusion", "flow"]
Half = Literal["float16", "bfloat16"]
"""Half precision: bfloat16 has the range of single precision, which some models need, and fewer digits."""
Mode = Literal["noise", "picture", "mask"]
"""How an operation is painted: from noise alone, from the noised picture, or that and a soft mask with it."""


Setting = Callable[[Any], bool]
"""Whether a setting of layerbridge.json may have this value (what JSON makes of it)."""


@dataclass(frozen=True)
class Component:
    """One part of a model: a folder of it in the diffusers layout.

    classes: library and class, of what may be loaded. config: its configuration file. required: that has to be there.
    weighted: it has weights, which have to be there. optional: painting goes without it, and it is not downloaded.
    sized: libraries allocate what the numbers of its configuration say, so that these are checked. blocks: names of its
    lists of layers; before each layer of them a run can be stopped.
    """

    classes: frozenset[tuple[str, str]]
    config: str = "config.json"
    required: bool = False
    weighted: bool = False
    optional: bool = False
    sized: bool = True
    blocks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Range:
    """What an option may be, and what it is where a request does not say; a model's own default may be another."""

    least: float
    most: float
    default: float


AUTO = "auto"  # a sampler: the model's own


@dataclass(frozen=True)
class Sampler:
    """A way through a schedule. scheduler: a class of diffusers. settings: of it, beside what the model itself says.
    needs: a library that has to be there beside diffusers, an extra of Layerbridge of the same name.
    """

    scheduler: str
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    needs: str = ""


@dataclass(frozen=True)
class TextLimits:
    """tokens: of one reading of the text encoder, marks included. readings: how many are put one after another."""

    tokens: int
    readings: int = 1


@dataclass(frozen=True)
class MemoryModel:
    """What painting takes, in bytes; measured, and therefore a family's own.

    step_per_pixel, decode_per_pixel: of one step and of the decoding, per pixel of the working picture, in half
    precision. gpu_factor, cpu_factor: bytes in memory per byte of weights on the disk, work included. half: which half
    precision its models run in on a graphics card.
    """

    step_per_pixel: int
    decode_per_pixel: int
    gpu_factor: float
    cpu_factor: float
    half: Half = "float16"

    def work(self, pixels: int) -> int:
        """Beside the weights, for a working picture of so many pixels: its steps and its decoding come in turn."""
        return pixels * max(self.step_per_pixel, self.decode_per_pixel)

    def needs(self, weights: int, device: str) -> float:
        """To paint with so many bytes of weights on a device called like this."""
        return weights * (self.cpu_factor if device == "cpu" else self.gpu_factor)


@dataclass(frozen=True)
class PreviewMap:
    """From latents to colours: rows as Overrides.latent_rgb, for the autoencoder of these widths and this scaling."""

    latent_rgb: tuple[tuple[float, ...], ...]
    widths: tuple[int, ...]
    scaling_factor: float


@dataclass(frozen=True)
class AdaptedPart:
    """A component that adapters change. prefix: of its layers in files that kohya's scripts write; also: those of other
    programs, beside the component's name. layers: what the names of its layers begin with, with _ for each dot.
    renamed: other beginnings that files have, and what each is in the component; the first that fits counts. fused:
    ends of names of layers that files have as one, and of those that the component has in its place, one below the
    other, with the share of its rows that each has: 1 and 4 where the second is four times as high.
    """

    prefix: str
    layers: tuple[str, ...]
    renamed: Mapping[str, str] = field(default_factory=dict[str, str])
    fused: Mapping[str, Mapping[str, int]] = field(default_factory=dict[str, Mapping[str, int]])
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Adapters:
    """Which adapters of a role can be added to a family's models. families: the keys of those whose adapters fit.
    parts: by the names of components.
    """

    families: tuple[str, ...]
    parts: Mapping[str, AdaptedPart]


@dataclass(frozen=True)
class FamilySpec:
    """The facts. Sizes in pixels of the working picture.

    key: its name in requests, rows and layerbridge.json; never changed. latent_cell: the side of the square that one
    latent value covers. size_multiple: of both sides, where a model does not tell its own. pipelines: classes that
    model_index.json may name. components: by folder name. denoiser: which of them paints. operations: by the
    planners of operations, which it can paint, and how. references, least_references: how many further pictures it
    takes at most and at least. shows_surroundings: what is kept around a mask is the first of them. img2img_strength:
    what image to image's automatic strength stands for. adapters: what can be added to its models, by role ("lora").
    settings: those of layerbridge.json that its models take (families/settings.py). samplers: the names users know.
    preview: None where the map has to be fitted. role: what its models are for, "base" or "refiner" (which does the end
    of a base model's schedule). refiners: the keys of the families whose models can do so for its models. few_bits: its
    single files are read by pipelines/weight_files.py, which knows GGUF and scaled numbers.
    """

    key: str
    title: str
    native_resolution: int
    latent_cell: int
    size_multiple: int
    guidance: Guidance
    negative_prompt: bool
    text: TextLimits
    schedule: Schedule
    samplers: Mapping[str, Sampler]
    steps: Range
    guidance_scale: Range
    pipelines: tuple[str, ...]
    components: Mapping[str, Component]
    denoiser: str
    operations: Mapping[str, Mode]
    memory: MemoryModel
    references: int = 0
    least_references: int = 0
    shows_surroundings: bool = False
    img2img_strength: float = IMG2IMG_STRENGTH
    adapters: Mapping[str, Adapters] = field(default_factory=dict[str, Adapters])
    settings: Mapping[str, Setting] = field(default_factory=dict[str, Setting])
    preview: PreviewMap | None = None
    role: Literal["base", "refiner"] = "base"
    refiners: tuple[str, ...] = ()
    few_bits: bool = False


@dataclass(frozen=True)
class Folder:
    """A folder in the diffusers layout: the class of its pipeline, and its parts' configurations by name.

    told: the family that its owner says it is of (layerbridge.json), or None; so below. index: all that its
    model_index.json says.
    """

    path: Path
    pipeline: str
    configs: Mapping[str, Mapping[str, Any]]
    told: str | None = None
    index: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Checkpoint:
    """A single .safetensors file: its tensors' shapes by name, and its notes (the keys of the Model Spec).

    settings: those of its layerbridge.json, of which nothing has been checked.
    """

    path: Path
    shapes: Mapping[str, tuple[int, ...]]
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    told: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class HubName:
    """A model that is still to be downloaded: all that is known is how it is called."""

    id: str


Candidate = Folder | Checkpoint | HubName

_SHAPE = rb'"\s*:\s*\{[^{}]{0,200}"shape"\s*:\s*\[\s*(\d{1,20}(?:\s*,\s*\d{1,20}){0,7})?\s*\]'


def tensor_named(end: bytes) -> re.Pattern[bytes]:
    """For AdapterFile.shape_of. end: a regular expression for the end of a tensor's name, best with a word first."""
    return re.compile(end + _SHAPE)


@dataclass(frozen=True)
class AdapterFile:
    """A .safetensors file with the tensors of an adapter. header: its JSON, of which nothing has been checked."""

    path: Path
    header: bytes
    told: str | None = None

    def shape_of(self, name: re.Pattern[bytes]) -> tuple[int, ...] | None:
        """Of the first tensor that is so called (`tensor_named`); a few are looked at, where all would take long."""
        found = name.search(self.header)
        return None if found is None else tuple(int(side) for side in (found[1] or b"").split(b",") if side)


@dataclass(frozen=True)
class Match:
    """A model of this family. native_resolution, size_multiple: pixels, as its files tell. paints_masked: trained with
    a mask, as inpaint models are. unsupported: what it is, where Layerbridge cannot run it all the same. steps,
    guidance_scale: what it was made for, where its files tell; None: its family's. without: parts that others of the
    folder's class have, and it has not. needs: components that the file has not, by name, and the kind of each
    (models/part_files.py). wants: the same of those that it can do without: all of them are used, or none.
    """

    family: str
    native_resolution: int
    size_multiple: int
    paints_masked: bool = False
    unsupported: str | None = None
    steps: int | None = None
    guidance_scale: float | None = None
    without: tuple[str, ...] = ()
    needs: Mapping[str, str] = field(default_factory=dict[str, str])
    wants: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Lacking:
    """Something of this family that is no whole model; what: "a checkpoint without its text encoder"."""

    what: str


Detect = Callable[[Candidate], Match | Lacking | None]
"""Whether a candidate is of the family; told by headers and configurations, never by weights.

None: it is not. Raises BridgeError(model_unreadable) for numbers that cannot be.
"""


DetectAdapter = Callable[[AdapterFile], str | Lacking | None]
"""The key of the family that an adapter was made for, as its tensors' names and shapes tell; what it is where it only
looks like one of this family. Raises nothing.
"""


@dataclass(frozen=True)
class Family:
    """spec and detect, and the modules (dotted names) that hold the rest.

    model: load and generate, see bridge_server.pipelines.family. tiny: build(folder, **changes) -> folder, a seeded
    model of random weights with its tokenizer. asked: those with lower numbers are asked first what a file is.
    """

    spec: FamilySpec
    detect: Detect
    model: str
    tiny: str
    asked: int = 0
    detect_adapter: DetectAdapter | None = None

    @property
    def key(self) -> str:
        return self.spec.key
