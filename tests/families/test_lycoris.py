"""LoHa and LoKr: what they add is what the same numbers merged into the weights do, and they leave no trace."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.families.base import AdaptedPart, Adapters, Family
from bridge_server.pipelines.adapter_files import Delta, read_lora
from bridge_server.pipelines.generation import Unwatched

from .contract import Subject
from .contract_adapters import ROUNDING, weights_of
from .loras import adapter, layers_of
from .toy import registry

SD1 = next(family for family in registry() if family.key == "sd1")
RANK, ALPHA, WEIGHT = 2, 1.0, 0.8
HEIGHT = 4  # rows of the lowest of several layers in one
Tensors = dict[str, torch.Tensor]
Made = tuple[Tensors, torch.Tensor]


def randn(*sides: int) -> torch.Tensor:
    return torch.randn(sides, dtype=torch.float64)


def loha(outputs: int, inputs: list[int]) -> Made:
    width = int(np.prod(inputs))
    one, two = ((randn(outputs, RANK), randn(RANK, width)) for _ in range(2))
    named = {"hada_w1_a": one[0], "hada_w1_b": one[1], "hada_w2_a": two[0], "hada_w2_b": two[1]}
    return named, (one[0] @ one[1]) * (two[0] @ two[1]) * ALPHA / RANK


def loha_with_kernels(outputs: int, inputs: list[int]) -> Made:
    if len(inputs) == 1:
        return loha(outputs, inputs)
    named: Tensors = {}
    wholes: list[torch.Tensor] = []
    for number in (1, 2):
        kernel, a, b = randn(RANK, RANK, *inputs[1:]), randn(RANK, outputs), randn(RANK, inputs[0])
        named |= {f"hada_t{number}": kernel, f"hada_w{number}_a": a, f"hada_w{number}_b": b}
        wholes.append(torch.einsum("ijhw,io,jc->ochw", kernel, a, b))
    return named, (wholes[0] * wholes[1]).flatten(1) * ALPHA / RANK


def lokr(outputs: int, inputs: list[int]) -> Made:
    """The second factor of two matrices."""
    whole, a, b = randn(2, 2), randn(outputs // 2, RANK), randn(RANK, int(np.prod(inputs)) // 2)
    named = {"lokr_w1": whole, "lokr_w2_a": a, "lokr_w2_b": b}
    return named, torch.kron(whole, a @ b) * ALPHA / RANK


def lokr_of_wholes(outputs: int, inputs: list[int]) -> Made:
    """Then alpha says nothing; and kernels lie in the second factor."""
    one, two = randn(2, 2), randn(outputs // 2, inputs[0] // 2, *inputs[1:])
    wide = one.reshape(2, 2, *(1,) * len(inputs[1:]))
    return {"lokr_w1": one, "lokr_w2": two}, torch.kron(wide, two).flatten(1)


KINDS = (loha, loha_with_kernels, lokr, lokr_of_wholes)


def written(folder: Path, subject: Subject, kind: Callable[[int, list[int]], Made]) -> tuple[Path, Subject]:
    """The file, and the model with the same numbers in its weights."""
    torch.manual_seed(0)
    adapted = subject.family.spec.adapters["lora"].parts
    parts: dict[str, Any] = {
        name: copy.deepcopy(part) if name in adapted else part for name, part in subject.loaded.parts.items()
    }
    merged = Subject(subject.family, replace(subject.loaded, parts=parts))
    tensors = {name: tensor for one in _written(merged, kind) for name, tensor in one.items()}
    file = folder / "style.safetensors"
    save_file(tensors, file)
    file.with_name("style.layerbridge.json").write_text(json.dumps({"family": subject.family.key}))
    return file, merged


def _written(merged: Subject, kind: Callable[[int, list[int]], Made]) -> Iterator[Tensors]:
    for (component, name), layer in layers_of(merged.loaded).items():
        if not name.endswith(("to_k", "to_out.0", "conv1", "fc1")):
            continue
        outputs, *inputs = layer.weight.shape
        named, change = kind(outputs, list(inputs))
        first = next(iter(named))
        share = 0.3 * layer.weight.double().std() / change.std()
        named[first] = named[first] * share
        with torch.no_grad():
            layer.weight += (change * share * WEIGHT).reshape(layer.weight.shape).to(layer.weight)
        whole = f"text_model.{name}" if component == "text_encoder" else name
        start = merged.family.spec.adapters["lora"].parts[component].prefix + whole.replace(".", "_")
        yield {f"{start}.{end}": tensor.float().contiguous() for end, tensor in named.items()}
        yield {f"{start}.alpha": torch.tensor(ALPHA)}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_they_add_what_merged_weights_would(
    exact_subjects: Callable[[Family], Subject], kind: Callable[[int, list[int]], Made], tmp_path: Path
) -> None:
    subject = exact_subjects(SD1)
    plain, state, watch = subject.paint().pixels, weights_of(subject), Unwatched()
    file, merged = written(tmp_path, subject, kind)
    wanted = merged.paint().pixels
    made = subject.paint(watch, adapters=(adapter(file, WEIGHT),)).pixels
    print(f"{kind.__name__}: pixels {np.abs(made - wanted).max():.1e} apart at most")
    assert np.abs(made - wanted).max() < ROUNDING and np.abs(wanted - plain).mean() > 1e-3
    assert not watch.warnings
    assert subject.paint().pixels.tobytes() == plain.tobytes()
    assert all(torch.equal(before, after) for before, after in zip(state, weights_of(subject), strict=True))


def test_factors_that_do_not_belong_together_are_refused(
    exact_subjects: Callable[[Family], Subject], tmp_path: Path
) -> None:
    layer = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k"
    sides = {"w1_a": (16, 2), "w1_b": (2, 16), "w2_a": (16, 2), "w2_b": (2, 8)}
    save_file({f"{layer}.hada_{end}": torch.ones(shape) for end, shape in sides.items()}, tmp_path / "a.safetensors")
    with pytest.raises(BridgeError) as caught:
        exact_subjects(SD1).paint(adapters=(adapter(tmp_path / "a.safetensors"),))
    assert caught.value.code is ErrorCode.MODEL_UNREADABLE


def low_rank(outputs: int, inputs: list[int]) -> Made:
    down, up = randn(RANK, *inputs), randn(outputs, RANK)
    return {"lora_down.weight": down, "lora_up.weight": up}, up @ down * ALPHA / RANK


FUSED = AdaptedPart("lora_unet_", ("blocks_",), fused={"linear1": {"to_q": 1, "to_k": 1, "mlp": 4}})


@pytest.mark.parametrize("kind", [low_rank, loha, lokr, lokr_of_wholes], ids=lambda kind: kind.__name__)
def test_of_a_layer_that_is_several_in_the_model_each_gets_its_rows(
    kind: Callable[[int, list[int]], Made], tmp_path: Path
) -> None:
    """Also where they are not of one height."""
    torch.manual_seed(0)
    named, wanted = kind(6 * HEIGHT, [8])
    tensors = {f"lora_unet_blocks_0_linear1.{end}": tensor.float() for end, tensor in named.items()}
    save_file(tensors | {"lora_unet_blocks_0_linear1.alpha": torch.tensor(ALPHA)}, tmp_path / "a.safetensors")
    deltas = read_lora(adapter(tmp_path / "a.safetensors"), Adapters(("toy",), {"unet": FUSED}), "unet").changes
    layers = dict(zip(("to_q", "to_k", "mlp"), wanted.split([HEIGHT, HEIGHT, 4 * HEIGHT]), strict=True))
    assert [delta.layer for delta in deltas] == [f"blocks_0_{name}" for name in layers]
    for delta, (name, rows) in zip(deltas, layers.items(), strict=True):
        if isinstance(delta, Delta):
            made = delta.up @ delta.down
        else:
            assert delta.values() == rows.numel()
            made = delta.to(torch.device("cpu"), torch.float32).change(tuple(rows.shape))
        assert torch.allclose(made.double(), rows, atol=1e-4), name


@pytest.mark.parametrize("kind", [low_rank, lokr], ids=lambda kind: kind.__name__)
def test_rows_that_cannot_be_shared_out_fit_no_layer(kind: Callable[[int, list[int]], Made], tmp_path: Path) -> None:
    named, _ = kind(6 * HEIGHT + 2, [8])
    tensors = {f"lora_unet_blocks_0_linear1.{end}": tensor.float() for end, tensor in named.items()}
    save_file(tensors, tmp_path / "a.safetensors")
    fitting = Adapters(("toy",), {"unet": FUSED})
    if kind is low_rank:
        with pytest.raises(BridgeError) as caught:
            read_lora(adapter(tmp_path / "a.safetensors"), fitting, "unet")
        assert caught.value.code is ErrorCode.MODEL_UNREADABLE
    else:
        deltas = read_lora(adapter(tmp_path / "a.safetensors"), fitting, "unet").changes
        assert [delta.values() for delta in deltas if not isinstance(delta, Delta)] == [0, 0, 0]
