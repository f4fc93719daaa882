"""Headers of .gguf files: read by themselves, within limits, and told as what they are."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.models.catalog import find_models
from bridge_server.models.gguf import read_gguf
from tests.families.published.klein_file import transformer
from tests.families.published.klein_folder import klein_folder

from .made import checkpoint, stable_diffusion

F32, F16, Q4_K = 0, 1, 12


def text(words: str) -> bytes:
    return struct.pack("<Q", len(words.encode())) + words.encode()


def header(
    tensors: dict[str, tuple[tuple[int, ...], int, int]], notes: bytes = b"", *, count: int = 0, version: int = 3
) -> bytes:
    """tensors: sides as torch has them, kind and place. notes: `count` of them."""
    made = b"GGUF" + struct.pack("<IQQ", version, len(tensors), count) + notes
    for name, (sides, kind, place) in tensors.items():
        made += text(name) + struct.pack("<I", len(sides))
        made += struct.pack(f"<{len(sides)}Q", *reversed(sides)) + struct.pack("<IQ", kind, place)
    return made


def written(file: Path, made: bytes, data: int = 0) -> Path:
    start = -(-len(made) // 32) * 32
    file.write_bytes(made.ljust(start, b"\0"))
    with file.open("r+b") as stream:
        stream.truncate(start + data)
    return file


def test_what_the_library_writes_is_read(tmp_path: Path) -> None:
    pytest.importorskip("gguf")
    import numpy as np

    from tests.support.gguf_file import write_gguf

    values = np.arange(128, dtype=np.float32).reshape(2, 64)
    file, _ = write_gguf(tmp_path / "a.gguf", {"one": values, "two": values[0, :3], "three": values[:, :3]})
    told = read_gguf(file)
    assert {name: (tensor.kind.name, tensor.shape) for name, tensor in told.items()} == {
        "one": ("Q8_0", (2, 64)),
        "two": ("F32", (3,)),
        "three": ("F16", (2, 3)),
    }
    two = told["two"]
    assert np.frombuffer(file.read_bytes()[two.place : two.place + two.size], np.float32).tolist() == [0, 1, 2]


def test_a_note_brings_back_sides_that_were_joined(tmp_path: Path) -> None:
    notes = text("general.architecture") + struct.pack("<I", 8) + text("flux")
    notes += sides(4, 8, 8)
    notes += text("tokens") + struct.pack("<IIQ", 9, 8, 2) + text("x") + text("y")
    told = read_gguf(written(tmp_path / "a.gguf", header({"a": ((1, 256), Q4_K, 0)}, notes, count=3), 144))
    assert (told["a"].shape, told["a"].rows, told["a"].size) == ((4, 8, 8), (1, 256), 144)


@pytest.mark.parametrize("size", ["4b", "9b"])
def test_the_published_transformer_is_listed(tmp_path: Path, size: str) -> None:
    klein_folder(tmp_path / "rest" / "klein", size, is_distilled=True)
    tensors: dict[str, tuple[tuple[int, ...], int, int]] = {}
    place = 0
    for name, sides in transformer(size).items():
        is_packed = len(sides) == 2 and sides[1] % 256 == 0
        count = sides[0] * (sides[1] if len(sides) == 2 else 1)
        tensors[name] = sides, Q4_K if is_packed else F32, place
        place += count // 256 * 144 if is_packed else count * 4
    (tmp_path / "models").mkdir()
    file = written(tmp_path / "models" / f"flux-2-klein-{size}-Q4_K_M.gguf", header(tensors), place)
    file.with_name(f"{file.stem}.layerbridge.json").write_text(json.dumps({"config": "../rest/klein"}))
    (model,) = [model for model in find_models([tmp_path / "models"]) if not model.shipped]
    assert model.problem is None and model.ref.family == f"flux2-klein-{size}", model.note
    assert (model.format, model.size) == ("gguf", file.stat().st_size) and model.fingerprint


def sides(*told: int) -> bytes:
    """The note of those of a tensor called a."""
    return text("comfy.gguf.orig_shape.a") + struct.pack(f"<IIQ{len(told)}i", 9, 5, len(told), *told)


ONE = {"a": ((2, 256), Q4_K, 0)}
ENDLESS = text("a") + struct.pack("<IIQ", 9, 8, 2**20) + text("") * 2**20
BAD: dict[str, tuple[bytes, int, str]] = {
    "empty": (b"", 0, "ends in the middle"),
    "another file": (b"PK\3\4" + b"\0" * 100, 0, "it is no GGUF file"),
    "version": (header(ONE, version=1), 288, "version 1"),
    "half of it": (header(ONE), 200, "shorter than its header says"),
    "tensors": (b"GGUF" + struct.pack("<IQQ", 3, 2**40, 0), 0, "1,099,511,627,776 tensors"),
    "notes": (b"GGUF" + struct.pack("<IQQ", 3, 0, 2**40), 0, "1,099,511,627,776 notes"),
    "sides": (b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + text("a") + struct.pack("<I", 2**30), 0, "1,073,741,824 sides"),
    "name": (b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + struct.pack("<Q", 2**60), 0, "a text of"),
    "list": (header({}, text("a") + struct.pack("<IIQ", 9, 4, 2**60), count=1), 0, "longer than the header"),
    "negative": (header({"a": ((2, 256), Q4_K, 0)}, sides(-2, -256), count=1), 288, "a has two sizes"),
    "empty sides": (header({"a": ((0, 256), Q4_K, 0)}, sides(0, -1), count=1), 0, "a has two sizes"),
    "overlapping": (header({"a": ((1, 256), Q4_K, 0), "b": ((1, 256), Q4_K, 0)}), 144, "lie on one another"),
    "block": (header({"a": ((2, 100), Q4_K, 0)}), 288, "in the middle of a block"),
    "huge": (header({"a": ((2**60, 256), Q4_K, 0)}), 0, "impossible shape"),
    "alignment": (header(ONE, text("general.alignment") + struct.pack("<II", 4, 0), count=1), 288, "alignment"),
    "endless": (header({}, ENDLESS, count=1), 0, "more than 8 MB"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_whole_file_is_refused_with_the_reason(tmp_path: Path, name: str) -> None:
    made, data, words = BAD[name]
    file = written(tmp_path / "a.gguf", made, data) if made else tmp_path / "a.gguf"
    file.touch()
    with pytest.raises(BridgeError, match=words) as caught:
        read_gguf(file)
    assert caught.value.code is ErrorCode.MODEL_UNREADABLE
    (model,) = [model for model in find_models([tmp_path]) if not model.shipped]
    assert model.problem is ErrorCode.MODEL_UNREADABLE and words in model.note


@pytest.mark.parametrize(("kind", "words"), [(17, "(IQ2_XS)"), (26, "(I32)"), (39, "(MXFP4)"), (77, "(kind 77)")])
def test_numbers_of_other_kinds_are_told_with_those_to_get(tmp_path: Path, kind: int, words: str) -> None:
    written(tmp_path / "a.gguf", header({"a": ((2, 256), kind, 0)}), 288)
    (model,) = [model for model in find_models([tmp_path]) if not model.shipped]
    assert model.problem is ErrorCode.UNSUPPORTED
    assert f"a.gguf has numbers that Layerbridge cannot read {words}. Get it as Q8_0 to Q2_K" in model.note


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 0.5])
def test_lists_of_other_numbers_in_the_notes_are_passed_over(tmp_path: Path, value: float) -> None:
    notes = text("a") + struct.pack("<IIQ2f", 9, 6, 2, value, 1.0)
    told = read_gguf(written(tmp_path / "a.gguf", header(ONE, notes, count=1), 288))
    assert told["a"].shape == (2, 256)


def test_a_language_model_is_told_as_one(tmp_path: Path) -> None:
    written(tmp_path / "qwen.gguf", header({"token_embd.weight": ((10, 16), F32, 0)}), 640)
    (model,) = [model for model in find_models([tmp_path]) if not model.shipped]
    assert model.problem is ErrorCode.UNSUPPORTED and "a language model of llama.cpp" in model.note


def test_a_family_that_reads_no_few_bits_says_so(tmp_path: Path) -> None:
    shapes = stable_diffusion()
    tensors = {name: ((0, *sides[1:]), F32, 0) for name, sides in shapes.items()}
    written(tmp_path / "sd.gguf", header(tensors))
    checkpoint(tmp_path / "scaled.safetensors", shapes | {"scaled_fp8": (2,)})
    models = [model for model in find_models([tmp_path]) if not model.shipped]
    assert len(models) == 2
    for model in models:
        assert model.problem is ErrorCode.UNSUPPORTED and "has numbers of few bits" in model.note, model.note
