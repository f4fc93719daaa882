"""The plug-in's client against a real daemon, from outside GIMP: pairing, a whole job, cancel, refusals, restarts."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gimp_plugin.layerbridge.failures import LOST, UNREACHABLE, BridgeError
from gimp_plugin.layerbridge.follow import Follower, Update
from gimp_plugin.layerbridge.geometry import Box
from gimp_plugin.layerbridge.parameters import Parameters, job_message, plan_request
from gimp_plugin.layerbridge.remembered import Remembered
from gimp_plugin.layerbridge.session import Connector
from layerbridge_client import wire
from layerbridge_client.client import Client
from layerbridge_client.places import Installation
from tests.support.daemon import Daemon, short_home

pytestmark = pytest.mark.slow

DOCUMENT = {"width": 160, "height": 120, "id": "d", "name": "n"}
SELECTION = Box(40, 30, 50, 40)


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    daemon = Daemon(short_home(), environment={"OMP_NUM_THREADS": "1"}).start()
    try:
        daemon.worker_pid()
        yield daemon
    finally:
        daemon.stop()
        shutil.rmtree(daemon.home, ignore_errors=True)


def connector(daemon: Daemon, folder: Path) -> Connector:
    installation = Installation(runtime=daemon.home / "runtime.json")
    return Connector(installation, Remembered(folder), {"LAYERBRIDGE_HOME": str(daemon.home)})


def submit(connection: Connector, parameters: Parameters, key: str = "k") -> str:
    plan = connection.call(lambda client: client.plan(plan_request(parameters, DOCUMENT, SELECTION, None)))
    box = Box.from_json(plan["capture"])
    mask = wire.Tensor("U8", (box.height, box.width), b"\xff" * (box.width * box.height))
    image = wire.Tensor("U8", (box.height, box.width, 3), b"\x80" * (box.width * box.height * 3))
    tensors = {"image": image, "mask": mask}
    parts = wire.encode(job_message(parameters, DOCUMENT, box, {"host": "gimp"}, list(tensors)), tensors)
    return connection.call(lambda client: client.submit(parts, key))["id"]


def test_a_whole_job(daemon: Daemon, tmp_path: Path) -> None:
    connection = connector(daemon, tmp_path)
    updates: list[Update] = []
    asked = Parameters.of("inpaint", prompt="a", steps=6, seed=3)
    job = submit(connection, asked)
    assert submit(connection, asked) == job, "the same key, the same job"
    snapshot = Follower(connection, job, updates.append).finish()
    assert snapshot["state"] == "done"
    assert any(update.text.startswith("Painting") for update in updates)
    assert any(update.preview for update in updates)
    frame = wire.decode(connection.call(lambda client: client.artifact(job, "layer", 0)))
    assert frame.header.tensors["image"].shape[2] == 4
    assert connection.call(lambda client: client.thumbnail(job, 0))[:2] == b"\xff\xd8"
    assert [known["id"] for known in connection.call(lambda client: client.jobs(document="d"))["jobs"]] == [job]
    again, same = (connection.call(lambda client: client.resubmit(job, "again"))["id"] for _ in range(2))
    assert again == same != job, "the same key, the same repetition"
    assert Follower(connection, again, updates.append).finish()["state"] == "done"
    connection.call(lambda client: client.delete(job))
    with pytest.raises(BridgeError) as error:
        connection.call(lambda client: client.job(job))
    assert error.value.code == "not_found"


def test_stop_is_heard_at_once(daemon: Daemon, tmp_path: Path) -> None:
    connection = connector(daemon, tmp_path)
    job = submit(connection, Parameters.of("inpaint", prompt="a", steps=150, num_images=16, seed=1), "long")
    painting = threading.Event()
    timer = threading.Thread(target=lambda: painting.wait(240) and connection.call(lambda client: client.cancel(job)))
    timer.start()

    def seen(update: Update) -> None:
        if update.preview:
            painting.set()

    snapshot = Follower(connection, job, seen).finish()
    timer.join()
    assert snapshot["state"] == "cancelled"


def test_pairing_with_a_code(daemon: Daemon, tmp_path: Path) -> None:
    code = daemon.call("POST", "/v1/pairing-codes", {})["code"]
    connection = connector(daemon, tmp_path)
    session = connection.connect(code.lower())
    assert session.client.models()["models"]
    assert connection.remembered.token(session.home) == session.client.token
    with pytest.raises(BridgeError) as error:
        connection.connect(code)
    assert error.value.code == "pairing_refused", "a code works once"


def test_a_body_that_is_refused_early_is_told(daemon: Daemon, tmp_path: Path) -> None:
    """The daemon answers before everything is sent, and closes: its sentence arrives, not a broken pipe."""
    client = Client(daemon.url, "no such token")
    with pytest.raises(BridgeError) as error:
        client.submit([b"\0" * 40_000_000], "k")
    assert error.value.code == "unauthorized"


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(BridgeError) as error:
        Client("http://127.0.0.1:9").hello()
    assert error.value.code == UNREACHABLE
    connection = Connector(Installation(), Remembered(tmp_path), {"LAYERBRIDGE_HOME": str(tmp_path)})
    lost = Follower(connection, "job", lambda _update: None, patience_seconds=0.0)
    lost.abandon.set()
    with pytest.raises(BridgeError) as error:
        lost.finish()
    assert error.value.code == LOST
    assert "History…" in error.value.message
