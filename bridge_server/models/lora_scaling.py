"""How strongly a LoRA that PEFT wrote changes each layer, by the settings of its training (standard library only).

diffusers writes them into the file's notes, of all components in one object (`unet.lora_alpha`, `unet.use_rslora` …);
PEFT itself into `adapter_config.json` beside `adapter_model.safetensors` (https://huggingface.co/docs/peft,
LoraConfig).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from .reading import read_json

NOTES = "lora_adapter_metadata"  # the entry of a file's notes
WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"  # PEFT's own names


@dataclass(frozen=True)
class Scaling:
    """alpha: of layers that have none of their own; None: as large as the rank. patterns: alpha by the end of a layer's
    name, or after ^ by all of it. by_root: whether alpha is divided by the rank's square root and not by the rank
    (rank-stabilized LoRA, Kalajdzievski 2023, https://arxiv.org/abs/2312.03732).
    """

    alpha: float | None = None
    patterns: Mapping[str, float] = field(default_factory=dict[str, float])
    by_root: bool = False

    def of(self, layer: str, rank: int) -> float:
        """What up · down is multiplied by. layer: its name in the component, with dots."""
        found = (alpha for end, alpha in self.patterns.items() if _meant(end, layer))
        alpha = next(found, self.alpha)
        return 1.0 if alpha is None else alpha / (math.sqrt(rank) if self.by_root else rank)


def scaling_of(file: Path, notes: Mapping[str, str], component: str) -> Scaling:
    """Of a component of a LoRA, by its file's notes, else by the configuration beside it.

    Raises BridgeError(model_unreadable) where that file is damaged.
    """
    told = _in_notes(notes, component)
    if not told and (config := config_of(file)) is not None:
        told = read_json(config)
    patterns: object = told.get("alpha_pattern")
    listed = cast("dict[str, object]", patterns) if isinstance(patterns, dict) else {}
    numbers = {end: number for end, value in listed.items() if (number := _number(value)) is not None}
    return Scaling(_number(told.get("lora_alpha")), numbers, told.get("use_rslora") is True)


def config_of(file: Path) -> Path | None:
    """PEFT's configuration beside a file of the name that PEFT gives it; None where there is none."""
    config = file.with_name(CONFIG)
    return config if file.name == WEIGHTS and config.exists() else None


def _in_notes(notes: Mapping[str, str], component: str) -> dict[str, Any]:
    try:
        told: object = json.loads(notes.get(NOTES, "{}"))
    except (ValueError, RecursionError):
        return {}
    found = cast("dict[str, object]", told) if isinstance(told, dict) else {}
    start = f"{component}."
    return {key.removeprefix(start): value for key, value in found.items() if key.startswith(start)}


def _number(value: object) -> float | None:
    """A number that is one; None for others."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _meant(end: str, layer: str) -> bool:
    """As PEFT reads a pattern that is a name. Regular expressions are not run: a file can have one that never ends."""
    whole = end.removeprefix("^")
    return layer == whole or (whole == end and layer.endswith(f".{end}"))
