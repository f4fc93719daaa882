"""Connections to a daemon: plain on this machine, or over TLS with the certificate that its runtime.json names."""

from __future__ import annotations

import http.client
import ssl
from urllib.parse import urlsplit

from ..http.runtime import Runtime


class PinnedConnection(http.client.HTTPSConnection):
    """HTTPS with one certificate, whoever signed it and whatever names it is for: the daemon wrote it where only its
    owner can. Nothing is sent to a server that has another. Raises ssl.SSLError then.
    """

    def __init__(self, host: str, port: int, certificate: str, timeout: float) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # the comparison below is stricter
        super().__init__(host, port, timeout=timeout, context=context)
        self._expected = ssl.PEM_cert_to_DER_cert(certificate)

    def connect(self) -> None:
        super().connect()
        assert isinstance(self.sock, ssl.SSLSocket)
        if self.sock.getpeercert(binary_form=True) != self._expected:
            self.close()
            raise ssl.SSLError("its certificate is not that of this daemon")


def connection_to(runtime: Runtime, timeout: float) -> http.client.HTTPConnection:
    """A connection to the daemon's first address; `timeout` in seconds."""
    address = urlsplit(runtime.addresses[0])
    host = address.hostname or "127.0.0.1"
    if address.scheme == "https":
        return PinnedConnection(host, runtime.port, runtime.certificate, timeout)
    return http.client.HTTPConnection(host, runtime.port, timeout=timeout)
