"""Who is let in and what a refusal looks like, asked of a real daemon over real sockets."""

from __future__ import annotations

import http.client
import json
import socket
import stat
import subprocess
import sys
from typing import Any
from urllib.error import HTTPError

import pytest

from bridge_server.errors import ERRORS, ErrorCode
from tests.support.daemon import Daemon


def refusal(daemon: Daemon, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, dict[str, Any]]:
    with pytest.raises(HTTPError) as caught:
        daemon.call(method, path, body, **options)
    return caught.value.code, json.loads(caught.value.read())


def ask(daemon: Daemon, method: str, path: str, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """A request with exactly these headers (http.client adds a Host only where none is given)."""
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=240)
    connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, json.loads(content)


def test_hello_needs_no_token(daemon: Daemon) -> None:
    status, body = ask(daemon, "GET", "/v1/hello", {})
    assert status == 200
    assert body["name"] == "layerbridge"
    assert body["api_min"] <= 1 <= body["api_max"]
    assert body["instance"] == daemon.runtime["instance"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_own_names_are_let_in(daemon: Daemon, host: str) -> None:
    assert ask(daemon, "GET", "/v1/hello", {"Host": f"{host}:{daemon.port}"})[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1:1", "127.0.0.1.nip.io:{port}", ""])
def test_other_hosts_are_refused(daemon: Daemon, host: str) -> None:
    status, body = ask(daemon, "GET", "/v1/hello", {"Host": host.format(port=daemon.port)})
    assert (status, body["code"]) == (403, "forbidden_host")


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://localhost:1", "null", "http://127.0.0.1", "file:///x"]
)
def test_web_pages_are_refused(daemon: Daemon, origin: str) -> None:
    status, body = ask(daemon, "GET", "/v1/hello", {"Origin": origin})
    assert (status, body["code"]) == (403, "forbidden_origin")


def test_origins_of_hosts_are_let_in(daemon: Daemon) -> None:
    assert ask(daemon, "GET", "/v1/hello", {"Origin": "file://"})[0] == 200
    assert ask(daemon, "GET", "/v1/hello", {"Origin": f"http://localhost:{daemon.port}"})[0] == 200


def test_null_origin_only_with_a_valid_token(daemon: Daemon) -> None:
    good = {"Origin": "null", "Authorization": f"Bearer {daemon.secret}"}
    assert ask(daemon, "GET", "/v1/models", good)[0] == 200
    assert ask(daemon, "GET", "/v1/models", {"Origin": "null", "Authorization": "Bearer wrong"})[0] == 401


def test_preflight_gets_no_permission(daemon: Daemon) -> None:
    status, body = ask(daemon, "OPTIONS", "/v1/jobs", {"Access-Control-Request-Method": "POST"})
    assert (status, body["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}])
@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/models", "/v1/status", "/v1/openapi.json"])
def test_without_a_token_nothing_is_told(daemon: Daemon, path: str, header: dict[str, str]) -> None:
    status, body = ask(daemon, "GET", path, header)
    assert (status, body["code"]) == (401, "unauthorized")
    assert "layerbridge pair" in body["message"]


def test_every_refusal_has_the_envelope(daemon: Daemon) -> None:
    for method, path, body, code in [
        ("GET", "/v1/nothing", None, "not_found"),
        ("PUT", "/v1/jobs", None, "method_not_allowed"),
        ("POST", "/v1/plan", b"{", "invalid_request"),
        ("POST", "/v1/plan", b"[" * 100_000, "invalid_request"),
        ("POST", "/v1/plan", {"operation": "inpaint"}, "invalid_request"),
        ("POST", "/v1/plan", b"x" * 600_000, "too_large"),
        ("GET", "/v1/jobs?limit=none", None, "invalid_request"),
        ("GET", "/v1/jobs?state=odd", None, "invalid_request"),
        ("GET", "/v1/jobs/none", None, "not_found"),
    ]:
        status, envelope = refusal(daemon, method, path, body)
        assert set(envelope) == {"code", "message", "detail"}
        assert envelope["code"] == code
        assert status == ERRORS[ErrorCode(code)].status


def test_an_unknown_field_is_named(daemon: Daemon) -> None:
    document = {"width": 10, "height": 10}
    _, body = refusal(daemon, "POST", "/v1/plan", {"operation": "inpaint", "document": document, "stength": 1})
    assert "stength" in body["message"]


def test_a_value_out_of_range_is_named_with_what_was_given(daemon: Daemon) -> None:
    document = {"width": 10, "height": 10}
    _, body = refusal(daemon, "POST", "/v1/plan", {"operation": "inpaint", "document": document, "strength": 7})
    assert "strength" in body["message"]
    assert "7" in body["message"]


def test_a_strength_that_would_change_nothing_is_refused_with_what_to_do(daemon: Daemon) -> None:
    asked = {"operation": "img2img", "document": {"width": 10, "height": 10}, "strength": 0}
    _, body = refusal(daemon, "POST", "/v1/plan", asked)
    assert body["message"].startswith("strength: must be at least 0.01; to keep the picture as it is, do not start")
    assert daemon.call("POST", "/v1/plan", {**asked, "strength": 0.01})["strength"] == 0.01


def test_plan_of_a_selection_off_the_canvas(daemon: Daemon) -> None:
    request = {
        "operation": "inpaint",
        "document": {"width": 100, "height": 100},
        "selection": {"x": 200, "y": 0, "width": 10, "height": 10},
    }
    assert refusal(daemon, "POST", "/v1/plan", request)[1]["code"] == "empty_selection"


def test_plan_of_more_pixels_than_allowed_names_the_limit(daemon: Daemon) -> None:
    request = {"operation": "img2img", "document": {"width": 20000, "height": 16000}}
    status, body = refusal(daemon, "POST", "/v1/plan", request)
    assert (status, body["code"]) == (413, "too_many_pixels")
    assert "256" in body["message"]


def test_listens_on_loopback_only(daemon: Daemon) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing: only asks which address this machine has
        own = probe.getsockname()[0]
    with socket.socket() as probe:
        probe.settimeout(2)
        assert probe.connect_ex(("127.0.0.1", daemon.port)) == 0
    if own != "127.0.0.1":
        with socket.socket() as probe:
            probe.settimeout(2)
            assert probe.connect_ex((own, daemon.port)) != 0


def test_secrets_are_private(daemon: Daemon) -> None:
    for file in ("runtime.json", "journal.sqlite3"):
        assert stat.S_IMODE((daemon.home / file).stat().st_mode) == 0o600
    for folder in (daemon.home, daemon.home / "spool"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_second_daemon_of_the_same_home_says_where_the_first_is(daemon: Daemon) -> None:
    command = [sys.executable, "-m", "bridge_server", "serve", "--port", "0"]
    environment = {"LAYERBRIDGE_HOME": str(daemon.home)}
    second = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert second.returncode == 1
    assert "running already" in second.stderr
    assert str(daemon.port) in second.stderr
    assert daemon.call("GET", "/v1/hello")["instance"] == daemon.runtime["instance"]


def test_the_daemon_imports_neither_numpy_nor_torch() -> None:
    code = (
        "import sys, bridge_server.cli.main, bridge_server.cli.serve, bridge_server.http.server;"
        "print([name for name in ('numpy', 'torch', 'PIL', 'diffusers') if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_a_start_does_not_wait_for_what_plans_and_knows_models() -> None:
    later = ("bridge_server.families.base", "bridge_server.models", "bridge_server.plan", "layerbridge_client")
    code = (
        "import sys, bridge_server.cli.main, bridge_server.cli.serve;"
        f"print([name for name in {later!r} if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
