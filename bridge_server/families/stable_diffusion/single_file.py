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
from diffusers.loaders.single_file_utils import create_diffusers_clip_model_from_ldm
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
from safetensors import safe_open
from transformers import CLIPTextModel, CLIPTokenizer

from ...errors import BridgeError, ErrorCode
from ...models.checkpoints import describe_checkpoint, sidecar
from ...models.header import read_header
from ...models.overrides import Overrides, read_sidecar
from ...models.parts import INDEX_NAME, read_parts
from ...models.reading import read_json
from ...pipelines.family import LoadOrder
from ...protocol.tasks import ModelRef
from .detect import TEXT, TEXT_1_OLD
from .shared import Shared, of_file
from .spec import COMPONENTS, SD1, SD2

CONFIGS = Path(__file__).parents[2] / "models" / "configs"
TOKENS = 77
PADDING = {"sd1": "<|endoftext|>", "sd2": "!"}  # what each version's text encoder was trained to see after the prompt


def load_single_file(order: LoadOrder, dtype: torch.dtype) -> tuple[Any, Overrides, Shared]:
    """The pipeline, on the CPU but for what is there already, and what the file's sidecar says. Raises BridgeError, or
    diffusers' errors.
    """
    file, ref = order.root, order.ref
    described = describe_checkpoint(file, order.families)  # the file may be another than the one that was listed
    if described.problem is not None:
        raise BridgeError(described.problem, described.note)
    overrides = read_sidecar(sidecar(file)).overrides(order.spec)
    shared = of_file(order, b"" if overrides.config is None else repr(sorted(order.stamps.items())).encode())
    order.progress()
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
            **({} if "text_encoder" in shared.ready else _text_encoder(file, config, dtype)),
            **shared.ready,
        )
    return pipeline, overrides, shared


def _text_encoder(file: Path, config: Path, dtype: torch.dtype) -> dict[str, Any]:
    """The text encoder of a file that names its tensors as transformers did before 2022 (`transformer.embeddings`,
    without `text_model`), which diffusers does not know; nothing for other files.
    """
    names = [name for name in read_header(file).header.shapes if name.startswith(TEXT)]
    if TEXT_1_OLD not in names:
        return {}
    with safe_open(str(file), framework="pt") as tensors:
        renamed = {f"{TEXT}text_model.{name.removeprefix(TEXT)}": tensors.get_tensor(name) for name in names}
    encoder = create_diffusers_clip_model_from_ldm(
        CLIPTextModel, renamed, subfolder="text_encoder", config=str(config), torch_dtype=dtype, local_files_only=True
    )
    return {"text_encoder": encoder}


@contextmanager
def _configuration(file: Path, ref: ModelRef, overrides: Overrides) -> Iterator[tuple[Path, Any]]:
    """A folder with the file's configuration, and its tokenizer."""
    if overrides.config is not None:
        folder = file.parent / overrides.config
        if not (folder / INDEX_NAME).is_file():
            raise BridgeError(
                ErrorCode.MODEL_UNREADABLE,
                f"The configuration that {sidecar(file).name} names is missing: there is no model_index.json in "
                f"{folder}. Correct `config` there, or leave it out.",
            )
        read_parts(folder, read_json(folder / INDEX_NAME), COMPONENTS)
        yield folder, CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)
        return
    version = "sd1" if ref.family == SD1.key else "sd2"
    with tempfile.TemporaryDirectory(prefix="layerbridge-") as temporary:
        folder = Path(temporary) / version
        shutil.copytree(CONFIGS / version, folder)
        _change(folder / "unet" / "config.json", in_channels=9 if ref.inpaint_model else 4)
        if ref.family == SD2.key:
            _change(folder / "unet" / "config.json", sample_size=96)
            _change(folder / "scheduler" / "scheduler_config.json", prediction_type="v_prediction")
        yield folder, clip_tokenizer(version)


def clip_tokenizer(version: str) -> Any:
    """CLIP's tokenizer as Stable Diffusion 1 ("sd1") or 2 ("sd2") uses it."""
    vocabulary, merges = CONFIGS / "tokenizer" / "vocab.json", CONFIGS / "tokenizer" / "merges.txt"
    return CLIPTokenizer(str(vocabulary), str(merges), model_max_length=TOKENS, pad_token=PADDING[version])


def _change(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(read_json(path) | values), encoding="utf-8")
