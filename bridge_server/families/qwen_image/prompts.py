"""What Qwen-Image's transformer is told of a prompt: the last answers of Qwen2.5-VL to it, as to a user's request.

The requests are those with which it was trained: https://huggingface.co/Qwen/Qwen-Image and Qwen-Image-Edit, and
diffusers' pipelines of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ...pipelines.memory import BETWEEN
from ...pipelines.prompts import split_framed
from .pictures import Seen
from .spec import TOKENS


@dataclass(frozen=True)
class Request:
    """What stands before and after a prompt. told: tokens of what stands before, of which the transformer hears
    nothing.
    """

    before: str
    after: str
    told: int


DESCRIBE = Request(
    "<|im_start|>system\nDescribe the image by detailing the color, shape, size, texture, quantity, text, spatial "
    "relationships of the objects and background:<|im_end|>\n<|im_start|>user\n",
    "<|im_end|>\n<|im_start|>assistant\n",
    34,
)


CHANGE = Request(
    "<|im_start|>system\nDescribe the key features of the input image (color, shape, size, texture, objects, "
    "background), then explain how the user's text instruction should alter or modify the image. Generate a new image "
    "that meets the user's requirements while maintaining consistency with the original input where appropriate."
    "<|im_end|>\n<|im_start|>user\n",
    "<|im_end|>\n<|im_start|>assistant\n",
    64,
)
PAD = "<|image_pad|>"  # a token of a picture
CAPTION = (
    """<|im_start|>system
You are a helpful assistant.<|im_end|>
<|im_start|>user
# Image Annotator
You are a professional image annotator. Please write an image caption based on the input image:
1. Write the caption using natural, descriptive language without structured formats or rich text.
2. Enrich caption details by including:
 - Object attributes, such as quantity, color, shape, size, material, state, position, actions, and so on
 - Vision Relations between objects, such as spatial relations, functional relations, possessive relations, attachment \
relations, action relations, comparative relations, causal relations, and so on
 - Environmental details, such as weather, lighting, colors, textures, atmosphere, and so on
 - Identify the text clearly visible in the image, without translation or explanation, and highlight it in the caption \
with quotation marks
3. Maintain authenticity and accuracy:
 - Avoid generalizations
 - Describe all visible information in the image, while do not add information not explicitly shown in the image
<|vision_start|>""",
    "<|vision_end|><|im_end|>\n<|im_start|>assistant\n",
)
CAPTION_TOKENS = 512  # at most, as diffusers' pipeline of Qwen-Image-Layered has it
ENDS = ("<|im_end|>", "<|endoftext|>")


@dataclass(frozen=True)
class Read:
    """embeddings: (1, tokens, width), float32. unread: the end of a prompt that was too long."""

    embeddings: torch.Tensor
    unread: str

    @property
    def mask(self) -> torch.Tensor:
        """(1, tokens): all of them count."""
        return torch.ones(self.embeddings.shape[:2], dtype=torch.long, device=self.embeddings.device)


@torch.no_grad()
def read_prompt(
    tokenizer: Any,
    encoder: Any,
    prompt: str,
    device: torch.device,
    pictures: Sequence[Seen] = (),
    *,
    numbered: bool = False,
) -> Read:
    """As diffusers' pipelines of Qwen-Image and, with pictures, Qwen-Image-Edit (Plus: numbered) read it, but that a
    long prompt is cut at a word, and not its request.
    """
    request = CHANGE if pictures else DESCRIBE
    before = request.before + "".join(
        f"{f'Picture {number}: ' if numbered else ''}<|vision_start|>{PAD * seen.tokens}<|vision_end|>"
        for number, seen in enumerate(pictures, 1)
    )
    prompt = prompt.replace(PAD, "") if pictures else prompt
    most = len(tokenizer(before)["input_ids"]) + TOKENS if pictures else request.told + TOKENS
    shown, unread = split_framed(tokenizer, before, prompt, request.after, most)
    given = tokenizer(f"{before}{shown}{request.after}", return_tensors="pt")
    answer = encoder(
        input_ids=given["input_ids"].to(device),
        attention_mask=given["attention_mask"].to(device),
        output_hidden_states=True,
        use_cache=False,
        logits_to_keep=1,
        **what_is_seen(pictures, given["input_ids"] == encoder.config.image_token_id, device),
    )
    return Read(answer.hidden_states[-1][:, request.told :].to(BETWEEN), unread)


@torch.no_grad()
def describe(tokenizer: Any, encoder: Any, picture: Seen, device: torch.device) -> str:
    """What Qwen2.5-VL says of a picture when it is asked for a caption, as diffusers' pipeline of Qwen-Image-Layered
    asks; the likeliest words, so that the same picture gets the same. Empty for an encoder that cannot write, since
    its file has none of the weights for that.
    """
    if encoder.config.tie_word_embeddings:
        return ""
    before, after = CAPTION
    given = tokenizer(f"{before}{PAD * picture.tokens}{after}", return_tensors="pt")
    asked = given["input_ids"]
    answer = encoder.generate(
        input_ids=asked.to(device),
        attention_mask=given["attention_mask"].to(device),
        max_new_tokens=CAPTION_TOKENS,
        do_sample=False,
        temperature=None,
        top_p=None,
        top_k=None,
        eos_token_id=[tokenizer.convert_tokens_to_ids(end) for end in ENDS],
        pad_token_id=tokenizer.convert_tokens_to_ids(ENDS[-1]),
        **what_is_seen([picture], asked == encoder.config.image_token_id, device),
    )
    return tokenizer.decode(answer[0, asked.shape[1] :], skip_special_tokens=True).strip()


def what_is_seen(pictures: Sequence[Seen], places: torch.Tensor, device: torch.device) -> dict[str, Any]:
    """For the text encoder. places: whether a token is of a picture. It tells where in its picture each lies, as when
    the model was trained; diffusers 0.42 with transformers 5 does not.
    """
    if not pictures:
        return {}
    return {
        "pixel_values": torch.cat([seen.patches for seen in pictures]).to(device),
        "image_grid_thw": torch.tensor([[1, seen.rows, seen.columns] for seen in pictures], device=device),
        "mm_token_type_ids": places.int().to(device),
    }
