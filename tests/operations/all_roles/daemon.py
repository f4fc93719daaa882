"""A real daemon that offers the toy, and whose workers run it: `python -m tests.operations.all_roles.daemon`.

Its home is that of LAYERBRIDGE_HOME; it listens at any free port, as `serve --port 0 --device cpu` does.
"""

from __future__ import annotations

import asyncio
from functools import partial

from bridge_server.config import ServeOptions, find_home
from bridge_server.executors.registry import local
from bridge_server.http.server import serve

from . import with_all_roles

EXECUTOR = "all_roles"
executor = partial(local, module="tests.operations.all_roles.worker")


def main() -> None:
    options = ServeOptions(find_home(), port=0, hosts=("127.0.0.1",), executor=EXECUTOR, devices=("cpu",))
    asyncio.run(serve(options, lambda _runtime: None, operations=with_all_roles(), executors={EXECUTOR: executor}))


if __name__ == "__main__":
    main()
