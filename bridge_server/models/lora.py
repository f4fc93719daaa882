"""The tensors of a LoRA by their names, as the usual programs write them (standard library only).

kohya's scripts: `lora_unet_down_blocks_0_…_to_q.lora_down.weight`, `.lora_up.weight`, `.alpha`; LoCon is the same for
convolutions, and may have a third matrix, `.lora_mid.weight`. LyCORIS writes LoHa (`.hada_w1_a` …) and LoKr (`.lokr_w1`
…) under the same names of layers, or with `lycoris_` for `lora_unet_`. OneTrainer:
`lora_transformer_transformer_blocks_0_…_to_q.lora_down.weight`. PEFT: `unet.down_blocks.0.….to_q.lora_A.weight` and
`lora_B`. diffusers before it: `….to_q.lora.down.weight`, `….processor.to_q_lora.down.weight` and
`….q_proj.lora_linear_layer.down.weight`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from ..families.base import AdaptedPart, Adapters

Shape = tuple[int, ...]
PEFT_ROOT = "base_model.model."
ROOTS = (PEFT_ROOT, "diffusion_model.", "lycoris_")  # the second before the makers' names, as ComfyUI has them
KINDS = {"down": "down", "up": "up", "mid": "mid", "A": "down", "B": "up"}
OTHERS = tuple(  # part of a tensor's name, what it belongs to
    (re.compile(part), what)
    for part, what in (
        (r"\.dora_scale|\.lora_magnitude_vector", "a DoRA"),
        (r"\.oft_", "an OFT"),
        (r"\.diff(_b)?$", "a file with whole layers"),
    )
)
_END = re.compile(
    r"(?:\.lora_(?P<kohya>down|up|mid)|\.lora_(?P<peft>A|B)(?:\.\w+)?"
    r"|(?:\.lora|_lora|\.lora_linear_layer)\.(?P<old>down|up))\.weight$|\.(?P<alpha>alpha)$"
    r"|\.(?P<lycoris>hada_(?:w[12]_[ab]|t[12])|lokr_(?:w[12](?:_[ab])?|t2))$"
)


def other_kind(names: Collection[str]) -> str | None:
    """What an adapter is that cannot be added, by its tensors' names; None for LoRA, LoCon, LoHa and LoKr."""
    return next((what for part, what in OTHERS if any(map(part.search, names))), None)


@dataclass
class LoraLayer:
    """What changes one layer. layer: its name, with _ for each dot. names: of its tensors: down, up and, where they are
    there, mid and alpha; or those of LoHa and LoKr, as they are called there.
    """

    component: str
    layer: str
    names: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def dotted(self) -> str:
        """The layer's name in its component, as the file has it: PEFT's names have dots."""
        name = _END.sub("", self.names.get("down", ""))
        return name.removeprefix(PEFT_ROOT).removeprefix(f"{self.component}.").removeprefix(PEFT_ROOT)

    @property
    def is_product(self) -> bool:
        """Whether it is of LoHa or LoKr."""
        return any(kind.startswith(("hada_", "lokr_")) for kind in self.names)

    def rank(self, shapes: Mapping[str, Shape]) -> int:
        """0 where its tensors do not belong together."""
        if self.is_product:
            return int(all(self._has_factor(number) for number in (1, 2)))
        down, up = (shapes.get(self.names.get(kind, ""), ()) for kind in ("down", "up"))
        if len(down) < 2 or len(up) < 2 or down[0] != up[1] or any(side != 1 for side in up[2:]):
            return 0
        return down[0]

    def _has_factor(self, number: int) -> bool:
        whole, pair = f"lokr_w{number}", [f"w{number}_{end}" for end in "ab"]
        halves = ({f"{start}_{name}" for name in pair} for start in ("lokr", "hada"))
        return whole in self.names or any(both <= self.names.keys() for both in halves)


def layer_name(name: str) -> str:
    """A layer's name as LoraLayer has it. transformers' text encoders have lost the first part of theirs."""
    return name.replace(".", "_").removeprefix("text_model_")


def lora_layers(names: Iterable[str], adapters: Adapters, denoiser: str) -> dict[tuple[str, str], LoraLayer]:
    """The layers of a family's models that these tensors change, by component and name; other tensors are left out.

    denoiser: the component that is meant where PEFT's names have none.
    """
    layers: dict[tuple[str, str], LoraLayer] = {}
    for name in names:
        end = _END.search(name)
        place = None if end is None else _place(name[: end.start()], adapters, denoiser)
        if end is None or place is None:
            continue
        kind = "alpha" if end["alpha"] else end["lycoris"] or KINDS[end["kohya"] or end["peft"] or end["old"]]
        layers.setdefault(place, LoraLayer(*place)).names[kind] = name
    return layers


def unplaced(names: Iterable[str], adapters: Adapters, denoiser: str) -> int:
    """How many layers these tensors change that the family's models have not: those that `lora_layers` leaves out."""
    ends = ((name, _END.search(name)) for name in names)
    changed = {name[: end.start()] for name, end in ends if end is not None}
    return sum(_place(name, adapters, denoiser) is None for name in changed)


def _place(name: str, adapters: Adapters, denoiser: str) -> tuple[str, str] | None:
    """Component and layer; None where the family's models have none that is called so."""
    for root in ROOTS:
        name = name.removeprefix(root)
    name = name.replace(".processor.", ".")
    if name.endswith((".to_out", "_to_out")):  # the first of a list, which old names leave out
        name += ".0"
    for component, part in adapters.parts.items():
        for prefix in (part.prefix, *part.also, f"{component}.", f"lora_{component}_"):
            if name.startswith(prefix) and (layer := _layer(name.removeprefix(prefix), part)):
                return component, layer
    layer = _layer(name, adapters.parts[denoiser])
    return (denoiser, layer) if layer else None


def _layer(name: str, part: AdaptedPart) -> str:
    """Of a component, as LoraLayer has it; empty where it has none that is called so."""
    layer = layer_name(name)
    old = next((old for old in part.renamed if layer.startswith(old)), None)
    if old is not None:
        return part.renamed[old] + layer.removeprefix(old)
    return layer if layer.startswith(part.layers) else ""
