"""Models of single files: with parts beside them, and with numbers of few bits, which stay as small in memory."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from accelerate import cpu_offload
from safetensors.torch import load_file, save_file

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.families.flux2_klein.single_file import transformer
from bridge_server.families.flux2_klein.tiny import build
from bridge_server.families.registry import builtin
from bridge_server.models.catalog import find_models
from bridge_server.models.gguf import KINDS as GGUF_KINDS
from bridge_server.models.gguf import Kind
from bridge_server.pipelines import memory
from bridge_server.pipelines.gguf_file import PLAIN, Blocks
from bridge_server.pipelines.loader import is_current
from bridge_server.pipelines.loader import load as load_model
from bridge_server.pipelines.memory import choose_device, half_size, weight_bytes
from bridge_server.pipelines.own_memory import own_memory
from bridge_server.pipelines.packed import Packed, PackedLinear, unpacking_bytes
from bridge_server.pipelines.packings import Bytes, gathered, hadamard, looked_up
from bridge_server.pipelines.weight_files import build as build_part
from bridge_server.pipelines.weight_files import read_weights
from tests.families.contract import Subject
from tests.families.loras import adapter, write_lora
from tests.support.few_bits import KINDS, int8_blocks, write
from tests.support.few_bits import hadamard as by_definition
from tests.support.gguf_file import write_gguf
from tests.support.klein_file import as_published, makers_names, write_comfy

BLOCKS = [kind for kind in GGUF_KINDS.values() if kind.name not in PLAIN]
NAME = "flux-2-klein-base-4b"


@pytest.fixture(autouse=True)
def single_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "has_fast_bfloat16", lambda: False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return as_published(build(tmp_path_factory.mktemp("klein") / "base", family="flux2-klein-base-4b"))


def load(models: Path, name: str) -> Any:
    (model,) = [model for model in find_models([models]) if model.name == name]
    assert model.problem is None, model.note
    return load_model(model.ref, builtin(), choose_device("cpu"), None)


def subject(loaded: Any) -> Subject:
    return Subject(builtin().named(loaded.ref.family), loaded)


def test_comfyui_s_files_paint_what_their_folder_paints(folder: Path, tmp_path: Path) -> None:
    write_comfy(folder, tmp_path / "models", root="model.diffusion_model.")
    loaded = load(tmp_path / "models", NAME)
    made = subject(loaded).paint(guidance_scale=3.0, steps=4).pixels
    assert made.tobytes() == subject(load(folder.parent, "base")).paint(guidance_scale=3.0, steps=4).pixels.tobytes()
    assert is_current(loaded)
    file = tmp_path / "models" / "vae" / "flux2-vae.safetensors"
    file.write_bytes(file.read_bytes())
    assert not is_current(loaded)


@pytest.fixture(scope="module")
def klein(folder: Path) -> Any:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(memory, "has_fast_bfloat16", lambda: False)
        return load(folder.parent, "base")


def with_transformer(klein: Any, file: Path) -> Any:
    made = build_part(transformer(), file, torch.float32).eval()
    own_memory([made])
    return replace(klein, parts={**klein.parts, "transformer": made})


def latents(loaded: Any, **changes: Any) -> torch.Tensor:
    return subject(loaded).latents_of(prompt="red apple", guidance_scale=3.0, steps=3, **changes)


@pytest.mark.parametrize("kind", KINDS)
def test_few_bits_paint_what_the_same_numbers_paint_and_stay_few(
    klein: Any, folder: Path, tmp_path: Path, kind: str
) -> None:
    weights = makers_names(load_file(folder / "transformer" / "diffusion_pytorch_model.safetensors"))
    packed, plain = write(tmp_path / "packed.safetensors", weights, kind)
    few, many = (with_transformer(klein, file) for file in (packed, plain))
    made = latents(few)
    apart = float((made - latents(many)).abs().max())
    part = few.parts["transformer"]
    sizes = weight_bytes(part), weight_bytes(many.parts["transformer"])
    print(f"{kind}: latents {apart:.1e} apart; {sizes[0]:,} bytes of the file's {packed.stat().st_size:,}")
    assert apart == 0
    assert sizes[0] < 1.1 * packed.stat().st_size and half_size(part) < 0.4 * sizes[1] / 2
    part.to(torch.bfloat16).float()
    assert weight_bytes(part) == sizes[0] and torch.equal(latents(few), made)


def test_loras_are_added_to_packed_layers(klein: Any, folder: Path, tmp_path: Path) -> None:
    weights = makers_names(load_file(folder / "transformer" / "diffusion_pytorch_model.safetensors"))
    files = write(tmp_path / "packed.safetensors", weights, "scaled fp8")
    few, many = (with_transformer(klein, file) for file in files)
    ink = adapter(write_lora(tmp_path, many, name="ink"), 1.0)
    one, other = (latents(loaded, adapters=(ink,)) for loaded in (few, many))
    assert torch.equal(one, other) and (one - latents(few)).abs().max() > 1e-3


def test_blocks_of_columns_have_scales_of_their_own() -> None:
    weight = torch.randn(16, 24, generator=torch.Generator().manual_seed(0))
    ends, plain = int8_blocks(weight)
    (packed,) = gathered({f"a.{end}": tensor for end, tensor in ends.items()}, None).values()
    assert isinstance(packed, Packed) and torch.equal(packed.unpacked(), plain)
    some = torch.tensor([3, 1, 9])
    assert torch.equal(packed.rows(some).unpacked(), plain[some])


def test_what_unpacking_takes_counts_where_a_model_is_laid_out() -> None:
    values = torch.zeros(8, 16, dtype=torch.uint8)
    layer = PackedLinear(Packed(values, torch.ones(8, 1), Bytes(torch.int8), 16), None, torch.float32)
    assert unpacking_bytes(torch.nn.Sequential(torch.nn.Linear(99, 99), layer)) == 10 * 8 * 16
    assert unpacking_bytes(torch.nn.Linear(99, 99)) == 0
    card, size, model = memory.Device("cuda:0", 32 * memory.GIB), 10**9, builtin().named("flux2-klein-4b").spec.memory
    free = next(free for free in range(0, 32 * memory.GIB, 2**24) if plan(card, size, free, model, 0) == "none")
    assert plan(card, size, free, model, 2**24 + 1) == "model"


def plan(card: memory.Device, size: int, free: int, model: Any, unpacking: int) -> str:
    return memory.place(card, size, size // 2, 512, free, model, unpacking).offload


@pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.float8_e5m2])
def test_a_table_tells_what_each_byte_is(dtype: torch.dtype) -> None:
    """For graphics that have no fp8 numbers."""
    data = torch.arange(256, dtype=torch.uint8).reshape(4, 64).repeat(2, 3)
    made, wanted = looked_up(data, dtype), Bytes(dtype).unpack(data, 192)
    assert made.dtype == torch.float32 and made.shape == data.shape
    assert torch.allclose(made, wanted, rtol=0, atol=0, equal_nan=True) and made.isnan().any()


def test_layers_that_are_moved_about_stay_packed() -> None:
    """As on a card that is too small for the model."""
    values = torch.randn(8, 16, generator=torch.Generator().manual_seed(0)).to(torch.float8_e4m3fn)
    packed = Packed(values.view(torch.uint8), torch.full((8, 1), 0.5), Bytes(torch.float8_e4m3fn), 16)
    model = torch.nn.Sequential(PackedLinear(packed, torch.ones(8), torch.float32))
    given = torch.ones(3, 16)
    made = model(given)
    assert torch.equal(made, torch.nn.functional.linear(given, values.float() * 0.5, torch.ones(8)))
    cpu_offload(model, torch.device("cpu"))
    assert {tensor.device.type for tensor in model.parameters()} == {"meta"} and torch.equal(model(given), made)


def test_the_rotation_is_that_of_the_definition() -> None:
    for size in (4, 16, 64, 256):
        matrix = hadamard(size)
        assert torch.allclose(matrix, by_definition(size)) and torch.allclose(
            matrix @ matrix, torch.eye(size), atol=1e-5
        )


def test_numbers_that_cannot_be_read_are_refused() -> None:
    four = {"a.weight": torch.zeros(8, 4, dtype=torch.uint8), "a.weight_scale": torch.ones(8, 1)}
    with pytest.raises(BridgeError, match=r"a.weight has numbers of another kind \(of four bits\)") as caught:
        gathered(four, None)
    assert caught.value.code is ErrorCode.UNSUPPORTED
    rotated = {"a.weight": torch.zeros(8, 24, dtype=torch.int8), "a.weight_scale": torch.ones(8, 1)}
    with pytest.raises(ValueError, match="rotated in groups of 16"):
        gathered(rotated, '{"layers": {"a": {"convrot": true, "convrot_groupsize": 16}}}')
    with pytest.raises(ValueError, match="which does not fit"):
        gathered({**rotated, "a.weight_scale": torch.ones(3, 1)}, None)


@pytest.mark.parametrize("kind", ["convrot_w4a4", "svdquant_w4a4", "asym_w4a8_int8", "mxfp8", "nvfp4"])
def test_bytes_that_hold_other_numbers_are_refused(kind: str) -> None:
    stored = {"a.weight": torch.zeros(8, 16, dtype=torch.int8), "a.weight_scale": torch.ones(8, 1)}
    with pytest.raises(BridgeError, match=rf"a.weight has numbers of another kind \({kind}\)") as caught:
        gathered(stored, json.dumps({"layers": {"a": {"format": kind}}}))
    assert caught.value.code is ErrorCode.UNSUPPORTED
    for known in ("float8_e4m3fn", "int8_tensorwise", "int8_blockwise"):
        assert gathered(stored, json.dumps({"layers": {"a": {"format": known}}}))["a.weight"].shape == (8, 16)


@pytest.mark.parametrize("sides", [(4,), (4, 1), (4, 1, 1, 1), (1,), ()])
def test_what_is_no_matrix_is_scaled_by_its_first_side(sides: tuple[int, ...]) -> None:
    weight = torch.arange(4 * 2 * 3 * 4).reshape(4, 2, 3, 4).to(torch.int8)
    scale = torch.full(sides, 0.5) if len(sides) == 0 else torch.arange(1, sides[0] + 1).float().reshape(sides)
    made = gathered({"a.weight": weight, "a.weight_scale": scale}, None)["a.weight"]
    by_row = scale.reshape(-1).expand(4) if scale.numel() == 1 else scale.reshape(4)
    assert isinstance(made, torch.Tensor) and made.dtype == torch.float32
    assert torch.equal(made, torch.stack([row.float() * one for row, one in zip(weight, by_row, strict=True)]))


def random_blocks(kind: str) -> tuple[Any, Any]:
    """Rows of this kind whose scales are numbers, and what the library makes of them, float32."""
    gguf = pytest.importorskip("gguf")
    wanted = gguf.GGMLQuantizationType[kind]
    _, size = gguf.GGML_QUANT_SIZES[wanted]
    data = np.random.default_rng(0).integers(0, 256, (6, 2 * size), np.uint8)
    meant = gguf.quants.dequantize(data, wanted)
    broken = ~np.isfinite(meant).reshape(6, -1).all(1)
    data[broken] = 0
    return data, gguf.quants.dequantize(data, wanted)


@pytest.mark.parametrize("kind", BLOCKS, ids=lambda kind: kind.name)
def test_blocks_are_unpacked_as_the_library_does_it(kind: Kind) -> None:
    data, meant = random_blocks(kind.name)
    packed = Packed(torch.from_numpy(data), None, Blocks(kind), 2 * kind.numbers)
    made = packed.unpacked()
    assert np.abs(meant).max() > 0 and np.allclose(made.numpy(), meant, rtol=1e-6, atol=0)
    assert torch.equal(packed.rows(torch.tensor([4, 0])).unpacked(), made[[4, 0]])


def test_a_gguf_file_paints_what_its_numbers_paint(klein: Any, folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("gguf")
    weights = makers_names(load_file(folder / "transformer" / "diffusion_pytorch_model.safetensors"))
    file, meant = write_gguf(tmp_path / "klein-Q8_0.gguf", weights)
    save_file({name: torch.from_numpy(values) for name, values in meant.items()}, tmp_path / "plain.safetensors")
    few, many = (with_transformer(klein, one) for one in (file, tmp_path / "plain.safetensors"))
    made = latents(few)
    apart = float((made - latents(many)).abs().max())
    size = weight_bytes(few.parts["transformer"])
    print(f"GGUF Q8_0: latents {apart:.1e} apart; {size:,} bytes of the file's {file.stat().st_size:,}")
    assert apart == 0 and size < 1.1 * file.stat().st_size
    ink = adapter(write_lora(tmp_path, many, name="ink"), 1.0)
    one, other = (latents(loaded, adapters=(ink,)) for loaded in (few, many))
    assert torch.equal(one, other) and not torch.equal(one, made)


def test_without_the_library_a_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("gguf")
    file, _ = write_gguf(tmp_path / "a.gguf", {"a.weight": np.ones((2, 32), np.float32)})
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(BridgeError, match=r'pip install "layerbridge\[gguf\]"') as caught:
        read_weights(file)
    assert caught.value.code is ErrorCode.UNSUPPORTED
