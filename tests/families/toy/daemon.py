"""A real daemon that knows the toy family, and whose workers do: `python -m tests.families.toy.daemon serve …`."""

from __future__ import annotations

import asyncio
import sys
from functools import partial

from bridge_server.cli.arguments import make_parser
from bridge_server.cli.serve import announce, serve_options
from bridge_server.config import find_home
from bridge_server.executors.registry import local
from bridge_server.http.server import serve

from . import registry

executor = partial(local, module="tests.families.toy.worker")


if __name__ == "__main__":
    options = serve_options(make_parser().parse_args(sys.argv[1:]), find_home())
    asyncio.run(serve(options, announce, families=registry(), executors={"local": executor}))
