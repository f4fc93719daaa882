"""models families: what runs, and how; nothing is asked of a daemon, and no model is looked for."""

from __future__ import annotations

import argparse
import json
from typing import Any

from ..families.base import FamilySpec
from ..families.registry import FamilyRegistry, builtin
from ..models.catalog import can_run
from ..operations.registry import Registry
from ..operations.registry import builtin as builtin_operations


def families(options: argparse.Namespace) -> int:
    told = described(builtin(), builtin_operations())
    if options.json:
        print(json.dumps({"families": told}, indent=1))
        return 0
    for family in told:
        print(f"{family['key']}: {family['title']}, {family['native_resolution']} px")
        print(f"    {', '.join(family['operations'])}")
        print(f"    {family['steps']} steps, guidance {family['guidance_scale']:g} ({family['guidance']})")
    return 0


def described(known: FamilyRegistry, operations: Registry) -> list[dict[str, Any]]:
    """Of each family; steps and guidance_scale: where neither a request nor a model says another."""
    return [_described(family.spec, operations) for family in known]


def _described(spec: FamilySpec, operations: Registry) -> dict[str, Any]:
    return {
        "key": spec.key,
        "title": spec.title,
        "operations": [operation.name for operation in operations.all() if can_run(spec, operation)],
        "native_resolution": spec.native_resolution,
        "size_multiple": spec.size_multiple,
        "guidance": spec.guidance,
        "negative_prompt": spec.negative_prompt,
        "steps": int(spec.steps.default),
        "guidance_scale": spec.guidance_scale.default,
        "img2img_strength": spec.img2img_strength,
        "samplers": list(spec.samplers),
        "references": spec.references,
        "adapters": {role: list(taken.families) for role, taken in spec.adapters.items()},
        "pipelines": list(spec.pipelines),
        "settings": sorted(spec.settings),
    }
