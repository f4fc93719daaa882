"""What a daemon that GIMP starts inherits, on every platform; and what is left of one that does not start."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from gimp_plugin.layerbridge.launch import clean_environment, launch, path_without, usual_dll_folder
from gimp_plugin.layerbridge.start import last_words, not_started_text

pytestmark = pytest.mark.portable

GIMPS = r"C:\Program Files\GIMP 3"
# Set by GIMP's app/main.c (macOS), lib/gimp/3.0/environ (Windows), the AppImage's AppRun, an activated environment.
OF_GIMP = [
    *("PYTHONHOME", "PYTHONPATH", "PYTHONPLATLIBDIR", "PYTHONDONTWRITEBYTECODE", "PYTHONNOUSERSITE", "VIRTUAL_ENV"),
    *("DYLD_LIBRARY_PATH", "DYLD_FRAMEWORK_PATH", "LD_LIBRARY_PATH", "GI_TYPELIB_PATH", "SSL_CERT_FILE"),
    *("GTK_PATH", "GTK_IM_MODULE_FILE", "GDK_PIXBUF_MODULE_FILE", "GIO_MODULE_DIR", "GIO_EXTRA_MODULES"),
    *("GEGL_PATH", "BABL_PATH", "FONTCONFIG_PATH", "XDG_CACHE_HOME", "XDG_DATA_DIRS", "XDG_STATE_HOME"),
]
OF_THE_PAINTER = {
    "HOME": "/home/anna",
    "HTTPS_PROXY": "http://proxy",
    "CUDA_VISIBLE_DEVICES": "1",
    "LANG": "de_DE.UTF-8",
}


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
@pytest.mark.parametrize("name", OF_GIMP)
def test_nothing_of_gimps_own_goes_to_the_daemon(platform: str, name: str) -> None:
    names = {name, name.title(), name.lower()} if platform == "win32" else {name}
    given = {**OF_THE_PAINTER, **dict.fromkeys(names, "of GIMP")}
    assert clean_environment(given, {}, platform, GIMPS) == OF_THE_PAINTER
    noted = clean_environment(given, {name: "noted"}, platform, GIMPS)
    assert noted == {**OF_THE_PAINTER, name: "noted"}, "what the installer noted is passed on"


def test_a_home_that_gimp_was_started_with_wins() -> None:
    chosen = clean_environment({"LAYERBRIDGE_HOME": "/a"}, {"LAYERBRIDGE_HOME": "/b"})
    assert chosen["LAYERBRIDGE_HOME"] == "/a"


def test_gimps_programs_are_not_on_the_daemons_path_on_windows() -> None:
    kept = [r"C:\Windows", r"C:\Program Files\GIMP 3 tools", r"D:\tools"]
    gimps = [GIMPS + r"\bin", r"c:\PROGRAM FILES\gimp 3\BIN", GIMPS, f'"{GIMPS}\\lib"']
    path = ";".join([kept[0], gimps[0], kept[1], *gimps[1:], kept[2]])
    assert path_without(path, GIMPS) == ";".join(kept)
    assert clean_environment({"Path": path}, {}, "win32", GIMPS) == {"Path": ";".join(kept)}
    assert clean_environment({"PATH": "/usr/bin:/bin"}, {}, "linux", "/usr") == {"PATH": "/usr/bin:/bin"}


class Kernel:
    """kernel32's pair of calls as learn.microsoft.com documents them: SetDllDirectoryW(NULL) restores the default
    search order; GetDllDirectoryW fills the buffer and returns the length, 0 where nothing is set.
    """

    def __init__(self, folder: str | None) -> None:
        self.folder = folder

    def SetDllDirectoryW(self, folder: str | None) -> int:  # noqa: N802 - Windows' name
        self.folder = folder
        return 1

    def GetDllDirectoryW(self, _length: int, buffer: Any) -> int:  # noqa: N802 - Windows' name
        buffer.value = self.folder or ""
        return len(self.folder or "")


@pytest.mark.parametrize("folder", [None, GIMPS + r"\bin"])
def test_the_daemon_is_started_without_gimps_dll_folder(folder: str | None) -> None:
    kernel = Kernel(folder)
    with pytest.raises(FileNotFoundError), usual_dll_folder(kernel):
        assert kernel.folder is None
        raise FileNotFoundError
    assert kernel.folder == folder, "GIMP has it back, also where the start failed"


def said_by(log: Path, program: str) -> str:
    launch([sys.executable, "-c", program], {}, log).wait(60)
    return last_words(log)


def test_the_reason_of_a_failed_start_is_kept_and_told(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "start.log"
    reason = said_by(log, "import sys; sys.exit('Warning: x\\nlayerbridge: All of its ports are taken.')")
    assert reason == "All of its ports are taken."
    assert "“All of its ports are taken.”" in not_started_text(log)
    assert said_by(log, "") == "", "each start begins the log anew"
    assert "layerbridge doctor" in not_started_text(log)


def test_only_the_end_of_a_long_log_is_read(tmp_path: Path) -> None:
    log = tmp_path / "start.log"
    log.write_bytes(b"\xff" * 3_000_000 + b"\nlayerbridge: the reason\n")
    assert last_words(log) == "the reason"


def test_no_log_is_no_reason_not_to_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    process = launch([sys.executable, "-c", "import sys; sys.exit(7)"], {}, tmp_path / "file" / "start.log")
    assert process.wait(60) == 7
    assert last_words(None) == last_words(tmp_path / "file" / "start.log") == ""
