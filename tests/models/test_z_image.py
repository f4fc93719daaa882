"""Z-Image's folders, files and names: told by configurations and headers alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge_server.models.lora import layer_name
from bridge_server.models.part_files import PartFile, part_file
from tests.families.published.z_image_file import Shapes, transformer
from tests.families.published.z_image_folder import TRANSFORMER, VAE, z_image_folder

from .listing import file_with, file_with_the_rest, only, refused, refused_once_changed, told_by_name, usable
from .lora_files import WRITTEN, layers_found, lora, style_of, written_as


@pytest.mark.parametrize(
    ("shift", "family", "steps", "guidance"), [(3.0, "z-image-turbo", 8, 1.0), (6.0, "z-image", 50, 5.0)]
)
def test_folders(tmp_path: Path, shift: float, family: str, steps: int, guidance: float) -> None:
    z_image_folder(tmp_path / "z", shift)
    ref = usable(only(tmp_path)).ref
    assert (ref.family, ref.steps, ref.guidance_scale) == (family, steps, guidance)
    assert (ref.native_resolution, ref.size_multiple, ref.inpaint_model) == (1024, 16, False)


def test_its_owner_is_believed(tmp_path: Path) -> None:
    folder = z_image_folder(tmp_path / "z", 3.0)
    (folder / "layerbridge.json").write_text(json.dumps({"family": "z-image", "cfg_normalization": True}))
    assert (only(tmp_path).ref.family, only(tmp_path).problem) == ("z-image", None)
    for wrong in ({"cfg_truncation": 2}, {"cfg_normalization": -1}, {"clip_skip": 1}):
        (folder / "layerbridge.json").write_text(json.dumps(wrong))
        assert only(tmp_path).problem is not None


@pytest.mark.parametrize(
    ("file", "changes", "words"),
    [
        ("transformer/config.json", {"siglip_feat_dim": 1152}, "Z-Image Omni"),
        ("model_index.json", {"_class_name": "ZImageOmniPipeline"}, "is ZImageOmniPipeline, which"),
        ("transformer/config.json", {"n_layers": 5000}, "n_layers is 5,000"),
        ("transformer/config.json", {"axes_lens": [10**9, 1, 1]}, "axes_lens is 1,000,000,000"),
        ("vae/config.json", {"block_out_channels": [4] * 9}, "1 to 8 levels"),
    ],
)
def test_what_cannot_be_used_is_listed_with_the_reason(
    tmp_path: Path, file: str, changes: dict[str, Any], words: str
) -> None:
    refused_once_changed(z_image_folder(tmp_path / "z", 3.0), file, changes, words)


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Tongyi-MAI/Z-Image-Turbo", "z-image-turbo"),
        ("Tongyi-MAI/Z-Image", "z-image"),
        ("someone/anime-z-image", "z-image-turbo"),
        ("ostris/Z-Image-De-Turbo", "z-image"),
    ],
)
def test_a_hub_s_model_is_told_by_its_name(name: str, family: str) -> None:
    told_by_name(name, family)


def test_the_published_names_and_numbers_are_what_the_configuration_makes() -> None:
    """diffusers converts every name, to the shape that the configuration leads to; nothing is left over."""
    import torch
    from accelerate import init_empty_weights
    from diffusers import AutoencoderKL, ZImageTransformer2DModel
    from diffusers.loaders import single_file_utils as convert

    from bridge_server.pipelines.part_sources import FLUX_VAE
    from tests.support.klein_file import makers_vae

    with init_empty_weights():
        made = ZImageTransformer2DModel(**TRANSFORMER)
    assert sum(tensor.numel() for tensor in made.parameters()) == 6_154_908_736
    shapes = transformer("model.diffusion_model.")
    published: Any = {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}
    named = convert.convert_z_image_transformer_checkpoint_to_diffusers(published)
    assert {name: tensor.shape for name, tensor in named.items()} == {
        name: tensor.shape for name, tensor in made.state_dict().items()
    }
    blocks: dict[str, Any] = {
        "down_block_types": ["DownEncoderBlock2D"] * 4,
        "up_block_types": ["UpDecoderBlock2D"] * 4,
    }
    with init_empty_weights():
        vae = AutoencoderKL(**VAE, **blocks)
    of_vae = dict(vae.state_dict())
    assert part_file({name: tuple(tensor.shape) for name, tensor in of_vae.items()}) == PartFile("vae", "flux-vae/16")
    again = FLUX_VAE.convert(makers_vae(of_vae))
    assert {name: tensor.shape for name, tensor in again.items()} == {
        name: tensor.shape for name, tensor in of_vae.items()
    }
    layers = [name for name, layer in made.named_modules() if isinstance(layer, torch.nn.Linear)]
    weights = [name.removesuffix(".weight") for name in transformer() if name.endswith(".weight")]
    for written in (*WRITTEN[:2], "transformer.{}.lora_A.default"):
        names = written_as(written, layers if written.startswith("transformer.") else weights)
        assert {layer_name(name) for name in layers} <= layers_found("z-image", names)


@pytest.mark.parametrize(
    ("name", "root", "family"),
    [
        ("z_image_turbo_bf16", "", "z-image-turbo"),
        ("z_image_bf16", "model.diffusion_model.", "z-image"),
        ("z-image-Q4_K_M", "", "z-image"),
        ("zImageBase_base", "diffusion_model.", "z-image"),
        ("z-image-de-turbo", "", "z-image"),
        ("prettyFaces_v3_zit", "", "z-image-turbo"),
        ("prettyFaces_v3", "", "z-image-turbo"),
    ],
)
def test_single_files_with_the_folder_that_has_the_rest(tmp_path: Path, name: str, root: str, family: str) -> None:
    model = file_with_the_rest(z_image_folder(tmp_path / "rest" / "z", 3.0), name, transformer(root))
    assert (model.ref.family, model.ref.native_resolution, model.ref.size_multiple) == (family, 1024, 16)


MARK = "layers.0.adaLN_modulation.0.weight"


@pytest.mark.parametrize(
    ("shapes", "settings", "words"),
    [
        (transformer(), {}, "is the transformer of Z-Image Turbo alone. Missing: the text encoder Qwen3 4B"),
        (transformer(), {"config": "nowhere"}, "There is none here; name one"),
        (transformer(), {"config": "x" * 300}, "There is none here; name one"),
        (transformer(), {"config": "//elsewhere/z"}, "config has the value"),
        (transformer() | {"siglip_embedder.1.weight": (3840, 1152)}, {}, "Z-Image Omni"),
        ({MARK: (9216, 256)}, {}, "another size"),
        ({MARK: (15360, 256)}, {}, "without some of its blocks"),
        ({MARK: (15360,)}, {}, "another size"),
        ({"control_all_x_embedder.2-1.weight": (3840, 132)}, {}, "a ControlNet for Z-Image"),
    ],
)
def test_files_that_cannot_be_used_are_listed_with_what_is_missing(
    tmp_path: Path, shapes: Shapes, settings: dict[str, Any], words: str
) -> None:
    refused(file_with(tmp_path / "mine.safetensors", shapes, settings), words)


TO_Q = "diffusion_model.layers.3.attention.to_q"
HADA = ("w1_a", "w1_b", "w2_a", "w2_b")


@pytest.mark.parametrize(
    ("shapes", "family"),
    [
        (lora("lora_unet_layers_3_attention_to_q", 3840, 3840), "z-image-turbo"),
        (lora("lora_unet_layers_3_attention_qkv", 11520, 3840), "z-image-turbo"),
        (lora("diffusion_model.layers.3.attention.to_out.0", 3840, 3840, peft=True), "z-image-turbo"),
        (lora("transformer.noise_refiner.1.feed_forward.w3", 10240, 3840, peft=True), "z-image-turbo"),
        ({f"{TO_Q}.lokr_w1": (8, 8), f"{TO_Q}.lokr_w2_a": (480, 4), f"{TO_Q}.lokr_w2_b": (4, 480)}, "z-image-turbo"),
        ({f"{TO_Q}.hada_{name}": (3840, 4) if name[-1] == "a" else (4, 3840) for name in HADA}, "z-image-turbo"),
        ({f"{TO_Q}.lokr_w1": (8, 8), f"{TO_Q}.lokr_w2": (288, 288)}, ""),
        (lora("diffusion_model.layers.3.attention.qkv", 6912, 2304, peft=True), ""),  # Lumina 2
    ],
)
def test_loras_are_told_and_fit_turbo_and_the_base_model(tmp_path: Path, shapes: Shapes, family: str) -> None:
    z_image_folder(tmp_path / "turbo", 3.0)
    z_image_folder(tmp_path / "base", 6.0)
    style_of(tmp_path, shapes, family, ("turbo", "base") if family else ())
