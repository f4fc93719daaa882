"""LoRAs, for every family that takes some: what they change, that they go again, and whose files are understood."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import cpu_offload
from safetensors.torch import load_file, save_file

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.families.base import Family
from bridge_server.pipelines.adapter_files import AdapterFiles, read_lora
from bridge_server.pipelines.generation import Cancelled, Unwatched

from . import contract_adapters
from .contract import Subject
from .loras import Program, adapter, write_lora
from .toy import registry

FAMILIES = tuple(registry())
TAKING = tuple(family for family in FAMILIES if family.spec.adapters)
UP_AND_DOWN = {"kohya": ("up", "down"), "peft": ("B", "A")}
SD1 = next(family for family in FAMILIES if family.key == "sd1")
Subjects = Callable[[Family], Subject]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.key)
def test_adapters_add_and_leave_no_trace(subjects: Subjects, family: Family, tmp_path: Path) -> None:
    contract_adapters.adds_adapters_and_leaves_no_trace(subjects(family), tmp_path)


@pytest.mark.parametrize(
    "promise",
    [contract_adapters.adds_several_in_any_order, contract_adapters.adds_what_merged_weights_would],
    ids=lambda promise: promise.__name__,
)
@pytest.mark.parametrize("family", TAKING, ids=lambda family: family.key)
def test_what_is_added_is_what_the_file_says(
    exact_subjects: Subjects, family: Family, promise: Callable[[Subject, Path], None], tmp_path: Path
) -> None:
    promise(exact_subjects(family), tmp_path)


@pytest.mark.parametrize("program", ["peft", "diffusers", "old diffusers"])
def test_every_program_s_names_are_understood(exact_subjects: Subjects, program: Program, tmp_path: Path) -> None:
    """The same numbers under other names paint the same picture; kohya's alone have an alpha, of half the rank."""
    subject = exact_subjects(SD1)

    def where(name: str) -> bool:  # what all of them can name
        return name.endswith(("to_k", "to_out.0", "q_proj"))

    kohya, other = (
        write_lora(tmp_path / named, subject.loaded, program=named, where=where) for named in ("kohya", program)
    )
    watch = Unwatched()
    wanted, made = (subject.paint(watch, adapters=(adapter(file, 1.0),)).pixels for file in (kohya, other))
    assert not watch.warnings and np.abs(wanted - subject.paint().pixels).mean() > 1e-3
    assert np.abs(wanted - made).max() < 1e-4


def test_the_alpha_in_the_notes_of_peft_counts(exact_subjects: Subjects, tmp_path: Path) -> None:
    subject = exact_subjects(SD1)
    plain = write_lora(tmp_path / "a", subject.loaded, program="peft")
    notes = {"lora_adapter_metadata": '{"unet.lora_alpha": 1, "text_encoder.lora_alpha": 1, "unet.r": 2}'}
    halved = write_lora(tmp_path / "b", subject.loaded, program="peft", notes=notes)
    wanted = subject.paint(adapters=(adapter(plain, 0.5),)).pixels
    assert np.abs(subject.paint(adapters=(adapter(halved, 1.0),)).pixels - wanted).max() < 1e-4


ATTENTION = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2"


def scaled(folder: Path, beside: object = None, name: str = "style", **notes: object) -> dict[str, float]:
    """What the layers of a LoRA of PEFT's names, of rank 4, are multiplied by, by the ends of their names."""
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.safetensors"
    tensors: dict[str, torch.Tensor] = {}
    for layer in (f"{ATTENTION}.to_k", f"{ATTENTION}.to_q", "text_encoder.text_model.encoder.layers.0.mlp.fc1"):
        tensors |= {f"{layer}.lora_A.weight": torch.ones(4, 8), f"{layer}.lora_B.weight": torch.ones(8, 4)}
    save_file(tensors, file, {"lora_adapter_metadata": json.dumps(notes)} if notes else None)
    if beside is not None:
        (folder / "adapter_config.json").write_text(beside if isinstance(beside, str) else json.dumps(beside))
    spec = SD1.spec
    read = AdapterFiles().read([adapter(file)], spec.adapters["lora"], spec.denoiser)[0]
    return {delta.layer.rpartition("_")[2]: float(delta.up[0, 0]) for delta in read.changes}


def test_the_settings_in_the_notes_scale_each_layer(tmp_path: Path) -> None:
    notes = {
        "unet.lora_alpha": 8,
        "unet.use_rslora": True,
        "unet.r": 4,
        "unet.alpha_pattern": {"attn2.to_q": 2},
        "text_encoder.lora_alpha": 2,
        "text_encoder.alpha_pattern": {"^encoder.layers.0.mlp.fc1": 16},
    }
    assert scaled(tmp_path, **notes) == {"k": 4.0, "q": 1.0, "fc1": 0.5}
    notes["text_encoder.alpha_pattern"] = {"^text_model.encoder.layers.0.mlp.fc1": 16, "fc1": 4}
    assert scaled(tmp_path, **notes)["fc1"] == 4.0
    strange = {"unet.alpha_pattern": {"(a+)+$": 3, "o_k": 5, "to_q": "8"}}
    assert scaled(tmp_path, **strange) == {"k": 1.0, "q": 1.0, "fc1": 1.0}


def test_the_configuration_beside_a_file_of_peft_scales_its_layers(tmp_path: Path) -> None:
    config = {"peft_type": "LORA", "r": 4, "lora_alpha": 16, "use_rslora": False, "alpha_pattern": {"to_k": 2}}
    assert scaled(tmp_path / "a", config, "adapter_model") == {"k": 0.5, "q": 4.0, "fc1": 4.0}
    assert scaled(tmp_path / "a", {**config, "use_rslora": True}, "adapter_model") == {"k": 1.0, "q": 8.0, "fc1": 8.0}
    assert scaled(tmp_path / "a", name="another") == {"k": 1.0, "q": 1.0, "fc1": 1.0}
    with pytest.raises(BridgeError, match=r"adapter_config\.json .*it is not JSON"):
        scaled(tmp_path / "b", "{", "adapter_model")


def test_a_configuration_that_changes_is_read_again(tmp_path: Path) -> None:
    scaled(tmp_path, {"lora_alpha": 4}, "adapter_model")
    files, spec = AdapterFiles(), SD1.spec
    found: list[float] = []
    for alpha in (4, 16):
        (tmp_path / "adapter_config.json").write_text(json.dumps({"lora_alpha": alpha}))
        (read,) = files.read([adapter(tmp_path / "adapter_model.safetensors")], spec.adapters["lora"], spec.denoiser)
        found.append(float(read.changes[0].up[0, 0]))
    assert found == [1.0, 4.0]


def test_a_locon_with_a_middle_matrix_is_a_convolution(exact_subjects: Subjects, tmp_path: Path) -> None:
    """Down of one pixel, then the kernel, then up: what LyCORIS calls Tucker's decomposition."""
    name = "lora_unet_down_blocks_0_resnets_0_conv1"
    random = torch.Generator().manual_seed(0)
    down, mid, up = (torch.randn(shape, generator=random) for shape in ((2, 8, 1, 1), (2, 2, 3, 3), (8, 2, 1, 1)))
    tensors = {f"{name}.lora_{kind}.weight": value for kind, value in (("down", down), ("mid", mid), ("up", up))}
    file = tmp_path / "locon.safetensors"
    save_file(tensors, file)
    spec = exact_subjects(SD1).loaded.spec
    (delta,) = read_lora(adapter(file), spec.adapters["lora"], spec.denoiser).changes
    values = torch.randn((1, 8, 6, 6), generator=random)
    inner = torch.nn.functional.conv2d(torch.nn.functional.conv2d(values, down), mid, padding=1)
    wanted = torch.nn.functional.conv2d(inner, up)
    made = torch.nn.functional.conv2d(values, delta.down, padding=1)
    assert torch.allclose(torch.nn.functional.conv2d(made, delta.up[:, :, None, None]), wanted, atol=1e-4)


@pytest.mark.parametrize("other", ["down_blocks_7", "other_blocks_1"])  # which is not there, which none of XL is called
def test_a_lora_of_which_a_part_fits_is_added_and_said(exact_subjects: Subjects, other: str, tmp_path: Path) -> None:
    subject = exact_subjects(SD1)
    file = write_lora(tmp_path, subject.loaded)
    tensors = load_file(file)
    strange = {name.replace("down_blocks_1", other): value.clone() for name, value in tensors.items()}
    save_file({**tensors, **strange}, file)
    watch = Unwatched()
    subject.paint(watch, adapters=(adapter(file),))
    assert [warned.code for warned in watch.warnings] == ["adapter_partly"]
    kept, added = ({name.partition(".")[0] for name in part} for part in (tensors, strange.keys() - tensors.keys()))
    assert f"only {len(kept)} of {len(kept) + len(added)} layers fit" in watch.warnings[0].message


def test_it_is_added_to_layers_whose_weights_are_moved_in_and_out(exact_subjects: Subjects, tmp_path: Path) -> None:
    """As on a card that does not hold the model: between their uses the weights lie elsewhere."""
    subject = exact_subjects(SD1)
    used = (adapter(write_lora(tmp_path, subject.loaded)),)
    parts = {**subject.loaded.parts, "unet": copy.deepcopy(subject.loaded.parts["unet"])}
    cpu_offload(parts["unet"], torch.device("cpu"))
    assert parts["unet"].down_blocks[1].attentions[0].proj_in.weight.device.type == "meta"
    moved = Subject(SD1, replace(subject.loaded, parts=parts))
    assert np.array_equal(moved.paint(adapters=used).pixels, subject.paint(adapters=used).pixels)
    assert np.array_equal(moved.paint().pixels, subject.paint().pixels)


@pytest.mark.parametrize("fault", ["gone", "cut", "numbers", "layers"])
def test_a_lora_that_cannot_be_added_is_a_sentence(exact_subjects: Subjects, fault: str, tmp_path: Path) -> None:
    subject = exact_subjects(SD1)
    file = write_lora(tmp_path, subject.loaded)
    tensors = load_file(file)
    if fault == "gone":
        file.unlink()
    elif fault == "cut":
        file.write_bytes(file.read_bytes()[:-100])
    elif fault == "numbers":
        save_file({name: value * float("nan") for name, value in tensors.items()}, file)
    else:
        save_file({name.replace("attn", "attention"): value for name, value in tensors.items()}, file)
    codes = {"gone": ErrorCode.MODEL_NOT_FOUND, "layers": ErrorCode.UNSUPPORTED}
    with pytest.raises(BridgeError) as caught:
        subject.paint(adapters=(adapter(file),))
    assert caught.value.code is codes.get(fault, ErrorCode.MODEL_UNREADABLE) and "LoRA style" in caught.value.message
    assert subject.paint().steps_run == 4


def test_a_file_that_changes_is_read_again_and_one_that_does_not_is_not(
    exact_subjects: Subjects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bridge_server.pipelines import adapter_files

    read: list[str] = []
    plain = adapter_files.read_lora

    def counted(one: object, *given: object) -> object:
        read.append(str(one))
        return plain(one, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(adapter_files, "read_lora", counted)
    subject = exact_subjects(SD1)
    used = adapter(write_lora(tmp_path, subject.loaded))
    first = subject.paint(adapters=(used,)).pixels
    subject.paint(adapters=(replace(used, weight=0.5),))
    assert len(read) == 1
    write_lora(tmp_path, subject.loaded, seed=5, where=lambda name: name.endswith("to_q"))
    assert subject.paint(adapters=(used,)).pixels.tobytes() != first.tobytes() and len(read) == 2


@pytest.mark.parametrize("fault", ["a kernel", "ranks", "no rank", "one side", "alpha"])
def test_tensors_that_do_not_go_together_are_a_sentence(exact_subjects: Subjects, fault: str, tmp_path: Path) -> None:
    """Also where the file was another one when it was checked before the job."""
    subject = exact_subjects(SD1)
    program: Program = "peft" if fault == "alpha" else "kohya"
    file = write_lora(tmp_path, subject.loaded, program=program)
    tensors = load_file(file)
    up, down = (next(name for name in tensors if f".lora_{kind}.weight" in name) for kind in UP_AND_DOWN[program])
    outputs, rank = tensors[up].shape
    other = {
        "a kernel": {up: torch.ones((outputs, rank, 2, 2))},
        "ranks": {up: torch.ones((outputs, rank + 1))},
        "no rank": {up: torch.ones((outputs, 0)), down: torch.ones((0, tensors[down].shape[1]))},
        "one side": {up: torch.ones(outputs)},
    }
    alpha = f'{{"unet.lora_alpha": 1{"0" * 400}, "text_encoder.lora_alpha": 1}}'
    notes = {"lora_adapter_metadata": alpha} if fault == "alpha" else None
    save_file({**tensors, **other.get(fault, {})}, file, metadata=notes)
    with pytest.raises(BridgeError) as caught:
        subject.paint(adapters=(adapter(file),))
    assert caught.value.code is ErrorCode.MODEL_UNREADABLE and "LoRA style" in caught.value.message


def test_a_file_that_needs_more_memory_than_there_is_is_not_called_damaged(
    exact_subjects: Subjects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_large(*_: object) -> None:
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")

    subject = exact_subjects(SD1)
    file = write_lora(tmp_path, subject.loaded)
    monkeypatch.setattr("bridge_server.pipelines.adapter_files._delta", too_large)
    with pytest.raises(RuntimeError, match="allocate memory"):  # of which the worker tells that the memory ran out
        subject.paint(adapters=(adapter(file),))


def test_what_fails_while_it_is_added_leaves_nothing_behind(
    exact_subjects: Subjects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a graphics card has memory for some of its matrices."""
    from bridge_server.pipelines import adapters

    class Full(adapters._Addition):
        made = 0

        def __init__(self, *given: object) -> None:
            Full.made += 1
            if Full.made > 3:
                raise torch.OutOfMemoryError("out of memory")
            super().__init__(*given)  # type: ignore[arg-type]

    subject = exact_subjects(SD1)
    used, plain = adapter(write_lora(tmp_path, subject.loaded)), subject.paint().pixels
    monkeypatch.setattr(adapters, "_Addition", Full)
    with pytest.raises(torch.OutOfMemoryError):
        subject.paint(adapters=(used,))
    assert np.array_equal(subject.paint().pixels, plain)


@pytest.mark.parametrize("checks", [1, 5, 20, 60])
def test_a_run_that_is_cancelled_leaves_nothing_behind(exact_subjects: Subjects, checks: int, tmp_path: Path) -> None:
    subject = exact_subjects(SD1)
    one, other = (adapter(write_lora(tmp_path, subject.loaded, name=str(seed), seed=seed)) for seed in (1, 2))
    plain, wanted = subject.paint().pixels, subject.paint(adapters=(other,)).pixels

    class Impatient(Unwatched):
        left = checks

        def check(self) -> None:
            self.left -= 1
            if self.left < 0:
                raise Cancelled

    with pytest.raises(Cancelled):
        subject.paint(Impatient(), adapters=(one,))
    assert np.array_equal(subject.paint(adapters=(other,)).pixels, wanted)
    assert np.array_equal(subject.paint().pixels, plain)
