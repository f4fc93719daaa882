"""Keys and labels stay with their models: moved, renamed, changed, away for a while, and with a store that is gone."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.models import scan
from bridge_server.models.catalog import Catalog, find_models, resolve
from bridge_server.models.described import Model
from bridge_server.models.store import KEPT_SECONDS

from .made import Shapes, checkpoint, folder_model, stable_diffusion

pytestmark = pytest.mark.portable
LORA: Shapes = {"lora_unet_0.lora_down.weight": (1,)}


def look(folder: Path, *more: Path) -> dict[str, Model]:
    """The models by name, as a daemon that was just started sees them."""
    store = folder.parent / "state" / "models.sqlite3"
    return {model.name: model for model in Catalog([folder, *more], store).look() if not model.shipped}


def make(file: Path, mark: str, shapes: Shapes | None = None) -> Path:
    """A checkpoint that differs from others in what it says of itself."""
    return checkpoint(file, shapes or stable_diffusion(), {"modelspec.title": mark})


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def test_a_key_is_the_same_after_a_restart_and_without_the_store(models: Path) -> None:
    make(models / "a.safetensors", "a")
    make(models / "style.safetensors", "b", LORA)
    folder_model(models / "m")
    keys = {name: model.key for name, model in look(models).items()}
    assert len(set(keys.values())) == 3 and all(len(key) == 16 for key in keys.values())
    assert {name: model.key for name, model in look(models).items()} == keys
    shutil.rmtree(models.parent / "state")
    assert {name: model.key for name, model in look(models).items()} == keys
    assert {model.name: model.key for model in find_models([models]) if not model.shipped} == keys


def test_a_model_keeps_its_key_when_it_is_moved_and_renamed(models: Path) -> None:
    file, folder = make(models / "a.safetensors", "a"), folder_model(models / "m")
    before = look(models)
    (models / "deep").mkdir()
    file.rename(models / "deep" / "b.safetensors")
    folder.rename(models / "deep" / "n")
    after = look(models)
    assert (after["b"].key, after["n"].key) == (before["a"].key, before["m"].key)
    assert resolve(before["a"].key, list(after.values())).ref.path == str(models / "deep" / "b.safetensors")


def test_two_that_change_places_take_their_keys_along(models: Path) -> None:
    first, second = make(models / "a.safetensors", "first"), make(models / "b.safetensors", "second")
    before = look(models)
    first.rename(models / "c")
    second.rename(first)
    (models / "c").rename(second)
    after = look(models)
    assert (after["a"].key, after["b"].key) == (before["b"].key, before["a"].key)


def test_a_model_that_is_changed_where_it_lies_keeps_its_key(models: Path) -> None:
    file = make(models / "a.safetensors", "a")
    before = look(models)["a"].key
    file.write_bytes(b"\x10\0\0\0\0\0\0\0{")
    assert look(models)["a"].key == before and look(models)["a"].problem is ErrorCode.MODEL_UNREADABLE
    make(file, "another version of it")
    assert look(models)["a"].key == before


def test_what_takes_the_place_of_a_model_that_was_moved_is_another(models: Path) -> None:
    file = make(models / "a.safetensors", "old")
    before = look(models)["a"].key
    file.rename(models / "old.safetensors")
    make(file, "new")
    after = look(models)
    assert after["old"].key == before != after["a"].key


def test_a_copy_is_another_model_and_stays_one(models: Path) -> None:
    file = make(models / "z.safetensors", "z")
    before = look(models)["z"].key
    shutil.copy2(file, models / "a.safetensors")
    after = look(models)
    assert after["z"].key == before != after["a"].key
    assert {name: model.key for name, model in look(models).items()} == {
        name: model.key for name, model in after.items()
    }


def test_models_of_one_name_do_not_change_places(models: Path) -> None:
    make(models / "m" / "same.safetensors", "first")
    first = look(models)["same"]
    make(models / "a" / "same.safetensors", "second")
    both = look(models)
    assert both["same"].key == first.key and both["same (2)"].ref.path == str(models / "a" / "same.safetensors")
    assert str(models / "m" / "same.safetensors") in both["same (2)"].note and not both["same"].note
    (models / "m").rename(models.parent / "away")
    assert {name: model.key for name, model in look(models).items()} == {"same (2)": both["same (2)"].key}
    (models.parent / "away").rename(models / "zz")
    again = look(models)
    assert {name: model.key for name, model in again.items()} == {name: model.key for name, model in both.items()}
    for model in both.values():
        assert resolve(model.key, list(again.values())).name == model.name


def test_a_folder_that_comes_back_brings_its_keys(models: Path) -> None:
    other = models.parent / "disk"
    make(models / "a.safetensors", "a")
    make(other / "b.safetensors", "b", LORA)
    before = look(models, other)
    assert set(look(models)) == {"a"}
    assert {name: model.key for name, model in look(models, other).items()} == {
        name: model.key for name, model in before.items()
    }


def test_after_a_year_a_model_is_forgotten(models: Path) -> None:
    file = make(models / "a.safetensors", "a")
    look(models)
    make(file, "changed in place: its key is remembered, not made of its content")
    remembered = look(models)["a"].key
    file.rename(models.parent / "away")
    store = models.parent / "state" / "models.sqlite3"
    with contextlib.closing(sqlite3.connect(store)) as database, database:
        database.execute("UPDATE models SET seen = seen - ?", (KEPT_SECONDS + 1,))
    look(models)
    (models.parent / "away").rename(file)
    assert look(models)["a"].key != remembered


def test_a_second_daemon_reads_only_what_changed(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        make(models / f"{number}.safetensors", str(number))
    make(models / "style.safetensors", "s", LORA)
    (models / "damaged.safetensors").write_bytes(b"{")
    folder_model(models / "folder", sample_size=80)
    first = look(models)
    make(models / "3.safetensors", "three", stable_diffusion(channels=9))
    (models / "4.layerbridge.json").write_text(json.dumps({"steps": 7}))
    read: list[str] = []
    real, real_folder = scan.describe_checkpoint, scan.read_folder
    monkeypatch.setattr(
        scan, "describe_checkpoint", lambda file, *a, **k: read.append(file.stem) or real(file, *a, **k)
    )
    monkeypatch.setattr(scan, "read_folder", lambda folder, *a: read.append(folder.name) or real_folder(folder, *a))
    second = look(models)
    assert sorted(read) == ["3", "4", "damaged"]
    assert second["3"].ref.inpaint_model and second["4"].ref.steps == 7
    assert {name: model for name, model in first.items() if name not in ("3", "4")} == {
        name: model for name, model in second.items() if name not in ("3", "4")
    }
    assert [model.key for model in first.values()] == [model.key for model in second.values()]


def test_a_file_that_changes_while_it_is_read_is_read_again(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = make(models / "a.safetensors", "a")
    real = scan.describe_checkpoint

    def edited_meanwhile(*arguments: object, **more: object) -> Model:
        described = real(*arguments, **more)  # pyright: ignore
        make(file, "the next version", stable_diffusion(channels=9))
        return described

    with monkeypatch.context() as patch:
        patch.setattr(scan, "describe_checkpoint", edited_meanwhile)
        before = look(models)["a"]
    after = look(models)["a"]
    assert not before.ref.inpaint_model and after.ref.inpaint_model and after.key == before.key


def test_a_change_in_a_part_of_a_folder_is_seen(models: Path) -> None:
    folder = folder_model(models / "m")
    catalog = Catalog([models])
    assert not catalog.look()[0].ref.inpaint_model
    config = folder / "unet" / "config.json"
    config.write_text(config.read_text().replace('"in_channels": 4', '"in_channels": 9'))
    assert catalog.look()[0].ref.inpaint_model


def test_another_version_of_the_code_reads_all_again_and_keeps_the_keys(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, elsewhere = make(models / "a.safetensors", "a"), make(models.parent / "disk" / "b.safetensors", "b")
    look(models, elsewhere.parent)
    make(file, "changed")
    before = look(models)["a"].key
    monkeypatch.setattr("bridge_server.models.store.__version__", "99")
    read: list[Path] = []
    real = scan.describe_checkpoint
    monkeypatch.setattr(scan, "describe_checkpoint", lambda file, *a, **k: read.append(file) or real(file, *a, **k))
    assert look(models)["a"].key == before and read == [file]
    assert look(models, elsewhere.parent)["a"].key == before and read == [file, elsewhere]
    look(models, elsewhere.parent)
    assert read == [file, elsewhere]


@pytest.mark.parametrize("content", [b"", b"nothing that SQLite knows" * 500])
def test_a_store_that_is_damaged_is_made_anew(models: Path, content: bytes) -> None:
    make(models / "a.safetensors", "a")
    before = look(models)["a"].key
    store = models.parent / "state" / "models.sqlite3"
    store.write_bytes(content)
    assert look(models)["a"].key == before
    with contextlib.closing(sqlite3.connect(store)) as database:
        assert (before, "a") in database.execute("SELECT key, label FROM models").fetchall()


def test_rows_that_say_nothing_are_read_again(models: Path) -> None:
    make(models / "a.safetensors", "a")
    before = look(models)["a"]
    with contextlib.closing(sqlite3.connect(models.parent / "state" / "models.sqlite3")) as database, database:
        database.execute("UPDATE models SET described = '{}', signature = 'x'")
    assert look(models)["a"] == before


def test_a_store_of_a_newer_version_is_left_alone(models: Path) -> None:
    make(models / "a.safetensors", "a")
    before = look(models)["a"].key
    store = models.parent / "state" / "models.sqlite3"
    with contextlib.closing(sqlite3.connect(store)) as database:
        database.execute("PRAGMA user_version = 99")
    content = store.read_bytes()
    assert look(models)["a"].key == before and store.read_bytes() == content


def test_a_row_says_what_is_known(models: Path) -> None:
    file = make(models / "style.safetensors", "s", LORA)
    (models / "style.layerbridge.json").write_text('{"name": "Style"}')
    folder_model(models / "m")
    (models / "m" / "layerbridge.json").write_text('{"license": "MIT", "steps": 30}')
    found = look(models)
    with contextlib.closing(sqlite3.connect(models.parent / "state" / "models.sqlite3")) as database:
        database.row_factory = sqlite3.Row
        rows = {row["label"]: dict(row) for row in database.execute("SELECT * FROM models")}
    style, model = rows["Style"], rows["m"]
    assert (style["key"], style["role"], style["format"], style["source"]) == (
        found["Style"].key,
        "lora",
        "safetensors",
        "file",
    )
    status = file.stat()
    assert (style["size"], style["mtime_ns"], style["ctime_ns"]) == (
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )
    assert (model["role"], model["family"], model["format"], model["license"]) == ("base", "sd1", "diffusers", "MIT")
    assert json.loads(model["settings"]) == {"license": "MIT", "steps": 30} and rows["starter"]["role"] == "base"
    if os.name != "nt":
        assert (models.parent / "state" / "models.sqlite3").stat().st_mode & 0o077 == 0


def test_a_key_that_nobody_has_is_told_like_a_name(models: Path) -> None:
    make(models / "a.safetensors", "a")
    with pytest.raises(BridgeError) as caught:
        resolve("0123456789abcdef", list(look(models).values()))
    assert caught.value.code is ErrorCode.MODEL_NOT_FOUND
