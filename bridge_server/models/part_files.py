"""Single files with one component of a model, as ComfyUI keeps them: told by names and shapes (standard library only).

A kind names what would fit in a component's place, whichever family asks for it: Z-Image and FLUX.2 Klein 4B read their
prompts with the same file. What follows the slash is what the file has to agree in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Shapes = Mapping[str, tuple[int, ...]]
TEXT_ENCODER, VAE, TOKENIZER = "text_encoder", "vae", "tokenizer"  # roles, and names of components
QWEN3_TOKENIZER, QWEN25_TOKENIZER, T5_TOKENIZER = "qwen3-tokenizer", "qwen2.5-tokenizer", "t5-tokenizer"
MISTRAL_TOKENIZER, MISTRAL_WORDS = "mistral-tokenizer", 131_072  # words of Mistral's models since Nemo
_TOKENIZERS = {  # by the beginning of the class of the text encoder beside it
    "Qwen3": QWEN3_TOKENIZER,
    "Qwen2_5": QWEN25_TOKENIZER,
    "T5": T5_TOKENIZER,
    "Mistral3": MISTRAL_TOKENIZER,
}
_FOR_PIXTRAL = ("TokenizersBackend", "PreTrainedTokenizerFast", "LlamaTokenizerFast")
_FLUX_VAE, _SD3_VAE = "flux-vae/", "sd3-vae/"
_OF_SD3 = re.compile(r"sd[-_. ]?3|stable[-_. ]?diffusion[-_. ]?3")
_T5_SENTINELS = re.compile(rb'"extra_ids"\s*:\s*100\b')  # mT5 and UMT5, whose words are others, have none or more


@dataclass(frozen=True)
class PartFile:
    """role: the component that it is. kind: what it fits as."""

    role: str
    kind: str


def qwen3(width: int) -> str:
    """The kind of a language model Qwen3 of this width."""
    return f"qwen3/{width}"


def qwen3_vl(width: int) -> str:
    """The kind of a language model Qwen3-VL of this width, with what sees pictures."""
    return f"qwen3-vl/{width}"


def flux2_vae(channels: int) -> str:
    """The kind of FLUX.2's autoencoder with so many channels of latents."""
    return f"flux2-vae/{channels}"


def flux_vae(channels: int) -> str:
    """The kind of FLUX.1's autoencoder with so many channels of latents."""
    return f"flux-vae/{channels}"


def sd3_vae(channels: int) -> str:
    """The kind of Stable Diffusion 3's autoencoder with so many channels of latents."""
    return f"sd3-vae/{channels}"


def qwen25_vl(width: int) -> str:
    """The kind of a language model Qwen2.5-VL of this width, with what sees pictures."""
    return f"qwen2.5-vl/{width}"


def qwen_vae(channels: int, *, alpha: bool = False) -> str:
    """The kind of Qwen-Image's autoencoder with so many channels of latents; alpha: of pictures with alpha."""
    return f"{'qwen-layered-vae' if alpha else 'qwen-vae'}/{channels}"


def mistral3(width: int) -> str:
    """The kind of a language model Mistral 3 (Ministral 3) of this width, with what sees pictures."""
    return f"mistral3/{width}"


def qwen21_vae(channels: int) -> str:
    """The kind of Qwen-Image 2.1's autoencoder with so many channels of latents."""
    return f"qwen2.1-vae/{channels}"


def clip(width: int) -> str:
    """The kind of a text encoder CLIP of this width."""
    return f"clip/{width}"


def t5(width: int) -> str:
    """The kind of the encoder of T5 1.1 of this width."""
    return f"t5/{width}"


TITLES: Mapping[str, tuple[str, str]] = {  # by kind, else by what is before its slash: what it is, and where it is from
    qwen3(2560): ("the text encoder Qwen3 4B", "qwen_3_4b.safetensors in text_encoders"),
    qwen3(4096): ("the text encoder Qwen3 8B", "qwen_3_8b.safetensors in text_encoders"),
    "qwen3": ("the text encoder Qwen3 of its width", "a .safetensors file in text_encoders"),
    qwen3_vl(2560): ("the text encoder Qwen3-VL 4B", "qwen3vl_4b_bf16.safetensors in text_encoders"),
    qwen3_vl(4096): ("the text encoder Qwen3-VL 8B", "qwen3vl_8b_bf16.safetensors in text_encoders"),
    "qwen3-vl": ("the text encoder Qwen3-VL of its width", "a .safetensors file in text_encoders"),
    "flux2-vae": ("the autoencoder of FLUX.2", "flux2-vae.safetensors in vae"),
    "flux-vae": ("the autoencoder of FLUX.1", "ae.safetensors in vae"),
    "sd3-vae": (
        "the autoencoder of Stable Diffusion 3",
        "a file with sd3 in its name, such as sd3_vae.safetensors in vae: FLUX.1's has the same shapes",
    ),
    "qwen2.5-vl": ("the text encoder Qwen2.5-VL 7B", "qwen_2.5_vl_7b.safetensors in text_encoders"),
    "qwen-vae": ("the autoencoder of Qwen-Image", "qwen_image_vae.safetensors in vae"),
    mistral3(3072): ("the text encoder Ministral 3 3B", "ministral-3-3b.safetensors in text_encoders"),
    "mistral3": ("the text encoder Mistral 3 of its width", "a .safetensors file in text_encoders"),
    MISTRAL_TOKENIZER: (
        "the tokenizer of Mistral 3",
        "the folder tokenizer of https://huggingface.co/baidu/ERNIE-Image",
    ),
    clip(768): ("the text encoder CLIP-L", "clip_l.safetensors in text_encoders"),
    clip(1280): ("the text encoder CLIP-G", "clip_g.safetensors in text_encoders"),
    "clip": ("the text encoder CLIP of its width", "a .safetensors file in text_encoders"),
    t5(4096): ("the text encoder T5-XXL", "t5xxl_fp16.safetensors in text_encoders"),
    "t5": ("the text encoder T5 of its width", "a .safetensors file in text_encoders"),
    "qwen2.1-vae": ("the autoencoder of Qwen-Image 2.1", "qwen_image_2.1_vae_bf16.safetensors in vae"),
    "qwen-layered-vae": ("the autoencoder of Qwen-Image-Layered", "qwen_image_layered_vae.safetensors in vae"),
    QWEN3_TOKENIZER: (
        "the tokenizer of Qwen3",
        "the folder tokenizer of https://huggingface.co/black-forest-labs/FLUX.2-klein-4B",
    ),
    QWEN25_TOKENIZER: ("the tokenizer of Qwen2.5", "the folder tokenizer of https://huggingface.co/Qwen/Qwen-Image"),
    T5_TOKENIZER: (
        "the tokenizer of T5",
        "the folder tokenizer_2 of https://huggingface.co/black-forest-labs/FLUX.1-schnell",
    ),
}


def title_of(kind: str) -> tuple[str, str]:
    """What a kind is, and where it is from."""
    return TITLES.get(kind) or TITLES.get(kind.partition("/")[0]) or (kind, "a file of its makers")


def words_of(tokenizer: str) -> str:
    """What reads with a tokenizer of this kind: "T5"."""
    return title_of(tokenizer)[0].removeprefix("the tokenizer of ")


def part_file(shapes: Shapes, name: str = "") -> PartFile | None:
    """The component that a file is, where it is one that a family may ask for. name: of the file, which tells what has
    the same shapes.
    """
    found = next((found for look in _LOOKS if (found := look(shapes)) is not None), None)
    if found is not None and found.kind.startswith(_FLUX_VAE) and _OF_SD3.search(name.lower()):
        return PartFile(VAE, found.kind.replace(_FLUX_VAE, _SD3_VAE))
    return found


def may_be(kind: str, wanted: str) -> bool:
    """Whether a file of this kind can be what its owner names it as: of two autoencoders the shapes are the same."""
    return kind.replace(_SD3_VAE, _FLUX_VAE) == wanted.replace(_SD3_VAE, _FLUX_VAE)


def tokenizer_of(encoder: str) -> str | None:
    """The kind of the tokenizer that belongs to a text encoder of this class; None where no family asks for it."""
    return next((kind for start, kind in _TOKENIZERS.items() if encoder.startswith(start)), None)


def tokenizer_like(name: str, config: bytes) -> str | None:
    """The kind of a tokenizer of this class with this configuration: Qwen3's has a word for its thoughts, Qwen2.5's for
    pictures, and older ones neither; Mistral's belongs to a processor of pictures.
    """
    if name.startswith("T5Tokenizer"):
        return T5_TOKENIZER if _T5_SENTINELS.search(config) else None
    if name in _FOR_PIXTRAL:
        return MISTRAL_TOKENIZER if b'"PixtralProcessor"' in config else None
    if not name.startswith("Qwen2Tokenizer"):
        return None
    if b'"<think>"' in config:
        return QWEN3_TOKENIZER
    return QWEN25_TOKENIZER if b'"<|image_pad|>"' in config else None


def _qwen3(shapes: Shapes) -> PartFile | None:
    """A first piece of several (model-00001-of-00002) has no last normalisation, and is no text encoder."""
    words = shapes.get("model.embed_tokens.weight", ())
    needed = ("model.layers.0.self_attn.q_norm.weight", "model.norm.weight")
    sees = any(f"{before}visual.patch_embed.proj.weight" in shapes for before in ("", "model."))
    if len(words) != 2 or sees or not all(name in shapes for name in needed):
        return None
    return PartFile(TEXT_ENCODER, qwen3(words[1]))


def _qwen3_vl(shapes: Shapes) -> PartFile | None:
    """In the names of the whole model, of ComfyUI or of the model without what writes words; whole, as of `_qwen3`."""
    for language, seeing in (
        ("model.language_model.", "model."),
        ("model.", "model."),
        ("model.", ""),
        ("language_model.", ""),
    ):
        words = shapes.get(f"{language}embed_tokens.weight", ())
        needed = (f"{language}layers.0.self_attn.q_norm.weight", f"{language}norm.weight")
        if len(words) == 2 and all(name in shapes for name in (*needed, f"{seeing}visual.patch_embed.proj.weight")):
            return PartFile(TEXT_ENCODER, qwen3_vl(words[1]))
    return None


def _mistral3(shapes: Shapes) -> PartFile | None:
    """With what sees pictures: without it, a file may be of a model that writes prompts for another."""
    for language in ("model.language_model.", "language_model.model.", "language_model.", "model."):
        words = shapes.get(f"{language}embed_tokens.weight", ())
        asks = f"{language}layers.0.self_attn.q_proj.weight" in shapes and f"{language}norm.weight" in shapes
        if len(words) == 2 and words[0] == MISTRAL_WORDS and asks:
            sees = any("multi_modal_projector." in name or "vision_" in name for name in shapes)
            return PartFile(TEXT_ENCODER, mistral3(words[1])) if sees else None
    return None


def _flux2_vae(shapes: Shapes) -> PartFile | None:
    start = shapes.get("decoder.conv_in.weight", ())
    if len(start) != 4 or "bn.running_mean" not in shapes:
        return None
    return PartFile(VAE, flux2_vae(start[1]))


def _flux_vae(shapes: Shapes) -> PartFile | None:
    """That of Stable Diffusion 3 has the same names and shapes, and other numbers for its latents: `part_file`."""
    start = shapes.get("decoder.conv_in.weight", ())
    has_more = any(name in shapes for name in ("bn.running_mean", "quant_conv.weight", "post_quant_conv.weight"))
    return PartFile(VAE, flux_vae(start[1])) if len(start) == 4 and not has_more else None


def _qwen25_vl(shapes: Shapes) -> PartFile | None:
    """In its makers' names, or in those of transformers 5; whole, as of `_qwen3`."""
    for language, seeing in (("model.", ""), ("model.language_model.", "model.")):
        words = shapes.get(f"{language}embed_tokens.weight", ())
        asks = f"{language}layers.0.self_attn.q_proj.bias" in shapes  # which Qwen3-VL has not
        needed = (f"{language}norm.weight", f"{seeing}visual.patch_embed.proj.weight")
        if len(words) == 2 and asks and all(name in shapes for name in needed):
            return PartFile(TEXT_ENCODER, qwen25_vl(words[1]))
    return None


def _qwen_vae(shapes: Shapes) -> PartFile | None:
    """In its makers' names, or in those of diffusers. That of Wan 2.1 has the same."""
    for first, last in (("encoder.conv1.weight", "conv2.weight"), ("encoder.conv_in.weight", "post_quant_conv.weight")):
        start, end = shapes.get(first, ()), shapes.get(last, ())
        if len(start) == 5 and len(end) == 5:
            return PartFile(VAE, qwen_vae(end[0], alpha=start[1] == 4))
    return None


def _clip(shapes: Shapes) -> PartFile | None:
    """Without what sees pictures."""
    words = shapes.get("text_model.embeddings.token_embedding.weight", ())
    is_whole = "text_model.final_layer_norm.weight" in shapes
    sees = any(name.startswith("vision_model.") for name in shapes)
    return PartFile(TEXT_ENCODER, clip(words[1])) if len(words) == 2 and is_whole and not sees else None


def _t5(shapes: Shapes) -> PartFile | None:
    """In the names of transformers or of llama.cpp. UMT5 tells the distance of words in each layer."""
    for words, end, gate, second in (
        ("shared.weight", "encoder.final_layer_norm.weight", *_T5_LAYERS),
        ("encoder.embed_tokens.weight", "encoder.final_layer_norm.weight", *_T5_LAYERS),
        ("token_embd.weight", "enc.output_norm.weight", "enc.blk.0.ffn_gate.weight", "enc.blk.1.attn_rel_b.weight"),
    ):
        known = shapes.get(words, ())
        if len(known) == 2 and end in shapes and gate in shapes and second not in shapes:
            return PartFile(TEXT_ENCODER, t5(known[1]))
    return None


_T5_LAYERS = (
    "encoder.block.0.layer.1.DenseReluDense.wi_0.weight",
    "encoder.block.1.layer.0.SelfAttention.relative_attention_bias.weight",
)


def _qwen21_vae(shapes: Shapes) -> PartFile | None:
    """In its makers' names, which are those of Wan 2.2, or in those of diffusers; of transparent pictures."""
    for first, last in (("encoder.conv1.weight", "conv2.weight"), ("encoder.conv_in.weight", "post_quant_conv.weight")):
        start, end = shapes.get(first, ()), shapes.get(last, ())
        if len(start) in (4, 5) and start[1] == 4 and start[2:-2] in ((), (1,)) and len(end) == len(start):
            return PartFile(VAE, qwen21_vae(end[0]))
    return None


_LOOKS: tuple[Callable[[Shapes], PartFile | None], ...] = (
    _qwen3,
    _qwen3_vl,
    _mistral3,
    _flux2_vae,
    _flux_vae,
    _qwen25_vl,
    _qwen21_vae,
    _qwen_vae,
    _clip,
    _t5,
)
