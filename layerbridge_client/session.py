"""Finding the daemon and being let in: runtime.json, the known ports, the token, pairing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from . import wire
from .client import Client
from .failures import FOREIGN, UNREACHABLE, BridgeError
from .greeting import greet
from .places import Installation, Runtime, read_runtime
from .sentences import Sentences

T = TypeVar("T")


class Memory(Protocol):
    """Where a program keeps its tokens, by the home of the daemon (`home` of its hello), readable by its user only."""

    def token(self, home: str) -> str | None: ...

    def keep_token(self, home: str, token: str | None) -> None: ...

    def chosen_homes(self) -> list[str]:
        """Homes of other people's daemons that the user agreed to send pictures to."""
        ...

    def choose_home(self, home: str) -> None: ...


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

    Whoever runs a daemon sees the pictures that are sent to it, so only two kinds count: the one that this client was
    installed for, and those of others that the user chose.
    """

    installation: Installation
    remembered: Memory
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    client_name: str = "Layerbridge client"  # as `layerbridge clients` lists it
    sentences: Sentences = field(default_factory=Sentences)

    def own(self) -> Found | None:
        """The daemon that runtime.json tells of, where that one answers. Looks nowhere else."""
        runtime = read_runtime(self.installation.runtime)
        for address in runtime.addresses if runtime else ():
            client = Client(address, certificate=runtime.certificate if runtime else "", sentences=self.sentences)
            hello = greet(client.transport)
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
            raise BridgeError(FOREIGN, self.sentences.foreign.format(address=others[0].client.address))
        raise BridgeError(UNREACHABLE, self.sentences.unreachable)

    def others(self) -> Iterator[Found]:
        """Who answers at the default ports; nobody where LAYERBRIDGE_HOME asks for one particular daemon."""
        if not self.environ.get("LAYERBRIDGE_HOME"):
            for port in wire.PORTS:
                client = Client(f"http://127.0.0.1:{port}", sentences=self.sentences)
                hello = greet(client.transport)
                if hello:
                    yield Found(client, hello)

    def is_own(self, found: Found) -> bool:
        """Whether this client was installed for it. runtime.json vouches for that; in a sandbox, which may hide the
        file, the name of the home has to do. Elsewhere it does not: anybody can take that name.
        """
        named = found.home == self.installation.home != ""
        return found.runtime is not None or (named and not self.installation.command)

    def connect(self, code: str = "", found: Found | None = None) -> Session:
        """A session. `code` is what the user typed from `layerbridge pair`, where that was asked for.

        found: a daemon that was looked at already. Raises BridgeError: UNREACHABLE, FOREIGN, incompatible_version,
        unauthorized (a code is needed), pairing_refused ….
        """
        found = self.find() if found is None else found
        check_version(found.hello, self.sentences)
        if not code:
            token = self.remembered.token(found.home)
            if token:
                return Session(replace(found.client, token=token), found.hello, found.home)
            code = found.runtime.secret if found.runtime else ""
        if not code:
            raise BridgeError("unauthorized", self.sentences.unpaired)
        token = str(found.client.pair(code, self.client_name)["token"])
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


def check_version(hello: Mapping[str, Any], sentences: Sentences) -> None:
    """Raises BridgeError(incompatible_version) that says which side is older."""
    newest, oldest, version = int(hello.get("api_max", 0)), int(hello.get("api_min", 0)), hello.get("version", "?")
    if newest < wire.API_VERSION_MIN:
        raise BridgeError("incompatible_version", sentences.older_daemon.format(version=version))
    if oldest > wire.API_VERSION:
        raise BridgeError("incompatible_version", sentences.older_client.format(version=version))
