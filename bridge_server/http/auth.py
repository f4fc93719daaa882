"""Who may call: the owner's secret, tokens of paired clients, and single-use pairing codes."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import sqlite3
import time
from collections import deque
from dataclasses import dataclass, replace

from ..errors import BridgeError, ErrorCode
from ..jobs.faults import storage_error
from ..jobs.journal import JournalThread
from ..protocol.service import ClientInfo, PairingCode, PairReply

OWNER = "owner"  # the client id of whoever holds the secret of runtime.json: the command line
CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that look alike
CODE_LENGTH = 8  # 31^8 = 8.5e11 codes
CODE_SECONDS = 300
TRIES_PER_CODE = 1_000_000  # a guess in 850,000 then; more than a daemon can answer in five minutes
TRIES_PER_MINUTE = 5  # wrong ones, after which a refusal says that there were many
TOUCH_SECONDS = 60.0  # `last_used` is written at most once a minute

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Caller:
    """Who a request comes from."""

    client: str
    is_owner: bool


@dataclass(frozen=True)
class _Code:
    """A pairing code in force. expires: on the monotonic clock. tries: how many wrong ones it survives."""

    text: bytes
    expires: float
    tries: int


def new_code() -> str:
    """A code to be read aloud or typed: two groups of four."""
    letters = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def normalize_code(code: str) -> str:
    return code.strip().upper().replace("-", "").replace(" ", "")


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class Auth:
    """Used from the event loop only. Tokens are stored as hashes, and compared in constant time."""

    def __init__(self, journal: JournalThread, secret: str) -> None:
        self._journal = journal
        self._secret = secret
        self._tokens = {row.hash: row.client for row in journal.call_now(lambda rows: rows.tokens())}
        self._code: _Code | None = None
        self._failures: deque[float] = deque(maxlen=TRIES_PER_MINUTE)
        self._touched: dict[str, float] = {}

    async def identify(self, authorization: str | None) -> Caller:
        """The caller of an `Authorization: Bearer ...` header. Raises unauthorized."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip() or not token.isascii():
            raise BridgeError(
                ErrorCode.UNAUTHORIZED, "This plug-in is not paired with Layerbridge. Run `layerbridge pair`."
            )
        caller = self._look_up(token.strip())
        if caller is None:
            raise BridgeError(
                ErrorCode.UNAUTHORIZED,
                "Layerbridge does not know this plug-in any more. Pair it again: run `layerbridge pair`.",
            )
        await self._touch(caller.client)
        return caller

    def _look_up(self, token: str) -> Caller | None:
        if self.is_secret(token):
            return Caller(OWNER, is_owner=True)
        digest = hash_token(token)
        found: str | None = None
        for known, client in self._tokens.items():
            if hmac.compare_digest(known, digest):
                found = client
        return None if found is None else Caller(found, is_owner=False)

    def is_secret(self, text: str) -> bool:
        return text.isascii() and hmac.compare_digest(text.encode(), self._secret.encode())

    async def _touch(self, client: str) -> None:
        now = time.time()
        if client != OWNER and now - self._touched.get(client, 0.0) > TOUCH_SECONDS:
            self._touched[client] = now
            try:
                await self._journal.call(lambda journal: journal.touch_client(client, now), uses_ballast=False)
            except sqlite3.Error as error:  # the call itself may be the deletion that makes room
                log.warning("when a client called last is not written down: %s", storage_error(error).message)

    def make_code(self) -> PairingCode:
        """A fresh code, shown by the daemon's owner to whoever sits at the editor. Only the newest is valid."""
        code = new_code()
        self._code = _Code(normalize_code(code).encode(), time.monotonic() + CODE_SECONDS, TRIES_PER_CODE)
        return PairingCode(code=code, expires_in=CODE_SECONDS)

    async def pair(self, code: str, name: str, client: str | None = None) -> PairReply:
        """Exchange a code for a token. Raises pairing_refused, pairing_rate_limited.

        The right code is taken whatever wrong ones came before: on this machine every program comes from the same
        address, and one that guesses must not keep the owner out. A code is void after TRIES_PER_CODE wrong tries.

        A plug-in that lost its token keeps its History: with a code, by the `client` id that it was given before, if
        that one is still paired under the same name; with the owner's secret, which is as good as a code, by its name.
        """
        if self.is_secret(code):
            return await self._issue(name, await self._client_named(name))
        if not self._use_code(normalize_code(code)):
            raise self._wrong_code()
        return await self._issue(name, await self._client_again(name, client))

    def _use_code(self, code: str) -> bool:
        """Whether it is the code in force, which then is used up; a wrong one takes a try from it."""
        current, now = self._code, time.monotonic()
        if current is None or now >= current.expires or current.tries < 1:
            return False
        if hmac.compare_digest(current.text, code.encode("utf-8", "replace")):
            self._code = None
            return True
        self._code = replace(current, tries=current.tries - 1)
        return False

    def _wrong_code(self) -> BridgeError:
        now = time.monotonic()
        many = len(self._failures) == TRIES_PER_MINUTE and now - self._failures[0] < 60.0
        self._failures.append(now)
        if not many:
            return BridgeError(
                ErrorCode.PAIRING_REFUSED,
                "This pairing code is wrong, used, or older than five minutes. Run `layerbridge pair` for a new one.",
            )
        log.warning("many wrong pairing codes: a program may be guessing")
        return BridgeError(
            ErrorCode.PAIRING_RATE_LIMITED,
            "Many wrong pairing codes came in the last minute. If you typed only one, another program is guessing; the "
            "right code is still taken: compare yours with what `layerbridge pair` shows.",
        )

    async def _client_named(self, name: str) -> str | None:
        known = await self.clients()
        return next((client.client_id for client in known if client.name == name), None)

    async def _client_again(self, name: str, client: str | None) -> str | None:
        known = await self.clients()
        return next((one.client_id for one in known if (one.client_id, one.name) == (client, name)), None)

    async def _issue(self, name: str, client: str | None) -> PairReply:
        identity = client or secrets.token_hex(8)
        token = secrets.token_urlsafe(32)
        digest = hash_token(token)
        await self._journal.call(lambda journal: journal.add_client(identity, name, digest))
        self._tokens[digest] = identity
        return PairReply(token=token, client_id=identity)

    async def clients(self) -> list[ClientInfo]:
        return await self._journal.call(lambda journal: journal.clients())

    async def revoke(self, client: str) -> None:
        """All tokens of the client are void at once. Raises not_found."""
        if not await self._journal.call(lambda journal: journal.remove_client(client)):
            raise BridgeError(ErrorCode.NOT_FOUND, "No client of this id is paired; `layerbridge status` lists them.")
        self._tokens = {digest: owner for digest, owner in self._tokens.items() if owner != client}
