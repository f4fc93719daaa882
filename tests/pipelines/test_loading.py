"""Folders, single files and hubs: one model, whichever way it comes."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.families.registry import builtin
from bridge_server.families.stable_diffusion.load import StableDiffusion
from bridge_server.families.stable_diffusion.single_file import CONFIGS
from bridge_server.families.stable_diffusion.spec import COMPONENTS
from bridge_server.models.checkpoints import describe_checkpoint
from bridge_server.models.folders import choose_variant, read_folder
from bridge_server.pipelines.hub import fetch, wanted_files
from bridge_server.pipelines.loader import load as load_model
from bridge_server.pipelines.memory import choose_device
from tests.support.tiny import build_tiny
from tests.support.tiny_checkpoint import write_checkpoint

from .conftest import load, paint


@pytest.mark.parametrize("name", ["inpaint", "plain", "v"])
def test_a_single_file_paints_what_its_folder_paints(
    tiny: dict[str, StableDiffusion], tiny_folders: dict[str, Path], tmp_path: Path, name: str
) -> None:
    model = describe_checkpoint(write_checkpoint(tiny_folders[name], tmp_path / "one.safetensors"), builtin())
    assert model.problem is None and model.ref.inpaint_model is (name == "inpaint")
    loaded = load_model(model.ref, builtin(), choose_device("cpu"), None)
    assert paint(loaded).pixels.tobytes() == paint(tiny[name]).pixels.tobytes()
    assert len(loaded.ref.hash) == 16


def test_the_shipped_configurations_have_the_published_sizes() -> None:
    """Parameters of Stable Diffusion 1.5 and 2.1 as published; built without memory for them."""
    from accelerate import init_empty_weights
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    expected = {"sd1": (859_520_964, 123_060_480), "sd2": (865_910_724, 340_387_840)}
    for version, (unet_parameters, text_parameters) in expected.items():
        folder = CONFIGS / version
        with init_empty_weights():
            unet = UNet2DConditionModel.from_config(json.loads((folder / "unet" / "config.json").read_text()))
            vae = AutoencoderKL.from_config(json.loads((folder / "vae" / "config.json").read_text()))
            text = CLIPTextModel(CLIPTextConfig(**json.loads((folder / "text_encoder" / "config.json").read_text())))
        counts = [sum(tensor.numel() for tensor in part.parameters()) for part in (unet, vae, text)]
        assert counts == [unet_parameters, 83_653_863, text_parameters]


def test_a_sidecar_that_names_a_missing_configuration(tiny_folders: dict[str, Path], tmp_path: Path) -> None:
    file = write_checkpoint(tiny_folders["plain"], tmp_path / "one.safetensors")
    (tmp_path / "one.layerbridge.json").write_text('{"config": "nowhere", "family": "sd1"}')
    with pytest.raises(BridgeError) as caught:
        load_model(describe_checkpoint(file, builtin()).ref, builtin(), choose_device("cpu"), None)
    assert caught.value.code is ErrorCode.MODEL_UNREADABLE and "nowhere" in caught.value.message


def test_a_folder_with_only_fp16_weights_loads(tiny_folders: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "half"
    shutil.copytree(tiny_folders["plain"], folder)
    for file in list(folder.rglob("*.safetensors")):
        file.rename(file.with_suffix("").with_suffix(".fp16.safetensors"))
    for half in (False, True):
        assert choose_variant(folder, half, COMPONENTS, "unet") == "fp16"
    assert paint(load(folder)).pixels.shape == (64, 64, 3)


def test_a_folder_whose_text_encoder_alone_is_fp16_loads(tiny_folders: dict[str, Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_folders["plain"], tmp_path / "mixed"))
    file = folder / "text_encoder" / "model.safetensors"
    file.rename(file.with_name("model.fp16.safetensors"))
    assert read_folder(folder, "mixed").problem is None
    assert load(folder).parts["text_encoder"] is not None


@pytest.mark.parametrize(
    ("unet", "text_encoder", "half", "variant"),
    [
        ("model", "model", True, None),
        ("model model.fp16", "model", True, "fp16"),
        ("model model.fp16", "model", False, None),
        ("model", "model model.fp16", True, None),
        ("model", "model.fp16", True, "fp16"),
        ("model", "model.fp16-00001-of-00002", False, "fp16"),
        ("model", "model.bf16", False, "bf16"),
        ("model model.fp16", "model.fp16", False, "fp16"),
        ("model.fp16", "model.bf16", True, "fp16"),  # neither is all of it
        ("", "model", True, None),
    ],
)
def test_the_variant_is_one_that_every_part_has_or_does_without(
    tmp_path: Path, unet: str, text_encoder: str, half: bool, variant: str | None
) -> None:
    """diffusers reads the full weights of a part that has none of the variant."""
    for part, files in (("unet", unet), ("text_encoder", text_encoder), ("vae", "model")):
        (tmp_path / part).mkdir()
        for file in files.split():
            (tmp_path / part / f"{file}.safetensors").touch()
    assert choose_variant(tmp_path, half, COMPONENTS, "unet") == variant


def test_weights_of_another_shape_are_unreadable_not_a_crash(tmp_path: Path) -> None:
    folder = build_tiny(tmp_path / "odd", inpaint=False)
    config = folder / "unet" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"block_out_channels": [8, 24]}))
    with pytest.raises(BridgeError) as caught:
        load(folder)
    assert caught.value.code is ErrorCode.MODEL_UNREADABLE


PARTS = [name for name, component in COMPONENTS.items() if not component.optional]
REPOSITORY = [
    "README.md",
    "model_index.json",
    "v1-5-pruned.ckpt",
    "v1-5-pruned.safetensors",
    "safety_checker/model.safetensors",
    "scheduler/scheduler_config.json",
    "text_encoder/config.json",
    "text_encoder/model.safetensors",
    "text_encoder/model.fp16.safetensors",
    "text_encoder/pytorch_model.bin",
    "tokenizer/merges.txt",
    "tokenizer/vocab.json",
    "unet/config.json",
    "unet/diffusion_pytorch_model.fp16.safetensors",
    "unet/diffusion_pytorch_model.non_ema.safetensors",
    "unet/diffusion_pytorch_model.safetensors",
    "unet/diffusion_pytorch_model.bin",
    "vae/config.json",
    "vae/diffusion_pytorch_model.safetensors",
]


def test_only_what_is_needed_is_downloaded() -> None:
    half, full = (wanted_files(REPOSITORY, PARTS, half, "unet") for half in (True, False))
    assert [name for name in half if name.endswith(".safetensors")] == [
        "unet/diffusion_pytorch_model.fp16.safetensors",
        "vae/diffusion_pytorch_model.safetensors",
        "text_encoder/model.fp16.safetensors",
    ]
    assert "unet/diffusion_pytorch_model.safetensors" in full
    for chosen in (half, full):
        assert not any(name.endswith((".bin", ".ckpt")) or "non_ema" in name or "safety" in name for name in chosen)
        assert {"model_index.json", "tokenizer/merges.txt", "scheduler/scheduler_config.json"} <= set(chosen)


def test_text_encoders_are_not_downloaded_in_half_precision_where_what_paints_is_not() -> None:
    """Stable Diffusion 3.5 is published so: one variant must be that of all parts."""
    names = [name for name in REPOSITORY if name != "unet/diffusion_pytorch_model.fp16.safetensors"]
    assert not any("fp16" in name for name in wanted_files(names, PARTS, True, "unet"))


def test_pickles_and_other_layouts_are_not_downloaded() -> None:
    without = [name for name in REPOSITORY if not (name.startswith("unet/") and name.endswith(".safetensors"))]
    for names, code in ((without, ErrorCode.MODEL_UNSAFE), (["a.safetensors"], ErrorCode.UNSUPPORTED)):
        with pytest.raises(BridgeError) as caught:
            wanted_files(names, PARTS, True, "unet")
        assert caught.value.code is code


def test_a_model_that_was_downloaded_before_needs_no_hub(
    tiny_folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    root = tmp_path / "models--maker--dream"
    shutil.copytree(tiny_folders["plain"], root / "snapshots" / "0123")
    (root / "refs").mkdir()
    (root / "refs" / "main").write_text("0123")

    def is_whole(folder: Path) -> bool:
        return read_folder(folder, "m").problem is None

    assert fetch("maker/dream", PARTS, False, "unet", is_whole) == root / "snapshots" / "0123"
    shutil.rmtree(root / "snapshots" / "0123" / "vae")
    for hub_id in ("maker/dream", "maker/other"):
        with pytest.raises(BridgeError) as caught:
            fetch(hub_id, PARTS, False, "unet", is_whole)
        assert caught.value.code is ErrorCode.MODEL_NOT_FOUND and "HF_HUB_OFFLINE" in caught.value.message


def test_a_text_encoder_named_in_the_old_way_paints_the_same(
    tiny: dict[str, StableDiffusion], tiny_folders: dict[str, Path], tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    file = write_checkpoint(tiny_folders["plain"], tmp_path / "merged.safetensors")
    save_file(
        {name.replace("transformer.text_model.", "transformer."): value for name, value in load_file(file).items()},
        file,
    )
    model = describe_checkpoint(file, builtin())
    assert model.problem is None
    loaded = load_model(model.ref, builtin(), choose_device("cpu"), None)
    assert paint(loaded).pixels.tobytes() == paint(tiny["plain"]).pixels.tobytes()


@pytest.mark.parametrize(
    "index",
    [
        {"unet": ["evil", "Evil"]},
        {"scheduler": ["evil", "Evil"]},
        {"unet": ["antigravity", "UNet2DConditionModel"]},
        {"_class_name": ["evil", "Evil"]},
        {},
    ],
)
def test_a_models_own_python_never_runs(
    tiny_folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: dict[str, object]
) -> None:
    """Its files are there wherever they might be looked for, in the folder that is on sys.path too."""
    folder, canary = tmp_path / "m", tmp_path / "canary"
    shutil.copytree(tiny_folders["plain"], folder)
    ref = read_folder(folder, "m").ref
    for place in (".", "unet", "scheduler"):
        (folder / place / "evil.py").write_text(f"open({str(canary)!r}, 'w')")
    described = json.loads((folder / "model_index.json").read_text())
    (folder / "model_index.json").write_text(json.dumps(described | index))
    monkeypatch.syspath_prepend(str(folder))
    for way in ("folder", "configuration of a file"):
        with pytest.raises(BridgeError) as caught:
            if way == "folder":
                load_model(ref, builtin(), choose_device("cpu"), None)
            else:
                file = write_checkpoint(tiny_folders["plain"], tmp_path / "one.safetensors")
                (tmp_path / "one.layerbridge.json").write_text(json.dumps({"config": "m", "family": "sd1"}))
                load_model(describe_checkpoint(file, builtin()).ref, builtin(), choose_device("cpu"), None)
        assert caught.value.code is ErrorCode.MODEL_UNSAFE
    assert read_folder(folder, "m").problem is ErrorCode.MODEL_UNSAFE
    assert not canary.exists() and "antigravity" not in sys.modules


def test_numbers_that_would_take_all_memory_are_refused_when_loading_too(
    tiny_folders: dict[str, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "m"
    shutil.copytree(tiny_folders["plain"], folder)
    ref = read_folder(folder, "m").ref
    config = folder / "scheduler" / "scheduler_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"num_train_timesteps": 10**9}))
    with pytest.raises(BridgeError) as caught:
        load_model(ref, builtin(), choose_device("cpu"), None)
    assert caught.value.code is ErrorCode.MODEL_UNREADABLE and "num_train_timesteps" in caught.value.message
