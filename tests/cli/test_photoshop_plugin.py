"""The Photoshop panel's package, and where it is put; Adobe's agent is played by a script that keeps its arguments."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from bridge_server.cli.main import main
from bridge_server.cli.photoshop import (
    UPIA,
    build,
    copy_panel,
    installer_agent,
    panel_files,
    panel_source,
    remove_panel,
    run_agent,
)
from bridge_server.cli.plugin import Machine
from bridge_server.errors import BridgeError


def test_the_package_is_the_panel_and_nothing_else() -> None:
    made = build(panel_source())
    manifest = json.loads((panel_source() / "manifest.json").read_text("utf-8"))
    assert made.name == f"{manifest['id']}_PS.ccx"
    with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
        assert names == [path.as_posix() for path in panel_files(panel_source())]
        assert {"manifest.json", manifest["main"], "lib/wire.js"} <= set(names)
        assert not [name for name in names if "node_modules" in name or name.endswith(".psjs")]


def test_the_same_files_give_the_same_bytes_whenever_and_wherever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = copy_panel(panel_source(), tmp_path)
    before = build(first).data
    (first / ".DS_Store").touch()
    monkeypatch.setattr(sys, "platform", "win32")
    for number, path in enumerate(sorted(first.rglob("*"))):
        os.utime(path, (1e9 + number, 1e9 + number))
    assert build(first).data == before == build(panel_source()).data


@pytest.mark.parametrize("fault", ["", "{", '{"id": "x"}', '{"id": "x", "version": "1", "host": [], "main": "a"}'])
def test_a_damaged_manifest_is_a_sentence(tmp_path: Path, fault: str) -> None:
    (tmp_path / "manifest.json").write_text(fault)
    with pytest.raises(BridgeError, match="manifest"):
        build(tmp_path)


def test_the_panel_is_copied_updated_and_removed(tmp_path: Path) -> None:
    folder = copy_panel(panel_source(), tmp_path)
    (folder / "old.js").write_text("// of an older version")
    assert copy_panel(panel_source(), tmp_path) == folder
    assert not (folder / "old.js").exists()
    assert remove_panel(tmp_path) is True
    assert remove_panel(tmp_path) is False
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "layerbridge").mkdir()
    (tmp_path / "layerbridge" / "mine.txt").write_text("keep")
    for attempt in (lambda: copy_panel(panel_source(), tmp_path), lambda: remove_panel(tmp_path)):
        with pytest.raises(BridgeError, match="was not made by Layerbridge"):
            attempt()
    assert (tmp_path / "layerbridge" / "mine.txt").read_text() == "keep"


def test_a_file_instead_of_a_folder_is_told_with_what_to_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "Plug-ins"
    file.write_text("a file")
    for command in (["install", "photoshop", "--into"], ["uninstall", "photoshop", "--into"], ["package", "--out"]):
        assert main(["plugin", *command, str(file)]) == 1
        assert f"{file} is a file. Name the folder" in capsys.readouterr().err
        assert main(["plugin", *command, str(file / "inner")]) == 1
        assert "There is no folder" in capsys.readouterr().err
    assert file.read_text() == "a file"


@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_is_no_folder_of_ours_is_not_replaced(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "layerbridge"
    (tmp_path / "elsewhere").mkdir()
    if kind == "file":
        place.write_text("keep")
    else:
        place.symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    for attempt in (lambda: copy_panel(panel_source(), tmp_path), lambda: remove_panel(tmp_path)):
        with pytest.raises(BridgeError, match=r"was not made by Layerbridge\. Move it away"):
            attempt()
    assert place.is_symlink() or place.read_text() == "keep"


def refuse(*_given: object, **_options: object) -> None:
    raise PermissionError(errno.EACCES, "Permission denied", "inner")


def test_a_folder_that_cannot_be_written_is_told_with_the_ways_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "copyfile", refuse)
    with pytest.raises(BridgeError) as raised:
        copy_panel(panel_source(), tmp_path)
    sentence = raised.value.message
    assert sentence.startswith(f"{tmp_path} cannot be written (Permission denied).")
    assert "administrator" in sentence and "layerbridge plugin package" in sentence
    assert list(tmp_path.iterdir()) == [], "nothing half done stays"


def test_an_update_that_fails_leaves_the_panel_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = copy_panel(panel_source(), tmp_path)
    (folder / "old.js").write_text("// of an older version")
    rename = Path.rename

    def held(path: Path, target: Path) -> Path:
        return rename(path, target) if path.name != ".layerbridge-new" else refuse() or path

    monkeypatch.setattr(Path, "rename", held)
    with pytest.raises(BridgeError, match="Close Photoshop"):
        copy_panel(panel_source(), tmp_path)
    assert (folder / "old.js").is_file()
    assert list(tmp_path.iterdir()) == [folder]
    monkeypatch.setattr(shutil, "rmtree", refuse)
    with pytest.raises(BridgeError, match="Close Photoshop"):
        remove_panel(tmp_path)


def test_adobes_installer_is_found_where_it_is(tmp_path: Path) -> None:
    windows = Machine("win32", tmp_path, {"CommonProgramFiles": str(tmp_path)})
    assert installer_agent(windows) is None
    program = tmp_path / "Adobe" / UPIA / "UnifiedPluginInstallerAgent.exe"
    program.parent.mkdir(parents=True)
    program.touch()
    assert installer_agent(windows) == [str(program), "/install"]
    assert installer_agent(Machine("linux", tmp_path, {})) is None


def test_adobes_installer_gets_the_package_and_its_refusal_is_told(tmp_path: Path) -> None:
    says = "import sys; print(sys.argv[1:]); sys.exit({})"
    package = tmp_path / "panel.ccx"
    assert run_agent([sys.executable, "-c", says.format(0), "/install"], package) == str(["/install", str(package)])
    with pytest.raises(BridgeError, match="Double-click"):
        run_agent([sys.executable, "-c", says.format(3), "/install"], package)
    with pytest.raises(BridgeError, match="Double-click"):
        run_agent([str(tmp_path / "missing")], package)


def test_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("LAYERBRIDGE_HOME", str(tmp_path / "home"))
    assert main(["plugin", "package", "--out", str(tmp_path)]) == 0
    (package,) = tmp_path.glob("*_PS.ccx")
    assert capsys.readouterr().out.strip() == str(package)
    assert main(["plugin", "install", "photoshop"]) == 0
    assert (tmp_path / "home" / package.name).read_bytes() == package.read_bytes()
    assert "Double-click" in capsys.readouterr().out
    assert main(["plugin", "install", "photoshop", "--into", str(tmp_path)]) == 0
    assert (tmp_path / "layerbridge" / "manifest.json").is_file()
    assert main(["plugin", "uninstall", "photoshop", "--into", str(tmp_path)]) == 0
    assert not (tmp_path / "layerbridge").exists()
    assert main(["plugin", "install", "photoshop", "--into", str(tmp_path / "nowhere")]) != 0
