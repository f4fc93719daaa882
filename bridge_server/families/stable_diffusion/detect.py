"""Whether a folder, a file or a hub's model is Stable Diffusion 1 or 2 (standard library only).

Tensor names: the `ldm` layout of https://github.com/CompVis/stable-diffusion. Metadata: the keys of the Model Spec,
https://github.com/Stability-AI/ModelSpec.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ...models.bounds import MAX_LEVELS, MAX_WIDTH
from ...models.reading import unreadable
from ..base import AdapterFile, Candidate, Checkpoint, Folder, HubName, Lacking, Match, tensor_named
from .spec import COMPONENTS, SD1, SD2, SD2_BASE

UNET = "model.diffusion_model."
UNET_FIRST = f"{UNET}input_blocks.0.0.weight"
VAE = "first_stage_model."
VAE_LEVELS = f"{VAE}encoder.down."
TEXT = "cond_stage_model.transformer."  # what follows in files that were merged by older programs: embeddings, encoder
TEXT_1 = f"{TEXT}text_model.embeddings.token_embedding.weight"
TEXT_1_OLD = f"{TEXT}embeddings.token_embedding.weight"
TEXT_2 = "cond_stage_model.model.token_embedding.weight"
XL_TEXT = "conditioner."  # of https://github.com/Stability-AI/generative-models, whose UNets are called as here
SPECIAL = {  # of the UNet's input channels
    8: "an instruct-pix2pix model (8 input channels)",
    5: "a depth-guided model (5 input channels)",
    7: "an upscaler (7 input channels)",
}
LORA_DOWN = rb"(?:\.lora_down|\.lora_A(?:\.\w+)?|\.lora\.down|_lora\.down|\.lora_linear_layer\.down)\.weight"
LORA_TEXT = tensor_named(rb"attn2[._](?:processor\.)?to_k" + LORA_DOWN)  # reads the text: the last side is its width
LORA_ENCODER = tensor_named(rb"lora_te_text_model_encoder_layers_\d+_mlp_fc1\.lora_down\.weight")
OF_TEXT_WIDTH = {768: SD1.key, 1024: SD2_BASE.key}
Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Architecture:
    """What configurations or tensor shapes tell of a model.

    text_width: width of the text embedding; sample_side: latents; vae_blocks, unet_blocks: resolution levels.
    """

    in_channels: int
    text_width: int
    sample_side: int
    vae_blocks: int
    unet_blocks: int
    prediction_type: str

    @property
    def latent_cell(self) -> int:
        return 2 ** (self.vae_blocks - 1)

    @property
    def family(self) -> str:
        """Stable Diffusion 2 reads 1024-wide text; of those, the 768-pixel one predicts v, the base model epsilon."""
        if self.prediction_type == "v_prediction":
            return SD2.key
        return SD2_BASE.key if self.text_width == 1024 else SD1.key

    def match(self, told: str | None) -> Match:
        """told: the family its owner says; known or not, it is believed."""
        unsupported = None
        if self.in_channels not in (4, 9):
            unsupported = SPECIAL.get(self.in_channels, f"a UNet with {self.in_channels} input channels")
        return Match(
            family=told or self.family,
            native_resolution=self.sample_side * self.latent_cell,
            size_multiple=self.latent_cell * 2 ** (self.unet_blocks - 1),
            paints_masked=self.in_channels == 9,
            unsupported=unsupported,
        )


def detect(candidate: Candidate) -> Match | Lacking | None:
    """See base.Detect."""
    match candidate:
        case Folder():
            return _architecture_of_folder(candidate).match(candidate.told)
        case Checkpoint():
            return _detect_checkpoint(candidate)
        case HubName():
            return _guess(candidate.id)


def detect_lora(file: AdapterFile) -> str | None:
    """See base.DetectAdapter. Those of 2.x fit both models of it."""
    shape = file.shape_of(LORA_TEXT) or file.shape_of(LORA_ENCODER) or ()
    return OF_TEXT_WIDTH.get(shape[1]) if len(shape) > 1 else None


def _guess(hub_id: str) -> Match:
    told = hub_id.lower()
    version_2 = "stable-diffusion-2" in told or "sd2" in told
    masked = "inpaint" in told
    spec = SD1 if not version_2 else SD2_BASE if masked or "base" in told else SD2
    return Match(spec.key, spec.native_resolution, spec.size_multiple, paints_masked=masked)


def _architecture_of_folder(folder: Folder) -> Architecture:
    unet, vae, scheduler = (folder.configs[part] for part in ("unet", "vae", "scheduler"))
    return Architecture(
        in_channels=_whole(folder.path, unet, "in_channels", 4),
        text_width=_whole(folder.path, unet, "cross_attention_dim", 768),
        sample_side=_whole(folder.path, unet, "sample_size", 64),
        vae_blocks=_levels(folder.path, "vae", vae),
        unet_blocks=_levels(folder.path, "unet", unet),
        prediction_type=str(scheduler.get("prediction_type", "epsilon")),
    )


def _whole(folder: Path, unet: Mapping[str, Any], key: str, default: int) -> int:
    """A number of the UNet's configuration, the first where it is a list; its bounds have been checked."""
    value = unet.get(key)
    chosen: Any = cast("list[Any]", value)[0] if isinstance(value, list) and value else value
    if chosen is None:
        return default
    if not isinstance(chosen, (int, float)):
        raise unreadable(folder / "unet" / COMPONENTS["unet"].config, f"{key} is no number")
    return int(chosen)


def _levels(folder: Path, part: str, config: Mapping[str, Any]) -> int:
    channels = config.get("block_out_channels")
    count = len(cast("list[Any]", channels)) if isinstance(channels, list) else 0
    if not 1 <= count <= MAX_LEVELS:
        why = f"block_out_channels has to list 1 to {MAX_LEVELS} numbers of channels"
        raise unreadable(folder / part / COMPONENTS[part].config, why)
    return count


def _detect_checkpoint(file: Checkpoint) -> Match | Lacking | None:
    shapes = file.shapes
    if any(key.startswith(XL_TEXT) for key in shapes):
        return None
    has_unet = UNET_FIRST in shapes
    has_text = bool({TEXT_1, TEXT_1_OLD, TEXT_2} & shapes.keys())
    if not has_unet:
        if any(key.startswith("model_ema.") for key in shapes):
            return Lacking("a checkpoint with only the EMA weights of its UNet, which Layerbridge cannot load")
        return None
    if not has_text or not any(key.startswith(VAE) for key in shapes):
        return Lacking("a checkpoint without its text encoder or autoencoder")
    if _text_projection(shapes) is None:
        return Lacking("a checkpoint whose UNet takes in no text (it has no attn2.to_k)")
    if not _count(shapes, VAE_LEVELS):
        return Lacking("a checkpoint whose autoencoder has no encoder, so that it cannot take a picture in")
    return _architecture_of_file(file).match(file.told)


def _architecture_of_file(file: Checkpoint) -> Architecture:
    """What the tensors tell. They do not tell SD 2.x's 768-pixel v model from the base model; the order of belief is
    layerbridge.json, the file's own metadata, its name, and then the 768-pixel model.
    """
    shapes = file.shapes
    in_channels = _side(file.path, shapes, UNET_FIRST, 1)
    text_width = _side(file.path, shapes, _text_projection(shapes) or "", -1)
    predicts_v = False
    if file.told:
        predicts_v = file.told == SD2.key
    elif TEXT_2 in shapes and in_channels != 9:
        declared = file.metadata.get("modelspec.predict_key") or file.metadata.get("modelspec.prediction_type")
        predicts_v = declared.startswith("v") if declared else not _names_base_model(file)
    return Architecture(
        in_channels=in_channels,
        text_width=text_width,
        sample_side=96 if predicts_v else 64,
        vae_blocks=_file_levels(file.path, _count(shapes, VAE_LEVELS), "autoencoder"),
        unet_blocks=_file_levels(file.path, _count(shapes, f"{UNET}input_blocks.", ".op.") + 1, "UNet"),
        prediction_type="v_prediction" if predicts_v else "epsilon",
    )


def _text_projection(shapes: Shapes) -> str | None:
    """The tensor of the UNet that takes the text in; its last side is the width of the text."""
    return next((name for name in shapes if name.startswith(UNET) and name.endswith("attn2.to_k.weight")), None)


def _side(file: Path, shapes: Shapes, name: str, axis: int) -> int:
    shape = shapes[name]
    if len(shape) < 2 or not 1 <= shape[axis] <= MAX_WIDTH:
        raise unreadable(file, f"its tensor {name[:100]} has the shape {list(shape)}, which it cannot have")
    return shape[axis]


def _file_levels(file: Path, count: int, part: str) -> int:
    if not 1 <= count <= MAX_LEVELS:
        raise unreadable(file, f"its {part} has {count} levels of resolution; there can be 1 to {MAX_LEVELS}")
    return count


def _names_base_model(file: Checkpoint) -> bool:
    told = f"{file.path.stem} {file.metadata.get('modelspec.architecture', '')}".lower()
    return any(word in told for word in ("base", "512", "epsilon"))


def _count(shapes: Shapes, prefix: str, infix: str = "") -> int:
    """How many different numbers follow `prefix` in tensor names that hold `infix`."""
    return len({name[len(prefix) :].split(".")[0] for name in shapes if name.startswith(prefix) and infix in name})
