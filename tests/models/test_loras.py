"""LoRA files in the model folder: what is told of them by their headers, and which are refused, with what sentence."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path

import pytest

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.families.registry import builtin
from bridge_server.http.models import model_list
from bridge_server.models.adapters import check_fits
from bridge_server.models.catalog import STARTER_NAME, Catalog, find_models, resolve
from bridge_server.operations.registry import builtin as operations
from tests.families.toy import registry

from .listing import named
from .made import Shapes, checkpoint, stable_diffusion

UNET = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"
XLABS = {
    "double_blocks.0.processor.proj_lora1.down.weight": (16, 3072),
    "double_blocks.0.processor.proj_lora1.up.weight": (3072, 16),
}
WIDTHS = {"sd1": 768, "sd2-base": 1024, "sdxl": 2048}


def kohya(width: int, layer: str = UNET) -> Shapes:
    return {f"{layer}.alpha": (), f"{layer}.lora_down.weight": (4, width), f"{layer}.lora_up.weight": (320, 4)}


def peft(width: int) -> Shapes:
    layer = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k"
    return {f"{layer}.lora_A.weight": (4, width), f"{layer}.lora_B.weight": (320, 4)}


def old(width: int) -> Shapes:
    layer = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.processor.to_k_lora"
    return {f"{layer}.down.weight": (4, width), f"{layer}.up.weight": (320, 4)}


def loha(width: int) -> Shapes:
    halves = {f"{UNET}.hada_w{number}_a": (320, 4) for number in (1, 2)}
    return {**halves, **{f"{UNET}.hada_w{number}_b": (4, width) for number in (1, 2)}, f"{UNET}.alpha": ()}


def lokr(width: int) -> Shapes:
    return {f"{UNET}.lokr_w1": (8, 8), f"{UNET}.lokr_w2_a": (40, 4), f"{UNET}.lokr_w2_b": (4, width // 8)}


def encoder(width: int) -> Shapes:
    return kohya(width, "lora_te_text_model_encoder_layers_0_mlp_fc1")


@pytest.mark.parametrize("write", [kohya, peft, old, loha, lokr, encoder])
@pytest.mark.parametrize("family", WIDTHS)
def test_its_family_is_told_by_the_width_of_the_text(tmp_path: Path, write: object, family: str) -> None:
    assert callable(write)
    if write is encoder and family == "sdxl":  # its text encoders have prefixes of their own
        return
    checkpoint(tmp_path / "style.safetensors", write(WIDTHS[family]))
    model = named(tmp_path, "style")
    assert (model.role, model.ref.family, model.problem) == ("lora", family, None), model.note


def test_its_title_its_trigger_words_and_its_license_are_read_from_its_notes(tmp_path: Path) -> None:
    spec = {
        "modelspec.title": "Ink \u201cwash\u201d",
        "modelspec.trigger_phrase": "inkwash",
        "modelspec.license": "MIT",
    }
    checkpoint(tmp_path / "a.safetensors", kohya(768), spec)
    counts = {"10_sks dog": {"sks": 20, "dog": 20, "grass": 3}}
    checkpoint(tmp_path / "b.safetensors", kohya(768), {"ss_tag_frequency": json.dumps(counts)})
    one, other = (named(tmp_path, name) for name in ("a", "b"))
    assert "A LoRA for Stable Diffusion 1: Ink \u201cwash\u201d. Trigger words: inkwash." in one.note, one.note
    assert one.license == "MIT" and one.triggers == ("inkwash",) and other.triggers == ("sks", "dog")


def test_it_is_remembered_as_it_was_read(tmp_path: Path) -> None:
    checkpoint(tmp_path / "m" / "a.safetensors", kohya(768), {"modelspec.trigger_phrase": "inkwash"})
    first = Catalog([tmp_path / "m"], tmp_path / "store.sqlite3").look()
    assert Catalog([tmp_path / "m"], tmp_path / "store.sqlite3").look() == first


def test_it_is_listed_as_what_is_added_and_paints_nothing_by_itself(tmp_path: Path) -> None:
    checkpoint(tmp_path / "style.safetensors", kohya(1024), {"modelspec.trigger_phrase": "inkwash"})
    told = model_list(find_models([tmp_path]), [], [tmp_path], operations())
    (style,) = [model for model in told.models if model.name == "style"]
    assert (style.role, style.operations, style.default) == ("lora", [], False)
    assert style.adds_to == ["sd2-base", "sd2"] and style.trigger_words == ["inkwash"]
    with pytest.raises(BridgeError, match="is added to models and cannot paint"):
        resolve("style", find_models([tmp_path]))


def test_what_its_owner_says_is_believed(tmp_path: Path) -> None:
    for name, family in (("mine", "starter"), ("strange", "nothing")):
        checkpoint(tmp_path / f"{name}.safetensors", kohya(64))
        (tmp_path / f"{name}.layerbridge.json").write_text(json.dumps({"family": family}))
    assert (named(tmp_path, "mine").ref.family, named(tmp_path, "mine").problem) == ("starter", None)
    assert named(tmp_path, "strange").problem is ErrorCode.UNSUPPORTED


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        (kohya(3072, "lora_unet_double_blocks_0_img_attn_proj"), "a LoRA for FLUX.1 or a relative of it, with names"),
        (XLABS, "a LoRA for FLUX.1 or a relative of it, with names or sizes of layers that Layerbridge does not"),
        (kohya(64), "a family of models that its tensors do not tell"),
        ({f"{UNET}.diff": (320, 768), f"{UNET}.lora_down.weight": (4, 768)}, "is a file with whole layers"),
        ({**kohya(768), f"{UNET}.oft_blocks": (4, 80, 80)}, "is an OFT"),
        ({**kohya(768), f"{UNET}.dora_scale": (1, 768)}, "is a DoRA"),
        ({**loha(768), f"{UNET}.dora_scale": (1, 768)}, "is a DoRA"),
    ],
)
def test_what_cannot_be_added_is_listed_with_the_reason(tmp_path: Path, shapes: Shapes, words: str) -> None:
    checkpoint(tmp_path / "style.safetensors", shapes)
    model = named(tmp_path, "style")
    assert model.problem is ErrorCode.UNSUPPORTED and words in model.note and model.role == "lora", model.note


def test_what_notes_say_of_other_kinds_does_not_count(tmp_path: Path) -> None:
    checkpoint(tmp_path / "style.safetensors", kohya(768), {"modelspec.title": "ink.diffusion, no .hada_w, .oft_"})
    model = named(tmp_path, "style")
    assert (model.problem, model.ref.family) == (None, "sd1"), model.note


@pytest.mark.parametrize("shape", ["", "4", "4 768", "4,,768", "4,\t768 ", "9" * 100, "4, -768", "1e3"])
def test_a_shape_that_is_none_is_no_fault_of_ours(tmp_path: Path, shape: str) -> None:
    """When a folder is looked through nothing of a LoRA's header has been checked."""
    header = f'{{"{UNET}.lora_down.weight": {{"dtype": "F32", "shape": [{shape}], "data_offsets": [0, 1]}}}}'.encode()
    (tmp_path / "style.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + b"\0")
    model = named(tmp_path, "style")
    assert "fault" not in model.note and (model.ref.family == "sd1") == (shape == "4,\t768 "), model.note


def refusal(folder: Path, base: str = "base") -> BridgeError:
    models = find_models([folder], families=registry())
    with pytest.raises(BridgeError) as caught:
        check_fits(resolve("style", models, role="lora").ref, resolve(base, models).ref, registry())
    return caught.value


def test_before_a_job_it_is_compared_with_the_model(tmp_path: Path) -> None:
    checkpoint(tmp_path / "base.safetensors", stable_diffusion())
    checkpoint(tmp_path / "style.safetensors", kohya(768))
    models = find_models([tmp_path])
    style, base = resolve("style", models, role="lora").ref, resolve("base", models).ref
    check_fits(style, base, builtin())
    with pytest.raises(BridgeError, match="takes no LoRA"):
        check_fits(style, replace(base, family="toy"), registry())


def test_one_for_another_family_is_refused(tmp_path: Path) -> None:
    checkpoint(tmp_path / "base.safetensors", stable_diffusion())
    checkpoint(tmp_path / "style.safetensors", kohya(1024))
    wrong = refusal(tmp_path)
    text = "style is a LoRA for Stable Diffusion 2 base and does not fit base, which is Stable Diffusion 1."
    assert wrong.code is ErrorCode.UNSUPPORTED and text in wrong.message


def test_one_that_fits_no_layer_or_whose_tensors_do_not_belong_together_is_refused(tmp_path: Path) -> None:
    checkpoint(tmp_path / "base.safetensors", stable_diffusion())
    strange = kohya(768, "lora_unet_input_blocks_1_1_transformer_blocks_0_attn2_to_k")
    checkpoint(tmp_path / "style.safetensors", strange)
    wrong = refusal(tmp_path)
    assert wrong.code is ErrorCode.UNSUPPORTED and "would change nothing: none of its 3 tensors" in wrong.message
    checkpoint(tmp_path / "style.safetensors", kohya(768) | {f"{UNET}.lora_up.weight": (320, 5)})
    assert refusal(tmp_path).code is ErrorCode.MODEL_UNREADABLE
    checkpoint(tmp_path / "style.safetensors", kohya(768) | {f"{UNET}.lora_up.weight": (320, 4, 3, 3)})
    assert refusal(tmp_path).code is ErrorCode.MODEL_UNREADABLE
    checkpoint(tmp_path / "style.safetensors", {f"{UNET}.lora_down.weight": (4, 768)})
    assert "is damaged" in refusal(tmp_path).message


def test_one_that_was_not_downloaded_to_its_end_is_refused(tmp_path: Path) -> None:
    checkpoint(tmp_path / "base.safetensors", stable_diffusion())
    file = checkpoint(tmp_path / "style.safetensors", kohya(768))
    with file.open("ab") as stream:
        stream.write(b"more")
    assert refusal(tmp_path).code is ErrorCode.MODEL_UNREADABLE


@pytest.mark.parametrize(("lora", "model"), [("a", "b"), ("b", "a")])
def test_a_lora_and_a_model_of_one_name_are_each_found_by_it(tmp_path: Path, lora: str, model: str) -> None:
    """Whichever comes first: by name, by file and as the default."""
    checkpoint(tmp_path / lora / "same.safetensors", kohya(768))
    checkpoint(tmp_path / model / "same.safetensors", stable_diffusion())
    models = find_models([tmp_path])
    for name in ("same", "SAME", "same.safetensors"):
        assert resolve(name, models, role="lora").ref.path == str(tmp_path / lora / "same.safetensors")
        assert resolve(name, models).ref.path == str(tmp_path / model / "same.safetensors")
    own = [one for one in model_list(models, [], [tmp_path], operations()).models if one.name != STARTER_NAME]
    assert sorted((one.role, one.name, one.default) for one in own) == [("base", "same", True), ("lora", "same", False)]
    assert not any("called same too" in one.note for one in own)
