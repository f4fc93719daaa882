"""jobs list, show, fetch, cancel, delete: what this command line has painted, as long as the daemon keeps it."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from layerbridge_client.wire import FINAL_STATES

from ..config import find_home
from ..errors import BridgeError, ErrorCode
from ..plan.bounds import Bounds
from .connection import Connection, require

PAGE = 200
STATES = {
    "queued": "waiting",
    "loading": "loading the model",
    "running": "being painted",
    "done": "done",
    "failed": "failed",
    "cancelled": "cancelled",
}


def listing(options: argparse.Namespace) -> int:
    jobs = list(_all(require(find_home()), options.search))
    if options.json:
        print(json.dumps(jobs, indent=1))
        return 0
    if not jobs and options.search:
        print(f"No job of this command has all of these words: {options.search}")
    elif not jobs:
        print("No jobs of this command are kept. Those of a plug-in are in its History.")
    for job in jobs:
        for line in describe(job):
            print(line)
    return 0


def describe(job: dict[str, Any]) -> Iterator[str]:
    """The lines of one job in the list: id, time, what it is, how it stands, and why it failed."""
    request, params = job["request"], job["request"]["params"]
    made = time.strftime("%Y-%m-%d %H:%M", time.localtime(job["created"]))
    prompt = " ".join(params.get("prompt", "").split())
    asked = f' "{prompt[:40]}{"…" if len(prompt) > 40 else ""}"' if prompt else ""
    state = STATES.get(job["state"], job["state"])
    done, wanted = len({one["index"] for one in job["artifacts"]}), job["num_images"]
    count = f"{done} of {wanted}" if wanted > 1 else f"{done}"
    yield f"{job['id']}  {made}  {request['operation']}{asked}: {state}, {count} finished"
    if job["error"]:
        yield f"    {job['error']['message']}"


def show(options: argparse.Namespace) -> int:
    print(json.dumps(_find(require(find_home()), options.job), indent=1, ensure_ascii=False))
    return 0


def fetch(options: argparse.Namespace) -> int:
    from ..operations.registry import builtin
    from .generate import read_document
    from .outputs import kinds_of, prepare_folder, say_path
    from .pictures.writing import choose_target
    from .results import Results

    connection = require(find_home())
    job = _find(connection, options.job)
    if not job["artifacts"]:
        raise BridgeError(ErrorCode.NOT_READY, f"The job {job['id']} has no finished variation. {_what_now(job)}")
    inputs = [Path(options.image)] if options.image else []
    document = read_document(inputs[0]) if inputs else None
    _check_size(document.bounds if document else None, job)
    target = choose_target(document, options.format)
    out = Path(options.out)
    known, name = builtin(), job["request"]["operation"]
    outputs = known.get(name).outputs if name in known else {}
    kinds = kinds_of(outputs) or {"layer": "layer"}
    prepare_folder(out, job["num_images"], target.kind, inputs, kinds)
    replaced = bool(json.loads(job["request"].get("client_data", {}).get("replaced", "false")))
    hides = any(output.hides_source for output in outputs.values())
    results = Results(out, target, document, replaced, document is not None, kinds, hides)
    for info in job["artifacts"]:
        content = connection.raw("GET", f"/v1/jobs/{job['id']}/artifacts/{info['role']}/{info['index']}", [])
        for file in results.write(content, info["index"] + 1):
            say_path(file)
    return 0


def cancel(options: argparse.Namespace) -> int:
    connection = require(find_home())
    job = _find(connection, options.job)
    if job["state"] in FINAL_STATES:
        print(f"{job['id']} has ended already: {STATES[job['state']]}.")
        return 0
    connection.call("POST", f"/v1/jobs/{job['id']}/cancel")
    print(f"{job['id']} is cancelled. Its finished variations stay: `layerbridge jobs fetch {job['id']}`.")
    return 0


def delete(options: argparse.Namespace) -> int:
    connection = require(find_home())
    for job in [_find(connection, name) for name in options.job]:
        if job["state"] not in FINAL_STATES:
            what = f"The job {job['id']} is still {STATES[job['state']]}; stop it first: `layerbridge jobs cancel"
            raise BridgeError(ErrorCode.INVALID_REQUEST, f"{what} {job['id']}`.")
        connection.call("DELETE", f"/v1/jobs/{job['id']}")
        print(f"{job['id']} is deleted.")
    return 0


def _all(connection: Connection, words: str = "") -> Iterator[dict[str, Any]]:
    """The command line's own jobs that have all of the words, newest first."""
    search = f"&{urlencode({'q': words})}" if words else ""
    before = ""
    while True:
        reply = connection.call("GET", f"/v1/jobs?limit={PAGE}{search}{before}")
        yield from reply["jobs"]
        if not reply["next"]:
            return
        before = f"&before={reply['next']}"


def _find(connection: Connection, name: str) -> dict[str, Any]:
    """The one job whose id is `name` or begins with it. Raises BridgeError (not_found, invalid_request)."""
    found = [job for job in _all(connection) if name and job["id"].startswith(name)]
    if not found:
        raise BridgeError(
            ErrorCode.NOT_FOUND, f"There is no job {name or 'without an id'}. `layerbridge jobs list` shows all."
        )
    exact = [job for job in found if job["id"] == name]
    if len(found) > 1 and not exact:
        raise BridgeError(ErrorCode.INVALID_REQUEST, f"{len(found)} jobs begin with {name}: type more of the id.")
    return (exact or found)[0]


def _what_now(job: dict[str, Any]) -> str:
    if job["state"] in FINAL_STATES:
        return job["error"]["message"] if job["error"] else "It was cancelled."
    return "It is not finished; try again later."


def _check_size(bounds: Bounds | None, job: dict[str, Any]) -> None:
    document = job["request"]["document"]
    wanted = Bounds(0, 0, document["width"], document["height"])
    if bounds is not None and bounds != wanted:
        raise BridgeError(
            ErrorCode.INVALID_REQUEST,
            f"This image is {bounds.width}x{bounds.height} pixels; the job was painted on one of "
            f"{wanted.width}x{wanted.height}. Name the image that it was painted on.",
        )
