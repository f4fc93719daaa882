"""What families share whose transformer may be a file by itself, with the rest in a folder or in files of their own
(standard library only).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from math import prod
from pathlib import Path
from typing import Any, cast

from ..models.bounds import MAX_LEVELS
from ..models.parts import INDEX_NAME
from ..models.reading import is_file, read_json, unreadable
from .base import FamilySpec, Match

ROOTS = ("", "model.diffusion_model.", "diffusion_model.")  # before the tensors' names: nothing, or what ComfyUI writes
Shapes = Mapping[str, tuple[int, ...]]


def width_into(shapes: Shapes, root: str, names: Iterable[str]) -> int:
    """Of what goes into the layer with one of these names; 0 where there is none."""
    shape = next((shapes[root + name] for name in names if root + name in shapes), ())
    return shape[1] if len(shape) == 2 else 0


def takes_more(shapes: Shapes, root: str, into: Iterable[str], out: Iterable[str]) -> bool:
    """Whether other numbers go into the first layer (a convolution or a matrix) than come out of the last, as where a
    transformer is shown a mask or edges beside its latents. into, out: what the weights of these layers may be called.
    """
    first, last = (next((shapes[root + name] for name in names if root + name in shapes), ()) for names in (into, out))
    return prod(first[1:]) != prod(last[:1])


def has_each(names: Collection[str], root: str, needed: Iterable[Iterable[str]]) -> bool:
    """Whether of each of these there is one name at least."""
    return all(any(root + name in names for name in either) for either in needed)


def is_folder_of(folder: Path, pipelines: Collection[str]) -> bool:
    """Whether it is in the diffusers layout, for one of these pipelines. Raises BridgeError(model_unreadable)."""
    index = folder / INDEX_NAME
    return is_file(index) and read_json(index).get("_class_name") in pipelines


def text_width(folder: Path) -> object:
    """Of the text encoder of a folder, as its configuration says. Raises BridgeError(model_unreadable)."""
    return read_json(folder / "text_encoder" / "config.json").get("hidden_size")


def levels_of(path: Path, listed: object, default: int) -> int:
    """How many entries a list of an autoencoder's configuration at `path` has, which has one for each level of
    resolution; `default` where it is no list. Raises BridgeError(model_unreadable).
    """
    count = len(cast("list[Any]", listed)) if isinstance(listed, list) else default
    if not 1 <= count <= MAX_LEVELS:
        raise unreadable(path, f"there can be 1 to {MAX_LEVELS} levels of resolution")
    return count


def used_of(inside: Collection[str], settings: Mapping[str, Any]) -> frozenset[str]:
    """Of the components that a file has, those that its settings name no other file for."""
    return frozenset(name for name in inside if not isinstance(settings.get(name), str))


def match_of(spec: FamilySpec, unsupported: str | None = None, cell: int | None = None) -> Match:
    """cell: pixels of a token; None: the family's own. A model with other ones is as much larger or smaller."""
    cell = cell or spec.latent_cell
    return Match(spec.key, spec.native_resolution * cell // spec.latent_cell, cell, unsupported=unsupported)
