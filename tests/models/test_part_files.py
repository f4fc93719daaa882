"""Files of single components: recognised, found for those that need them, and told where they are missing."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.families.registry import builtin
from bridge_server.http import model_registry
from bridge_server.models.catalog import Catalog, find_models, resolve
from bridge_server.models.part_files import PartFile, may_be, part_file
from tests.families.published import qwen_file, z_image_file
from tests.families.published.klein_file import Shapes, transformer
from tests.families.published.klein_folder import klein_folder
from tests.families.published.qwen_folder import qwen_folder
from tests.families.published.z_image_folder import z_image_folder

from .listing import listed
from .made import checkpoint

QWEN3: dict[str, Shapes] = {
    size: {
        "model.embed_tokens.weight": (151_936, width),
        "model.layers.0.self_attn.q_norm.weight": (128,),
        "model.layers.0.self_attn.q_proj.weight": (4096, width),
        "model.norm.weight": (width,),
    }
    for size, width in (("4b", 2560), ("9b", 4096))
}
VAE: Shapes = {"decoder.conv_in.weight": (512, 32, 3, 3), "bn.running_mean": (128,)}


@pytest.mark.parametrize(
    ("language", "seeing"),
    [("model.language_model.", "model."), ("model.", "model."), ("model.", ""), ("language_model.", "")],
)
def test_qwen3_vl_is_not_taken_for_qwen3(language: str, seeing: str) -> None:
    text = {name.replace("model.", language, 1): shape for name, shape in QWEN3["4b"].items()}
    found = part_file(text | {f"{seeing}visual.patch_embed.proj.weight": (1024, 3, 2, 16, 16)})
    assert found == PartFile("text_encoder", "qwen3-vl/2560")
    assert part_file(QWEN3["4b"]) == PartFile("text_encoder", "qwen3/2560")


@pytest.mark.parametrize("frames", [(), (1,)])
@pytest.mark.parametrize(("first", "last"), [("conv1", "conv2"), ("conv_in", "post_quant_conv")])
def test_the_autoencoder_of_qwen_image_2_1_is_told_from_that_of_films(
    first: str, last: str, frames: tuple[int, ...]
) -> None:
    """frames: the axis that ComfyUI's file has in its convolutions."""
    names = f"encoder.{first}.weight", f"{last}.weight"
    own = dict(zip(names, ((96, 4, *frames, 3, 3), (64, 64, *frames, 1, 1)), strict=True))
    layered = dict(zip(names, ((96, 4, 3, 3, 3), (16, 16, 1, 1, 1)), strict=True))  # of Qwen-Image-Layered
    assert part_file(own) == PartFile("vae", "qwen2.1-vae/64")
    assert part_file(layered) == PartFile("vae", "qwen-layered-vae/16")


@pytest.mark.parametrize(("name", "kind"), [("sd3_vae", "sd3-vae/16"), ("ae", "flux-vae/16"), ("", "flux-vae/16")])
def test_the_autoencoder_of_stable_diffusion_3_is_told_from_that_of_flux_by_its_name(name: str, kind: str) -> None:
    assert part_file({"decoder.conv_in.weight": (512, 16, 3, 3)}, name) == PartFile("vae", kind)
    assert may_be(kind, "sd3-vae/16") and may_be(kind, "flux-vae/16") and not may_be(kind, "flux2-vae/16")


def comfy(folder: Path, size: str = "4b") -> Path:
    """ComfyUI's folder `models` with all of a FLUX.2 Klein but its tokenizer."""
    checkpoint(folder / "diffusion_models" / f"flux-2-klein-{size}.safetensors", transformer(size))
    checkpoint(folder / "text_encoders" / "qwen_3.safetensors", QWEN3[size])
    checkpoint(folder / "vae" / "flux2-vae.safetensors", VAE)
    return folder


def tokenizer(folder: Path, **config: Any) -> Path:
    folder.mkdir(parents=True)
    config = {"tokenizer_class": "Qwen2Tokenizer", "added_tokens_decoder": {"151667": {"content": "<think>"}}, **config}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return folder


@pytest.mark.parametrize("size", ["4b", "9b"])
def test_parts_are_found_beside_the_transformer(tmp_path: Path, size: str) -> None:
    comfy(tmp_path / "models", size)
    tokenizer(tmp_path / "own" / "qwen3")
    models = listed(tmp_path / "models", tmp_path / "own")
    klein = models[f"flux-2-klein-{size}"]
    assert klein.problem is None, klein.note
    assert klein.ref.family == f"flux2-klein-{size}" and klein.role == "base"
    assert {name: Path(path).name for name, path in klein.ref.parts.items()} == {
        "text_encoder": "qwen_3.safetensors",
        "vae": "flux2-vae.safetensors",
        "tokenizer": "qwen3",
    }
    files = [path for path in (tmp_path / "models").glob("*/*") if path.is_file()]
    assert klein.size == sum(path.stat().st_size for path in files)
    assert [models[name].role for name in ("qwen_3", "flux2-vae", "qwen3")] == ["text_encoder", "vae", "tokenizer"]
    assert all(models[name].problem is None for name in ("qwen_3", "flux2-vae", "qwen3"))


def test_a_diffusers_folder_gives_its_tokenizer(tmp_path: Path) -> None:
    comfy(tmp_path / "models", "9b")
    klein_folder(tmp_path / "klein", "4b", is_distilled=True)
    klein = listed(tmp_path)["flux-2-klein-9b"]
    assert klein.problem is None and klein.ref.parts["tokenizer"] == str(tmp_path / "klein" / "tokenizer")


@pytest.mark.parametrize(
    ("gone", "words"),
    [
        ("text_encoders/qwen_3.safetensors", "Missing: the text encoder Qwen3 4B (qwen_3_4b.safetensors in"),
        ("vae/flux2-vae.safetensors", "Missing: the autoencoder of FLUX.2 (flux2-vae.safetensors in vae)"),
        ("tokenizers/qwen3/tokenizer_config.json", "Missing: the tokenizer of Qwen3 (the folder tokenizer of https://"),
    ],
)
def test_what_is_missing_is_told_and_counts_as_soon_as_it_is_there(tmp_path: Path, gone: str, words: str) -> None:
    comfy(tmp_path)
    tokenizer(tmp_path / "tokenizers" / "qwen3")
    catalog = Catalog([tmp_path], tmp_path / "models.sqlite3")
    away = (tmp_path / gone).rename(tmp_path / "away")
    for opened in (catalog, Catalog([tmp_path], tmp_path / "models.sqlite3")):
        (klein,) = [model for model in opened.look() if model.name == "flux-2-klein-4b"]
        assert klein.problem is ErrorCode.MODEL_NOT_FOUND and words in klein.note and klein.key, klein.note
        with pytest.raises(BridgeError, match="Missing"):
            resolve("flux-2-klein-4b", opened.look())
    away.rename(tmp_path / gone)
    for opened in (catalog, Catalog([tmp_path], tmp_path / "models.sqlite3")):
        assert resolve("flux-2-klein-4b", opened.look()).ref.parts


def test_a_part_of_another_width_is_none(tmp_path: Path) -> None:
    comfy(tmp_path)
    tokenizer(tmp_path / "qwen3")
    checkpoint(tmp_path / "text_encoders" / "qwen_3.safetensors", QWEN3["9b"])
    assert "Missing: the text encoder Qwen3 4B" in listed(tmp_path)["flux-2-klein-4b"].note


def test_the_nearest_is_taken_and_what_its_owner_names_before_it(tmp_path: Path) -> None:
    comfy(tmp_path / "models")
    tokenizer(tmp_path / "models" / "qwen3")
    far = checkpoint(tmp_path / "a" / "text.safetensors", QWEN3["4b"])
    taken = listed(tmp_path)["flux-2-klein-4b"].ref.parts["text_encoder"]
    assert taken == str(tmp_path / "models" / "text_encoders" / "qwen_3.safetensors")
    settings = tmp_path / "models" / "diffusion_models" / "flux-2-klein-4b.layerbridge.json"
    settings.write_text(json.dumps({"text_encoder": "../../a/text.safetensors"}))
    assert listed(tmp_path)["flux-2-klein-4b"].ref.parts["text_encoder"] == str(far)
    settings.write_text(json.dumps({"text_encoder": "../vae/flux2-vae.safetensors"}))
    assert "(named as ../vae/flux2-vae.safetensors, which is none)" in listed(tmp_path)["flux-2-klein-4b"].note
    settings.write_text(json.dumps({"vae": "//elsewhere/vae.safetensors"}))
    assert "vae has the value" in listed(tmp_path)["flux-2-klein-4b"].note


def test_the_first_piece_of_a_language_model_is_no_text_encoder(tmp_path: Path) -> None:
    piece = {name: shape for name, shape in QWEN3["4b"].items() if name != "model.norm.weight"}
    seeing = {
        "model.embed_tokens.weight": (152_064, 3584),
        "model.layers.0.self_attn.q_proj.bias": (3584,),
        "visual.patch_embed.proj.weight": (1280, 3, 2, 14, 14),
    }
    for shapes in (piece, seeing):
        file = checkpoint(tmp_path / "model-00001-of-00002.safetensors", shapes)
        assert not [model for model in find_models([tmp_path]) if model.gives]
        checkpoint(file, shapes | {"model.norm.weight": (2560,)})
        assert [model for model in find_models([tmp_path]) if model.gives]


def test_parts_whose_numbers_cannot_be_read_are_refused_and_never_taken(tmp_path: Path) -> None:
    comfy(tmp_path)
    tokenizer(tmp_path / "qwen3")
    four = QWEN3["4b"] | {"model.layers.0.self_attn.q_proj.weight_scale_2": ()}
    checkpoint(tmp_path / "text_encoders" / "a_nvfp4.safetensors", four)
    models = listed(tmp_path)
    assert Path(models["flux-2-klein-4b"].ref.parts["text_encoder"]).name == "qwen_3.safetensors"
    few = models["a_nvfp4"]
    assert (few.problem, few.role) == (ErrorCode.UNSUPPORTED, "text_encoder") and "(nvfp4)" in few.note


LONG = "../" + "x" * 300


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"tokenizer": LONG}, f"(named as {LONG}, which is none)"),
        ({"text_encoder": LONG}, f"(named as {LONG}, which is none)"),
        ({"vae": "a\0b"}, "Missing: the autoencoder"),
        ({"config": LONG}, "There is none here; name one"),
    ],
)
def test_settings_that_lead_nowhere_hide_no_other_model(tmp_path: Path, told: dict[str, str], words: str) -> None:
    comfy(tmp_path)
    tokenizer(tmp_path / "tokenizers" / "qwen3")
    settings = tmp_path / "diffusion_models" / "flux-2-klein-4b.layerbridge.json"
    settings.write_text(json.dumps(told))
    models = listed(tmp_path)
    assert words in models["flux-2-klein-4b"].note, models["flux-2-klein-4b"].note
    assert models["qwen3"].problem is None


async def test_what_was_missing_or_is_gone_is_looked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_registry, "LOOK_AGAIN_SECONDS", 0.0)
    comfy(tmp_path)
    tokenizer(tmp_path / "tokenizers" / "qwen3")
    vae = tmp_path / "vae" / "flux2-vae.safetensors"
    vae.rename(tmp_path / "away")
    registry = model_registry.ModelRegistry([tmp_path], tmp_path / "models.sqlite3", builtin)
    for _ in range(2):
        with pytest.raises(BridgeError, match="Missing: the autoencoder"):
            await registry.resolve("flux-2-klein-4b")
    (tmp_path / "away").rename(vae)
    assert (await registry.resolve("flux-2-klein-4b")).parts["vae"] == str(vae)
    moved = vae.rename(tmp_path / "text_encoders" / "vae.safetensors")
    assert (await registry.resolve("flux-2-klein-4b")).parts["vae"] == str(moved)


@pytest.mark.parametrize("family", ["klein", "z-image", "qwen"])
def test_a_folder_of_the_rest_that_does_not_fit_may_be_mended(tmp_path: Path, family: str) -> None:
    """Without a change of the file, or of its settings."""
    rest = tmp_path / "rest"
    if family == "klein":
        file, place = transformer("4b"), klein_folder(rest, "4b", is_distilled=True) / "text_encoder"
    elif family == "z-image":
        file, place = z_image_file.transformer(), z_image_folder(rest, 3.0) / "text_encoder"
    else:
        file, place = qwen_file.transformer(), qwen_folder(rest) / "transformer"
    config = place / "config.json"
    good = config.read_text()
    config.write_text(json.dumps(json.loads(good) | {"hidden_size": 1024, "num_layers": 3}))
    checkpoint(tmp_path / "models" / "mine.safetensors", file)
    (tmp_path / "models" / "mine.layerbridge.json").write_text(json.dumps({"config": "../rest"}))
    catalog = Catalog([tmp_path / "models"])
    model = next(model for model in catalog.look() if model.name == "mine")
    assert model.problem is ErrorCode.MODEL_UNREADABLE and "has another" in model.note, model.note
    assert '"config" in mine.layerbridge.json' in model.note and "by itself" not in model.note
    config.write_text(good)
    model = next(model for model in catalog.look() if model.name == "mine")
    assert model.problem is None, model.note


def test_what_its_owner_names_may_lie_anywhere(tmp_path: Path) -> None:
    """Where nothing else tells that it has come or gone."""
    comfy(tmp_path / "models")
    tokenizer(tmp_path / "models" / "qwen3")
    settings = tmp_path / "models" / "diffusion_models" / "flux-2-klein-4b.layerbridge.json"
    settings.write_text(json.dumps({"vae": "../../far/vae.safetensors"}))
    catalog = Catalog([tmp_path / "models"])
    assert "which is none" in resolved_note(catalog)
    far = checkpoint(tmp_path / "far" / "vae.safetensors", VAE)
    assert resolved_note(catalog) == ""
    far.unlink()
    assert "which is none" in resolved_note(catalog)


def resolved_note(catalog: Catalog) -> str:
    return next(model.note for model in catalog.look() if model.name == "flux-2-klein-4b")


T5: Shapes = {
    "shared.weight": (32_128, 4096),
    "encoder.block.0.layer.1.DenseReluDense.wi_0.weight": (10_240, 4096),
    "encoder.final_layer_norm.weight": (4096,),
}
CLIP: Shapes = {
    "text_model.embeddings.token_embedding.weight": (49_408, 768),
    "text_model.final_layer_norm.weight": (768,),
}


def test_text_encoders_of_flux_and_their_relatives(tmp_path: Path) -> None:
    checkpoint(tmp_path / "t5xxl_fp16.safetensors", T5)
    checkpoint(tmp_path / "clip_l.safetensors", CLIP)
    distances = "encoder.block.1.layer.0.SelfAttention.relative_attention_bias.weight"
    checkpoint(tmp_path / "umt5_xxl.safetensors", T5 | {distances: (32, 64)})
    checkpoint(tmp_path / "clip.safetensors", CLIP | {"vision_model.post_layernorm.weight": (1024,)})
    models = listed(tmp_path)
    assert {name: model.role for name, model in models.items() if model.problem is None} == {
        "t5xxl_fp16": "text_encoder",
        "clip_l": "text_encoder",
    }
    assert "T5-XXL" in models["t5xxl_fp16"].note and "CLIP-L" in models["clip_l"].note


def test_the_tokenizer_of_t5_is_told_from_that_of_its_relatives(tmp_path: Path) -> None:
    for name, words in (("t5", 100), ("umt5", 300)):
        tokenizer(tmp_path / name, tokenizer_class="T5TokenizerFast", extra_ids=words)
    models = listed(tmp_path)
    assert models.keys() == {"t5"} and models["t5"].role == "tokenizer" and "of T5" in models["t5"].note


@pytest.mark.skipif(sys.platform == "win32", reason="needs the right to make links there")
def test_what_is_read_through_links_is_what_is_loaded(tmp_path: Path) -> None:
    comfy(tmp_path / "models")
    tokenizer(tmp_path / "models" / "qwen3")
    far = checkpoint(tmp_path / "a" / "b" / "text.safetensors", QWEN3["4b"])
    (tmp_path / "a" / "b" / "c").mkdir()
    (tmp_path / "models" / "link").symlink_to(tmp_path / "a" / "b" / "c")
    settings = tmp_path / "models" / "diffusion_models" / "flux-2-klein-4b.layerbridge.json"
    settings.write_text(json.dumps({"text_encoder": "../link/../text.safetensors"}))
    assert listed(tmp_path / "models")["flux-2-klein-4b"].ref.parts["text_encoder"] == str(far)


def test_parts_cannot_be_chosen_and_tokenizers_bring_no_code(tmp_path: Path) -> None:
    checkpoint(tmp_path / "qwen_3_4b.safetensors", QWEN3["4b"])
    tokenizer(tmp_path / "evil", auto_map={"AutoTokenizer": "theirs.Tokenizer"})
    tokenizer(tmp_path / "older", added_tokens_decoder={"151655": {"content": "<|image_pad|>"}})
    tokenizer(tmp_path / "oldest", added_tokens_decoder={})
    tokenizer(tmp_path / "other", tokenizer_class="LlamaTokenizer", auto_map={"AutoConfig": "theirs.Config"})
    (tokenizer(tmp_path / "damaged") / "tokenizer_config.json").write_text("{")
    models = listed(tmp_path)
    assert models["evil"].problem is ErrorCode.MODEL_UNSAFE and "names Python" in models["evil"].note
    assert "Qwen2.5" in models["older"].note and models.keys() == {"qwen_3_4b", "evil", "older"}
    with pytest.raises(BridgeError, match="is a part of models and cannot paint"):
        resolve("qwen_3_4b", list(models.values()))
