"""A byte-level BPE tokenizer in CLIP's format, trained on our own captions, so that most words are one token."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import CLIPTokenizer

from .captions import write_caption, write_nonsense
from .concepts import COLORS, Concept

START, END = "<|startoftext|>", "<|endoftext|>"
VOCABULARY = 2000  # 512 bytes with and without word end, the two marks, and merges
WORDS = r"'s|'t|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"  # CLIP's own split


def caption_corpus(concepts: tuple[Concept, ...], seed: int) -> list[str]:
    """Every name in its forms, in and out of sentences, and some words nobody knows."""
    rng = random.Random(seed)
    captions = [name for concept in concepts for name in concept.names]
    for concept in concepts:
        captions += [write_caption(concept, color, COLORS, rng) for color in (None, *COLORS) for _ in range(6)]
    return captions + [write_nonsense(rng) for _ in range(300)]


def train_tokenizer(captions: Iterable[str], folder: Path, length: int) -> CLIPTokenizer:
    """Train, save to the folder and load again. length: tokens of a prompt with start and end."""
    bpe = Tokenizer(models.BPE(unk_token=END, end_of_word_suffix="</w>", fuse_unk=False))
    bpe.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    split = pre_tokenizers.Split(Regex(WORDS), "removed", invert=True)
    bpe.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[START, END],
        end_of_word_suffix="</w>",
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    bpe.train_from_iterator(captions, trainer)
    folder.mkdir(parents=True, exist_ok=True)
    model = json.loads(bpe.to_str())["model"]
    vocabulary, merges = folder / "vocab.json", folder / "merges.txt"
    vocabulary.write_text(json.dumps(model["vocab"]), "utf-8")
    pairs = [pair if isinstance(pair, str) else " ".join(pair) for pair in model["merges"]]
    merges.write_text("#version: 0.2\n" + "\n".join(pairs) + "\n", "utf-8")
    tokenizer = CLIPTokenizer(str(vocabulary), str(merges), model_max_length=length)
    tokenizer.save_pretrained(folder)
    for path in (vocabulary, merges):
        path.unlink()
    return tokenizer
