"""Which operations a model is offered with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bridge_server.families.base import Family
from bridge_server.families.registry import FamilyRegistry, builtin
from bridge_server.http.models import model_list
from bridge_server.models.catalog import default_model, find_models
from bridge_server.operations.base import Requirements
from bridge_server.operations.registry import Registry
from bridge_server.operations.registry import builtin as shipped_operations
from tests.operations.toy import TOY, with_toy

from .made import checkpoint, stable_diffusion

PAINTS = {"inpaint", "remove", "img2img", "outpaint", "txt2img"}
CAPTION = replace(TOY, name="caption", requires=Requirements(model=True))
assert CAPTION.planner is None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    checkpoint(tmp_path / "good.safetensors", stable_diffusion())
    checkpoint(tmp_path / "lora.safetensors", {"lora_unet.lora_down.weight": (1,)})
    return tmp_path


def offered(folder: Path, operations: Registry, families: FamilyRegistry | None = None) -> dict[str, set[str]]:
    """The operations of each model that lies in the folder."""
    found = find_models([folder], families=families)
    models = model_list([model for model in found if not model.shipped], [], [folder], operations, families).models
    return {model.name: set(model.operations) for model in models}


def test_a_model_is_offered_with_what_paints_and_never_with_what_needs_none(folder: Path) -> None:
    assert offered(folder, with_toy()) == {"good": PAINTS, "lora": set()}


def test_an_operation_with_a_model_and_nothing_to_plan_is_offered_every_usable_model(folder: Path) -> None:
    operations = shipped_operations()
    operations.register(CAPTION)
    assert offered(folder, operations) == {"good": {*PAINTS, "caption"}, "lora": set()}


def test_what_a_family_cannot_paint_is_not_offered_with_its_models(folder: Path) -> None:
    operations = shipped_operations()
    operations.register(CAPTION)
    families = FamilyRegistry([without(family, "inpaint") for family in builtin()])
    assert offered(folder, operations, families)["good"] == {"img2img", "outpaint", "txt2img", "caption"}


def test_what_does_not_paint_an_area_is_no_default_of_what_paints(folder: Path) -> None:
    """Such as a model that takes pictures apart: whoever has it alone goes on painting with the starter."""
    models = find_models([folder])
    assert default_model(models).name == "good"
    others = FamilyRegistry([without(family, "inpaint") if family.key == "sd1" else family for family in builtin()])
    assert default_model(models, families=others).name == "starter"


def without(family: Family, planner: str) -> Family:
    """It cannot paint what this planner plans."""
    left = {name: mode for name, mode in family.spec.operations.items() if name != planner}
    return replace(family, spec=replace(family.spec, operations=left))
