"""How much memory the daemon keeps after uploads that broke off half way.

    python -m bench.dropped [uploads]

Sends frames of 1 MB, each cut off in the middle by closing its connection, and prints the daemon's resident set on the
way.
"""

from __future__ import annotations

import shutil
import socket
import sys
import time

import psutil

from bench.daemon import MB, big_frame
from tests.support.daemon import Daemon, short_home

UPLOADS = 2000
SIDE = 512  # RGBA: 1 MiB
GOAL = 1.10  # of what it was after the first hundred uploads


def drop(daemon: Daemon, frame: bytes, sent: int) -> None:
    """Begin an upload and close the connection after `sent` bytes."""
    head = (
        f"POST /v1/jobs HTTP/1.1\r\nHost: localhost:{daemon.port}\r\nAuthorization: Bearer {daemon.secret}\r\n"
        f"Content-Length: {len(frame)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", daemon.port)) as connection:
        connection.sendall(head.encode() + frame[:sent])


def main(uploads: int) -> None:
    daemon = Daemon(short_home()).start()
    assert daemon.process is not None
    daemon.worker_pid(timeout=300)
    process = psutil.Process(daemon.process.pid)
    frame = b"".join(big_frame(SIDE, kind="img2img"))
    print(f"resident, idle           {process.memory_info().rss / MB:.0f} MB")
    start = 0
    for number in range(1, uploads + 1):
        drop(daemon, frame, len(frame) // 2)
        daemon.call("GET", "/v1/hello")  # one at a time: what many at once need at once says nothing
        while any((daemon.home / "spool").iterdir()):
            time.sleep(0.005)
        if number == 100:
            start = process.memory_info().rss
        if number % 200 == 0:
            print(f"after {number:5} dropped      {process.memory_info().rss / MB:.0f} MB", flush=True)
    ratio = process.memory_info().rss / start
    print(f"against after 100        {ratio:.2f}                     goal <= {GOAL:.2f}")
    daemon.stop()
    shutil.rmtree(daemon.home, ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else UPLOADS)
