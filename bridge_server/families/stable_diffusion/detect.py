"""Whether a folder, a file or a hub's model is Stable Diffusion 1 or 2 (standard library only).

Metadata: the keys of the Model Spec, https://github.com/Stability-AI/ModelSpec.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..base import AdapterFile, Candidate, Checkpoint, Folder, HubName, Lacking, Match, tensor_named
from .layout import (
    UNET_FIRST,
    VAE,
    adapted_text_width,
    has_encoder,
    levels_of,
    side,
    text_projection,
    unet_levels,
    unsupported_channels,
    vae_levels,
    whole_number,
)
from .spec import SD1, SD2, SD2_BASE

TEXT = "cond_stage_model.transformer."  # what follows in files that were merged by older programs: embeddings, encoder
TEXT_1 = f"{TEXT}text_model.embeddings.token_embedding.weight"
TEXT_1_OLD = f"{TEXT}embeddings.token_embedding.weight"
TEXT_2 = "cond_stage_model.model.token_embedding.weight"
XL_TEXT = "conditioner."  # of https://github.com/Stability-AI/generative-models, whose UNets are called as here
LORA_ENCODER = tensor_named(rb"lora_te_text_model_encoder_layers_\d+_mlp_fc1\.lora_down\.weight")
OF_TEXT_WIDTH = {768: SD1.key, 1024: SD2_BASE.key}


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
        return Match(
            family=told or self.family,
            native_resolution=self.sample_side * self.latent_cell,
            size_multiple=self.latent_cell * 2 ** (self.unet_blocks - 1),
            paints_masked=self.in_channels == 9,
            unsupported=unsupported_channels(self.in_channels),
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
    width = adapted_text_width(file)
    if width is None:
        shape = file.shape_of(LORA_ENCODER) or ()
        width = shape[1] if len(shape) > 1 else None
    return None if width is None else OF_TEXT_WIDTH.get(width)


def _guess(hub_id: str) -> Match:
    told = hub_id.lower()
    version_2 = "stable-diffusion-2" in told or "sd2" in told
    masked = "inpaint" in told
    spec = SD1 if not version_2 else SD2_BASE if masked or "base" in told else SD2
    return Match(spec.key, spec.native_resolution, spec.size_multiple, paints_masked=masked)


def _architecture_of_folder(folder: Folder) -> Architecture:
    return Architecture(
        in_channels=whole_number(folder, "in_channels", 4),
        text_width=whole_number(folder, "cross_attention_dim", 768),
        sample_side=whole_number(folder, "sample_size", 64),
        vae_blocks=levels_of(folder, "vae"),
        unet_blocks=levels_of(folder, "unet"),
        prediction_type=str(folder.configs["scheduler"].get("prediction_type", "epsilon")),
    )


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
    if text_projection(shapes) is None:
        return Lacking("a checkpoint whose UNet takes in no text (it has no attn2.to_k)")
    if not has_encoder(shapes):
        return Lacking("a checkpoint whose autoencoder has no encoder, so that it cannot take a picture in")
    return _architecture_of_file(file).match(file.told)


def _architecture_of_file(file: Checkpoint) -> Architecture:
    """What the tensors tell. They do not tell SD 2.x's 768-pixel v model from the base model; the order of belief is
    layerbridge.json, the file's own metadata, its name, and then the 768-pixel model.
    """
    shapes = file.shapes
    in_channels = side(file.path, shapes, UNET_FIRST, 1)
    text_width = side(file.path, shapes, text_projection(shapes) or "", -1)
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
        vae_blocks=vae_levels(file.path, shapes),
        unet_blocks=unet_levels(file.path, shapes),
        prediction_type="v_prediction" if predicts_v else "epsilon",
    )


def _names_base_model(file: Checkpoint) -> bool:
    told = f"{file.path.stem} {file.metadata.get('modelspec.architecture', '')}".lower()
    return any(word in told for word in ("base", "512", "epsilon"))
