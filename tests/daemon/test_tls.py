"""Beyond this machine only with TLS; its certificate; and by which names a daemon lets itself be called from where."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import trustme
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from bridge_server.cli.connection import Connection, connect
from bridge_server.config import Home, ServeOptions, find_home
from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.http import site
from bridge_server.http.app import make_app
from bridge_server.http.origin import check_host, check_origin, own_names
from bridge_server.http.runtime import Runtime, read_runtime, write_runtime
from bridge_server.http.server import open_services, prepare_folders
from bridge_server.http.tls import check_exposure, is_loopback, load_tls
from bridge_server.operations.registry import builtin
from gimp_plugin.layerbridge.failures import BridgeError as PluginError
from gimp_plugin.layerbridge.remembered import Remembered
from gimp_plugin.layerbridge.session import Connector
from layerbridge_client.places import Installation
from tests.support.daemon import READY_SECONDS, Daemon
from tests.support.requests import frame


@dataclass(frozen=True)
class Files:
    cert: Path
    key: Path
    both: Path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A certificate for a name that no test uses, as PEM files."""
    return make_files(tmp_path_factory.mktemp("tls"))


def make_files(folder: Path) -> Files:
    made = trustme.CA().issue_cert("painter.example")
    files = Files(folder / "cert.pem", folder / "key.pem", folder / "both.pem")
    made.cert_chain_pems[0].write_to_path(files.cert)
    made.private_key_pem.write_to_path(files.key)
    made.private_key_and_cert_chain_pem.write_to_path(files.both)
    return files


def own_address() -> str:
    """An address of this machine that is not loopback; a machine without a network has none."""
    for addresses in psutil.net_if_addrs().values():
        for address in addresses:
            if address.family == socket.AF_INET and not is_loopback(address.address):
                return address.address
    return "127.0.0.1"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "8.8.8.8", "fe80::1", "::ffff:10.0.0.1"])
def test_without_tls_nothing_is_heard_beyond_this_machine(host: str, files: Files) -> None:
    with pytest.raises(BridgeError, match=r"without TLS: everybody in that network.*--tls-cert FILE.*SSH tunnel"):
        check_exposure(["127.0.0.1", host], None)
    check_exposure([host], load_tls(files.both, None))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "127.3.2.1", "localhost", "no such name", ""])
def test_loopback_needs_none(host: str) -> None:
    if host:
        check_exposure([host], None)
    assert not is_loopback("localhost.example")


def test_the_command_refuses_before_anything_starts(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "bridge_server", "serve", "--host", "0.0.0.0", "--port", "0"]
    environment = {**os.environ, "LAYERBRIDGE_HOME": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=READY_SECONDS)
    assert done.returncode == 1
    assert done.stderr.startswith("layerbridge: Layerbridge does not listen on 0.0.0.0 without TLS")
    assert not (tmp_path / "runtime.json").exists()
    assert not (tmp_path / "journal.sqlite3").exists()


def wrong_files(files: Files, folder: Path) -> dict[str, tuple[Path | None, Path | None, str]]:
    other = make_files(folder)
    empty, binary, locked = folder / "empty.pem", folder / "der.pem", folder / "locked.pem"
    empty.write_text("")
    binary.write_bytes(ssl.PEM_cert_to_DER_cert(files.cert.read_text()))
    locked.write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n")
    broken = folder / "broken.pem"
    broken.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + files.key.read_text())
    return {
        "key alone": (None, files.key, "--tls-key needs its certificate too: --tls-cert FILE."),
        "missing": (folder / "none.pem", files.key, "none.pem cannot be read: No such file"),
        "missing key": (files.cert, folder / "none.pem", "--tls-key: .*none.pem cannot be read"),
        "folder": (folder, files.key, "cannot be read: "),
        "empty": (empty, files.key, "empty.pem holds no certificate in the PEM form"),
        "binary": (binary, files.key, "der.pem holds no certificate in the PEM form"),
        "key for certificate": (files.key, files.key, "key.pem holds no certificate"),
        "certificate for key": (files.cert, files.cert, "cert.pem holds no private key"),
        "no key": (files.cert, None, "cert.pem holds no private key .* Name its file with --tls-key"),
        "of another": (files.cert, other.key, "does not belong to the certificate"),
        "locked": (files.cert, locked, "is locked with a passphrase"),
        "broken": (broken, None, "cannot be read: "),
    }


@pytest.mark.parametrize("case", range(12))
def test_wrong_files_get_a_sentence(files: Files, tmp_path: Path, case: int) -> None:
    certificate, key, sentence = list(wrong_files(files, tmp_path).values())[case]
    with pytest.raises(BridgeError, match=sentence) as caught:
        load_tls(certificate, key)
    assert caught.value.code is ErrorCode.INVALID_REQUEST
    assert caught.value.message.endswith((".", "`."))


def test_the_key_may_be_in_the_same_file(files: Files) -> None:
    made = load_tls(files.both, None)
    assert made is not None
    assert made.certificate == files.cert.read_text()
    assert load_tls(None, None) is None


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory, files: Files) -> Iterator[Daemon]:
    home = tmp_path_factory.mktemp("home")
    running = Daemon(home, arguments=("--host", "0.0.0.0", "--tls-cert", str(files.cert), "--tls-key", str(files.key)))
    running.start()
    yield running
    running.stop()


def test_the_owners_command_line_and_gimp_speak_tls_with_that_certificate(secure: Daemon, files: Files) -> None:
    assert secure.runtime["addresses"] == [f"https://127.0.0.1:{secure.port}"]
    connection = connect(find_home({"LAYERBRIDGE_HOME": str(secure.home)}))
    assert connection is not None
    assert connection.runtime.certificate == files.cert.read_text()
    assert connection.call("GET", "/v1/status")["addresses"] == [f"https://127.0.0.1:{secure.port}"]
    job = json.loads(connection.raw("POST", "/v1/jobs", frame()))["id"]
    assert connection.call("GET", f"/v1/jobs/{job}?wait=1")["job"]["id"] == job
    gimp = Connector(Installation(runtime=secure.home / "runtime.json"), Remembered(secure.home / "gimp"))
    assert gimp.call(lambda client: client.jobs())["jobs"] == []


def test_a_server_with_another_certificate_hears_nothing(secure: Daemon, tmp_path: Path) -> None:
    other = make_files(tmp_path)
    runtime = read_runtime(secure.home / "runtime.json")
    assert runtime is not None
    home = find_home({"LAYERBRIDGE_HOME": str(tmp_path / "home")})
    home.state.mkdir()
    changed: dict[str, Any] = {**vars(runtime), "certificate": other.cert.read_text()}
    write_runtime(home.runtime, Runtime(**changed))
    assert connect(home) is None
    with pytest.raises(BridgeError, match="certificate is not that of this daemon"):
        Connection(Runtime(**changed)).call("GET", "/v1/status")
    with pytest.raises(PluginError):
        Connector(Installation(runtime=home.runtime), Remembered(tmp_path), {"LAYERBRIDGE_HOME": "x"}).find()


def test_plain_http_gets_nothing_there(secure: Daemon) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", secure.port, timeout=60)
    with contextlib.closing(connection), pytest.raises((OSError, http.client.HTTPException)):
        connection.request("GET", "/v1/hello")
        connection.getresponse()


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("localhost", 403),
        ("127.0.0.1", 403),
        ("[::1]", 403),
        ("evil.example", 403),
        ("{own}", 200),
        ("{own}:{port}", 200),
    ],
)
def test_from_another_address_only_its_number_is_its_name(secure: Daemon, name: str, status: int) -> None:
    own = own_address()
    if is_loopback(own):  # no network here: what the pure test below shows must do
        return
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with contextlib.closing(http.client.HTTPSConnection(own, secure.port, timeout=60, context=context)) as connection:
        connection.request("GET", "/v1/hello", headers={"Host": name.format(own=own, port=secure.port)})
        answer = connection.getresponse()
        assert answer.status == status, answer.read()


def request_from(peer: str, reached: str) -> web.Request:
    class Transport:
        def get_extra_info(self, which: str, default: Any = None) -> Any:
            return {"peername": (peer, 50000), "sockname": (reached, 47821)}.get(which, default)

    return make_mocked_request("GET", "/v1/hello", transport=Transport())


@pytest.mark.parametrize(
    ("peer", "reached", "good"),
    [
        ("127.0.0.1", "127.0.0.1", {"localhost", "127.0.0.1", "[::1]"}),
        ("::1", "::1", {"localhost", "127.0.0.1", "[::1]"}),
        ("::ffff:127.0.0.1", "::ffff:127.0.0.1", {"localhost", "127.0.0.1", "[::1]"}),
        ("192.168.1.9", "192.168.1.5", {"192.168.1.5"}),
        ("192.168.1.5", "192.168.1.5", {"192.168.1.5"}),
        ("fe80::9", "fe80::5", {"[fe80::5]"}),
        ("192.168.1.9", "127.0.0.1", set()),
    ],
)
def test_loopback_names_are_for_loopback(peer: str, reached: str, good: set[str]) -> None:
    names = own_names(request_from(peer, reached), ("studio.lan",))
    for host in ("localhost", "127.0.0.1", "[::1]", "192.168.1.5", "[fe80::5]", "studio.lan", "evil.example"):
        if host in good | {"studio.lan"}:
            check_host(f"{host}:47821", 47821, names)
            check_origin(f"https://{host}:47821", 47821, names, has_valid_token=False, scheme="https")
        else:
            with pytest.raises(BridgeError, match="is not one of this daemon's"):
                check_host(host, 47821, names)
    with pytest.raises(BridgeError, match="A web page"):
        check_origin("http://studio.lan:47821", 47821, names, has_valid_token=True, scheme="https")


async def test_a_silent_connection_ends_before_its_handshake_too(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "HANDSHAKE_SECONDS", 0.5)
    home = Home(tmp_path, tmp_path / "models", tmp_path / "logs")
    prepare_folders(home)
    options = ServeOptions(home, port=0, hosts=("127.0.0.1",), tls_cert=files.both)
    async with open_services(options, builtin()) as services:
        runner = site.make_runner(make_app(services))
        await runner.setup()
        assert services.tls is not None
        await site.Site(runner, services.sockets[0], services.strangers, services.tls.context).start()
        reader, writer = await asyncio.open_connection("127.0.0.1", services.port)
        assert await asyncio.wait_for(reader.read(), 60) == b""
        writer.close()
        await runner.cleanup()
