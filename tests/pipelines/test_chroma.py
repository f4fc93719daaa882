"""Chroma: what it hears of a prompt, from folders and files, on tiny models of random weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from bridge_server.families.chroma.prompts import read_prompt
from bridge_server.families.chroma.single_file import transformer
from bridge_server.families.chroma.spec import BASE, BETA, FLASH, HD, SCHEDULERS
from bridge_server.families.chroma.tiny import build
from bridge_server.families.registry import builtin
from bridge_server.models.catalog import find_models
from bridge_server.pipelines import memory
from bridge_server.pipelines.generation import Unwatched
from bridge_server.pipelines.loader import load as load_model
from bridge_server.pipelines.memory import GIB, Device, choose_device, place
from bridge_server.pipelines.own_memory import own_memory
from bridge_server.pipelines.tokens import token_form
from bridge_server.pipelines.weight_files import build as build_part
from tests.families.contract import Subject
from tests.families.loras import adapter
from tests.support.chroma_file import makers_names, write_comfy, write_file
from tests.support.few_bits import write
from tests.support.flux_file import weights_of

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
    return build(tmp_path_factory.mktemp("chroma") / "hd").parent


@pytest.fixture(scope="module")
def hd(folder: Path) -> Subject:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(memory, "has_fast_bfloat16", lambda: False)
        return subject_of(folder)


def own_pipeline(subject: Subject) -> Any:
    loaded: Any = subject.loaded
    scheduler: Any = diffusers.FlowMatchEulerDiscreteScheduler.from_config(loaded.scheduler_config)
    pipeline: Any = diffusers.ChromaPipeline(**loaded.parts, scheduler=scheduler)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


@pytest.mark.parametrize("prompt", ["red apple", "", "  the cat\n\nна grass, 红 </s>", "apple " * 600])
def test_prompts_are_read_as_diffusers_reads_them(hd: Subject, prompt: str) -> None:
    """Its words, one token after them, and none of those that it marks as not to be heard."""
    with torch.no_grad():
        words, _, mask, *_ = own_pipeline(hd).encode_prompt(prompt)
    read = read_prompt(hd.loaded.parts["tokenizer"], hd.loaded.parts["text_encoder"], prompt, 512, CPU)
    heard = int(mask.sum())
    assert read.words.shape[1] == heard == read.mask.sum() and (heard < 512) == (len(prompt) < 100)
    assert float((read.words - words[:, :heard]).abs().max()) <= 1e-5 and bool(read.unread) == (heard == 512)


def test_what_is_left_out_is_what_a_mask_leaves_out(hd: Subject) -> None:
    """diffusers' pipeline with all 512 tokens, and its own mask as a mask: of numbers it would be added."""
    pipeline = own_pipeline(hd)
    texts = {"prompt": "red apple", "negative_prompt": "blurry"}
    told: dict[str, Any] = {}
    with torch.no_grad():
        for name, text in texts.items():
            words, _, mask, *_ = pipeline.encode_prompt(text)
            told |= {f"{name}_embeds": words, f"{name}_attention_mask": mask.bool()}

        def painted(**told: Any) -> torch.Tensor:
            latents = pipeline(
                **told,
                height=SIDE,
                width=SIDE,
                num_inference_steps=4,
                guidance_scale=3.0,
                generator=torch.Generator().manual_seed(1),
                output_type="latent",
            ).images
            return token_form(8, 8).back(latents)

        wanted, drowned = painted(**told), painted(**texts)
    made = hd.latents_of(negative_prompt="blurry")
    apart, added = (float((made - theirs).abs().max()) for theirs in (wanted, drowned))
    print(f"{HD.key}: latents {apart:.1e} apart at most; where the mask is added {added:.1e}")
    assert apart <= 1e-5 < 1e-3 < added


def test_of_a_long_prompt_the_words_that_are_not_read_are_told(hd: Subject) -> None:
    watch = Unwatched()
    hd.paint(watch, prompt="red apple " * 300 + "blue automobile", steps=1)
    assert [warned.code for warned in watch.warnings] == ["unread_words"]
    assert "blue automobile" in watch.warnings[0].message


def test_flash_has_no_guidance_and_each_kind_its_schedule(hd: Subject, tmp_path: Path) -> None:
    kinds = {key: subject_of(build(tmp_path / key / "m", family=key).parent) for key in (BASE.key, FLASH.key)}
    for subject, is_told in ((hd, True), (kinds[FLASH.key], False)):
        one, other = (subject.paint(guidance_scale=guidance).pixels for guidance in (2.0, 5.0))
        assert np.array_equal(one, other) != is_told
    told = {key: getattr(subject.loaded, "scheduler_config") for key, subject in kinds.items()}  # noqa: B009
    assert told[BASE.key][BETA] and not told[FLASH.key][BETA] and told[FLASH.key]["shift"] == 1.0
    spread = kinds[BASE.key].latents_of(sampler="DPM++ 2M")
    assert bool(torch.isfinite(spread).all()) and float(spread.abs().max()) < 50


@pytest.mark.parametrize("root", ["", "model.diffusion_model."])
def test_a_single_file_paints_what_its_folder_paints_with_the_schedule_of_its_family(
    hd: Subject, folder: Path, tmp_path: Path, root: str
) -> None:
    write_file(folder / "hd", tmp_path / "mine.safetensors", root, HD.key)
    made = subject_of(tmp_path)
    config: Any = getattr(made.loaded, "scheduler_config")  # noqa: B009  (of the family)
    assert made.loaded.ref.source == "file" and SCHEDULERS[HD.key].items() <= config.items()
    assert made.paint().pixels.tobytes() == hd.paint().pixels.tobytes()


def test_files_paint_what_their_folder_paints(hd: Subject, folder: Path, tmp_path: Path) -> None:
    write_comfy(folder / "hd", tmp_path / "models", name="mine", family=HD.key)
    assert subject_of(tmp_path, "mine").paint().pixels.tobytes() == hd.paint().pixels.tobytes()


def test_a_file_of_few_bits_paints_what_the_same_numbers_paint(hd: Subject, folder: Path, tmp_path: Path) -> None:
    """Its matrices are split where one is several in the model, and stay small."""
    weights = makers_names(weights_of(folder / "hd", "transformer"))
    few, plain = write(tmp_path / "few.safetensors", weights, "scaled fp8")
    made: list[torch.Tensor] = []
    for file in (few, plain):
        part = build_part(transformer(), file, torch.float32).eval()
        own_memory([part])
        loaded: Any = replace(hd.loaded, parts={**hd.loaded.parts, "transformer": part})
        made.append(Subject(hd.family, loaded).latents_of(steps=2))
        names = dict(part.named_parameters())
        assert ("single_transformer_blocks.0.proj_mlp.data" in names) == (file is few)
    print(f"scaled fp8: latents {float((made[0] - made[1]).abs().max()):.1e} apart")
    assert torch.equal(*made)


def test_a_lora_in_the_makers_names_paints_what_diffusers_names_paint(hd: Subject, tmp_path: Path) -> None:
    """Of a layer that is four in diffusers, and of one of the approximator."""
    random = torch.Generator().manual_seed(0)
    down, up = torch.randn(2, 32, generator=random), torch.randn(7 * 32, 2, generator=random)
    heights = {"attn.to_q": 32, "attn.to_k": 32, "attn.to_v": 32, "proj_mlp": 128}
    start, guide = "transformer.single_transformer_blocks.0.", "distilled_guidance_layer.layers.1."
    apart = {f"{start}{layer}.lora_A.weight": down.clone() for layer in heights}
    apart |= {
        f"{start}{layer}.lora_B.weight": rows.clone()
        for layer, rows in zip(heights, up.split(list(heights.values())), strict=True)
    }
    together = {
        "diffusion_model.single_blocks.0.linear1.lora_A.weight": down,
        "diffusion_model.single_blocks.0.linear1.lora_B.weight": up,
    }
    ends = {
        "lora_A.weight": torch.randn(2, 32, generator=random),
        "lora_B.weight": torch.randn(32, 2, generator=random),
    }
    apart |= {f"transformer.{guide}linear_1.{end}": tensor.clone() for end, tensor in ends.items()}
    together |= {f"diffusion_model.{guide}in_layer.{end}": tensor.clone() for end, tensor in ends.items()}
    made: list[Any] = []
    for name, tensors in {"apart": apart, "together": together}.items():
        save_file(tensors, tmp_path / f"{name}.safetensors")
        watch = Unwatched()
        made.append(hd.paint(watch, adapters=(adapter(tmp_path / f"{name}.safetensors", 0.5),)).pixels)
        assert not watch.warnings
    assert np.abs(made[0] - hd.paint().pixels).mean() > 1e-4
    assert np.array_equal(*made)


@pytest.mark.parametrize(("card", "offload"), [(48, "none"), (24, "model"), (16, "layers")])
def test_how_the_published_sizes_lie_on_a_card(card: int, offload: str) -> None:
    """Transformer, text encoder and autoencoder."""
    device = Device("cuda:0", card * GIB)
    sizes = (8_899_000_000, 4_762_310_656, 83_819_683)
    placement = place(device, sum(sizes), max(sizes), 1024, int(card * GIB * 0.95), HD.memory)
    assert placement.offload == offload and placement.dtype == placement.denoiser_dtype == torch.bfloat16
