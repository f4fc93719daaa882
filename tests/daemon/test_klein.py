"""FLUX.2 Klein through a real daemon and worker: every job that paints, with the distilled and the base model."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from safetensors.torch import load_file

from bridge_server.families.flux2_klein.tiny import build
from tests.families.loras import write_lora_for
from tests.support.daemon import Daemon
from tests.support.few_bits import write
from tests.support.gguf_file import write_gguf
from tests.support.klein_file import write_comfy, write_file
from tests.support.painting import KINDS, lands_as_planned, leaves_no_trace, serving

FAMILIES = {
    "klein": "flux2-klein-4b",
    "base": "flux2-klein-base-9b",
    "flux-2-klein-9b": "flux2-klein-9b",
    "flux-2-klein-base-4b": "flux2-klein-base-4b",
}
FILE = "flux-2-klein-9b"
FEW_BITS = "flux-2-klein-base-4b"
JOBS = [("klein", kind) for kind in KINDS] + [("base", "inpaint"), (FILE, "img2img"), (FEW_BITS, "inpaint")]


def few_bits(folder: Path) -> None:
    """ComfyUI's files of the base model: its transformer as GGUF, its text encoder in scaled fp8."""
    file = write_comfy(folder / "base", folder / "ComfyUI" / "models", name=FEW_BITS)
    if find_spec("gguf"):  # an extra
        write_gguf(file.with_suffix(".gguf"), load_file(file))
        file.unlink()
    encoder = folder / "ComfyUI" / "models" / "text_encoders" / "qwen_3_4b.safetensors"
    packed, plain = write(folder / "packed.safetensors", load_file(encoder), "scaled fp8")
    packed.replace(encoder)
    plain.unlink()


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("models")
    for name in ("klein", "base"):
        build(folder / name, family=FAMILIES[name])
    write_file(folder / "base", folder / f"{FILE}.safetensors", "", "flux2-klein-9b")
    few_bits(folder)
    write_lora_for(folder, "klein", name="ink")
    with serving(folder) as running:
        yield running


@pytest.mark.parametrize(("model", "kind"), JOBS)
def test_each_job_gives_a_layer_where_the_plan_said(daemon: Daemon, model: str, kind: str) -> None:
    message = lands_as_planned(daemon, kind, model)
    assert (message["model"]["name"], message["model"]["family"]) == (model, FAMILIES[model])


def test_the_list_says_what_each_can_do_and_of_what_its_defaults_are(daemon: Daemon) -> None:
    listed = {model["name"]: model for model in daemon.call("GET", "/v1/models")["models"]}
    assert all(set(KINDS) <= set(listed[name]["operations"]) for name in FAMILIES)
    few, many = listed["klein"], listed["base"]
    assert (few["guidance"], few["negative_prompt"], few["img2img_strength"]) == ("none", False, 0.5)
    assert (many["guidance"], many["negative_prompt"], many["guidance_scale"]) == ("cfg", True, 3.0)
    assert few["options"]["sampler"]["choices"] == ["auto", "Euler", "DPM++ 2M", "DPM++ 2M SDE", "UniPC"]
    assert not few["options"]["guidance_scale"]["read"]
    assert set(listed["ink"]["adds_to"]) == {"flux2-klein-4b", "flux2-klein-base-4b"}


def test_a_lora_changes_the_picture_and_leaves_no_trace(daemon: Daemon) -> None:
    leaves_no_trace(daemon, "klein", "ink")
