"""Loads a single .safetensors checkpoint with configurations and tokenizer from this package: no hub is asked.

diffusers would fetch both from a hub. Stable Diffusion's checkpoints come in two shapes, with small differences; for
another shape, `<file>.layerbridge.json` may name a folder in diffusers layout (`config`).
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
from ...pipelines.shared import Shared, of_file
from ...protocol.tasks import ModelRef
from .detect import TEXT, TEXT_1_OLD
from .spec import SD1, SD2

CONFIGS = Path(__file__).parents[2] / "models" / "configs"
TOKENS = 77
PARTS = ("unet", "vae", "text_encoder")
PADDING = {"sd1": "<|endoftext|>", "sd2": "!"}  # what each version's text encoder was trained to see after the prompt


@dataclass(frozen=True)
class Configuration:
    """name: a folder of CONFIGS. changes: other values, by file in it."""

    name: str
    changes: Mapping[str, Mapping[str, Any]]


def load_single_file(order: LoadOrder, dtype: torch.dtype) -> tuple[Any, Overrides, Shared]:
    """The pipeline, on the CPU but for what is there already, and what the file's sidecar says. Raises BridgeError, or
    diffusers' errors.
    """
    file = order.root
    overrides, shared = look(order, PARTS)
    with configured(order, overrides, _own(order.ref)) as config:
        tokenizer = read_tokenizer(config, overrides, "tokenizer", PADDING[_version(order.ref)])
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


def look(order: LoadOrder, names: Sequence[str]) -> tuple[Overrides, Shared]:
    """What the sidecar of a file says, and which of these components are there already. Raises BridgeError."""
    described = describe_checkpoint(order.root, order.families)  # it may be another than the one that was listed
    if described.problem is not None:
        raise BridgeError(described.problem, described.note)
    overrides = read_sidecar(sidecar(order.root)).overrides(order.spec)
    settings = b"" if overrides.config is None else repr(sorted(order.stamps.items())).encode()
    shared = of_file(order, names, settings)
    order.progress()
    return overrides, shared


@contextmanager
def configured(order: LoadOrder, overrides: Overrides, own: Configuration) -> Iterator[Path]:
    """A folder with the file's configuration: the one that its sidecar names, else one of this package, changed."""
    if overrides.config is not None:
        folder = order.root.parent / overrides.config
        if not (folder / INDEX_NAME).is_file():
            raise BridgeError(
                ErrorCode.MODEL_UNREADABLE,
                f"The configuration that {sidecar(order.root).name} names is missing: there is no model_index.json in "
                f"{folder}. Correct `config` there, or leave it out.",
            )
        read_parts(folder, read_json(folder / INDEX_NAME), order.spec.components)
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="layerbridge-") as temporary:
        folder = Path(temporary) / own.name
        shutil.copytree(CONFIGS / own.name, folder)
        for part, values in own.changes.items():
            path = folder / part
            path.write_text(json.dumps(read_json(path) | dict(values)), encoding="utf-8")
        yield folder


def read_tokenizer(config: Path, overrides: Overrides, name: str, padding: str) -> Any:
    """The one of this name in the sidecar's configuration, else CLIP's, padded as its text encoder saw in training."""
    if overrides.config is not None:
        return CLIPTokenizer.from_pretrained(config / name, local_files_only=True)
    return clip_tokenizer(padding)


def clip_tokenizer(padding: str) -> Any:
    """CLIP's, as Stable Diffusion uses it."""
    vocabulary, merges = CONFIGS / "tokenizer" / "vocab.json", CONFIGS / "tokenizer" / "merges.txt"
    return CLIPTokenizer(str(vocabulary), str(merges), model_max_length=TOKENS, pad_token=padding)


def _version(ref: ModelRef) -> str:
    return "sd1" if ref.family == SD1.key else "sd2"


def _own(ref: ModelRef) -> Configuration:
    unet: dict[str, Any] = {"in_channels": 9 if ref.inpaint_model else 4}
    if ref.family != SD2.key:
        return Configuration(_version(ref), {"unet/config.json": unet})
    scheduler = {"prediction_type": "v_prediction"}
    changes = {"unet/config.json": unet | {"sample_size": 96}, "scheduler/scheduler_config.json": scheduler}
    return Configuration(_version(ref), changes)
