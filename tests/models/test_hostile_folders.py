"""Folders that would run a program of their own, or take more memory than there is, are refused before loading."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from bridge_server.errors import ErrorCode
from bridge_server.families.stable_diffusion.samplers import SAMPLERS
from bridge_server.families.stable_diffusion.spec import COMPONENTS
from bridge_server.models.bounds import BOUNDS

from .listing import only
from .made import folder_model


def change(folder: Path, name: str, **values: Any) -> None:
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    old = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps(old | values))


HOSTILE: dict[str, tuple[str, dict[str, Any], str]] = {
    "a module in the folder": ("model_index.json", {"unet": ["evil", "Evil"]}, "unet"),
    "a module of Python's": ("model_index.json", {"unet": ["antigravity", "x"]}, "unet"),
    "os": ("model_index.json", {"tokenizer": ["os", "system"]}, "tokenizer"),
    "a dotted module": ("model_index.json", {"vae": ["diffusers.utils.testing_utils", "x"]}, "vae"),
    "another class": ("model_index.json", {"text_encoder": ["transformers", "AutoModel"]}, "text_encoder"),
    "another library": ("model_index.json", {"scheduler": ["evil", "DDIMScheduler"]}, "scheduler"),
    "a scheduler": ("model_index.json", {"scheduler": ["scheduler", "Evil"]}, "scheduler"),
    "a further part": ("model_index.json", {"helper": ["diffusers", "UNet2DConditionModel"]}, "helper"),
    "half a class": ("model_index.json", {"unet": [None, "Evil"]}, "unet"),
    "one name": ("model_index.json", {"unet": ["diffusers"]}, "unet"),
    "lists in lists": ("model_index.json", {"unet": [["diffusers"], ["UNet2DConditionModel"]]}, "unet"),
    "settings": ("model_index.json", {"unet": {"evil": "Evil"}}, "unet"),
    "a pipeline": ("model_index.json", {"_class_name": ["evil", "Pipeline"]}, "_class_name"),
    "auto_map of the index": ("model_index.json", {"auto_map": {"x": "y"}}, "auto_map"),
    "auto_map of a part": ("unet/config.json", {"auto_map": {"AutoModel": "evil.Evil"}}, "unet/config.json"),
    "auto_map of the text": ("text_encoder/config.json", {"auto_map": {"AutoModel": "e.E"}}, "text_encoder"),
    "auto_map of words": ("tokenizer/tokenizer_config.json", {"auto_map": ["evil.Evil", None]}, "tokenizer"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_class_that_is_not_on_the_list_is_unsafe(tmp_path: Path, name: str) -> None:
    file, values, words = HOSTILE[name]
    change(folder_model(tmp_path / "m"), file, **values)
    model = only(tmp_path)
    assert model.problem is ErrorCode.MODEL_UNSAFE and words in model.note, model.note


@pytest.mark.parametrize(
    "name", ["evil.py", "unet/evil.py", "scheduler/evil.py", "tokenizer/x.PY", "safety_checker/a.pyc", "vae/b.so"]
)
def test_a_folder_with_a_program_is_unsafe(tmp_path: Path, name: str) -> None:
    file = folder_model(tmp_path / "m") / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"")
    model = only(tmp_path)
    assert model.problem is ErrorCode.MODEL_UNSAFE and name in model.note


def test_what_published_models_name_is_on_the_list(tmp_path: Path) -> None:
    """The indexes of Stable Diffusion 1.5, its inpainting model and 2.1, as published."""
    folder = folder_model(tmp_path / "m")
    change(
        folder,
        "model_index.json",
        _diffusers_version="0.6.0",
        feature_extractor=["transformers", "CLIPImageProcessor"],
        safety_checker=["stable_diffusion", "StableDiffusionSafetyChecker"],
        scheduler=["diffusers", "PNDMScheduler"],
        text_encoder=["transformers", "CLIPTextModel"],
        tokenizer=["transformers", "CLIPTokenizer"],
        unet=["diffusers", "UNet2DConditionModel"],
        vae=["diffusers", "AutoencoderKL"],
        image_encoder=[None, None],
        requires_safety_checker=True,
        text_encoder_select_layers=[2, 5],  # of Krea 2
        sample_sigmas=[1.0, 0.5],  # of Qwen-Image 2.1 Turbo
    )
    change(folder, "tokenizer/tokenizer_config.json", model_max_length=10**30)
    assert only(tmp_path).problem is None
    change(folder, "model_index.json", feature_extractor=["transformers", "CLIPFeatureExtractor"])
    change(folder, "model_index.json", safety_checker=[None, None], scheduler=["diffusers", "DDIMScheduler"])
    assert only(tmp_path).problem is None


def test_every_scheduler_that_can_be_asked_for_may_be_a_models_own() -> None:
    """But for those that need a library of their own: such a folder could not be read where that is not there."""
    asked = {("diffusers", sampler.scheduler) for sampler in SAMPLERS.values() if not sampler.needs}
    assert asked <= COMPONENTS["scheduler"].classes


PLACES = {
    "scheduler/scheduler_config.json": ("num_train_timesteps", "beta_end", "steps_offset", "trained_betas"),
    "unet/config.json": (
        "in_channels",
        "block_out_channels",
        "layers_per_block",
        "transformer_layers_per_block",
        "cross_attention_dim",
        "attention_head_dim",
        "sample_size",
        "time_embedding_dim",
        "conv_in_kernel",
        "num_single_layers",
        "joint_attention_dim",
        "mlp_ratio",
    ),
    "vae/config.json": ("latent_channels", "block_out_channels", "sample_size", "scaling_factor"),
    "text_encoder/config.json": ("vocab_size", "hidden_size", "num_hidden_layers", "max_position_embeddings"),
    "safety_checker/config.json": ("projection_dim",),
    "feature_extractor/preprocessor_config.json": ("crop_size",),
}


@pytest.mark.parametrize("field", [f"{file}:{field}" for file, fields in PLACES.items() for field in fields])
def test_numbers_that_no_model_has_are_refused_by_name(tmp_path: Path, field: str) -> None:
    file, _, name = field.partition(":")
    bound = BOUNDS[name]
    folder = folder_model(tmp_path / "m")
    for value in (bound.most * 2 + 1, 1e9, 10**30, -5, float("inf"), "many", [10**9], {"shortest_edge": 10**9}, True):
        change(folder, file, **{name: value})
        model = only(tmp_path)
        assert model.problem is ErrorCode.MODEL_UNREADABLE, value
        assert name in model.note or "shortest_edge" in model.note or "JSON" in model.note, model.note


def test_numbers_without_a_line_of_their_own_are_bounded_too(tmp_path: Path) -> None:
    folder = folder_model(tmp_path / "m")
    for value in (10**9, -1e12, [[10**9]], {"deep": {"er": 10**9}}):
        change(folder, "unet/config.json", something_new=value)
        assert only(tmp_path).problem is ErrorCode.MODEL_UNREADABLE
    nested: Any = 1
    for _ in range(50):
        nested = [nested]
    for value in (nested, [0] * 20_000):
        change(folder, "unet/config.json", something_new=value)
        assert "something_new" in only(tmp_path).note
    change(folder, "unet/config.json", something_new=[1, None, True, "x", {"y": 2.5}])
    assert only(tmp_path).problem is None


def test_numbers_that_multiply_to_too_much(tmp_path: Path) -> None:
    folder = folder_model(tmp_path / "m")
    change(folder, "unet/config.json", layers_per_block=60, transformer_layers_per_block=[1, 2, 4, [30, 2]])
    assert "blocks" in only(tmp_path).note
    change(folder, "unet/config.json", layers_per_block=2, num_attention_heads=1000, attention_head_dim=100)
    assert "layers 100,000 wide" in only(tmp_path).note


@pytest.mark.parametrize(
    ("unet", "vae"), [({"sample_size": 2048}, {}), ({"sample_size": 1024}, {"block_out_channels": [1] * 8})]
)
def test_a_size_that_no_model_works_at(tmp_path: Path, unet: dict[str, Any], vae: dict[str, Any]) -> None:
    folder = folder_model(tmp_path / "m")
    change(folder, "unet/config.json", **unet)
    change(folder, "vae/config.json", **vae)
    assert only(tmp_path).problem is ErrorCode.MODEL_UNREADABLE and "sample_size" in only(tmp_path).note


@pytest.mark.parametrize(
    "text",
    [
        '{"native_resolution": 100000}',
        '{"native_resolution": 1e999}',
        '{"size_multiple": 0}',
        '{"steps": 1e9}',
        '{"guidance_scale": NaN}',
        '{"removal_detail": Infinity}',
        '{"latent_rgb": [[1e999, 0, 0], [0, 0, 0]]}',
        '{"latent_rgb": [[1e30, 0, 0], [0, 0, 0]]}',
        '{"note": 5}',
        '{"config": "//another/computer"}',
        '{"config": "\\\\\\\\another\\\\computer"}',
        '{"steps": ' + "9" * 5000 + "}",
        "[" * 100_000,
    ],
)
def test_settings_beside_a_model_are_bounded(tmp_path: Path, text: str) -> None:
    (folder_model(tmp_path / "m") / "layerbridge.json").write_text(text)
    model = only(tmp_path)
    assert model.problem is ErrorCode.MODEL_UNREADABLE and "layerbridge.json" in model.note and len(model.note) < 500


def test_a_configuration_that_is_far_too_large_is_not_read(tmp_path: Path) -> None:
    folder = folder_model(tmp_path / "m")
    (folder / "unet" / "config.json").write_text("[" + "{}," * 2**20 + "1]")
    assert "larger" in only(tmp_path).note


@pytest.mark.skipif(sys.platform == "win32", reason="needs the right to make links there")
def test_a_published_folder_behind_links_is_read(tmp_path: Path) -> None:
    """Downloads of Hugging Face's library are links."""
    folder = folder_model(tmp_path / "blobs")
    linked = tmp_path / "models" / "m"
    for file in folder.rglob("*"):
        place = linked / file.relative_to(folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        if file.is_file():
            place.symlink_to(file)
        else:
            place.mkdir(exist_ok=True)
    assert only(tmp_path / "models").problem is None
