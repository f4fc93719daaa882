"""Finding the daemon and being let in: runtime.json, the known ports, the token, pairing. Blocking. No gi."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from . import wire
from .client import Client, not_running_text
from .failures import FOREIGN, UNREACHABLE, BridgeError
from .places import Installation, Runtime, read_runtime
from .remembered import Remembered
from .texts import _

CLIENT_NAME = "GIMP"
T = TypeVar("T")


@dataclass(frozen=True)
class Found:
    """A daemon that answered `hello`."""

    client: Client
    hello: Mapping[str, Any]
    runtime: Runtime | None = None  # its own file, where we may read that

    @property
    def home(self) -> str:
        return str(self.hello.get("home", ""))


@dataclass(frozen=True)
class Session:
    """A daemon that answered, of a version we speak, with a token that it gave us."""

    client: Client
    hello: Mapping[str, Any]
    home: str


@dataclass(frozen=True)
class Connector:
    """Makes sessions. `connect` may be called again at any time: after a restart the daemon has another port.

    Whoever runs a daemon sees the pictures that are sent to it, so only two kinds count: the one that this plug-in was
    installed for, and those of others that the painter chose in the settings.
    """

    installation: Installation
    remembered: Remembered
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def own(self) -> Found | None:
        """The daemon that runtime.json tells of, where that one answers. Looks nowhere else."""
        runtime = read_runtime(self.installation.runtime)
        for address in runtime.addresses if runtime else ():
            client = Client(address, certificate=runtime.certificate if runtime else "")
            hello = _greeting(client)
            if runtime and hello and hello.get("instance") == runtime.instance:
                return Found(client, hello, runtime)
        return None

    def find(self) -> Found:
        """The daemon to talk to. Raises BridgeError: UNREACHABLE, or FOREIGN where only somebody else's answers."""
        own = self.own()
        if own is not None:
            return own
        others = list(self.others())
        for other in others:
            if self.is_own(other) or other.home in self.remembered.chosen_homes():
                return other
        if others:
            raise BridgeError(FOREIGN, foreign_text(others[0].client.address))
        raise BridgeError(UNREACHABLE, not_running_text())

    def others(self) -> Iterator[Found]:
        """Who answers at the default ports; nobody where LAYERBRIDGE_HOME asks for one particular daemon."""
        if not self.environ.get("LAYERBRIDGE_HOME"):
            for port in wire.PORTS:
                client = Client(f"http://127.0.0.1:{port}")
                hello = _greeting(client)
                if hello:
                    yield Found(client, hello)

    def is_own(self, found: Found) -> bool:
        """Whether this plug-in was installed for it. runtime.json vouches for that; in a sandbox, which may hide the
        file, the name of the home has to do. Elsewhere it does not: anybody can take that name.
        """
        named = found.home == self.installation.home != ""
        return found.runtime is not None or (named and not self.installation.command)

    def connect(self, code: str = "", found: Found | None = None) -> Session:
        """A session. `code` is what the painter typed from `layerbridge pair`, where that was asked for.

        found: a daemon that was looked at already. Raises BridgeError: UNREACHABLE, FOREIGN, incompatible_version,
        unauthorized (a code is needed), pairing_refused ….
        """
        found = self.find() if found is None else found
        check_version(found.hello)
        if not code:
            token = self.remembered.token(found.home)
            if token:
                return Session(replace(found.client, token=token), found.hello, found.home)
            code = found.runtime.secret if found.runtime else ""
        if not code:
            raise BridgeError("unauthorized", pairing_text())
        token = str(found.client.pair(code, CLIENT_NAME)["token"])
        self.remembered.keep_token(found.home, token)
        return Session(replace(found.client, token=token), found.hello, found.home)

    def choose(self, other: Found, code: str) -> None:
        """Pair with somebody else's daemon, and use it from now on where our own does not run."""
        self.connect(code, other)
        self.remembered.choose_home(other.home)

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


def foreign_text(address: str) -> str:
    return _(
        "Your Layerbridge is not running. Start it with “layerbridge serve” in a terminal, then try again. "
        "The one that answers at {address} belongs to another user or to another home folder: nothing is sent to it."
    ).format(address=address)


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


def _greeting(client: Client) -> dict[str, Any] | None:
    try:
        hello = client.hello()
    except BridgeError:
        return None
    return hello if hello.get("name") == "layerbridge" else None
