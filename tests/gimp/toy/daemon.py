"""A daemon that knows the toy, with an option more than the plug-in, and the toy family:
`python -m tests.gimp.toy.daemon serve …`.
"""

from __future__ import annotations

import asyncio
import sys
from functools import partial

from bridge_server.cli.arguments import make_parser
from bridge_server.cli.serve import announce, serve_options
from bridge_server.config import find_home
from bridge_server.executors.registry import local
from bridge_server.http.server import serve
from tests.families.toy import registry

from . import NewerParams, toy, with_toy

executor = partial(local, module="tests.gimp.toy.worker")


if __name__ == "__main__":
    options = serve_options(make_parser().parse_args(sys.argv[1:]), find_home())
    operations = with_toy(toy(NewerParams))
    asyncio.run(serve(options, announce, operations=operations, families=registry(), executors={"local": executor}))
