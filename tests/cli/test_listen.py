"""Why the daemon cannot listen is said as it is."""

from __future__ import annotations

import errno
import socket

import pytest

from bridge_server.errors import BridgeError
from bridge_server.http import listen
from bridge_server.http.listen import explain, open_sockets

LOCAL = ("127.0.0.1",)


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(BridgeError, match="taken by another program"):
        open_sockets(LOCAL, other.getsockname()[1])


def test_an_address_that_this_machine_does_not_have() -> None:
    with pytest.raises(BridgeError, match=r"This machine has no address 192\.0\.2\.7\."):
        open_sockets(("192.0.2.7",), 0)


def test_one_address_that_is_missing_does_not_matter() -> None:
    port, sockets = open_sockets(("192.0.2.7", *LOCAL), 0)
    assert [bound.getsockname() for bound in sockets] == [("127.0.0.1", port)]
    sockets[0].close()


def failing(error: OSError, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(host: str, port: int) -> socket.socket:
        raise error

    monkeypatch.setattr(listen, "_bind", fail)


def test_a_port_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(PermissionError(errno.EACCES, "Permission denied"), monkeypatch)
    with pytest.raises(BridgeError, match=r"may not listen on port 80\. Ports below 1024 are for the system"):
        open_sockets(LOCAL, 80)


def test_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(socket.gaierror(socket.EAI_NONAME, "Name or service not known"), monkeypatch)
    with pytest.raises(BridgeError, match="No address is known for my-machin"):
        open_sockets(("my-machin",), None)


def test_anything_else_keeps_its_reason() -> None:
    assert "Network is down" in explain(OSError(errno.ENETDOWN, "Network is down"), LOCAL, (47821,))
