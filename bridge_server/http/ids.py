"""Who asks for a job, and the keys of requests that may come twice or take another's place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import BridgeError, ErrorCode
from ..protocol.parameters import IDEMPOTENCY_KEY, SUPERSEDES_KEY, Parameter


@dataclass(frozen=True)
class Keys:
    """Of a job, each "" where there is none. idempotency: the same request again is the same job. supersedes: the job
    takes the place of unfinished ones with the same key.
    """

    idempotency: str = ""
    supersedes: str = ""


@dataclass(frozen=True)
class Asked:
    """Who asks for a job. model: the key of the model that painted it before, which paints it again as long as it is
    there. adapters: the same of what was added to it, in the order of the request.
    """

    client: str
    keys: Keys
    model: str = ""
    adapters: Sequence[str] = ()


def keys_of(headers: Mapping[str, str]) -> Keys:
    """headers: asked by names in lower case. Raises invalid_request."""
    return Keys(_checked(headers, IDEMPOTENCY_KEY), _checked(headers, SUPERSEDES_KEY))


def _checked(headers: Mapping[str, str], header: Parameter) -> str:
    key = headers.get(header.name.lower(), "")
    longest = header.max_length or 0
    if len(key) > longest or not (key.isascii() and key.isprintable()):
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"{header.name} must be at most {longest} ASCII letters.")
    return key
