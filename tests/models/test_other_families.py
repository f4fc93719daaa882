"""What no family takes is named from tables; what a registered family knows, the family names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bridge_server.errors import ErrorCode
from bridge_server.families.base import Candidate, Checkpoint, Family, HubName, Lacking, Match
from bridge_server.families.registry import FamilyRegistry, builtin
from bridge_server.models import checkpoints, folders
from bridge_server.models.catalog import find_models
from bridge_server.models.described import Model
from tests.families.published import ernie_file, krea_file, qwen21_file, qwen_file, sd3_file

from .made import Shapes, checkpoint, folder_model

NOVA_CLASS, NOVA_FILE = "NovaPipeline", {"model.diffusion_model.nova_blocks.0.x": (1,)}
XL_FILE = {"conditioner.embedders.0.x": (1,), "model.diffusion_model.input_blocks.0.0.weight": (320, 4, 3, 3)}


@pytest.fixture(autouse=True)
def tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of families that no folder of the product is for, whichever come."""
    monkeypatch.setattr(folders, "OTHER_FAMILIES", {"Nova2": ("nova2", "Nova 2"), "Nova": ("nova", "Nova")})
    monkeypatch.setattr(checkpoints, "OTHER_FAMILIES", (("nova_blocks.", "nova", "Nova"),))


def with_family(key: str, pipeline: str, detect: Callable[[Candidate], Match | Lacking | None]) -> FamilyRegistry:
    """Those that come with Layerbridge and one more, whose folders have the parts of Stable Diffusion 1."""
    spec = replace(builtin().named("sd1").spec, key=key, title=key, pipelines=(pipeline,))
    return FamilyRegistry([*builtin(), Family(spec, detect, model="none", tiny="none", asked=5)])


def listed(folder: Path, families: FamilyRegistry | None = None) -> dict[str, Model]:
    return {model.name: model for model in find_models([folder], families=families) if not model.shipped}


def whole_nova(candidate: Candidate) -> Match | Lacking | None:
    if isinstance(candidate, HubName):
        return None
    if isinstance(candidate, Checkpoint) and not any("nova_blocks." in name for name in candidate.shapes):
        return None
    return Match("three", 1024, 8)


def test_a_registered_family_takes_what_the_tables_name(tmp_path: Path) -> None:
    folder_model(tmp_path / "folder", kind=NOVA_CLASS)
    checkpoint(tmp_path / "file.safetensors", NOVA_FILE)
    before = listed(tmp_path)
    assert all("is Nova" in model.note and model.ref.family == "nova" for model in before.values())
    after = listed(tmp_path, with_family("three", NOVA_CLASS, whole_nova))
    assert {name: (model.ref.family, model.problem) for name, model in after.items()} == {
        "folder": ("three", None),
        "file": ("three", None),
    }


def test_what_a_family_finds_lacking_is_told_in_its_words(tmp_path: Path) -> None:
    def halves(candidate: Candidate) -> Lacking | None:
        return None if isinstance(candidate, HubName) else Lacking("Nova-like, without its first half")

    folder_model(tmp_path / "folder", kind=NOVA_CLASS)
    checkpoint(tmp_path / "file.safetensors", NOVA_FILE)
    for model in listed(tmp_path, with_family("flow", NOVA_CLASS, halves)).values():
        assert model.problem is ErrorCode.UNSUPPORTED and "is Nova-like, without its first half" in model.note
        assert model.ref.family == ""


def test_a_class_beside_those_that_a_family_loads_is_named_itself(tmp_path: Path) -> None:
    """Else its owner would read that Nova cannot be run, beside a Nova that runs."""
    folder_model(tmp_path / "folder", kind="NovaControlPipeline")
    assert "is Nova, which" in listed(tmp_path, with_family("next", "Nova2NextPipeline", lambda _: None))["folder"].note
    (model,) = listed(tmp_path, with_family("flow", NOVA_CLASS, lambda _: None)).values()
    assert "is NovaControlPipeline, which" in model.note and model.problem is ErrorCode.UNSUPPORTED


def test_stable_diffusion_says_nothing_of_a_file_of_another_text_encoder(tmp_path: Path) -> None:
    detect = next(family.detect for family in builtin() if family.key == "sd1")
    assert detect(Checkpoint(tmp_path / "file.safetensors", XL_FILE)) is None
    bare = {name: shape for name, shape in XL_FILE.items() if not name.startswith("conditioner.")}
    assert isinstance(detect(Checkpoint(tmp_path / "file.safetensors", bare)), Lacking)


@pytest.mark.parametrize(
    ("shapes", "name", "title"),
    [
        (sd3_file.transformer("large"), "model.diffusion_model.x_embedder.proj.weight", "Stable Diffusion 3"),
        (krea_file.transformer(blocks=2), "first.weight", "Krea 2"),
        (ernie_file.transformer(blocks=2), "x_embedder.proj.weight", "ERNIE-Image"),
        (qwen_file.transformer(blocks=2), "img_in.weight", "Qwen-Image"),
        (qwen21_file.transformer(blocks=2), "img_in.weight", "Qwen-Image 2.1"),
    ],
)
def test_a_transformer_that_takes_more_than_latents_is_a_relative(shapes: Shapes, name: str, title: str) -> None:
    """As those that are shown a mask or edges beside."""
    outputs, inputs, *rest = shapes[name]
    for width, told in ((inputs, None), (inputs + 1, f"a relative of {title} of another size or kind")):
        match = builtin().detect(Checkpoint(Path("mine.safetensors"), shapes | {name: (outputs, width, *rest)}))
        assert isinstance(match, Match) and match.unsupported == told
