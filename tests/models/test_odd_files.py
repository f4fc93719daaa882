"""Whatever lies in a model folder: it is listed with its name and the reason, and the others work."""

from __future__ import annotations

import errno
import io
import json
import os
import random
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.families.registry import builtin
from bridge_server.http import model_registry
from bridge_server.http.model_registry import ModelRegistry
from bridge_server.http.models import model_list
from bridge_server.models import header, reading, scan
from bridge_server.models.catalog import Catalog, find_models, resolve
from bridge_server.models.checkpoints import describe_checkpoint
from bridge_server.models.described import Model
from bridge_server.models.header import FIRST_BYTES, MAX_HEADER_BYTES, MAX_TENSORS
from bridge_server.operations.registry import builtin as shipped_operations

from .fuzz import mutated
from .made import checkpoint, folder_model, header_file, stable_diffusion, tensor, whole_header

FIRST = "model.diffusion_model.input_blocks.0.0.weight"
TO_K = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
ENCODER = "first_stage_model.encoder.down."


def listed(folder: Path) -> dict[str, Model]:
    """By name; checks that a client can be sent all of it."""
    models = find_models([folder])
    model_list(models, [], [folder], shipped_operations()).model_dump_json().encode("utf-8")
    return {model.name: model for model in models}


HEADERS: dict[str, tuple[Any, str]] = {
    "notes null": ({"__metadata__": None, **whole_header()}, "__metadata__"),
    "notes list": ({"__metadata__": ["a"], **whole_header()}, "cannot be read"),
    "notes text": ({"__metadata__": "abc", **whole_header()}, "cannot be read"),
    "notes number": ({"__metadata__": {"modelspec.license": 5}, **whole_header()}, "not text"),
    "no shape": ({**whole_header(), FIRST: tensor([])}, "cannot have"),
    "one side": ({**whole_header(), FIRST: tensor([320])}, "cannot have"),
    "text of no shape": ({**whole_header(), TO_K: tensor([])}, "cannot have"),
    "text of width 0": ({**whole_header(), TO_K: tensor([320, 0])}, "cannot have"),
    "text of great width": ({**whole_header(), TO_K: tensor([320, 10**9])}, "cannot have"),
    "negative": ({**whole_header(), FIRST: tensor([-1, -4, 3, 3])}, "impossible shape"),
    "fraction": ({**whole_header(), FIRST: tensor([0, 4.5, 3, 3])}, "impossible shape"),
    "true": ({**whole_header(), FIRST: tensor([0, True, 3, 3])}, "impossible shape"),
    "infinite": (json.dumps(whole_header()).replace("[0, 4, 3, 3]", "[1e999]").encode(), "impossible shape"),
    "not a number": ({**whole_header(), FIRST: tensor([0, float("nan")])}, "impossible shape"),
    "many digits": (json.dumps(whole_header()).replace("[0, 4,", f"[{'9' * 300}, 4,").encode(), "impossible shape"),
    "more digits": (json.dumps(whole_header()).replace("[0, 4,", f"[{'9' * 5000}, 4,").encode(), "no tensors"),
    "many sides": ({**whole_header(), FIRST: tensor([1] * 50)}, "impossible shape"),
    "shape null": ({**whole_header(), FIRST: tensor(None)}, "impossible shape"),
    "no offsets": ({**whole_header(), FIRST: {"dtype": "F32", "shape": [0, 4]}}, "impossible shape"),
    "offsets turned": ({**whole_header(), FIRST: tensor([0, 4], data_offsets=[5, 2])}, "impossible shape"),
    "entry a list": ({**whole_header(), FIRST: [1, 2]}, "cannot be read"),
    "entry null": (b'{"a": null}', "cannot be read"),
    "no text attention": ({k: v for k, v in whole_header().items() if k != TO_K}, "takes in no text"),
    "no encoder": (
        {k: v for k, v in whole_header().items() if ENCODER not in k} | {"first_stage_model.decoder.x": tensor([0])},
        "no encoder",
    ),
    "5000 levels": (whole_header() | {f"{ENCODER}{n}.x": tensor([0]) for n in range(5000)}, "5000 levels"),
    "levels that are no numbers": (whole_header() | {f"{ENCODER}{n}.x": tensor([0]) for n in "abcdef"}, "levels"),
    "many levels of the UNet": (
        whole_header() | {f"model.diffusion_model.input_blocks.{n}.0.op.w": tensor([0]) for n in range(99)},
        "levels",
    ),
    "many tensors": ({f"t{n}": tensor([0]) for n in range(MAX_TENSORS + 1)}, "more than"),
    "a name twice": (b'{"a":%b,"a":%b}' % ((json.dumps(tensor([0])).encode(),) * 2), "named twice"),
    "a long name": ({"x" * 5000: tensor([0])}, "thousand letters"),
    "deep": (b'{"a":' * 5000, "cannot be read"),
    "deep lists": (b'{"a":' + b"[" * 100_000, "cannot be read"),
    "not UTF-8": (json.dumps(whole_header()).encode().replace(b"attn2", b"attn\xe8"), "cannot be read"),
    "a half surrogate": (b'{"\\ud800":%b}' % json.dumps(tensor([0])).encode(), "not a kind of file"),
    "only EMA": ({"model_ema.diffusion_modelinput_blocks00weight": tensor([0])}, "only the EMA weights"),
    "more behind": (json.dumps(whole_header()).encode() + b"{}", "cannot be read"),
    "empty object": (b"{}", "not a kind of file"),
    "a list": (b"[1, 2]", "not a safetensors file"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_an_odd_header_is_named_with_the_reason_and_hides_nothing(tmp_path: Path, name: str) -> None:
    content, words = HEADERS[name]
    header_file(tmp_path / "odd.safetensors", content)
    checkpoint(tmp_path / "good.safetensors", stable_diffusion())
    found = listed(tmp_path)
    assert found["odd"].problem is not None and words in found["odd"].note, found["odd"].note
    assert "odd.safetensors" in found["odd"].note and len(found["odd"].note) < 500
    assert found["good"].problem is None and resolve(None, list(found.values())).name == "good"


def test_the_header_these_are_made_of_is_a_model(tmp_path: Path) -> None:
    header_file(tmp_path / "plain.safetensors", whole_header())
    header_file(tmp_path / "spaced.safetensors", json.dumps(whole_header(), indent=3).encode() + b"   ")
    assert [model.problem for model in listed(tmp_path).values()] == [None] * 3


def test_text_that_cannot_be_shown_is_replaced(tmp_path: Path) -> None:
    notes = {"modelspec.license": "MIT \ud800\x1b[2J", "modelspec.title": 'quo"te \\ back'}
    header_file(tmp_path / "m.safetensors", {"__metadata__": notes, **whole_header()})
    assert listed(tmp_path)["m"].license == "MIT \ufffd\ufffd[2J"


def test_a_large_header_is_neither_read_nor_held(tmp_path: Path) -> None:
    """75 MB of tensors took 1.7 GB and stopped the daemon for nine seconds."""
    file = tmp_path / "large.safetensors"
    length = 75 * 10**6
    with file.open("wb") as stream:
        stream.write(struct.pack("<Q", length) + b'{"a":' + json.dumps(tensor([0])).encode())
        stream.truncate(8 + length)
    with Read() as read:
        assert "72 MB" in listed(tmp_path)["large"].note
    assert 0 < read.bytes_of(file) <= FIRST_BYTES + 8 and length > MAX_HEADER_BYTES


class Read:
    """What os.open's files give when they are read. Faithful to unbuffered files: it only counts."""

    def __enter__(self) -> Read:
        self._counts: dict[Path, int] = {}
        self._patch = pytest.MonkeyPatch()
        real = reading.open_ordinary

        def counted(path: Path) -> Any:
            stream = real(path)
            counts = self._counts

            class Counting(io.FileIO):
                def read(self, size: int | None = -1, /) -> bytes:
                    data = super().read(size) or b""
                    counts[path] = counts.get(path, 0) + len(data)
                    return data

            return Counting(os.dup(stream.fileno()), "rb")

        for module in (reading, header):
            self._patch.setattr(module, "open_ordinary", counted)
        return self

    def __exit__(self, *_: object) -> None:
        self._patch.undo()

    def bytes_of(self, file: Path) -> int:
        return self._counts.get(file, 0)


@pytest.mark.parametrize(
    ("content", "data", "words"),
    [(whole_header(), b"1234", "longer"), ({"a": tensor([4], data_offsets=[0, 16])}, b"1234", "not complete")],
)
def test_a_file_of_another_length_says_which_way(tmp_path: Path, content: Any, data: bytes, words: str) -> None:
    header_file(tmp_path / "m.safetensors", content, data)
    assert words in listed(tmp_path)["m"].note


def test_a_text_encoder_named_in_the_old_way_is_one(tmp_path: Path) -> None:
    shapes = {name.replace("transformer.text_model.", "transformer."): s for name, s in stable_diffusion().items()}
    checkpoint(tmp_path / "merged.safetensors", shapes)
    assert listed(tmp_path)["merged"].problem is None


@pytest.mark.parametrize("name", ["UPPER.SAFETENSORS", "Mixed.SafeTensors"])
def test_suffixes_have_no_case(tmp_path: Path, name: str) -> None:
    checkpoint(tmp_path / name, stable_diffusion())
    assert listed(tmp_path)[Path(name).stem].problem is None


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("pytorch_model.bin", ErrorCode.MODEL_UNSAFE),
        ("m.ckpt", ErrorCode.MODEL_UNSAFE),
        ("m.CKPT", ErrorCode.MODEL_UNSAFE),
        ("m.pth", ErrorCode.MODEL_UNSAFE),
    ],
)
def test_other_kinds_are_listed(tmp_path: Path, name: str, problem: ErrorCode) -> None:
    (tmp_path / name).write_bytes(b"x")
    model = listed(tmp_path)[Path(name).stem]
    assert model.problem is problem and name in model.note and ".safetensors version" in model.note


def pipe(path: Path) -> None:
    os.mkfifo(path)


def bound_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(os.path.relpath(path))  # a socket's path may have a hundred letters


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def link_to_nothing(path: Path) -> None:
    path.symlink_to("nowhere")


def link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


SPECIAL = [pipe, bound_socket, device, link_to_nothing, link_to_itself]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has none of these")
@pytest.mark.parametrize("make", SPECIAL)
@pytest.mark.parametrize("name", ["odd.safetensors", "odd.layerbridge.json", "README.md", "odd.ckpt"])
def test_what_is_no_ordinary_file_is_not_opened(tmp_path: Path, make: Callable[[Path], None], name: str) -> None:
    checkpoint(tmp_path / "good.safetensors", stable_diffusion())
    if name == "odd.layerbridge.json":
        checkpoint(tmp_path / "odd.safetensors", stable_diffusion())
    make(tmp_path / name)
    found = listed(tmp_path)
    assert found["good"].problem is None
    if name != "README.md" or make in (link_to_nothing, link_to_itself):
        assert found["odd" if name != "README.md" else "README"].problem is not None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has none of these")
@pytest.mark.parametrize("make", SPECIAL)
@pytest.mark.parametrize(
    "name", ["README.md", "layerbridge.json", "model_index.json", "unet/config.json", "vae/model.safetensors"]
)
def test_nor_in_a_folder_of_a_model(tmp_path: Path, make: Callable[[Path], None], name: str) -> None:
    folder_model(tmp_path / "good")
    place = folder_model(tmp_path / "odd") / name
    place.unlink(missing_ok=True)
    make(place)
    found = listed(tmp_path)
    assert found["good"].problem is None
    usable = name in ("README.md", "vae/model.safetensors")  # the one tells only the licence, the other is no weights
    assert (found["odd"].problem is None) is usable


@pytest.mark.skipif(sys.platform == "win32", reason="needs the right to make links there")
def test_links_that_lead_in_circles_are_followed_once(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    checkpoint(folder / "m.safetensors", stable_diffusion())
    for number in range(25):
        (folder / f"again{number}").symlink_to(folder, target_is_directory=True)
    looked: list[Path] = []
    real = os.scandir
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "scandir", lambda path: looked.append(Path(path)) or real(path))
        found = [model.name for model in find_models([folder]) if not model.shipped]
    assert found == ["m"] and len([path for path in looked if folder in (path, *path.parents)]) == 1


def test_a_link_to_itself_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "self.safetensors").symlink_to("self.safetensors")
    (model,) = [model for model in find_models([tmp_path]) if not model.shipped]
    assert "it is a link that leads in a circle. Delete it." in model.note


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="their file systems take text only")
def test_names_that_are_not_text(tmp_path: Path) -> None:
    checkpoint(tmp_path / "good.safetensors", stable_diffusion())
    root = os.fsencode(tmp_path)
    folder = Path(os.fsdecode(root + b"/dir\xff"))
    folder.mkdir()
    for place in (folder / "inside.safetensors", Path(os.fsdecode(root + b"/mod\xe8le.safetensors"))):
        place.write_bytes(b"")
    found = listed(tmp_path)
    assert found["good"].problem is None
    for name in ("mod\ufffdle", "dir\ufffd"):
        assert found[name].problem is ErrorCode.MODEL_UNREADABLE and "Rename" in found[name].note
    assert "dir\ufffd" in listed(folder)


@pytest.mark.parametrize("name", ["new\nline", "日本 🍎", "tab\tand \x1b[31mcolour", "a" * 200, "…"])
def test_names_of_all_letters_can_be_used(tmp_path: Path, name: str) -> None:
    if sys.platform == "win32" and not name.isprintable():
        name = "plain"
    checkpoint(tmp_path / f"{name}.safetensors", stable_diffusion())
    (model,) = [model for model in find_models([tmp_path]) if not model.shipped]
    assert model.problem is None and model.name.isprintable() and Path(model.ref.path).is_file()
    assert resolve(model.name, [model]) is model


def test_a_fault_of_ours_costs_one_model_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint(tmp_path / "a.safetensors", stable_diffusion())
    folder_model(tmp_path / "b")

    def broken(*_: object, **__: object) -> Model:
        raise RuntimeError("a fault")

    monkeypatch.setattr(scan, "describe_checkpoint", broken)
    found = listed(tmp_path)
    assert found["b"].problem is None and "report" in found["a"].note


def test_mutated_headers_never_raise(tmp_path: Path) -> None:
    """As bench.models does a hundred thousand times."""
    file = tmp_path / "m.safetensors"
    kinds: set[object] = set()
    families = builtin()
    randomly = random.Random(11)
    with file.open("wb", buffering=0) as stream:
        for number in range(3000):
            stream.seek(0)
            stream.truncate(stream.write(mutated(randomly)))
            model = describe_checkpoint(file, families)
            if number % 20 == 0 or model.problem is None:
                model_list([model], [], [], shipped_operations()).model_dump_json().encode("utf-8")
            assert 0 <= model.ref.native_resolution <= 2048 and 1 <= model.ref.size_multiple <= 2048
            kinds.add(model.problem)
    assert kinds == {None, ErrorCode.MODEL_UNREADABLE, ErrorCode.UNSUPPORTED}


def test_a_second_look_opens_nothing_and_forgets_what_changed(tmp_path: Path) -> None:
    for number in range(50):
        names = {f"lora_unet_{number}.lora_down.weight": (1,), "text.weight": (1,)}
        checkpoint(tmp_path / "loras" / f"l{number}.safetensors", names)
    checkpoint(tmp_path / "m.safetensors", stable_diffusion())
    catalog = Catalog([tmp_path])
    with Opened() as first:
        catalog.look()
    with Opened() as second:
        catalog.look()
    assert len(first.under(tmp_path)) == 51 and second.under(tmp_path) == []
    checkpoint(tmp_path / "m.safetensors", stable_diffusion(channels=9))
    (tmp_path / "loras" / "l7.layerbridge.json").write_text('{"name": "seven"}')
    (tmp_path / "loras" / "l8.safetensors").unlink()
    with Opened() as third:
        found = {model.name: model for model in catalog.look()}
    assert found["m"].ref.inpaint_model and "seven" in found and "l8" not in found and len(found) == 51
    assert len(third.under(tmp_path)) == 3  # the checkpoint; the LoRA and what is said about it


class Opened:
    """The files that are opened through os.open, which is how models are read."""

    def __enter__(self) -> Opened:
        self._paths: list[Path] = []
        self._patch = pytest.MonkeyPatch()
        real = os.open

        def counted(path: Any, *rest: Any, **more: Any) -> int:
            self._paths.append(Path(path))
            return real(path, *rest, **more)

        self._patch.setattr(os, "open", counted)
        return self

    def __exit__(self, *_: object) -> None:
        self._patch.undo()

    def under(self, folder: Path) -> list[Path]:
        return [path for path in self._paths if folder in path.parents]


def test_more_files_than_a_folder_of_models_has_end_the_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "MAX_FILES", 3)
    for number in range(6):
        checkpoint(tmp_path / "many" / f"{number}.safetensors", stable_diffusion())
    found = listed(tmp_path / "many")
    assert [name for name in found if name.isdigit()] == ["0", "1", "2"] and "more than 3" in found["many"].note


async def test_what_no_handle_was_left_for_is_said_and_read_at_the_next_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flood of connections takes every handle for a moment: the shipped model and the user's are still there."""
    checkpoint(tmp_path / "own.safetensors", stable_diffusion())
    registry = ModelRegistry([tmp_path], tmp_path / "models.sqlite3", builtin)

    def none_left(*_: object, **__: object) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with monkeypatch.context() as starved:
        starved.setattr(reading.os, "open", none_left)
        with pytest.raises(BridgeError, match=os.strerror(errno.EMFILE)) as refused:
            await registry.resolve(None)
        assert refused.value.code is ErrorCode.MODEL_UNREADABLE
    monkeypatch.setattr(model_registry, "LOOK_AGAIN_SECONDS", 0.0)
    assert (await registry.resolve(None)).name == "own"
    assert (await registry.resolve("starter")).name == "starter"
