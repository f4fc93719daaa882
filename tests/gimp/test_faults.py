"""What the user is told when something is wrong, in the real GIMP: sentences, GIMP alive, nothing lost."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.gimp.harness import Gimp, Profile, make_profile, read_report
from tests.gimp.scenes import Scenes, call
from tests.support.daemon import Daemon, short_home

pytestmark = [pytest.mark.gimp, pytest.mark.slow]

HELLO = {"name": "layerbridge", "version": "9.9", "instance": "other", "home": "elsewhere", "features": []}
ANSWERS = {
    "future": {**HELLO, "api_min": 7, "api_max": 9},
    "past": {**HELLO, "api_min": 0, "api_max": 0},
    "foreign": {"name": "something else"},
}


def answering(answer: dict[str, Any]) -> ThreadingHTTPServer:
    """A server on a free port that gives one answer to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def runtime_file(folder: Path, name: str, **values: Any) -> str:
    path = folder / f"runtime-{name}.json"
    runtime = {"instance": "other", "addresses": ["http://127.0.0.1:9"], "secret": "", "log": "", **values}
    path.write_text(json.dumps(runtime))
    return str(path)


def make_cases(work: Path, daemon: Daemon, stack: ExitStack) -> list[dict[str, Any]]:
    """Each with the runtime.json that the plug-in finds; the real one is a link, and follows a restart."""
    made = Scenes(work)
    layer = made.picture("photo", "RGB", 160, 120)
    made.add("scene", 160, 120, [layer], rectangle=[40, 30, 50, 50])
    (scene,) = made.scenes
    real = daemon.runtime
    variants = {
        "ok": str(daemon.home / "runtime.json"),
        "stale": runtime_file(work, "stale"),
        "no secret": runtime_file(work, "no-secret", **{**real, "secret": ""}),
        "wrong secret": runtime_file(work, "wrong-secret", **{**real, "secret": "0000-0000-0000"}),
    }
    for name, answer in ANSWERS.items():
        server = answering(answer)
        stack.callback(server.shutdown)
        address = f"http://127.0.0.1:{server.server_port}"
        variants[name] = runtime_file(work, name, addresses=[address])
    long = {"steps": 150}

    def case(name: str, runtime: str | None, prompt: str = "a red ball", **rest: Any) -> dict[str, Any]:
        args = rest.pop("args", {})
        step = call("inpaint", prompt, **args)
        return {"name": name, "runtime": variants[runtime] if runtime else None, "scene": scene, "step": step, **rest}

    huge = {**scene, "width": 20000, "height": 20000, "layers": [{**layer, "file": None}], "rectangle": None}
    unknown = {real_home(daemon): "no such token"}
    return [
        case("down", None),
        case("stale", "stale"),
        case("foreign", "foreign"),
        case("future", "future"),
        case("past", "past"),
        case("unpaired", "no secret", tokens={}),
        case("wrong secret", "wrong secret", tokens={}),
        case("revoked, secret unreadable", "no secret", tokens=unknown),
        case("revoked, paired again", "ok", tokens=unknown),
        {**case("too large", "ok"), "scene": huge},
        case("worker killed", "ok", "kill the worker", args=long),
        case("after the kill", "ok"),
        case("daemon killed", "ok", "kill the daemon", args=long),
        case("after the restart", "ok"),
    ]


def real_home(daemon: Daemon) -> str:
    return daemon.call("GET", "/v1/hello")["home"]


def when_running(
    daemon: Daemon, profile: Profile, prompt: str, act: Callable[[], None], ended: threading.Event
) -> None:
    """Call `act` once a job with this prompt has done its first step."""
    while not ended.wait(0.05):
        try:
            token = json.loads((profile.plugin.data / "tokens.json").read_text())[real_home(daemon)]
            jobs = daemon.call("GET", "/v1/jobs?limit=1", token=token)["jobs"]
        except (OSError, KeyError, ValueError):
            continue
        if jobs and jobs[0]["request"]["params"].get("prompt") == prompt and jobs[0]["progress"]["step"] > 0:
            act()
            return


@pytest.fixture(scope="module")
def faults(gimp: Gimp, gimp_work: Path) -> Iterator[dict[str, Any]]:
    """All cases in one run of GIMP, with a daemon of their own."""
    work, home = short_home(), short_home()
    daemon = Daemon(short_home(), environment={"OMP_NUM_THREADS": "1"}).start()
    profile = replace(make_profile(gimp, home), environment={"LAYERBRIDGE_HOME": str(home)})
    ended = threading.Event()

    def kill_worker() -> None:
        os.kill(daemon.worker_pid(), signal.SIGKILL)

    def restart() -> None:
        daemon.kill()
        time.sleep(1.0)
        daemon.start()

    with ExitStack() as stack:
        for folder in (work, home, profile.folder, daemon.home):
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.callback(daemon.stop)
        stack.callback(ended.set)
        daemon.worker_pid()
        (work / "cases.json").write_text(json.dumps(make_cases(work, daemon, stack)))
        for prompt, act in (("kill the worker", kill_worker), ("kill the daemon", restart)):
            threading.Thread(target=when_running, args=(daemon, profile, prompt, act, ended), daemon=True).start()
        run = profile.batch("faults", str(work), str(home), str(profile.folder))
        yield read_report(work / "faults.json", run)


SENTENCES = {
    "down": "Layerbridge is not running. Start it with “layerbridge serve”",
    "stale": "Layerbridge is not running. Start it with “layerbridge serve”",
    "foreign": "Layerbridge is not running. Start it with “layerbridge serve”",
    "future": "This plug-in is older than Layerbridge 9.9. Run “layerbridge plugin install gimp”",
    "past": "Layerbridge 9.9 is older than this plug-in. Update Layerbridge",
    "unpaired": "Run “layerbridge pair” in a terminal",
    "wrong secret": "Run `layerbridge pair` for a new one",
    "revoked, secret unreadable": "Run “layerbridge pair” in a terminal",
    "too large": "Select a smaller area",
    "worker killed": "Select a smaller area or close other programs, then try again",
    "daemon killed": "Run it again from History",
}


@pytest.mark.parametrize("name", SENTENCES)
def test_says_what_to_do(faults: dict[str, Any], name: str) -> None:
    case = faults[name]
    assert not case["ok"]
    assert SENTENCES[name] in case["error"], case["error"]
    assert case["count"] == 1, "no layer was added"
    for word in ("Traceback", "Errno", "Error(", "None"):
        assert word not in case["error"]


@pytest.mark.parametrize("name", ["revoked, paired again", "after the kill", "after the restart"])
def test_goes_on(faults: dict[str, Any], name: str) -> None:
    assert faults[name]["ok"], faults[name]["error"]
    assert faults[name]["count"] == 2


def test_layer_deleted_meanwhile(faults: dict[str, Any]) -> None:
    """On top of all layers, and the way to fetch it again is said."""
    found = faults["apply"]["layer deleted"]
    assert found["position"] == 0
    assert "History…" in found["notices"][0]


@pytest.mark.parametrize("name", ["image closed", "became indexed"])
def test_image_gone_meanwhile(faults: dict[str, Any], name: str) -> None:
    found = faults["apply"][name]
    assert found["code"] == "gone"
    assert "Nothing is lost" in found["message"] and "History…" in found["message"]


def test_color_and_gray_fit_each_other(faults: dict[str, Any]) -> None:
    assert faults["apply"]["became gray"]["type"] == 3  # GIMP_GRAYA_IMAGE
    assert faults["apply"]["gray result"]["type"] == 1  # GIMP_RGBA_IMAGE


def test_history_knows_an_image_before_and_after_it_is_saved(faults: dict[str, Any]) -> None:
    """Also under another name, moved or copied; not another image that was never saved."""
    found = faults["documents"]
    untitled, first, second = found["names"]
    assert len({untitled, first, second}) == 3 and untitled.startswith("untitled-")
    assert found["twice"] and not found["dirty"], "a note is no change that GIMP asks to save"
    assert found["kept"] == [second, first, untitled]
    assert found["moved"][1:] == [first, untitled]
    assert second not in found["moved"], "nothing was sent under that name"
    assert set(found["copy"]) == {first, untitled}
    assert found["moved and noted"] == [found["moved"][0], first, untitled]
    assert not set(found["other"]) & {untitled, first, second}


@pytest.mark.parametrize("name", ["three channels", "wrong mask", "wrong bounds", "no frame"])
def test_results_are_checked_before_anything_is_written(faults: dict[str, Any], name: str) -> None:
    assert faults["apply"][name]["code"] == "invalid_frame"
