"""The daemon's real HTTP face in the test's own process: real journal, spool, queue and sockets. No worker is started,
so that what is submitted stays queued until a test moves it on.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from bridge_server.config import Home, Limits, ServeOptions
from bridge_server.executors.registry import EXECUTORS, Factory
from bridge_server.families.registry import FamilyRegistry
from bridge_server.http.app import make_app
from bridge_server.http.server import open_services, prepare_folders
from bridge_server.http.services import Services
from bridge_server.http.site import Site, make_runner
from bridge_server.operations.registry import Registry


@dataclass
class Face:
    """An open daemon and a session that asks it, as its owner unless another token is given."""

    services: Services
    session: aiohttp.ClientSession

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.services.port}"

    async def ask(
        self, method: str, path: str, body: Any = None, *, token: str = "", headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any, Mapping[str, str]]:
        """The status, the body (decoded where it is JSON), and the headers."""
        given = {"Authorization": f"Bearer {token or self.services.secret}", **(headers or {})}
        raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        async with self.session.request(method, self.url + path, data=raw, headers=given) as answer:
            content = await answer.read()
            is_json = answer.content_type == "application/json"
            return answer.status, json.loads(content) if is_json and content else content, answer.headers

    async def pair(self, name: str) -> str:
        """The token of a new client."""
        body = {"code": self.services.auth.make_code().code, "client": name}
        status, answer, _ = await self.ask("POST", "/v1/pair", body)
        assert status == 200, answer
        return answer["token"]


@contextlib.asynccontextmanager
async def open_face(
    folder: Path,
    limits: Limits | None = None,
    models: tuple[Path, ...] = (),
    operations: Registry | None = None,
    executors: Mapping[str, Factory] = EXECUTORS,
    executor: str = "local",
    families: FamilyRegistry | None = None,
) -> AsyncIterator[Face]:
    home = Home(folder, folder / "models", folder / "logs")
    options = ServeOptions(
        home, port=0, hosts=("127.0.0.1",), executor=executor, model_folders=models, limits=limits or Limits()
    )
    prepare_folders(home)
    async with open_services(options, operations, executors, families) as services:
        await services.queue.restore()
        runner = make_runner(make_app(services))
        await runner.setup()
        for bound in services.sockets:
            await Site(runner, bound, services.strangers, services.tls.context if services.tls else None).start()
        try:
            async with aiohttp.ClientSession() as session:
                yield Face(services, session)
        finally:
            services.stop.set()
            services.events.wake()
            await asyncio.wait_for(runner.cleanup(), 30)
