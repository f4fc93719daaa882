"""Components that several families have (standard library only)."""

from __future__ import annotations

from collections.abc import Mapping

from .base import Component, Sampler

QWEN_TOKENIZER = Component(
    frozenset({("transformers", "Qwen2Tokenizer"), ("transformers", "Qwen2TokenizerFast")}),
    "tokenizer_config.json",
    required=True,
    sized=False,
)


def weighted(library: str, *classes: str, blocks: tuple[str, ...]) -> Component:
    """A component with weights that has to be there, of one of these classes of a library."""
    return Component(frozenset((library, name) for name in classes), required=True, weighted=True, blocks=blocks)


def scheduler_of(samplers: Mapping[str, Sampler]) -> Component:
    """A scheduler of any class that the family's samplers are made with."""
    classes = frozenset(("diffusers", sampler.scheduler) for sampler in samplers.values())
    return Component(classes, "scheduler_config.json", required=True)
