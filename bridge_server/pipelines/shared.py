"""Which of a model's components are there already, since another model has the same ones."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ..models.folders import weights_of
from ..models.gguf import told_of
from ..models.hashes import digests_of
from .family import ComponentKey, LoadOrder
from .memory import weight_bytes


@dataclass(frozen=True)
class Shared:
    """keys: of the components that can be shared, by name. ready: those that are there. digests: SHA-256 of the weight
    files.
    """

    keys: Mapping[str, ComponentKey]
    ready: Mapping[str, Any]
    digests: Mapping[Path, str]

    def keep(self, order: LoadOrder, parts: Mapping[str, Any], *, is_on_device: bool) -> None:
        """Leave the components of a loaded model to the next one. is_on_device: they stay there while it paints; what
        is moved about meanwhile is nobody else's.
        """
        for name, key in self.keys.items():
            if not is_on_device:
                order.components.forget(key)
            elif name in parts and name not in self.ready:
                order.components.keep(key, parts[name], weight_bytes(parts[name]))


def of_folder(
    order: LoadOrder, variant: str | None, names: Sequence[str], folder: Path, apart: Mapping[str, Path] | None = None
) -> Shared:
    """names: of the folder's components that have weights. apart: files that have those of a component instead."""
    alone = apart or {}
    files = {name: [alone[name]] if name in alone else weights_of(folder / name, variant) for name in names}
    digests = digests_of([file for found in files.values() for file in found], order.model_store)
    contents = {
        name: [name.encode(), _content(folder / name / order.spec.components[name].config), *_named(found, digests)]
        for name, found in files.items()
        if found
    }
    return _shared(order, contents, digests, [file for found in files.values() for file in found])


def of_file(order: LoadOrder, names: Sequence[str], settings: bytes) -> Shared:
    """names: of the components that a single file has. settings: what decides, beside it, how they are made."""
    digests = digests_of([order.root], order.model_store)
    made_as = f"{order.ref.family} {order.ref.inpaint_model}".encode() + settings
    contents = {name: [name.encode(), made_as, digests[order.root].encode()] for name in names}
    return _shared(order, contents, digests, [order.root])


def of_files(order: LoadOrder, files: Mapping[str, Path], made_as: Mapping[str, str]) -> Shared:
    """files: of the components that have one each, by name. made_as: what each becomes, which tells apart those of the
    same file; families call the same component otherwise.
    """
    digests = digests_of(list(files.values()), order.model_store)
    contents = {name: [b"file", made_as[name].encode(), digests[file].encode()] for name, file in files.items()}
    return _shared(order, contents, digests, list(dict.fromkeys(files.values())))


def _shared(
    order: LoadOrder, contents: Mapping[str, Sequence[bytes]], digests: Mapping[Path, str], files: Sequence[Path]
) -> Shared:
    dtype, denoiser_dtype = order.precision
    keys = {
        name: ComponentKey(
            _digest(content),
            str(denoiser_dtype if name == order.spec.denoiser else dtype),
            order.device.name,
        )
        for name, content in contents.items()
    }
    taken = {name: order.components.take(key) for name, key in keys.items()}
    ready = {name: part for name, part in taken.items() if part is not None}
    if len(ready) < len(keys):
        order.components.make_room(_most_bytes(files, dtype) - sum(map(weight_bytes, ready.values())))
    return Shared(keys, ready, digests)


def _most_bytes(files: Sequence[Path], dtype: torch.dtype) -> int:
    """What all the weights in the files take in this precision."""
    shapes = (shape for file in files for shape in told_of(file).header.shapes.values())
    return sum(map(math.prod, shapes)) * dtype.itemsize


def _named(files: Sequence[Path], digests: Mapping[Path, str]) -> list[bytes]:
    return [f"{file.name} {digests[file]}".encode() for file in files]


def _content(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""


def _digest(pieces: Sequence[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(b"%d " % len(piece) + piece)
    return digest.hexdigest()
