"""Devices, their memory, and how a model is laid out on one. What is decided here never depends on how much memory
happens to be free where that would change the picture: the same request on the same device gives the same bytes.
"""

from __future__ import annotations

import gc
import re
from dataclasses import dataclass
from typing import Any

import cv2
import torch
from torch import nn

from ..errors import BridgeError, ErrorCode
from ..families.base import Half, MemoryModel
from ..plan.native import NativeSize

GIB = 2**30
RESERVED_BYTES = 6 * GIB // 10  # for the driver's context, the desktop and the allocator's slack
BETWEEN = torch.float32
"""Of embeddings, noise and the latents between steps, on every device. Some builds of torch draw others for float16
than for float32: an H100 so painted other pictures (10 to 19 dB from the CPU, starter model), and now 66 to 70 dB."""
HALVES: dict[Half, torch.dtype] = {"float16": torch.float16, "bfloat16": torch.bfloat16}
TILE_PIXELS = 1024 * 1024  # pictures beyond this are decoded in tiles on small devices
SMALL_DEVICE_BYTES = 8 * GIB
SLICING_BELOW_BYTES = 64 * GIB  # diffusers' advice for Apple's GPUs: docs/diffusers, optimization/mps
_NO_MEMORY = re.compile(
    r"out of memory|not enough memory|can't allocate memory|cannot allocate memory|invalid buffer size"
    r"|CUBLAS_STATUS_ALLOC_FAILED|CUDNN_STATUS_ALLOC_FAILED",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Device:
    """name: "cpu", "cuda:0" or "mps". memory_bytes: all of it, None where the system does not tell."""

    name: str
    memory_bytes: int | None

    @property
    def kind(self) -> str:
        return self.name.partition(":")[0]

    @property
    def torch(self) -> torch.device:
        return torch.device(self.name)

    @property
    def half(self) -> bool:
        """Whether models run in half precision here."""
        return self.kind in ("cuda", "mps")


@dataclass(frozen=True)
class Placement:
    """How a model lies on a device.

    dtype: of text encoder and autoencoder. denoiser_dtype: of what paints. Between them all is BETWEEN. offload:
    "none", "model" (parts move to the device when they are needed) or "layers" (single layers do; slow, fits nearly
    anywhere).
    """

    dtype: torch.dtype
    denoiser_dtype: torch.dtype
    offload: str
    attention_slicing: bool
    vae_tiling: bool


def choose_device(wanted: str) -> Device:
    """The device called `wanted`; "auto" is the first GPU, else the CPU. Raises BridgeError(unsupported)."""
    name = wanted
    if wanted == "auto":
        name = "cuda:0" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    kind, _, index = name.partition(":")
    if kind == "cuda":
        number = int(index or 0) if (index or "0").isdigit() else -1
        if not torch.cuda.is_available() or not 0 <= number < torch.cuda.device_count():
            raise _no_device(wanted, "PyTorch sees no such NVIDIA or AMD card")
        return Device(f"cuda:{number}", torch.cuda.get_device_properties(number).total_memory)
    if kind == "mps":
        if not torch.backends.mps.is_available():
            raise _no_device(wanted, "PyTorch sees no Apple GPU")
        return Device("mps", int(torch.mps.recommended_max_memory()))
    if kind == "cpu":
        return Device("cpu", _main_memory())
    raise _no_device(wanted, "use auto, cpu, cuda:0 or mps")


def _no_device(wanted: str, why: str) -> BridgeError:
    return BridgeError(ErrorCode.UNSUPPORTED, f"The device {wanted} cannot be used: {why}.")


def _main_memory() -> int:
    import psutil

    return int(psutil.virtual_memory().total)


def free_bytes(device: Device) -> int | None:
    """Memory that a new model could take now; None where the system does not tell."""
    if device.kind == "cuda":
        return int(torch.cuda.mem_get_info(device.torch)[0])
    if device.kind == "mps":
        return max(0, (device.memory_bytes or 0) - int(torch.mps.driver_allocated_memory()))
    import psutil

    return int(psutil.virtual_memory().available)


def weight_bytes(module: nn.Module) -> int:
    """What the module's weights take."""
    return sum(map(_bytes, (*module.parameters(), *module.buffers())))


def _bytes(tensor: torch.Tensor) -> int:
    """Also of what a library for few bits makes of several tensors."""
    flatten: Any = getattr(tensor, "__tensor_flatten__", None)
    if flatten is not None:
        names, _ = flatten()
        return sum(_bytes(getattr(tensor, name)) for name in names)
    return tensor.numel() * tensor.element_size()


def half_size(module: nn.Module) -> int:
    """Of how many numbers of half precision the module's weights take the memory there; packed ones stay as small."""
    sizes = ((tensor.numel(), _bytes(tensor), tensor.is_floating_point()) for tensor in module.parameters())
    return sum(2 * numbers if plain and size >= 2 * numbers else size for numbers, size, plain in sizes) // 2


def has_fast_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 in hardware (AVX-512 BF16 or AMX): UNets then run 1.5 times as fast."""
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(supported and supported())


def precision(device: Device, memory: MemoryModel) -> tuple[torch.dtype, torch.dtype]:
    """Of text encoder and autoencoder, and of what paints. memory: of the family.

    On the CPU what paints runs in bfloat16 where that is fast: 57 dB from the picture in float32 (starter model),
    1.5 times the speed, half the memory. Everything else stays float32 there.
    """
    if device.half:
        half = HALVES[memory.half]
        return half, half
    return torch.float32, torch.bfloat16 if has_fast_bfloat16() else torch.float32


def place(
    device: Device,
    parameters: int,
    painting_part: int,
    native_resolution: int,
    free: int | None,
    memory: MemoryModel,
    unpacking: int = 0,
    other_part: int = 0,
) -> Placement:
    """Lay out a model of so many parameters, what paints holding `painting_part` of them, and `other_part` the largest
    of the others, beside which no step is made. memory: of its family. unpacking: bytes that a packed layer takes when
    it runs.
    """
    dtype, denoiser_dtype = precision(device, memory)
    if not device.half:
        return Placement(dtype, denoiser_dtype, "none", attention_slicing=False, vae_tiling=False)
    total = device.memory_bytes or 0
    pixels = _most_pixels(native_resolution)
    tiled = 0 < total < SMALL_DEVICE_BYTES and pixels > TILE_PIXELS
    step = memory.step_per_pixel * pixels + unpacking
    decode = memory.decode_per_pixel * (TILE_PIXELS if tiled else pixels)
    return Placement(
        dtype=dtype,
        denoiser_dtype=denoiser_dtype,
        offload=_offload(device, parameters * 2, painting_part * 2, other_part * 2, step, decode, free),
        attention_slicing=device.kind == "mps" and total < SLICING_BELOW_BYTES,
        vae_tiling=tiled,
    )


def _most_pixels(native_resolution: int) -> int:
    """Of a working picture of a model of this native resolution."""
    return NativeSize.around(native_resolution, 1).max_pixels


def _offload(
    device: Device, weights: int, painting_part: int, other_part: int, step: int, decode: int, free: int | None
) -> str:
    """Moving parts about helps only where the device has a memory of its own. All in bytes. step, decode: beside the
    weights; what paints is gone when the picture is decoded, where parts are moved.
    """
    if device.kind != "cuda" or free is None:
        return "none"
    if weights + max(step, decode) + RESERVED_BYTES <= free:
        return "none"
    return "model" if max(painting_part + step, other_part, decode) + RESERVED_BYTES <= free else "layers"


def is_out_of_memory(error: BaseException) -> bool:
    """Whether torch, a driver, OpenCV or Python failed for want of memory."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    if isinstance(error, cv2.error):
        return error.code == cv2.Error.StsNoMem
    return isinstance(error, RuntimeError) and bool(_NO_MEMORY.search(str(error)))


def out_of_memory(device: Device, error: BaseException) -> BridgeError:
    place_name = "The computer" if device.kind == "cpu" else "The graphics card"
    return BridgeError(
        ErrorCode.OUT_OF_MEMORY,
        f"{place_name} ran out of memory. Select a smaller area, close other programs that need memory, "
        "or choose a smaller model.",
        str(error)[:500],
    )


def free_caches(device: Device) -> None:
    """Give back what nothing uses any more."""
    gc.collect()
    if device.kind == "cuda":
        torch.cuda.empty_cache()
    elif device.kind == "mps":
        torch.mps.empty_cache()
