"""HTTPS to a daemon that has a certificate: the one in its runtime.json, and no other.

Imported where an address is https only: a Python without the ssl module still speaks plain HTTP.
"""

from __future__ import annotations

import http.client
import ssl


class PinnedConnection(http.client.HTTPSConnection):
    """Whoever signed the certificate, and whatever names it is for: the daemon wrote it where only its owner can.

    Nothing is sent to a server that has another. Raises ssl.SSLError then, and ValueError where `certificate` is no PEM
    text.
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
