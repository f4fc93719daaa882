"""TLS: the certificate that `serve --tls-cert` names, and why the daemon is not heard beyond this machine without."""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..errors import BridgeError, ErrorCode

BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")


@dataclass(frozen=True)
class Tls:
    """certificate: the daemon's own as PEM text, for runtime.json, so that its owner's clients know it again."""

    context: ssl.SSLContext
    certificate: str


def is_loopback(address: str) -> bool:
    """Whether a numeric address is this machine's own, which nothing leaves."""
    try:
        number = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return (getattr(number, "ipv4_mapped", None) or number).is_loopback


def check_exposure(hosts: Iterable[str], tls: Tls | None) -> None:
    """Raises invalid_request where the daemon would be heard beyond this machine without encryption."""
    if tls is not None:
        return
    for host in hosts:
        if not all(is_loopback(address) for address in _addresses(host)):
            raise BridgeError(
                ErrorCode.INVALID_REQUEST,
                f"Layerbridge does not listen on {host} without TLS: everybody in that network could read your "
                "pictures and prompts, and the token that lets a plug-in in. Give it a certificate with "
                "--tls-cert FILE and --tls-key FILE, or leave --host out and use an SSH tunnel.",
            )


def _addresses(host: str) -> list[str]:
    """The numeric addresses of a host; none where it has none, which listening will tell."""
    try:
        return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        return []


def load_tls(certificate: Path | None, key: Path | None) -> Tls | None:
    """What the two files make; None where neither is named. The key may be in the certificate's file.

    Raises invalid_request with what is wrong with which file.
    """
    if certificate is None:
        if key is not None:
            raise _wrong("--tls-key needs its certificate too: --tls-cert FILE.")
        return None
    found = BLOCK.search(_read(certificate, "--tls-cert"))
    if found is None:
        raise _wrong(
            f"{certificate} holds no certificate in the PEM form, which begins with -----BEGIN CERTIFICATE-----."
        )
    holder = key or certificate
    text = _read(holder, "--tls-key")
    if KEY.search(text) is None:
        more = "" if key else " Name its file with --tls-key."
        raise _wrong(
            f"{holder} holds no private key in the PEM form, which begins with -----BEGIN PRIVATE KEY-----.{more}"
        )
    if "ENCRYPTED" in text:
        raise _wrong(
            f"The key in {holder} is locked with a passphrase, which a daemon in the background cannot ask for. Write "
            f"an unlocked copy that only you can read: `openssl pkey -in {holder} -out key.pem`."
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key, password="")
    except ssl.SSLError as error:
        if "MISMATCH" in (error.reason or ""):
            raise _wrong(f"The key in {holder} does not belong to the certificate in {certificate}.") from None
        raise _wrong(
            f"{certificate} and its key cannot be read: {error.reason or 'damaged'}. Make them again."
        ) from None
    return Tls(context, found[0] + "\n")


def _read(path: Path, option: str) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise _wrong(f"{option}: {path} cannot be read: {error.strerror or error}.") from None


def _wrong(sentence: str) -> BridgeError:
    return BridgeError(ErrorCode.INVALID_REQUEST, sentence)
