"""The catalogue: what it finds, what it says of each, and that nothing on a disk can make it fall over."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge_server.config import hub_cache_folder
from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.families.registry import FamilyRegistry, builtin
from bridge_server.models.catalog import STARTER, default_model, find_models, resolve

from .listing import only
from .made import Shapes, checkpoint, folder_model, stable_diffusion


@pytest.mark.parametrize(
    ("given", "family", "side", "inpaint"),
    [
        ({}, "sd1", 512, False),
        ({"channels": 9, "kind": "StableDiffusionInpaintPipeline"}, "sd1", 512, True),
        ({"text_width": 1024}, "sd2-base", 512, False),
        ({"text_width": 1024, "channels": 9}, "sd2-base", 512, True),
        ({"text_width": 1024, "sample_size": 96, "prediction": "v_prediction"}, "sd2", 768, False),
    ],
)
def test_diffusers_folders(tmp_path: Path, given: dict[str, Any], family: str, side: int, inpaint: bool) -> None:
    folder_model(tmp_path / "some" / "model", **given)
    model = only(tmp_path)
    assert (model.ref.family, model.ref.native_resolution, model.ref.inpaint_model) == (family, side, inpaint)
    assert (model.name, model.ref.source, model.ref.size_multiple, model.problem) == ("model", "folder", 64, None)
    assert model.size == 30 and model.problem is None


@pytest.mark.parametrize(
    ("shapes", "file", "family", "side", "inpaint"),
    [
        (stable_diffusion(), "dream.safetensors", "sd1", 512, False),
        (stable_diffusion(channels=9), "dream.safetensors", "sd1", 512, True),
        (stable_diffusion(2), "v2-1_768.safetensors", "sd2", 768, False),
        (stable_diffusion(2), "v2-1_512-base.safetensors", "sd2-base", 512, False),
        (stable_diffusion(2, channels=9), "512-inpainting.safetensors", "sd2-base", 512, True),
    ],
)
def test_single_files(tmp_path: Path, shapes: Shapes, file: str, family: str, side: int, inpaint: bool) -> None:
    checkpoint(tmp_path / file, shapes)
    model = only(tmp_path)
    assert (model.ref.family, model.ref.native_resolution, model.ref.inpaint_model) == (family, side, inpaint)
    assert (model.name, model.ref.source, model.ref.size_multiple, model.problem) == (Path(file).stem, "file", 64, None)


def test_a_files_own_metadata_is_believed_before_its_name(tmp_path: Path) -> None:
    metadata = {"modelspec.prediction_type": "epsilon", "modelspec.license": "CreativeML Open RAIL++-M"}
    checkpoint(tmp_path / "any.safetensors", stable_diffusion(2), metadata)
    model = only(tmp_path)
    assert (model.ref.family, model.license) == ("sd2-base", "CreativeML Open RAIL++-M")


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        ({"conditioner.embedders.0.x": (1,), "model.diffusion_model.input_blocks.0.0.weight": (320, 4)}, "XL"),
        ({"model.diffusion_model.double_blocks.0.x": (1,)}, "a relative of FLUX.1"),
        ({"lora_unet_down_blocks_0.lora_down.weight": (1,)}, "LoRA"),
        ({"first_stage_model.encoder.x": (1,)}, "autoencoder"),
        ({"control_model.x": (1,)}, "ControlNet"),
        ({"emb_params": (1,)}, "textual inversion"),
        ({"model.diffusion_model.input_blocks.0.0.weight": (320, 4, 3, 3)}, "without its text encoder"),
        ({"something": (1,)}, "not a kind of file"),
        (stable_diffusion(channels=8), "instruct-pix2pix"),
    ],
)
def test_what_cannot_be_used_is_listed_with_the_reason(tmp_path: Path, shapes: Shapes, words: str) -> None:
    checkpoint(tmp_path / "thing.safetensors", shapes)
    model = only(tmp_path)
    assert model.problem is ErrorCode.UNSUPPORTED and words in model.note
    with pytest.raises(BridgeError) as caught:
        resolve("thing", find_models([tmp_path]))
    assert caught.value.code is ErrorCode.UNSUPPORTED


def test_pickles_are_unsafe_and_say_the_way_on(tmp_path: Path) -> None:
    (tmp_path / "old.ckpt").write_bytes(b"\x80\x02")
    folder_model(tmp_path / "folder", weights=("{}.bin",))
    found = {model.name: model for model in find_models([tmp_path])}
    for name in ("old", "folder"):
        assert found[name].problem is ErrorCode.MODEL_UNSAFE and ".safetensors" in found[name].note


def test_other_families_in_folders_are_named(tmp_path: Path) -> None:
    folder_model(tmp_path / "big", kind="StableDiffusion3ControlNetPipeline")
    folder_model(tmp_path / "odd", kind="KandinskyPipeline")
    found = {model.name: model for model in find_models([tmp_path])}
    assert "StableDiffusion3ControlNetPipeline" in found["big"].note
    assert "KandinskyPipeline" in found["odd"].note


@pytest.mark.parametrize(
    "spoil",
    [
        {"model_index.json": b"{"},
        {"model_index.json": b"[]"},
        {"unet/config.json": b""},
        {"unet/config.json": b'{"in_channels": "four"}'},
        {"vae/config.json": b'{"block_out_channels": 5}'},
        {"vae/config.json": None},
        {"text_encoder/model.safetensors": None},
        {"layerbridge.json": b'{"steps": "many"}'},
        {"layerbridge.json": b'{"latent_rgb": [[1, 2]]}'},
        {"layerbridge.json": b'{"removal_detail": 0}'},
    ],
)
def test_damaged_folders_are_reported_and_hide_nothing(tmp_path: Path, spoil: dict[str, bytes | None]) -> None:
    folder = folder_model(tmp_path / "bad")
    folder_model(tmp_path / "good")
    for name, content in spoil.items():
        if content is None:
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(content)
    found = {model.name: model for model in find_models([tmp_path])}
    assert found["bad"].problem is ErrorCode.MODEL_UNREADABLE and found["bad"].note
    assert found["good"].problem is None


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff" * 20, b"\x10\0\0\0\0\0\0\0{", struct.pack("<Q", 2) + b"[]", struct.pack("<Q", 9) + b'{"a": 12}'],
)
def test_damaged_files_are_reported(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.safetensors").write_bytes(content)
    assert only(tmp_path).problem is ErrorCode.MODEL_UNREADABLE


def test_a_half_downloaded_file_is_reported(tmp_path: Path) -> None:
    file = checkpoint(tmp_path / "x.safetensors", stable_diffusion())
    file.write_bytes(file.read_bytes()[:-1])
    assert "not complete" in only(tmp_path).note


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
def test_a_folder_that_may_not_be_read_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    real = os.scandir

    def scandir(path: Path) -> Any:
        if Path(path) == closed:
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert "Permission denied" in only(tmp_path).note


def test_overrides_win(tmp_path: Path) -> None:
    folder = folder_model(tmp_path / "m")
    told = {"name": "Flowers", "steps": 30, "guidance_scale": 5.5, "native_resolution": 640, "sampler": "Euler a"}
    told |= {"removal_strength": 0.5, "removal_detail": 3}
    (folder / "layerbridge.json").write_text(json.dumps(told | {"license": "MIT"}))
    model = only(tmp_path)
    assert (model.name, model.ref.steps, model.ref.guidance_scale) == ("Flowers", 30, 5.5)
    assert (model.ref.native_resolution, model.settings["sampler"], model.license) == (640, "Euler a", "MIT")
    assert (model.ref.removal_strength, model.ref.removal_detail) == (0.5, 3)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (
            {"stepps": 30},
            "Stable Diffusion 1 has no setting 'stepps'; there are background_with_prompt, config, family",
        ),
        ({"steps": 0}, "steps has the value 0, which cannot be"),
        ({"license": 5}, "license has the value 5, which cannot be"),
        ({"latent_rgb": [[1, 2, 3]]}, "latent_rgb has the value"),
        ({"family": "starter", "licence": "MIT"}, "Starter has no setting 'licence'"),
    ],
)
def test_settings_are_those_of_the_family(tmp_path: Path, told: dict[str, Any], words: str) -> None:
    folder = folder_model(tmp_path / "m")
    (folder / "layerbridge.json").write_text(json.dumps(told))
    file = checkpoint(tmp_path / "n.safetensors", stable_diffusion())
    file.with_name("n.layerbridge.json").write_text(json.dumps(told))
    for model in find_models([tmp_path]):
        if not model.shipped:
            assert (
                model.problem is ErrorCode.MODEL_UNREADABLE and words in model.note and "layerbridge.json" in model.note
            )


def test_a_family_that_declares_another_setting_takes_it(tmp_path: Path) -> None:
    known = builtin()
    asked = {"shift": lambda value: isinstance(value, float)}
    families = FamilyRegistry(replace(family, spec=replace(family.spec, settings=asked)) for family in known)
    folder = folder_model(tmp_path / "m")
    for told, problem in (({"shift": 1.5}, None), ({"shift": "x"}, ErrorCode.MODEL_UNREADABLE)):
        (folder / "layerbridge.json").write_text(json.dumps(told))
        (model,) = [model for model in find_models([tmp_path], families=families) if not model.shipped]
        assert model.problem is problem
        assert problem or model.settings == told


def test_an_unknown_family_is_refused_by_name(tmp_path: Path) -> None:
    folder = folder_model(tmp_path / "m")
    (folder / "layerbridge.json").write_text('{"family": "sd9"}')
    assert only(tmp_path).problem is ErrorCode.UNSUPPORTED


def test_names_that_collide_stay_apart(tmp_path: Path) -> None:
    folder_model(tmp_path / "a" / "same")
    folder_model(tmp_path / "b" / "same")
    models = find_models([tmp_path])
    assert [model.name for model in models if not model.shipped] == ["same", "same (2)"]
    assert str(tmp_path / "a") in resolve("same (2)", models).note


def test_the_hugging_face_cache(tmp_path: Path) -> None:
    root = tmp_path / "models--maker--dream"
    folder_model(root / "snapshots" / "old")
    folder_model(root / "snapshots" / "new", channels=9)
    (root / "refs").mkdir()
    (root / "refs" / "main").write_text("new\n")
    (tmp_path / "models--maker--tokenizer" / "snapshots" / "x").mkdir(parents=True)
    (tmp_path / "datasets--a--b").mkdir()
    model = only(tmp_path)
    assert model.name == "maker/dream" and model.ref.inpaint_model
    assert hub_cache_folder({"HF_HOME": "/x"}) == Path("/x/hub")
    assert hub_cache_folder({"HF_HUB_CACHE": "/y"}) == Path("/y")


def test_fp16_variants_count_once(tmp_path: Path) -> None:
    folder_model(tmp_path / "both", weights=("{}.safetensors", "{}.fp16.safetensors"))
    folder_model(tmp_path / "half", weights=("{}.fp16.safetensors",))
    assert {model.size for model in find_models([tmp_path]) if not model.shipped} == {30}


def test_resolving(tmp_path: Path) -> None:
    folder_model(tmp_path / "plain")
    folder_model(tmp_path / "Zebra", channels=9)
    models = find_models([tmp_path])
    assert default_model(models).name == "Zebra"
    assert resolve(None, models).name == "Zebra"
    assert resolve("zebra", models).name == "Zebra"
    assert resolve(str(tmp_path / "plain"), models).name == "plain"
    hub = resolve("maker/stable-diffusion-2-inpainting", models).ref
    assert (hub.source, hub.family, hub.inpaint_model, hub.native_resolution) == ("hub", "sd2-base", True, 512)
    for unknown in ("nothing", "a/b/c", "../etc/passwd", ""):
        with pytest.raises(BridgeError) as caught:
            resolve(unknown, models)
        assert caught.value.code is ErrorCode.MODEL_NOT_FOUND


def test_the_shipped_model_is_always_there_and_the_default_of_an_empty_machine(tmp_path: Path) -> None:
    (model,) = find_models([tmp_path, tmp_path / "missing"])
    assert model.shipped and model.problem is None and default_model([model]) is model
    assert (model.name, model.ref.family, model.ref.native_resolution, model.ref.size_multiple) == (
        "starter",
        "starter",
        128,
        16,
    )
    assert model.ref.inpaint_model and "Apache-2.0" in model.license
    assert [model.name for model in find_models([STARTER])] == ["starter"]


def test_the_daemon_can_import_it_without_numpy_or_torch() -> None:
    code = "import sys, bridge_server.models.catalog; print([m for m in ('numpy', 'torch', 'PIL') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_model_is_meant_by_its_file_too(tmp_path: Path) -> None:
    checkpoint(tmp_path / "a" / "plain.safetensors", stable_diffusion())
    checkpoint(tmp_path / "b" / "other.safetensors", stable_diffusion())
    (tmp_path / "b" / "other.layerbridge.json").write_text('{"name": "Flowers"}')
    models = find_models([tmp_path])
    assert resolve("plain.safetensors", models).name == "plain"
    assert resolve("other.safetensors", models).name == "Flowers"
    assert resolve(str(tmp_path / "b" / ".." / "a" / "plain.safetensors"), models).name == "plain"
    for unknown in ("a/plain.safetensors", "maker/thing.safetensors", str(tmp_path / "c.safetensors")):
        with pytest.raises(BridgeError) as caught:
            resolve(unknown, models)
        assert caught.value.code is ErrorCode.MODEL_NOT_FOUND


def test_a_file_name_that_two_models_have_is_not_guessed(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        checkpoint(tmp_path / folder / "same.safetensors", stable_diffusion())
    models = find_models([tmp_path])
    with pytest.raises(BridgeError) as caught:
        resolve("same.safetensors", models)
    assert "same, same (2)" in caught.value.message
    assert resolve(str(tmp_path / "b" / "same.safetensors"), models).name == "same (2)"


def test_a_thousand_models_of_one_name_stay_apart(tmp_path: Path) -> None:
    for number in range(1000):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "same.ckpt").write_bytes(b"")
    assert len({model.name.lower() for model in find_models([tmp_path])}) == 1001
