"""Loads a single .safetensors checkpoint with configurations and tokenizer from this package: no hub is asked.

diffusers would fetch both from a hub. Stable Diffusion's checkpoints come in two shapes, with small differences; for
another shape, `<file>.layerbridge.json` may name a folder in diffusers layout (`config`).
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
from transformers import CLIPTokenizer

from ..errors import BridgeError, ErrorCode
from ..models.checkpoints import sidecar
from ..models.overrides import Overrides, read_json, read_overrides
from ..protocol.tasks import ModelRef

CONFIGS = Path(__file__).parent.parent / "models" / "configs"
TOKENS = 77
PADDING = {"sd1": "<|endoftext|>", "sd2": "!"}  # what each version's text encoder was trained to see after the prompt


def load_single_file(file: Path, ref: ModelRef, dtype: torch.dtype) -> tuple[Any, Overrides]:
    """The pipeline, on the CPU, and what the file's sidecar says. Raises BridgeError, or diffusers' errors."""
    overrides = read_overrides(sidecar(file))
    with _configuration(file, ref, overrides) as (config, tokenizer):
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


@contextmanager
def _configuration(file: Path, ref: ModelRef, overrides: Overrides) -> Iterator[tuple[Path, Any]]:
    """A folder with the file's configuration, and its tokenizer."""
    if overrides.config is not None:
        folder = file.parent / overrides.config
        if not (folder / "model_index.json").is_file():
            raise BridgeError(
                ErrorCode.MODEL_UNREADABLE,
                f"The configuration that {sidecar(file).name} names is missing: there is no model_index.json in "
                f"{folder}. Correct `config` there, or leave it out.",
            )
        yield folder, CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)
        return
    version = "sd1" if ref.family == "sd1" else "sd2"
    with tempfile.TemporaryDirectory(prefix="layerbridge-") as temporary:
        folder = Path(temporary) / version
        shutil.copytree(CONFIGS / version, folder)
        _change(folder / "unet" / "config.json", in_channels=9 if ref.inpaint_model else 4)
        if ref.family == "sd2":
            _change(folder / "unet" / "config.json", sample_size=96)
            _change(folder / "scheduler" / "scheduler_config.json", prediction_type="v_prediction")
        yield folder, clip_tokenizer(version)


def clip_tokenizer(version: str) -> Any:
    """CLIP's tokenizer as Stable Diffusion 1 ("sd1") or 2 ("sd2") uses it."""
    vocabulary, merges = CONFIGS / "tokenizer" / "vocab.json", CONFIGS / "tokenizer" / "merges.txt"
    return CLIPTokenizer(str(vocabulary), str(merges), model_max_length=TOKENS, pad_token=PADDING[version])


def _change(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(read_json(path) | values), encoding="utf-8")
