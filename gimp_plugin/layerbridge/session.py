"""Finding the daemon and being let in: runtime.json, the known ports, the token, pairing. Blocking. No gi."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from . import wire
from .client import Client, not_running_text
from .failures import UNREACHABLE, BridgeError
from .places import Installation, Runtime, read_runtime
from .remembered import Remembered
from .texts import _

CLIENT_NAME = "GIMP"
T = TypeVar("T")


@dataclass(frozen=True)
class Session:
    """A daemon that answered, of a version we speak, with a token that it gave us."""

    client: Client
    hello: Mapping[str, Any]
    home: str


@dataclass(frozen=True)
class Connector:
    """Makes sessions. `connect` may be called again at any time: after a restart the daemon has another port."""

    installation: Installation
    remembered: Remembered
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def runtime(self) -> Runtime | None:
        return read_runtime(self.installation.runtime)

    def find(self) -> tuple[Client, dict[str, Any], Runtime | None]:
        """The daemon, its greeting, and its runtime file where that belongs to it. Raises BridgeError(UNREACHABLE)."""
        runtime = self.runtime()
        for address in runtime.addresses if runtime else ():
            hello = _greeting(address)
            if runtime and hello and hello.get("instance") == runtime.instance:
                return Client(address), hello, runtime
        for address in self._known_addresses():
            hello = _greeting(address)
            if hello:
                return Client(address), hello, None
        raise BridgeError(UNREACHABLE, not_running_text())

    def _known_addresses(self) -> Iterator[str]:
        """The default ports; not where LAYERBRIDGE_HOME asks for one particular daemon."""
        if not self.environ.get("LAYERBRIDGE_HOME"):
            for port in wire.PORTS:
                yield f"http://127.0.0.1:{port}"

    def connect(self, code: str = "") -> Session:
        """A session. `code` is what the painter typed from `layerbridge pair`, where that was asked for.

        Raises BridgeError: UNREACHABLE, incompatible_version, unauthorized (a code is needed), pairing_refused ….
        """
        client, hello, runtime = self.find()
        check_version(hello)
        home = str(hello.get("home", ""))
        if not code:
            token = self.remembered.token(home)
            if token:
                return Session(replace(client, token=token), hello, home)
            code = runtime.secret if runtime else ""
        if not code:
            raise BridgeError("unauthorized", pairing_text())
        token = str(client.pair(code, CLIENT_NAME)["token"])
        self.remembered.keep_token(home, token)
        return Session(replace(client, token=token), hello, home)

    def call(self, work: Callable[[Client], T]) -> T:
        """Run `work` with a client. A token that is not known any more is replaced, where runtime.json can be read."""
        session = self.connect()
        try:
            return work(session.client)
        except BridgeError as error:
            if error.code != "unauthorized":
                raise
        self.remembered.keep_token(session.home, None)
        return work(self.connect().client)


def pairing_text() -> str:
    return _(
        "This GIMP is not paired with Layerbridge. Run “layerbridge pair” in a terminal, then type the code under "
        "Filters ▸ Layerbridge ▸ Settings… ▸ Pair…."
    )


def check_version(hello: Mapping[str, Any]) -> None:
    """Raises BridgeError(incompatible_version) that says which side is older."""
    newest, oldest = int(hello.get("api_max", 0)), int(hello.get("api_min", 0))
    if newest < wire.API_VERSION_MIN:
        raise BridgeError(
            "incompatible_version",
            _(
                "Layerbridge {version} is older than this plug-in. Update Layerbridge, then restart it with "
                "“layerbridge stop” and “layerbridge serve”."
            ).format(version=hello.get("version", "?")),
        )
    if oldest > wire.API_VERSION:
        raise BridgeError(
            "incompatible_version",
            _(
                "This plug-in is older than Layerbridge {version}. "
                "Run “layerbridge plugin install gimp”, then restart GIMP."
            ).format(version=hello.get("version", "?")),
        )


def _greeting(address: str) -> dict[str, Any] | None:
    try:
        hello = Client(address).hello()
    except BridgeError:
        return None
    return hello if hello.get("name") == "layerbridge" else None
