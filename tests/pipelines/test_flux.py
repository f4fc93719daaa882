"""FLUX.1: what it reads and is shown, from folders and files, on tiny models of random weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from diffusers.pipelines.flux.pipeline_flux_kontext import PREFERRED_KONTEXT_RESOLUTIONS
from safetensors.torch import save_file

from bridge_server.families.flux1.paint import fitted_size
from bridge_server.families.flux1.prompts import read_prompt
from bridge_server.families.flux1.shown import Shown
from bridge_server.families.flux1.single_file import transformer
from bridge_server.families.flux1.spec import DEV, FILL, KONTEXT, SCHEDULERS, SCHNELL
from bridge_server.families.flux1.tiny import build
from bridge_server.families.registry import builtin
from bridge_server.models.catalog import find_models
from bridge_server.pipelines import memory
from bridge_server.pipelines import paint as painting
from bridge_server.pipelines.generation import Unwatched
from bridge_server.pipelines.loader import load as load_model
from bridge_server.pipelines.memory import GIB, Device, choose_device, place
from bridge_server.pipelines.own_memory import own_memory
from bridge_server.pipelines.tokens import token_form
from bridge_server.pipelines.weight_files import build as build_part
from tests.families.contract import Subject
from tests.families.loras import adapter
from tests.support.few_bits import write
from tests.support.flux_file import makers_names, weights_of, write_comfy, write_file, write_whole
from tests.support.gguf_file import write_gguf

CPU = torch.device("cpu")
SIDE = 64


@pytest.fixture(autouse=True)
def single_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "has_fast_bfloat16", lambda: False)


def subject_of(folder: Path, name: str | None = None) -> Subject:
    (model,) = [model for model in find_models([folder]) if not model.shipped and name in (None, model.name)]
    assert model.problem is None, model.note
    return Subject(builtin().named(model.ref.family), load_model(model.ref, builtin(), choose_device("cpu"), None))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("flux") / "dev").parent


@pytest.fixture(scope="module")
def dev(folder: Path) -> Subject:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(memory, "has_fast_bfloat16", lambda: False)
        return subject_of(folder)


@pytest.mark.parametrize("prompt", ["red apple", "", "  the cat\n\nна grass, 红 </s>"])
def test_prompts_are_read_as_diffusers_reads_them(dev: Subject, prompt: str) -> None:
    scheduler: Any = diffusers.FlowMatchEulerDiscreteScheduler()
    with torch.no_grad():
        words, summary, _ = diffusers.FluxPipeline(**dev.loaded.parts, scheduler=scheduler).encode_prompt(prompt)
    read = read_prompt(dev.loaded.parts, prompt, 512, CPU)
    assert torch.equal(read.words, words) and torch.equal(read.summary, summary) and read.unread == ""


def test_of_a_long_prompt_the_words_that_are_not_read_are_told(dev: Subject) -> None:
    watch = Unwatched()
    dev.paint(watch, prompt="red apple " * 300 + "blue automobile", steps=1, negative_prompt="cat")
    assert [warned.code for warned in watch.warnings] == ["unread_words", "negative_prompt_ignored"]
    assert "blue automobile" in watch.warnings[0].message


def test_dev_is_told_a_guidance_and_schnell_none(dev: Subject, tmp_path: Path) -> None:
    few = subject_of(build(tmp_path / "few", family=SCHNELL.key).parent)
    for subject, is_told in ((dev, True), (few, False)):
        one, other = (subject.paint(guidance_scale=guidance).pixels for guidance in (2.0, 5.0))
        assert np.array_equal(one, other) != is_told


def test_fill_is_shown_what_diffusers_shows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """diffusers keeps nothing outside a mask; ours does, but for this test."""
    monkeypatch.setattr(DiagonalGaussianDistribution, "sample", lambda self, generator=None: self.mode())
    fill = subject_of(build(tmp_path / "fill", family=FILL.key).parent)
    given: dict[str, Any] = {"image": fill.picture(), "mask": fill.strips(0, 1)}
    kept = fill.latents_of(**given)
    monkeypatch.setattr(painting, "_soft_mask", lambda *_: None)
    made = fill.latents_of(**given)
    loaded: Any = fill.loaded
    pipeline = diffusers.FluxFillPipeline(
        **loaded.parts, scheduler=diffusers.FlowMatchEulerDiscreteScheduler.from_config(loaded.scheduler_config)
    )
    pipeline.set_progress_bar_config(disable=True)
    with torch.no_grad():
        wanted = pipeline(
            prompt="red apple",
            image=torch.from_numpy(fill.picture()).permute(2, 0, 1)[None],
            mask_image=torch.from_numpy(fill.strips(0, 1))[None, None],
            height=SIDE,
            width=SIDE,
            num_inference_steps=4,
            guidance_scale=3.0,
            generator=torch.Generator().manual_seed(1),
            output_type="latent",
        ).images
    apart = float((made - token_form(8, 8).back(wanted)).abs().max())
    print(f"{FILL.key}: latents {apart:.1e} apart at most")
    assert apart <= 1e-5 and not torch.equal(kept, made)
    other = np.ascontiguousarray(fill.picture()[::-1])
    assert not torch.equal(fill.latents_of(**given | {"image": other}), made)


@pytest.fixture(scope="module")
def kontext(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(memory, "has_fast_bfloat16", lambda: False)
        return subject_of(build(tmp_path_factory.mktemp("flux") / "kontext", family=KONTEXT.key).parent)


def test_kontext_is_shown_a_picture_as_diffusers_shows_it(kontext: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DiagonalGaussianDistribution, "sample", lambda self, generator=None: self.mode())
    loaded: Any = kontext.loaded
    pipeline = diffusers.FluxKontextPipeline(
        **loaded.parts, scheduler=diffusers.FlowMatchEulerDiscreteScheduler.from_config(loaded.scheduler_config)
    )
    pipeline.set_progress_bar_config(disable=True)
    with torch.no_grad():
        wanted = pipeline(
            prompt="red apple",
            image=torch.from_numpy(kontext.picture()).permute(2, 0, 1)[None],
            height=SIDE,
            width=SIDE,
            max_area=SIDE * SIDE,
            _auto_resize=False,
            num_inference_steps=4,
            guidance_scale=3.0,
            generator=torch.Generator().manual_seed(1),
            output_type="latent",
        ).images
    apart = float((kontext.latents_of(references=(kontext.picture(),)) - token_form(8, 8).back(wanted)).abs().max())
    print(f"{KONTEXT.key}: latents {apart:.1e} apart at most")
    assert apart <= 1e-5


def test_what_is_shown_keeps_its_depth_and_leaves_no_trace(kontext: Subject) -> None:
    fine = kontext.picture() * np.float32(0.999)
    coarse = (fine * 255).round().astype(np.float32) / 255
    plain = kontext.paint().pixels
    made = [kontext.paint(references=(picture,)).pixels for picture in (fine, coarse)]
    assert 0 < np.abs(made[0] - made[1]).max() < 0.1
    assert kontext.paint().pixels.tobytes() == plain.tobytes()


def test_several_pictures_lie_where_comfyui_lays_them() -> None:
    """Each beside or below those before, where all together reach less far."""
    shown = Shown()
    for rows, columns in ((4, 6), (4, 6), (8, 2)):
        shown.add(torch.zeros(1, rows * columns, 1), rows, columns)
    assert [places[0].tolist() for places in shown.places] == [[1, 0, 0], [1, 4, 0], [1, 0, 6]]
    assert shown.places[1][-1].tolist() == [1, 7, 5]


def test_pictures_are_shown_in_sizes_that_kontext_was_trained_with() -> None:
    assert {fitted_size(*size, 1024, 16) for size in PREFERRED_KONTEXT_RESOLUTIONS} == {
        (width // 16 * 16, height // 16 * 16) for width, height in PREFERRED_KONTEXT_RESOLUTIONS
    }
    assert fitted_size(4000, 3000, 1024, 16) == (1184, 880) and fitted_size(1, 900, 64, 8) == (40, 96)


@pytest.mark.parametrize("root", ["", "model.diffusion_model."])
def test_a_single_file_paints_what_its_folder_paints_with_the_schedule_of_its_family(
    dev: Subject, folder: Path, tmp_path: Path, root: str
) -> None:
    write_file(folder / "dev", tmp_path / "mine.safetensors", root, DEV.key)
    made = subject_of(tmp_path)
    config: Any = getattr(made.loaded, "scheduler_config")  # noqa: B009  (of the family)
    assert made.loaded.ref.source == "file" and SCHEDULERS[DEV.key].items() <= config.items()
    assert made.paint().pixels.tobytes() == dev.paint().pixels.tobytes()


@pytest.mark.parametrize("way", [write_comfy, write_whole], ids=lambda way: way.__name__)
def test_files_paint_what_their_folder_paints(dev: Subject, folder: Path, tmp_path: Path, way: Any) -> None:
    """But for CLIP's summary, since the published tokenizer, which comes with Layerbridge, has other words."""
    if way is write_comfy:
        way(folder / "dev", tmp_path / "models", name="mine", family=DEV.key)
    else:
        way(folder / "dev", tmp_path / "models" / "mine.safetensors", DEV.key)
    made = subject_of(tmp_path, "mine")
    assert made.loaded.parts["tokenizer"].eos_token == "<|endoftext|>"
    parts = {**made.loaded.parts, "tokenizer": dev.loaded.parts["tokenizer"]}
    same = Subject(made.family, replace(made.loaded, parts=parts))
    assert same.paint().pixels.tobytes() == dev.paint().pixels.tobytes()


@pytest.mark.parametrize("kind", ["scaled fp8", "GGUF"])
def test_files_of_few_bits_paint_what_the_same_numbers_paint(
    dev: Subject, folder: Path, tmp_path: Path, kind: str
) -> None:
    """Their matrices are split where one is several in the model, and stay small."""
    weights = makers_names(weights_of(folder / "dev", "transformer"))
    if kind == "GGUF":
        pytest.importorskip("gguf")
        few, meant = write_gguf(tmp_path / "few.gguf", weights)
        plain = tmp_path / "plain.safetensors"
        save_file({name: torch.from_numpy(values) for name, values in meant.items()}, plain)
    else:
        few, plain = write(tmp_path / "few.safetensors", weights, kind)
    made: list[torch.Tensor] = []
    for file in (few, plain):
        part = build_part(transformer(), file, torch.float32).eval()
        own_memory([part])
        loaded: Any = replace(dev.loaded, parts={**dev.loaded.parts, "transformer": part})
        made.append(Subject(dev.family, loaded).latents_of(steps=2))
        names = dict(part.named_parameters())
        assert ("single_transformer_blocks.0.proj_mlp.data" in names) == (file is few)
    print(f"{kind}: latents {float((made[0] - made[1]).abs().max()):.1e} apart")
    assert torch.equal(*made)


def test_a_lora_in_the_makers_names_paints_what_diffusers_names_paint(dev: Subject, tmp_path: Path) -> None:
    """Queries, keys, values and the way into the feed-forward part together, of which the last is four times as high;
    and both ways in one file, which count once.
    """
    random = torch.Generator().manual_seed(0)
    down, up = torch.randn(2, 32, generator=random), torch.randn(7 * 32, 2, generator=random)
    heights = {"attn.to_q": 32, "attn.to_k": 32, "attn.to_v": 32, "proj_mlp": 128}
    layers = dict(zip(heights, up.split(list(heights.values())), strict=True))
    start = "transformer.single_transformer_blocks.0."
    apart = {f"{start}{layer}.lora_A.weight": down.clone() for layer in layers}
    apart |= {f"{start}{layer}.lora_B.weight": rows.clone() for layer, rows in layers.items()}
    fused = "diffusion_model.single_blocks.0.linear1"
    together = {f"{fused}.lora_A.weight": down, f"{fused}.lora_B.weight": up}
    kohya = fused.replace("diffusion_model.", "lora_unet_").replace(".", "_")
    files = {
        "apart": apart,
        "together": together,
        "both": {name: tensor.clone() for name, tensor in (apart | together).items()},
        "kohya": {f"{kohya}.lora_down.weight": down, f"{kohya}.lora_up.weight": up},
    }
    made: list[Any] = []
    for name, tensors in files.items():
        save_file(tensors, tmp_path / f"{name}.safetensors")
        watch = Unwatched()
        made.append(dev.paint(watch, adapters=(adapter(tmp_path / f"{name}.safetensors", 0.5),)).pixels)
        assert not watch.warnings
    assert np.abs(made[0] - dev.paint().pixels).mean() > 1e-4
    assert all(np.array_equal(made[0], other) for other in made[1:])


@pytest.mark.parametrize(("card", "offload"), [(48, "none"), (32, "model"), (24, "layers"), (16, "layers")])
def test_how_the_published_sizes_lie_on_a_card(card: int, offload: str) -> None:
    """Transformer, text encoders and autoencoder."""
    device = Device("cuda:0", card * GIB)
    sizes = (11_901_408_320, 4_762_310_656, 123_060_480, 83_819_683)
    placement = place(device, sum(sizes), max(sizes), 1024, int(card * GIB * 0.95), DEV.memory)
    assert placement.offload == offload and placement.dtype == placement.denoiser_dtype == torch.bfloat16
