"""A daemon that can paint strokes too: `python -m tests.operations.live.daemon serve …`."""

from __future__ import annotations

import asyncio
import sys
from functools import partial

from bridge_server.cli.arguments import make_parser
from bridge_server.cli.serve import announce, serve_options
from bridge_server.config import find_home
from bridge_server.executors.registry import local
from bridge_server.http.server import serve

from . import with_live

executor = partial(local, module="tests.operations.live.worker")


if __name__ == "__main__":
    options = serve_options(make_parser().parse_args(sys.argv[1:]), find_home())
    asyncio.run(serve(options, announce, operations=with_live(), executors={"local": executor}))
