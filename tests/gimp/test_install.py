"""Where the plug-in goes, for each platform on any platform; and that installing twice or removing leaves no trace."""

from __future__ import annotations

import itertools
import json
import os
import stat
from pathlib import Path

import pytest

from bridge_server.cli.plugin import (
    GimpFolder,
    Machine,
    Target,
    choose_folders,
    find_gimp_folders,
    install,
    installed_version,
    plugin_source,
    this_target,
    uninstall,
)
from bridge_server.config import find_home
from bridge_server.errors import BridgeError
from layerbridge_client.places import read_installation

TARGET = Target("1.2.3", Path("/home/anna/state/runtime.json"), ("/opt/python", "-m", "bridge_server", "serve"), {})


def machine(platform: str, home: Path, **environment: str) -> Machine:
    return Machine(platform, home, environment)


@pytest.mark.parametrize(
    ("platform", "folder", "sandboxed"),
    [
        ("linux", ".config/GIMP/3.0", False),
        ("linux", ".var/app/org.gimp.GIMP/config/GIMP/3.0", True),
        ("linux", "snap/gimp/current/.config/GIMP/3.2", True),
        ("win32", "AppData/Roaming/GIMP/3.0", False),
        ("win32", "AppData/Local/Packages/GIMP.Store_x1/LocalCache/Roaming/GIMP/3.0", True),
        ("darwin", "Library/Application Support/GIMP/3.0", False),
    ],
)
def test_finds_the_user_folder(tmp_path: Path, platform: str, folder: str, sandboxed: bool) -> None:
    (tmp_path / folder).mkdir(parents=True)
    assert find_gimp_folders(machine(platform, tmp_path)) == [GimpFolder(tmp_path / folder, sandboxed)]


def test_finds_every_version_of_gimp_3_newest_first(tmp_path: Path) -> None:
    for name in ("2.10", "3.0", "3.10", "3.2", "notes"):
        (tmp_path / ".config" / "GIMP" / name).mkdir(parents=True)
    found = find_gimp_folders(machine("linux", tmp_path))
    assert [folder.path.name for folder in found] == ["3.10", "3.2", "3.0"]


def test_environment_moves_the_folders(tmp_path: Path) -> None:
    (tmp_path / "configuration" / "GIMP" / "3.0").mkdir(parents=True)
    (tmp_path / "roaming" / "GIMP" / "3.0").mkdir(parents=True)
    linux = machine("linux", tmp_path, XDG_CONFIG_HOME=str(tmp_path / "configuration"))
    windows = machine("win32", tmp_path, APPDATA=str(tmp_path / "roaming"))
    chosen = machine("linux", tmp_path, GIMP3_DIRECTORY="mine")
    assert find_gimp_folders(linux)[0].path == tmp_path / "configuration" / "GIMP" / "3.0"
    assert find_gimp_folders(windows)[0].path == tmp_path / "roaming" / "GIMP" / "3.0"
    assert find_gimp_folders(chosen)[0].path == tmp_path / "mine"


def test_no_gimp_says_where_it_looked_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BridgeError, match="Start GIMP 3 once"):
        choose_folders(machine("linux", tmp_path))


def test_the_folder_may_be_named_by_hand_with_or_without_plug_ins(tmp_path: Path) -> None:
    here = machine("linux", tmp_path)
    assert choose_folders(here, str(tmp_path)) == [GimpFolder(tmp_path)]
    assert choose_folders(here, str(tmp_path / "plug-ins")) == [GimpFolder(tmp_path)]
    with pytest.raises(BridgeError, match="There is no folder"):
        choose_folders(here, str(tmp_path / "x"))


@pytest.mark.parametrize(
    "folder",
    [
        ".var/app/org.gimp.GIMP/config/GIMP/3.0",
        "snap/gimp/393/.config/GIMP/3.0",
        "AppData/Local/Packages/GIMP.Store_x1/LocalCache/Roaming/GIMP/3.0",
    ],
)
def test_a_sandbox_named_by_hand_is_still_a_sandbox(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir(parents=True)
    found = choose_folders(machine("linux", tmp_path), str(tmp_path / folder / "plug-ins"))
    assert found == [GimpFolder(tmp_path / folder, sandboxed=True)]


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_installs_an_executable_entry_and_a_note(tmp_path: Path) -> None:
    plugin = install(GimpFolder(tmp_path), plugin_source(), TARGET)
    assert plugin == tmp_path / "plug-ins" / "layerbridge"
    if os.name != "nt":
        assert stat.S_IMODE((plugin / "layerbridge.py").stat().st_mode) == 0o755
    note = json.loads((plugin / "install.json").read_text())
    assert note["runtime"] == str(TARGET.runtime)
    assert note["command"] == list(TARGET.command)
    assert {"plugin.py", "run.py", str(Path("layerbridge_client", "wire.py"))} <= set(files_in(plugin))
    assert not any("__pycache__" in name for name in files_in(plugin))


def test_a_sandboxed_gimp_gets_no_command(tmp_path: Path) -> None:
    plugin = install(GimpFolder(tmp_path, sandboxed=True), plugin_source(), TARGET)
    assert json.loads((plugin / "install.json").read_text())["command"] == []


def test_installing_again_replaces_everything(tmp_path: Path) -> None:
    folder = GimpFolder(tmp_path)
    plugin = install(folder, plugin_source(), TARGET)
    before = files_in(plugin)
    (plugin / "of_an_older_version.py").write_text("")
    install(folder, plugin_source(), TARGET)
    assert files_in(plugin) == before
    assert [path.name for path in tmp_path.iterdir()] == ["plug-ins"]


def test_a_link_to_a_checkout_is_replaced_not_emptied(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "precious.py").write_text("x")
    folder = GimpFolder(tmp_path / "gimp")
    folder.plugin.parent.mkdir(parents=True)
    folder.plugin.symlink_to(checkout)
    install(folder, plugin_source(), TARGET)
    assert (checkout / "precious.py").read_text() == "x"
    assert not folder.plugin.is_symlink()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    folder = GimpFolder(tmp_path)
    folder.plugin.mkdir(parents=True)
    (folder.plugin / "other.py").write_text("x")
    with pytest.raises(BridgeError, match="not made by Layerbridge"):
        install(folder, plugin_source(), TARGET)
    with pytest.raises(BridgeError, match="not made by Layerbridge"):
        uninstall(folder)
    assert (folder.plugin / "other.py").read_text() == "x"


def test_uninstalling_removes_the_plug_in_and_its_tokens(tmp_path: Path) -> None:
    folder = GimpFolder(tmp_path)
    install(folder, plugin_source(), TARGET)
    folder.data.mkdir()
    (folder.data / "tokens.json").write_text("{}")
    assert installed_version(folder) == "1.2.3"
    assert uninstall(folder)
    assert not uninstall(folder)
    assert installed_version(folder) is None
    assert files_in(tmp_path) == {}


def step_of(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """The `number`th rename fails as on Windows where GIMP has a file of the folder open."""
    rename, calls = Path.rename, itertools.count(1)

    def held(self: Path, target: Path) -> Path:
        if next(calls) == number:
            raise PermissionError(13, "Access is denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", held)


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("linked", [False, True])
def test_an_update_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, linked: bool
) -> None:
    folder = GimpFolder(tmp_path)
    plugin = install(folder, plugin_source(), TARGET)
    if linked:
        plugin.rename(tmp_path / "checkout")
        plugin.symlink_to(tmp_path / "checkout")
    before = files_in(plugin)
    step_of(monkeypatch, number)
    with pytest.raises(BridgeError, match="Close GIMP and try again"):
        install(folder, plugin_source(), Target("2.0", Path("/x"), (), {}))
    assert files_in(plugin) == before and plugin.is_symlink() == linked
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")], "nothing is left beside it"


def test_the_installed_plug_in_knows_the_home_that_was_in_force(tmp_path: Path) -> None:
    environment = {"LAYERBRIDGE_HOME": str(tmp_path)}
    target = this_target(environment)
    assert target.runtime == tmp_path / "runtime.json"
    assert target.environment == environment
    assert this_target({}).environment == {}
    assert (target.home, target.start_log) == (find_home(environment).identity, tmp_path / "logs" / "start.log")
    assert this_target({}).home == find_home({}).identity != target.home
    installed = read_installation(install(GimpFolder(tmp_path), plugin_source(), target), {})
    assert (installed.runtime, installed.home, installed.start_log) == (target.runtime, target.home, target.start_log)
    assert (installed.command, installed.environment) == (target.command, environment)


@pytest.mark.parametrize("name", ["XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "HF_HOME", "HF_HUB_CACHE"])
def test_the_installed_plug_in_knows_every_folder_that_was_in_force(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A GIMP from the desktop sees no shell profile; relative names would mean something else there."""
    monkeypatch.setenv("HOME", "/home/anna")
    monkeypatch.setenv("USERPROFILE", "/home/anna")
    assert this_target({name: "~/there"}).environment == {name: str(Path("/home/anna/there"))}
    assert this_target({name: "here"}).environment == {name: str(Path("here").absolute())}
    mirror = {"HF_ENDPOINT": "https://mirror.example/hub"}
    assert this_target(mirror).environment == mirror


def test_the_installed_plug_in_knows_the_folders_of_models(tmp_path: Path) -> None:
    folders = os.pathsep.join([str(tmp_path / "a"), str(tmp_path / "b")])
    assert this_target({"LAYERBRIDGE_MODELS": folders}).environment == {"LAYERBRIDGE_MODELS": folders}
