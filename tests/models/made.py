"""Models of configurations and headers alone, as the catalogue sees them."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

Shapes = dict[str, tuple[int, ...]]


def folder_model(
    folder: Path,
    *,
    kind: str = "StableDiffusionPipeline",
    channels: int = 4,
    text_width: int = 768,
    sample_size: int = 64,
    prediction: str = "epsilon",
    weights: tuple[str, ...] = ("{}.safetensors",),
) -> Path:
    """A diffusers folder with the configurations of a real model and empty weights."""
    for part in ("unet", "vae", "text_encoder", "scheduler"):
        (folder / part).mkdir(parents=True)
    unet = {"in_channels": channels, "cross_attention_dim": text_width, "sample_size": sample_size}
    write = {
        "model_index.json": {"_class_name": kind},
        "unet/config.json": {**unet, "block_out_channels": [320, 640, 1280, 1280]},
        "vae/config.json": {"block_out_channels": [128, 256, 512, 512]},
        "scheduler/scheduler_config.json": {"prediction_type": prediction},
    }
    for name, value in write.items():
        (folder / name).write_text(json.dumps(value))
    for part, stem in (
        ("unet", "diffusion_pytorch_model"),
        ("vae", "diffusion_pytorch_model"),
        ("text_encoder", "model"),
    ):
        for pattern in weights:
            (folder / part / pattern.format(stem)).write_bytes(b"\0" * 10)
    return folder


def checkpoint(file: Path, shapes: Shapes, metadata: dict[str, str] | None = None) -> Path:
    """A .safetensors file that claims these shapes; its tensors are zeros of one byte each."""
    header: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    for number, (name, shape) in enumerate(shapes.items()):
        header[name] = {"dtype": "U8", "shape": shape, "data_offsets": [number, number + 1]}
    text = json.dumps(header).encode()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(struct.pack("<Q", len(text)) + text + b"\0" * len(shapes))
    return file


def stable_diffusion(version: int = 1, channels: int = 4) -> Shapes:
    unet = "model.diffusion_model."
    text = (
        "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight"
        if version == 1
        else "cond_stage_model.model.token_embedding.weight"
    )
    shapes: Shapes = {f"{unet}input_blocks.0.0.weight": (320, channels, 3, 3), text: (49408, 768)}
    shapes[f"{unet}input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"] = (320, 768 if version == 1 else 1024)
    for level in (3, 6, 9):
        shapes[f"{unet}input_blocks.{level}.0.op.weight"] = (320, 320, 3, 3)
    for level in range(4):
        shapes[f"first_stage_model.encoder.down.{level}.block.0.conv1.weight"] = (128, 128, 3, 3)
    return shapes


def header_file(file: Path, header: Any, data: bytes = b"") -> Path:
    """A .safetensors file with this header, whatever it is: a value to be written as JSON, or the bytes themselves."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return file


def whole_header() -> dict[str, Any]:
    """The header of a Stable Diffusion 1 checkpoint whose tensors hold nothing."""
    return {name: tensor([0, *shape[1:]]) for name, shape in stable_diffusion().items()}


def tensor(shape: Any, **changes: Any) -> dict[str, Any]:
    return {"dtype": "F32", "shape": shape, "data_offsets": [0, 0], **changes}
