"""A worker that knows the toy too: `python -m tests.families.toy.worker`."""

from __future__ import annotations

import sys

from bridge_server.worker.main import main

from . import registry

if __name__ == "__main__":
    sys.exit(main(families=registry()))
