"""Reads the tensors of one file, as they lie in it, and fills a model with them: plain ones and packed ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import init_empty_weights
from safetensors import safe_open
from torch import nn
from transformers import PreTrainedModel

from ..models.gguf import SUFFIX as GGUF
from .gguf_file import read_tensors
from .packed import Packed, PackedLinear, below
from .packings import LAYERS_NOTE, gathered

Weight = torch.Tensor | Packed
Weights = dict[str, Weight]
Convert = Callable[[dict[str, Any]], dict[str, Any]]
Shapes = Mapping[str, tuple[int, ...]]
COUNTS = "num_batches_tracked"  # of training; files leave them out


@dataclass(frozen=True)
class Source:
    """How a component is made of a file that has nothing else. name: tells it from what else a file may become. make:
    an empty one, for tensors of these names and shapes. convert: tensors by the file's names to those of the component;
    it may split, join and reorder rows of matrices, and changes nothing else of them.
    """

    name: str
    make: Callable[[Shapes], nn.Module]
    convert: Convert = dict


def build(source: Source, file: Path, dtype: torch.dtype) -> nn.Module:
    """The component, in main memory, its plain tensors in this precision. Raises BridgeError(unsupported) for numbers
    that cannot be read, and what libraries raise for damaged files.
    """
    weights = renamed(read_weights(file), source.convert)
    with init_empty_weights():
        module = source.make({name: tuple(weight.shape) for name, weight in weights.items()})
    fill(module, weights, dtype)
    return module


def read_weights(file: Path) -> Weights:
    """The tensors by name, views of the file. Raises what `build` raises."""
    if file.suffix.lower() == GGUF:
        return read_tensors(file)
    with safe_open(file, framework="pt") as opened:
        tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 (no mapping)
        return gathered(tensors, (opened.metadata() or {}).get(LAYERS_NOTE))


def renamed(weights: Weights, convert: Convert) -> Weights:
    """What `convert` makes of them. In the place of a packed matrix it sees a column of numbers, one for each row."""
    packed = {name: weight for name, weight in weights.items() if isinstance(weight, Packed)}
    starts: list[int] = []
    shown: dict[str, Any] = {name: weight for name, weight in weights.items() if name not in packed}
    end = 0
    for name, weight in packed.items():
        starts.append(end)
        shown[name] = torch.arange(end, end := end + weight.shape[0])[:, None]
    matrices, bounds = list(packed.values()), torch.tensor(starts)
    return {
        name: _of_rows(weight[:, 0], matrices, bounds) if _is_rows(weight) else weight
        for name, weight in convert(shown).items()
    }


def _is_rows(weight: torch.Tensor) -> bool:
    return weight.dtype == torch.int64 and weight.ndim == 2


def _of_rows(numbers: torch.Tensor, matrices: list[Packed], starts: torch.Tensor) -> Weight:
    """The matrix of the rows with these numbers. starts: the number of each matrix' first row."""
    owners = torch.searchsorted(starts, numbers, right=True) - 1
    kinds, counts = torch.unique_consecutive(owners, return_counts=True)
    runs = numbers.split(counts.tolist())
    return below([matrices[kind].rows(run - starts[kind]) for kind, run in zip(kinds.tolist(), runs, strict=True)])


def fill(module: Any, weights: Weights, dtype: torch.dtype) -> None:
    """Put the tensors in; packed ones where a linear layer is. Raises ValueError where one is missing or left over."""
    plain: dict[str, torch.Tensor] = {}
    layers = dict(module.named_modules())
    single = _kept_single(module, dtype)
    taken: dict[str, tuple[str, Packed]] = {}
    for name, weight in weights.items():
        owner, _, kind = name.rpartition(".")
        if isinstance(weight, Packed) and kind == "weight" and type(layers.get(owner)) is nn.Linear:
            taken[owner] = name, weight
            continue
        values = weight.unpacked() if isinstance(weight, Packed) else weight
        kept = torch.float32 if any(part in name.split(".") for part in single) else dtype
        plain[name] = values.to(kept) if values.is_floating_point() else values
    named = {*plain, *(name for name, _ in taken.values())}
    expected = module.state_dict()
    missing = {name for name in expected if not name.endswith(COUNTS)} - named - _tied(module)
    left = named - expected.keys()
    if missing or left:
        told = f"missing are {sorted(missing)[:3]}, left over are {sorted(left)[:3]}"
        raise ValueError(f"its tensors are not those of {type(module).__name__}: {told}")
    for owner, (name, packed) in taken.items():
        if packed.shape != tuple(expected[name].shape):
            raise ValueError(f"{name} has the shape {packed.shape}, not {tuple(expected[name].shape)}")
        parent, _, child = owner.rpartition(".")
        bias = plain.pop(f"{owner}.bias", None)
        setattr(module.get_submodule(parent), child, PackedLinear(packed, bias, dtype))
    module.load_state_dict(plain, strict=False, assign=True)
    for name, counted in module.named_buffers():
        if name.endswith(COUNTS):
            counted.zero_()
    if _tied(module):
        module.tie_weights()


def _kept_single(module: Any, dtype: torch.dtype) -> tuple[str, ...]:
    """The layers that stay in single precision. Those of transformers want its range, which bfloat16 has."""
    is_wide = isinstance(module, PreTrainedModel) and dtype == torch.bfloat16
    return () if is_wide else tuple(getattr(module, "_keep_in_fp32_modules", None) or ())


def _tied(module: Any) -> set[str]:
    """The tensors that are others of the module as well."""
    config = getattr(module, "config", None)
    return set(module._tied_weights_keys or ()) if getattr(config, "tie_word_embeddings", False) else set()
