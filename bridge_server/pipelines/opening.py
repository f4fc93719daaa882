"""Opens a model's folder and lays it out on its device: what every family's `load` does with diffusers' pipelines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from ..errors import BridgeError, ErrorCode
from ..families.base import Component
from ..models.checkpoints import describe_checkpoint, sidecar
from ..models.few_bits import LIBRARIES, methods_of
from ..models.folders import choose_variant, weight_files, weighted, weights_of
from ..models.gguf import told_of
from ..models.hashes import combined
from ..models.header import read_header
from ..models.overrides import FILE_NAME, Overrides, read_sidecar
from ..models.parts import INDEX_NAME, Parts, check_no_code, check_required, read_parts
from ..models.reading import printable, read_json, unreadable
from ..protocol.tasks import ModelRef
from .family import LoadOrder
from .loader import lay_out
from .memory import Placement
from .own_memory import own_memory
from .shared import Shared, of_files, of_folder
from .weight_files import Source, build


@dataclass(frozen=True)
class Opened:
    """A model that was read. pipeline: of diffusers, with its parts. weights: the files that were read."""

    pipeline: Any
    overrides: Overrides
    shared: Shared
    weights: Sequence[Path]

    @property
    def parts(self) -> dict[str, Any]:
        """Those that are there, without the scheduler, which is made anew for each run."""
        return {
            name: part for name, part in self.pipeline.components.items() if part is not None and name != "scheduler"
        }


@dataclass(frozen=True)
class Settled:
    """A model on its device. ref: with the hash of its weights."""

    ref: ModelRef
    placement: Placement


Options = Callable[[Path, Parts], Mapping[str, Any]]


def _nothing(_folder: Path, _parts: Parts) -> Sequence[str]:
    return ()


def _no_options(_folder: Path, _parts: Parts) -> Mapping[str, Any]:
    return {}


def open_model(
    order: LoadOrder,
    kind: Any,
    sources: Mapping[str, Source],
    denoiser: Callable[[Path | None], Source],
    together: Callable[[dict[str, Any]], Any],
    options: Options = _no_options,
) -> Opened:
    """A family's model as it comes: a folder, or a file with what paints alone and the rest in a folder or in files.
    kind: of pipeline. sources: of the other components as files. denoiser: of what paints, for the folder of the rest;
    None: there is none. together: the pipeline of its components. options: see open_folder.

    Raises BridgeError, or what libraries raise.
    """
    if order.ref.source != "file":
        return open_folder(order, kind, options)
    config = read_sidecar(sidecar(order.root)).values.get("config")
    if config is None:
        return open_files(order, {**sources, order.spec.denoiser: denoiser(None)}, together)
    folder = order.root.parent / config
    return open_denoiser(order, kind, folder, denoiser(folder), options)


def open_folder(
    order: LoadOrder,
    kind: Any,
    options: Options = _no_options,
    also: Callable[[Path, Parts], Sequence[str]] = _nothing,
) -> Opened:
    """kind: of pipeline. options: of it, for a folder whose parts were checked; None for a part leaves it out. also:
    components that are shared beside those that must have weights.

    Raises BridgeError, or what libraries raise.
    """
    root, components = order.root, order.spec.components
    dtype, denoiser_dtype = order.precision
    overrides = read_sidecar(root / FILE_NAME).overrides(order.spec)
    described = read_parts(root, read_json(root / INDEX_NAME), components)
    _check_libraries(order, described.configs)
    variant = choose_variant(root, order.device.half, components, order.spec.denoiser)
    weights = weight_files(root, variant, components)
    for weight_file in weights:
        read_header(weight_file)
    shared = of_folder(order, variant, [*weighted(components), *also(root, described)], root)
    order.progress()
    pipeline = kind.from_pretrained(
        root,
        variant=variant,
        use_safetensors=True,
        local_files_only=True,
        dtype={"default": dtype, order.spec.denoiser: denoiser_dtype},
        **options(root, described),
        **shared.ready,
    )
    return Opened(pipeline, overrides, shared, weights)


def open_denoiser(order: LoadOrder, kind: Any, folder: Path, source: Source, options: Options = _no_options) -> Opened:
    """A single file that has what paints alone; all else is in `folder`, in the diffusers layout. kind: of pipeline.
    source: of what paints. options: see open_folder.

    Raises BridgeError, or what libraries raise.
    """
    components, denoiser = order.spec.components, order.spec.denoiser
    dtype, denoiser_dtype = order.precision
    overrides = _looked_at_again(order)
    described = read_parts(folder, read_json(folder / INDEX_NAME), components)
    check_required(folder, described, components)
    _check_libraries(order, {part: config for part, config in described.configs.items() if part != denoiser})
    others = [name for name in weighted(components) if name != denoiser]
    for name in others:
        files = weights_of(folder / name, None)
        if not files:
            raise unreadable(folder / name, "it has no weights as .safetensors files")
        for weight_file in files:
            read_header(weight_file)
    shared = of_folder(order, None, [*others, denoiser], folder, {denoiser: order.root})
    order.progress()
    ready = dict(shared.ready)
    if denoiser not in ready:
        ready[denoiser] = build(source, order.root, denoiser_dtype)
    pipeline = kind.from_pretrained(
        folder,
        use_safetensors=True,
        local_files_only=True,
        dtype={"default": dtype},
        **options(folder, described),
        **ready,
    )
    return Opened(pipeline, overrides, shared, [order.root])


def open_files(order: LoadOrder, sources: Mapping[str, Source], together: Callable[[dict[str, Any]], Any]) -> Opened:
    """A single file that has what paints, and a file for each other component with weights, or that one for those that
    have none; tokenizers are folders. sources: of the components by name; one that has none is left out. together: the
    pipeline of diffusers of its components.

    Raises BridgeError, or what libraries raise.
    """
    components, denoiser = order.spec.components, order.spec.denoiser
    overrides = _looked_at_again(order)
    places = {name: Path(path) for name, path in order.ref.parts.items()}
    files = {name: places.get(name, order.root) for name in weighted(components) if name in sources}
    for file in files.values():
        told_of(file)
    shared = of_files(order, files, {name: sources[name].name for name in files})
    order.progress()
    dtype, denoiser_dtype = order.precision
    ready = dict(shared.ready)
    for name, path in places.items():
        if name not in files:
            ready[name] = _read_folder(path, components[name])
    for name, file in files.items():
        if name not in ready:
            ready[name] = build(sources[name], file, denoiser_dtype if name == denoiser else dtype)
            order.progress()
    return Opened(together(ready), overrides, shared, [order.root])


def _check_libraries(order: LoadOrder, configs: Mapping[str, Mapping[str, Any]]) -> None:
    """configs: by part. Raises BridgeError(unsupported) where numbers of few bits need a library or a device that is
    not there, or are of a kind that is not known.
    """
    for part, method in methods_of(configs).items():
        if method not in LIBRARIES:
            text = (
                f"The {part} of {order.ref.name} has numbers of few bits of a kind ({method[:40]}) that Layerbridge "
                "cannot read. Get it with fp8, int8 or GGUF numbers, or as its makers publish it."
            )
            raise BridgeError(ErrorCode.UNSUPPORTED, printable(text))
        device = LIBRARIES[method]
        if device and order.device.kind != device:
            text = (
                f"The {part} of {order.ref.name} has numbers of {method}, which needs an NVIDIA card; this is "
                f"{order.device.name}. Get the model with fp8, int8 or GGUF numbers, or as its makers publish it."
            )
            raise BridgeError(ErrorCode.UNSUPPORTED, text)
        if find_spec(method) is None:
            text = (
                f"The {part} of {order.ref.name} needs the library {method}. Install it with "
                f'pip install "layerbridge[{method}]" and start Layerbridge again, or choose another model.'
            )
            raise BridgeError(ErrorCode.UNSUPPORTED, text)


def _looked_at_again(order: LoadOrder) -> Overrides:
    """The settings of a single file, which may be another than the one that was listed."""
    described = describe_checkpoint(order.root, order.families)
    if described.problem is not None:
        raise BridgeError(described.problem, described.note)
    return read_sidecar(sidecar(order.root)).overrides(order.spec)


def _read_folder(folder: Path, component: Component) -> Any:
    """A component without weights. It becomes one of those that the family names, whatever its folder says."""
    check_no_code(folder, read_json(folder / component.config))
    library, name = min(component.classes)
    return getattr(import_module(library), name).from_pretrained(folder, local_files_only=True)


def settle(order: LoadOrder, opened: Opened) -> Settled:
    """Bring the model to its device, into memory of its own, and leave its components to the next one."""
    ref, shared, parts = order.ref, opened.shared, opened.parts
    placement = lay_out(opened.pipeline, order.spec, order.device, ref.native_resolution, shared.ready)
    fresh = (part for name, part in parts.items() if name not in shared.ready)
    own_memory((part for part in fresh if isinstance(part, torch.nn.Module)), order.progress)
    shared.keep(order, parts, is_on_device=placement.offload == "none")
    weights_hash = combined(order.root, {file: shared.digests[file] for file in opened.weights})
    return Settled(ModelRef.from_json(ref.to_json() | {"hash": weights_hash}), placement)
