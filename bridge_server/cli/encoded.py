"""Pictures that a request carries as they are: for the roles beside the picture that is worked on and its mask."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import BridgeError, ErrorCode

SIGNATURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}  # how such files begin


@dataclass(frozen=True)
class Encoded:
    """The bytes of a PNG or JPEG file, and its name."""

    media_type: str
    content: bytes
    name: str = ""


def read_encoded(path: Path) -> Encoded:
    """Raises BridgeError (unsupported) for another kind of file, OSError."""
    content = path.read_bytes()
    for signature, media_type in SIGNATURES.items():
        if content.startswith(signature):
            return Encoded(media_type, content, path.name)
    raise BridgeError(ErrorCode.UNSUPPORTED, f"{path} is no PNG or JPEG file. Save the picture as one of these.")
