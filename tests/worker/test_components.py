"""What the worker keeps of models: shared where the files are the same, there again without a read, in the budget."""

from __future__ import annotations

import gc
import json
import shutil
import threading
import weakref
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextModel

from bridge_server.families.flux1.single_file import SOURCES as FLUX1
from bridge_server.families.registry import builtin
from bridge_server.families.stable_diffusion.load import StableDiffusion
from bridge_server.families.stable_diffusion_3.single_file import SOURCES as STABLE_DIFFUSION_3
from bridge_server.models.folders import read_folder
from bridge_server.pipelines.family import ComponentKey, LoadOrder
from bridge_server.pipelines.loader import load
from bridge_server.pipelines.memory import RESERVED_BYTES, choose_device, weight_bytes
from bridge_server.pipelines.shared import Shared, of_files
from bridge_server.pipelines.text_sources import CLIP, T5
from bridge_server.pipelines.weight_files import Source
from bridge_server.protocol.tasks import ModelRef
from bridge_server.worker.components import ComponentCache
from tests.models.made import checkpoint
from tests.pipelines.conftest import paint
from tests.support.tiny import build_tiny

from .rig import Rig, make_task, photo, read_result, ref_of, square_mask

PLENTY = 2**30


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """a and b: of their own; same: b's, with a's text encoder and autoencoder."""
    root = tmp_path_factory.mktemp("models")
    made = {"a": build_tiny(root / "a", inpaint=False, seed=1), "b": build_tiny(root / "b", inpaint=False, seed=2)}
    made["same"] = root / "same"
    shutil.copytree(made["b"], made["same"])
    for part in ("text_encoder", "vae"):
        shutil.rmtree(made["same"] / part)
        shutil.copytree(made["a"] / part, made["same"] / part)
    return made


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each component was loaded, by its folder's name and its own."""
    counted: Counter[str] = Counter()
    for kind in (UNet2DConditionModel, AutoencoderKL, CLIPTextModel):
        real = kind.from_pretrained

        def from_pretrained(path: Any, *rest: Any, real: Any = real, **options: Any) -> Any:
            counted[f"{Path(path).parent.name}/{Path(path).name}"] += 1
            return real(path, *rest, **options)

        monkeypatch.setattr(kind, "from_pretrained", from_pretrained)
    return counted


def open_model(folder: Path, components: ComponentCache) -> StableDiffusion:
    """As the worker's loading thread does it."""
    components.begin()
    loaded = load(read_folder(folder, folder.name).ref, builtin(), choose_device("cpu"), None, components=components)
    components.make_room(0)
    assert isinstance(loaded, StableDiffusion)
    return loaded


def test_going_back_to_a_model_loads_nothing(folders: dict[str, Path], loads: Counter[str]) -> None:
    components = ComponentCache(PLENTY)
    for name in ("a", "b", "a", "b"):
        open_model(folders[name], components)
    assert set(loads.values()) == {1} and len(loads) == 6


def test_components_of_the_same_files_are_shared(folders: dict[str, Path], loads: Counter[str]) -> None:
    components = ComponentCache(PLENTY)
    first, second = (open_model(folders[name], components) for name in ("a", "same"))
    for part in ("text_encoder", "vae"):
        assert first.parts[part] is second.parts[part]
    assert first.unet is not second.unet
    assert loads == {"a/unet": 1, "a/vae": 1, "a/text_encoder": 1, "same/unet": 1}
    assert components.size == sum(weight_bytes(part) for part in (*_modules(first), second.unet))


def test_families_that_call_a_file_of_a_part_otherwise_share_it(tmp_path: Path) -> None:
    """Chroma has one text encoder, FLUX.1 two, Stable Diffusion 3 three, and all read the same T5."""
    file = checkpoint(tmp_path / "t5.safetensors", {"shared.weight": (8, 4)})
    components, rest = ComponentCache(PLENTY), (choose_device("cpu"), None, lambda **_: None, builtin())

    def shared(family: str, name: str, source: Source) -> Shared:
        ref = ModelRef("m", str(file), "file", family, "", 1024, 16, False, 4, 1.0)
        order = LoadOrder(ref, builtin().named(family).spec, file, {}, *rest, components)
        return of_files(order, {name: file}, {name: source.name})

    first = shared("flux1-dev", "text_encoder_2", T5)
    components.keep(first.keys["text_encoder_2"], "T5", 1)
    assert not first.ready
    assert shared("sd35-large", "text_encoder_3", T5).ready == {"text_encoder_3": "T5"}
    assert shared("chroma", "text_encoder", T5).ready == {"text_encoder": "T5"}
    assert not shared("chroma", "text_encoder", CLIP).ready


@pytest.mark.parametrize("sources", [FLUX1, STABLE_DIFFUSION_3], ids=["flux1", "stable_diffusion_3"])
def test_the_parts_in_a_file_with_all_of_them_are_told_apart_by_what_they_become(sources: dict[str, Source]) -> None:
    assert len({source.name for source in sources.values()}) == len(sources)


def test_what_is_kept_paints_the_same_bytes(folders: dict[str, Path]) -> None:
    components = ComponentCache(PLENTY)
    alone = {name: paint(open_model(folder, ComponentCache(0))).pixels.tobytes() for name, folder in folders.items()}
    for name in ("a", "same", "b", "a", "same", "b"):
        assert paint(open_model(folders[name], components)).pixels.tobytes() == alone[name]
    assert len(set(alone.values())) == 3


def test_another_configuration_of_the_same_weights_is_another_component(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(folders["a"], changed)
    config = changed / "vae" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"scaling_factor": 0.25}))
    components = ComponentCache(PLENTY)
    first, second = open_model(folders["a"], components), open_model(changed, components)
    assert second.vae.config.scaling_factor == 0.25 != first.vae.config.scaling_factor
    assert second.parts["text_encoder"] is first.parts["text_encoder"]


def test_what_does_not_fit_is_let_go_before_the_next_is_loaded(folders: dict[str, Path]) -> None:
    first = open_model(folders["a"], ComponentCache(PLENTY))
    size = sum(weight_bytes(part) for part in _modules(first))
    del first
    dropped: list[int] = []
    components = ComponentCache(size * 3 // 2, dropped=lambda: dropped.append(gc.collect()))
    gone = [weakref.ref(part) for part in _modules(open_model(folders["a"], components))]
    gc.collect()
    assert all(part() is not None for part in gone) and not dropped
    open_model(folders["b"], components)
    gc.collect()
    assert components.size <= size * 3 // 2 and len(dropped) >= 1
    assert not gone[0]() or not gone[1]() or not gone[2]()
    components.clear()
    gc.collect()
    assert components.size == 0 and not any(part() for part in gone)


def test_the_model_in_use_is_kept_whatever_it_takes(folders: dict[str, Path], loads: Counter[str]) -> None:
    components = ComponentCache(0)
    for name in ("a", "a", "b", "a"):
        open_model(folders[name], components)
    assert loads["a/unet"] == 2 and loads["b/unet"] == 1


def test_the_least_recently_used_goes_first() -> None:
    components = ComponentCache(30)
    keys = [ComponentKey(name, "float32", "cpu") for name in "abc"]
    for key in keys:
        components.keep(key, key.hash, 10)
    components.begin()
    assert components.take(keys[0]) == "a"
    components.make_room(10)
    assert [components.take(key) for key in keys] == ["a", None, "c"]
    components.make_room(100)
    assert components.size == 20, "those in use stay"
    components.forget(keys[0])
    assert components.take(keys[0]) is None
    assert components.take(ComponentKey("c", "bfloat16", "cpu")) is None
    components.clear()
    assert components.size == 0


def test_what_is_taken_while_unused_components_go_is_not_let_go() -> None:
    """The thread that paints lets go while the one that loads takes."""
    keys = [ComponentKey(name, "", "") for name in "abc"]
    taken: list[str | None] = []
    loading = threading.Thread(target=lambda: taken.append(components.take(keys[1])))

    def dropped() -> None:
        if not loading.ident:
            loading.start()
            loading.join(0.5)  # it may not come so far: then it waits until all are gone

    components = ComponentCache(PLENTY, dropped=dropped)
    for key in keys:
        components.keep(key, key.hash, 10)
    components.begin()
    components.drop_unused()
    loading.join()
    assert (taken, components.size) in (([None], 0), (["b"], 10))


def test_memory_that_is_not_free_counts_as_much_as_the_budget() -> None:
    free = [RESERVED_BYTES + 5]
    components = ComponentCache(PLENTY, lambda: free[0], lambda: free.__setitem__(0, free[0] + 10))
    for name in "abc":
        components.keep(ComponentKey(name, "", ""), name, 10)
    components.begin()
    components.make_room(20)
    assert components.size == 10 and components.take(ComponentKey("c", "", "")) == "c"


def test_a_worker_that_goes_from_model_to_model_paints_the_same(
    rig: Rig, folders: dict[str, Path], tmp_path: Path
) -> None:
    made: dict[str, set[bytes]] = {"a": set(), "same": set()}
    for number, name in enumerate(("a", "same", "a", "same")):
        task = make_task(
            tmp_path, ref_of(folders[name]), name=f"kept{number}", image=photo(), mask=square_mask(), steps=2
        )
        rig.run(task)
        made[name].add(read_result(task)[1].tobytes())
    assert [len(pictures) for pictures in made.values()] == [1, 1] and made["a"] != made["same"]


def _modules(loaded: StableDiffusion) -> list[Any]:
    return [loaded.unet, loaded.vae, loaded.parts["text_encoder"]]
