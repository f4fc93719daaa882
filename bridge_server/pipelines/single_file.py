"""Loads a single .safetensors checkpoint with configurations and tokenizer from this package: no hub is asked.

diffusers would fetch both from a hub. Stable Diffusion's checkpoints come in few shapes, so they are in
bridge_server/models/configs; for another shape, `<file>.layerbridge.json` may name a folder (`config`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
from transformers import CLIPTokenizer

from ..errors import BridgeError, ErrorCode
from ..models.checkpoints import sidecar
from ..models.overrides import Overrides, read_overrides
from ..protocol.tasks import ModelRef

CONFIGS = Path(__file__).parent.parent / "models" / "configs"


def load_single_file(file: Path, ref: ModelRef, dtype: torch.dtype) -> tuple[Any, Overrides]:
    """The pipeline, on the CPU, and what the file's sidecar says. Raises BridgeError, or diffusers' errors."""
    overrides = read_overrides(sidecar(file))
    config = file.parent / overrides.config if overrides.config else builtin_config(ref.family, ref.inpaint_model)
    if not (config / "model_index.json").is_file():
        raise BridgeError(
            ErrorCode.UNSUPPORTED,
            f"The configuration for {file.name} is missing: {config} holds no model_index.json. "
            "Use the model's diffusers folder instead of the single file.",
        )
    tokenizer = CLIPTokenizer.from_pretrained(config / "tokenizer", local_files_only=True)
    pipeline = StableDiffusionPipeline.from_single_file(
        str(file),
        config=str(config),
        local_files_only=True,
        torch_dtype=dtype,
        tokenizer=tokenizer,
        safety_checker=None,
        feature_extractor=None,
        image_encoder=None,
    )
    return pipeline, overrides


def builtin_config(family: str, inpaint: bool) -> Path:
    """The folder with the configurations of a family's checkpoints as they were published."""
    return CONFIGS / (f"{family}-inpaint" if inpaint else family)
