"""LoRA files of headers alone: what they are taken for, and which layers are found in them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from bridge_server.families.registry import builtin
from bridge_server.models.adapters import check_fits
from bridge_server.models.catalog import find_models, resolve
from bridge_server.models.lora import lora_layers

from .made import Shapes, checkpoint

WRITTEN = ("lora_unet_{_}.lora_down", "diffusion_model.{}.lora_A", "transformer.{}.lora_A")
"""As programs write a layer's name, for {} or, with _ for dots, for {_}."""


def lora(layer: str, outputs: int, inputs: int = 3072, *, peft: bool = False) -> Shapes:
    down, up = ("lora_A", "lora_B") if peft else ("lora_down", "lora_up")
    return {f"{layer}.{down}.weight": (4, inputs), f"{layer}.{up}.weight": (outputs, 4)}


def style_of(
    folder: Path, shapes: Shapes, family: str, fits: Iterable[str], notes: dict[str, str] | None = None
) -> None:
    """A LoRA among the models of a folder is told as of this family, or, if "", as of none, and fits these models."""
    checkpoint(folder / "style.safetensors", shapes, notes)
    models = find_models([folder])
    (style,) = [model for model in models if model.name == "style"]
    assert (style.ref.family if style.problem is None else "") == family, style.note
    for name in fits:
        check_fits(style.ref, resolve(name, models).ref, builtin())


def written_as(written: str, layers: Iterable[str]) -> list[str]:
    """written: of WRITTEN, or like them."""
    return [written.replace("{_}", layer.replace(".", "_")).replace("{}", layer) + ".weight" for layer in layers]


def layers_found(family: str, names: Collection[str]) -> set[str]:
    """The transformer's layers that tensors of these names change; where the file has several as one, each."""
    spec = builtin().named(family).spec
    fitting = spec.adapters["lora"]
    found: set[str] = set()
    for component, layer in lora_layers(names, fitting, spec.denoiser):
        assert component == spec.denoiser
        fused = fitting.parts[component].fused
        end = next((end for end in fused if layer.endswith(end)), None)
        found |= {layer} if end is None else {layer.removesuffix(end) + part for part in fused[end]}
    return found
