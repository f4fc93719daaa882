"""Numbers that overflow, memory that runs out, and where models are put."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.families.stable_diffusion.load import StableDiffusion
from bridge_server.families.stable_diffusion.spec import SD1
from bridge_server.families.stable_diffusion_xl.spec import XL
from bridge_server.pipelines.generation import FloatArray
from bridge_server.pipelines.latents import decode_latents, encode_image
from bridge_server.pipelines.memory import (
    GIB,
    Device,
    choose_device,
    free_bytes,
    has_fast_bfloat16,
    is_out_of_memory,
    out_of_memory,
    place,
    precision,
)

SD1_PARAMETERS, SD1_UNET = 1_066_000_000, 860_000_000
XL_PARAMETERS, XL_UNET = 3_469_000_000, 2_567_000_000


class Overflows:
    """An autoencoder that gives no numbers in half precision."""

    def __init__(self, always: bool = False) -> None:
        self.dtype, self.always, self.device = torch.float16, always, torch.device("cpu")
        self.config = SimpleNamespace(scaling_factor=0.5)

    def to(self, dtype: torch.dtype) -> None:
        self.dtype = dtype

    def _values(self, shape: tuple[int, ...]) -> torch.Tensor:
        overflow = self.always or self.dtype == torch.float16
        return torch.full(shape, float("nan") if overflow else 0.25)

    def decode(self, latents: torch.Tensor, **_: Any) -> tuple[torch.Tensor]:
        return (self._values((1, 3, latents.shape[2] * 4, latents.shape[3] * 4)),)

    def encode(self, pixels: torch.Tensor) -> Any:
        values = self._values((1, 4, pixels.shape[2] // 4, pixels.shape[3] // 4))
        return SimpleNamespace(latent_dist=SimpleNamespace(mode=lambda: values))


def test_an_autoencoder_of_transparent_pictures_is_shown_opaque_ones_and_its_own_lie_over_white() -> None:
    shown: list[torch.Tensor] = []

    def encode(pixels: torch.Tensor) -> Any:
        shown.append(pixels)
        return SimpleNamespace(latent_dist=SimpleNamespace(mode=lambda: pixels))

    clear, red, black = (0.2, 0.4, -0.2, -1.0), (1.0, -1.0, -1.0, 1.0), (-1.0, -1.0, -1.0, 0.0)
    made = torch.tensor([clear, red, black]).T.reshape(1, 4, 1, 3)
    config = SimpleNamespace(in_channels=4)
    vae = SimpleNamespace(config=config, dtype=torch.float32, encode=encode, decode=lambda *_, **__: (made,))
    picture = np.full((2, 2, 3), 0.25, np.float32)
    assert encode_image(vae, picture, torch.device("cpu")).shape == (1, 4, 2, 2)
    assert torch.equal(shown[0][0, :, 0, 0], torch.tensor([-0.5, -0.5, -0.5, 1.0]))
    assert np.allclose(decode_latents(vae, torch.zeros(1, 4, 1, 3)), [[(1, 1, 1), (1, 0, 0), (0.5, 0.5, 0.5)]])


def test_what_overflows_in_half_precision_is_done_again_in_single() -> None:
    vae = Overflows()
    assert np.allclose(decode_latents(vae, torch.zeros(1, 4, 2, 2)), 0.625)
    assert vae.dtype == torch.float32
    assert encode_image(Overflows(), np.zeros((8, 8, 3), np.float32), torch.device("cpu")).shape == (1, 4, 2, 2)


@pytest.mark.parametrize("shift", [None, 0.1159])
def test_latents_of_autoencoders_with_a_shift(shift: float | None) -> None:
    class Mirror:
        """Its latents are the pixels, -1 to 1."""

        dtype = torch.float32
        config = SimpleNamespace(scaling_factor=0.5, shift_factor=shift)

        def encode(self, pixels: torch.Tensor) -> Any:
            return SimpleNamespace(latent_dist=SimpleNamespace(mode=lambda: pixels))

        def decode(self, latents: torch.Tensor, **_: Any) -> tuple[torch.Tensor]:
            return (latents,)

    picture = np.linspace(0, 1, 48, dtype=np.float32).reshape(4, 4, 3)
    latents = encode_image(Mirror(), picture, torch.device("cpu"))
    wanted = (torch.from_numpy(picture * 2 - 1).permute(2, 0, 1)[None] - (shift or 0)) * 0.5
    assert torch.allclose(latents, wanted, rtol=0, atol=1e-6)
    assert np.allclose(decode_latents(Mirror(), latents), picture, atol=1e-6)


def test_what_overflows_anyway_is_an_error_and_no_black_picture() -> None:
    for run in (
        lambda: decode_latents(Overflows(always=True), torch.zeros(1, 4, 2, 2)),
        lambda: decode_latents(Overflows(), torch.full((1, 4, 2, 2), float("inf"))),
        lambda: encode_image(Overflows(always=True), np.zeros((8, 8, 3), np.float32), torch.device("cpu")),
    ):
        with pytest.raises(BridgeError) as caught:
            run()
        assert caught.value.code is ErrorCode.BAD_OUTPUT


def test_encoding_is_the_same_every_time(tiny: dict[str, StableDiffusion], picture: FloatArray) -> None:
    first, second = (encode_image(tiny["plain"].vae, picture, torch.device("cpu")) for _ in range(2))
    assert torch.equal(first, second) and first.shape == (1, 4, 16, 16)


@pytest.mark.parametrize(
    ("memory", "free", "offload"),
    [
        (24 * GIB, 23 * GIB, "none"),
        (6 * GIB, 5 * GIB, "none"),
        (4 * GIB, 3 * GIB + GIB // 3, "model"),
        (2 * GIB, 2 * GIB, "layers"),
    ],
)
def test_a_card_takes_what_fits_it(memory: int, free: int, offload: str) -> None:
    placement = place(Device("cuda:0", memory), SD1_PARAMETERS, SD1_UNET, 512, free, SD1.memory)
    assert placement.offload == offload and placement.dtype == placement.denoiser_dtype == torch.float16


@pytest.mark.parametrize(
    ("memory", "free", "offload", "tiled"),
    [
        (24 * GIB, 22 * GIB, "none", False),
        (12 * GIB, 11 * GIB, "model", False),
        (8 * GIB - 1, 7 * GIB, "model", True),
        (6 * GIB, 5 * GIB, "layers", True),
    ],
)
def test_where_xl_lies_on_cards(memory: int, free: int, offload: str, tiled: bool) -> None:
    """What paints is not on the card while the autoencoder decodes, where parts are moved."""
    placement = place(Device("cuda:0", memory), XL_PARAMETERS, XL_UNET, 1024, free, XL.memory)
    assert (placement.offload, placement.vae_tiling) == (offload, tiled)


@pytest.mark.parametrize(("other", "offload"), [(0, "model"), (6 * GIB, "model"), (12 * GIB, "layers")])
def test_beside_a_part_that_does_not_paint_no_step_is_made(other: int, offload: str) -> None:
    """other: bytes of a text encoder in half precision that is larger than what paints."""
    placement = place(Device("cuda:0", 12 * GIB), 8 * GIB, XL_UNET, 1024, 11 * GIB, XL.memory, other_part=other // 2)
    assert placement.offload == offload


def test_free_memory_never_changes_the_arithmetic() -> None:
    for device in (Device("cuda:0", 8 * GIB), Device("mps", 16 * GIB), Device("cpu", 8 * GIB)):
        placements = {
            (made.dtype, made.denoiser_dtype, made.attention_slicing, made.vae_tiling)
            for made in (
                place(device, SD1_PARAMETERS, SD1_UNET, 512, free, SD1.memory)
                for free in (GIB, 4 * GIB, 100 * GIB, None)
            )
        }
        assert len(placements) == 1


def test_the_cpu_computes_in_single_precision_around_the_unet() -> None:
    placement = place(Device("cpu", 16 * GIB), SD1_PARAMETERS, SD1_UNET, 512, GIB, SD1.memory)
    assert placement.dtype == torch.float32 and placement.offload == "none"
    assert placement.denoiser_dtype == (torch.bfloat16 if has_fast_bfloat16() else torch.float32)


def test_devices() -> None:
    cpu = choose_device("cpu")
    assert cpu.memory_bytes and cpu.memory_bytes > GIB and (free_bytes(cpu) or 0) > 0
    assert choose_device("auto").name in ("cpu", "cuda:0", "mps")
    for unknown in ("tpu", "cuda:99", "cuda:x", ""):
        with pytest.raises(BridgeError) as caught:
            choose_device(unknown)
        assert caught.value.code is ErrorCode.UNSUPPORTED


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("MPS backend out of memory (MPS allocated: 17.12 GB)"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:118] err == 0. DefaultCPUAllocator: can't allocate memory: you"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 1 bytes."),
        RuntimeError("Invalid buffer size: 58.00 GiB"),
    ],
)
def test_running_out_of_memory_is_recognized(error: Exception) -> None:
    assert is_out_of_memory(error)
    told = out_of_memory(Device("mps", None), error)
    assert told.code is ErrorCode.OUT_OF_MEMORY and "smaller area" in told.message


def test_an_array_of_opencv_that_fails_is_recognized() -> None:
    with pytest.raises(cv2.error) as caught:
        cv2.resize(np.zeros((2, 2)), (2**19, 2**19))
    assert is_out_of_memory(caught.value)
    with pytest.raises(cv2.error) as caught:
        cv2.resize(np.zeros((2, 2)), (-1, 0))
    assert not is_out_of_memory(caught.value)


def test_a_real_allocation_that_fails_is_recognized() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60, dtype=torch.uint8)
    assert is_out_of_memory(caught.value)
    assert not is_out_of_memory(RuntimeError("shapes do not match"))
    assert not is_out_of_memory(ValueError("out of memory"))


def test_a_family_says_in_which_half_precision_it_runs() -> None:
    wide = replace(XL.memory, half="bfloat16")
    for name in ("cuda:0", "mps"):
        assert precision(Device(name, None), wide) == (torch.bfloat16, torch.bfloat16)
        assert precision(Device(name, None), XL.memory) == (torch.float16, torch.float16)
    assert precision(Device("cpu", None), wide)[0] == torch.float32
