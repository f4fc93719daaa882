"""Daemons of two homes on one machine: the plug-in talks to its own, starts it, and takes another only when told to."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from bridge_server.cli.plugin import this_target
from gimp_plugin.layerbridge.failures import FOREIGN, UNREACHABLE, BridgeError
from gimp_plugin.layerbridge.remembered import Remembered
from gimp_plugin.layerbridge.session import Connector
from gimp_plugin.layerbridge.start import OTHERS_START, last_words, start
from layerbridge_client import wire
from layerbridge_client.places import Installation
from layerbridge_client.session import Found
from tests.gimp.test_faults import HELLO, answering
from tests.support.daemon import Daemon, short_home

pytestmark = pytest.mark.slow

QUICK = ("--port", "0", "--device", "cpu")


@pytest.fixture(scope="module")
def stranger() -> Iterator[Daemon]:
    daemon = Daemon(short_home(), environment={"OMP_NUM_THREADS": "1"}).start()
    try:
        yield daemon
    finally:
        daemon.stop()
        shutil.rmtree(daemon.home, ignore_errors=True)


@pytest.fixture
def home() -> Iterator[Path]:
    """Of our own daemon; one that a test started is stopped."""
    folder = short_home()
    yield folder
    if (folder / "runtime.json").exists():
        end(folder)
    shutil.rmtree(folder, ignore_errors=True)


def end(home: Path) -> None:
    daemon = Daemon(home)
    process = psutil.Process(daemon.runtime["pid"])
    daemon.call("POST", "/v1/shutdown", {})
    process.wait(60)


def installation(home: Path, command: tuple[str, ...] = ()) -> Installation:
    """As the installer writes it; a port of its own, since other daemons may run on this machine."""
    target = this_target({"LAYERBRIDGE_HOME": str(home)})
    command = command or (*target.command, *QUICK)
    return Installation("", target.runtime, command, target.environment, target.home, target.start_log)


def at_default_port(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setattr(wire, "PORTS", (port,))


def seen_clients(daemon: Daemon) -> list[str]:
    return [client["name"] for client in daemon.call("GET", "/v1/status")["clients"]]


def test_a_strangers_daemon_is_no_dead_end_and_gets_nothing(
    stranger: Daemon, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_default_port(monkeypatch, stranger.port)
    (tmp_path / "bridge_server.py").write_text("raise SystemExit('what lies in the current folder was run')")
    monkeypatch.chdir(tmp_path)
    connector = Connector(installation(home), Remembered(tmp_path / "data"), {})
    stale = (stranger.home / "runtime.json").read_text().replace(stranger.runtime["instance"], "of one that is gone")
    for runtime in (None, stale):
        if runtime:
            (home / "runtime.json").write_text(runtime)
        with pytest.raises(BridgeError) as error:
            connector.call(lambda client: client.models())
        assert error.value.code == FOREIGN, "not unauthorized: no code is asked for"
        assert f"{stranger.port} belongs to another user" in error.value.message
    assert seen_clients(stranger) == []
    start(connector)
    assert connector.call(lambda client: client.models())["models"]
    assert connector.find().client.address == Daemon(home).url
    assert seen_clients(Daemon(home)) == ["GIMP"]
    assert seen_clients(stranger) == []


def test_a_stranger_is_used_where_the_user_chose_it_and_ours_does_not_run(
    stranger: Daemon, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_default_port(monkeypatch, stranger.port)
    connector = Connector(installation(home), Remembered(tmp_path), {})
    other = next(connector.others())
    with pytest.raises(BridgeError) as error:
        connector.choose(other, "WRONGONE")
    assert error.value.code == "pairing_refused"
    with pytest.raises(BridgeError) as error:
        connector.find()
    assert error.value.code == FOREIGN, "a refused code chooses nothing"
    connector.choose(other, stranger.call("POST", "/v1/pairing-codes", {})["code"])
    assert connector.call(lambda client: client.models())["models"]
    assert not connector.is_own(connector.find())
    start(connector)
    assert connector.is_own(connector.find()), "ours comes first as soon as it runs"
    end(home)
    assert connector.find().home == stranger.call("GET", "/v1/hello")["home"]


def test_a_name_alone_is_believed_in_a_sandbox_only(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody can answer with our home's name; where runtime.json can be read, it alone vouches for our daemon."""
    own = installation(home)
    claimant = answering({**HELLO, "home": own.home, "api_min": 1, "api_max": 1})
    try:
        at_default_port(monkeypatch, claimant.server_port)
        remembered = Remembered(tmp_path)
        remembered.keep_token(own.home, "ours")
        with pytest.raises(BridgeError) as error:
            Connector(own, remembered, {}).connect()
        assert error.value.code == FOREIGN
        sandboxed = Installation("", own.runtime, (), own.environment, own.home)
        assert Connector(sandboxed, remembered, {}).connect().client.token == "ours"
        named = Connector(own, remembered, {"LAYERBRIDGE_HOME": str(home)})
        with pytest.raises(BridgeError) as error:
            named.find()
        assert error.value.code == UNREACHABLE, "LAYERBRIDGE_HOME asks for one particular daemon"
    finally:
        claimant.shutdown()
        claimant.server_close()


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("import sys; sys.exit('layerbridge: The disk is full.')", "“The disk is full.”"),
        ("import no_such_module", "No module named 'no_such_module'"),
        ("raise SystemExit(3)", "layerbridge doctor"),
    ],
)
def test_a_start_that_fails_says_why(home: Path, tmp_path: Path, program: str, words: str) -> None:
    failing = installation(home, (sys.executable, "-c", program))
    with pytest.raises(BridgeError) as error:
        start(Connector(failing, Remembered(tmp_path), {}))
    assert error.value.code == UNREACHABLE
    assert words in error.value.message
    assert "Traceback" not in error.value.message


def test_a_real_daemons_own_reason_is_told(home: Path, tmp_path: Path) -> None:
    (home / "spool").write_text("a file where its folder should be")
    with pytest.raises(BridgeError) as error:
        start(Connector(installation(home), Remembered(tmp_path), {}))
    assert "did not start" in error.value.message and "spool" in error.value.message


@dataclass(frozen=True)
class Late(Connector):
    """Another start's daemon, whose runtime.json comes only when our own try has ended and its end was noticed."""

    runtime_text: str = ""
    there_before: frozenset[int] = frozenset()

    def own(self) -> Found | None:
        log, runtime = self.installation.start_log, self.installation.runtime
        if runtime is not None and OTHERS_START in last_words(log) and children() <= self.there_before:
            runtime.write_text(self.runtime_text)
        return super().own()


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children()}


def test_two_starts_at_once_are_one_daemon(home: Path, tmp_path: Path) -> None:
    """The second ends with “is running already”, and the first is waited for."""
    own = installation(home)
    start(Connector(own, Remembered(tmp_path), {}))
    runtime = home / "runtime.json"
    text, before = runtime.read_text(), frozenset(children())
    runtime.unlink()  # as it is while the first one starts
    start(Late(own, Remembered(tmp_path), {}, runtime_text=text, there_before=before))
    assert runtime.read_text() == text
