"""What becomes of a job: progress, results, history; with a real worker and the shipped model."""

from __future__ import annotations

import io
import json
import time
import urllib.request
from typing import Any
from urllib.error import HTTPError

import numpy as np
import pytest
from PIL import Image

from bridge_server.operations.limits import MAX_SEED
from bridge_server.protocol.frame import encode
from tests.support.daemon import Daemon
from tests.support.envelopes import envelope
from tests.support.requests import arrays, frame, picture, tensor


def result(daemon: Daemon, job: str, index: int = 0) -> bytes:
    return daemon.call("GET", f"/v1/jobs/{job}/artifacts/layer/{index}")


def run(daemon: Daemon, *args: Any, **message: Any) -> dict[str, Any]:
    snapshot = daemon.wait(daemon.submit(frame(*args, **message))["id"])
    assert snapshot["state"] == "done", snapshot["error"]
    return snapshot


def follow(daemon: Daemon, job: str) -> list[dict[str, Any]]:
    """All events of a job from its first, by long-poll."""
    events: list[dict[str, Any]] = []
    while True:
        after = events[-1]["seq"] if events else 0
        reply = daemon.call("GET", f"/v1/jobs/{job}?after={after}&wait=20")
        events += reply["events"]
        if reply["job"]["state"] in ("done", "failed", "cancelled"):
            return events


@pytest.mark.parametrize("kind", ["inpaint", "outpaint", "img2img", "txt2img"])
def test_each_kind_gives_a_layer_and_a_mask_where_the_plan_said(daemon: Daemon, kind: str) -> None:
    snapshot = run(daemon, kind)
    message, image, mask = arrays(result(daemon, snapshot["id"]))
    box = message["bounds"]
    assert image.shape == (box["height"], box["width"], 4)
    assert mask.shape == (box["height"], box["width"])
    assert mask.max() == 255
    assert message["canvas"]["width"] == (160 if kind == "outpaint" else 128)
    assert message["request"]["params"]["prompt"] == "red apple"
    assert message["model"]["name"] == "starter"
    assert len(message["model"]["hash"]) == 16


def test_events_tell_the_story_in_order(daemon: Daemon) -> None:
    job = daemon.submit(frame(steps=6))["id"]
    events = follow(daemon, job)
    numbers = [event["seq"] for event in events]
    assert numbers == sorted(set(numbers))
    states = [event["data"]["state"] for event in events if event["type"] == "state"]
    assert states == ["queued", "loading", "running", "done"]
    steps = [event["data"]["step"] for event in events if event["type"] == "progress" and event["data"]["step"]]
    assert steps == sorted(steps)
    assert set(range(1, 7)) <= set(steps)
    fractions = [event["data"]["fraction"] for event in events if event["type"] == "progress"]
    assert fractions == sorted(fractions)
    assert [event["data"]["index"] for event in events if event["type"] == "artifact"] == [0]


def test_the_time_left_is_told_and_shrinks(daemon: Daemon) -> None:
    job = daemon.submit(frame(steps=30))["id"]
    told = [event["data"]["eta_seconds"] for event in follow(daemon, job) if event["type"] == "progress"]
    known = [eta for eta in told if eta is not None]
    assert len(known) >= 25
    assert known[-1] == 0
    assert max(known[:5]) > known[-1]


def test_a_preview_comes_while_it_runs(daemon: Daemon) -> None:
    job = daemon.submit(frame(steps=60))["id"]
    after = 0
    while True:
        reply = daemon.call("GET", f"/v1/jobs/{job}?after={after}&wait=20")
        after = max([after, *(event["seq"] for event in reply["events"])])
        if any(event["type"] == "preview" for event in reply["events"]):
            break
        assert reply["job"]["state"] != "done", "it finished without a preview"
    shown = Image.open(io.BytesIO(daemon.call("GET", f"/v1/jobs/{job}/previews/0")))
    assert shown.format == "JPEG"
    assert max(shown.size) <= 512
    daemon.call("POST", f"/v1/jobs/{job}/cancel")
    daemon.wait(job)


def test_long_poll_waits_for_news_and_comes_back_empty_in_time(daemon: Daemon) -> None:
    snapshot = run(daemon)
    started = time.monotonic()
    reply = daemon.call("GET", f"/v1/jobs/{snapshot['id']}?after={snapshot['seq']}&wait=30")
    assert time.monotonic() - started < 12, "a finished job has no news to wait for"
    assert reply["events"] == []


def test_thumbnail_is_a_small_jpeg(daemon: Daemon) -> None:
    snapshot = run(daemon, side=1100, steps=1, kind="img2img")
    shown = Image.open(io.BytesIO(daemon.call("GET", f"/v1/jobs/{snapshot['id']}/thumbnails/0")))
    assert shown.format == "JPEG"
    assert max(shown.size) <= 512


def test_results_come_in_ranges_too(daemon: Daemon) -> None:
    job = run(daemon)["id"]
    whole = result(daemon, job)
    request = urllib.request.Request(f"{daemon.url}/v1/jobs/{job}/artifacts/layer/0", headers={"Range": "bytes=10-19"})
    request.add_header("Authorization", f"Bearer {daemon.secret}")
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 206
        assert answer.read() == whole[10:20]


def test_results_are_never_compressed(daemon: Daemon) -> None:
    job = run(daemon)["id"]
    request = urllib.request.Request(
        f"{daemon.url}/v1/jobs/{job}/artifacts/layer/0", headers={"Accept-Encoding": "gzip"}
    )
    request.add_header("Authorization", f"Bearer {daemon.secret}")
    with urllib.request.urlopen(request) as answer:
        assert answer.headers["Content-Encoding"] is None
        assert int(answer.headers["Content-Length"]) == len(answer.read())


def test_same_seed_same_bytes_alone_or_among_variations(daemon: Daemon) -> None:
    variations = run(daemon, seed=41, num_images=3)
    alone = run(daemon, seed=42)
    assert [info["meta"]["seed"] for info in variations["artifacts"]] == [41, 42, 43]
    _, among, _ = arrays(result(daemon, variations["id"], 1))
    _, single, _ = arrays(result(daemon, alone["id"]))
    assert among.tobytes() == single.tobytes()
    _, other, _ = arrays(result(daemon, variations["id"], 2))
    assert other.tobytes() != single.tobytes()


def test_a_seed_that_is_not_given_is_drawn_and_told(daemon: Daemon) -> None:
    first, second = (daemon.submit(frame(seed=None)) for _ in range(2))
    assert first["seed"] != second["seed"]
    assert 0 <= first["seed"] <= MAX_SEED
    assert daemon.wait(first["id"])["request"]["params"]["seed"] == first["seed"]


def test_outside_the_mask_the_result_holds_nothing(daemon: Daemon) -> None:
    snapshot = run(daemon, keep_to_selection=True)
    message, _, mask = arrays(result(daemon, snapshot["id"]))
    whole = np.zeros((128, 128), np.uint8)
    box = message["bounds"]
    whole[box["y"] : box["y"] + box["height"], box["x"] : box["x"] + box["width"]] = mask
    inside = np.zeros((128, 128), bool)
    inside[32:96, 32:96] = True
    assert not whole[~inside].any()
    assert (whole[inside] == 255).all()


def test_an_empty_mask_fails_with_a_sentence_and_the_worker_goes_on(daemon: Daemon) -> None:
    message = {
        "kind": "inpaint",
        "document": {"width": 64, "height": 64},
        "bounds": {"x": 0, "y": 0, "width": 64, "height": 64},
    }
    tensors = {"image": tensor(picture(64, 64)), "mask": tensor(np.zeros((64, 64), np.uint8))}
    failed = daemon.wait(daemon.submit(encode(envelope(message, tensors), tensors))["id"])
    assert failed["state"] == "failed"
    assert failed["error"]["code"] == "empty_selection"
    assert run(daemon)["state"] == "done"


def test_words_the_model_did_not_read_are_named(daemon: Daemon) -> None:
    snapshot = run(daemon, prompt="red apple, " + " ".join(f"word{n}" for n in range(300)) + " zebrastripe")
    assert any("zebrastripe" in warning["message"] for warning in snapshot["warnings"])


def test_history_is_newest_first_in_pages_and_by_document(daemon: Daemon) -> None:
    ids = [daemon.submit(frame(document={"width": 128, "height": 128, "id": "paged"}, steps=1))["id"] for _ in range(3)]
    for job in ids:
        daemon.wait(job)
    first = daemon.call("GET", "/v1/jobs?document=paged&limit=2")
    assert [job["id"] for job in first["jobs"]] == ids[:0:-1]
    rest = daemon.call("GET", f"/v1/jobs?document=paged&limit=2&before={first['next']}")
    assert [job["id"] for job in rest["jobs"]] == ids[:1]
    assert rest["next"] is None
    assert all(job["state"] == "done" for job in daemon.call("GET", "/v1/jobs?state=done")["jobs"])


def test_a_deleted_job_is_gone_with_its_files(daemon: Daemon) -> None:
    job = run(daemon)["id"]
    assert (daemon.home / "spool" / job).is_dir()
    daemon.call("DELETE", f"/v1/jobs/{job}")
    assert not (daemon.home / "spool" / job).exists()
    with pytest.raises(HTTPError) as caught:
        daemon.call("GET", f"/v1/jobs/{job}")
    assert caught.value.code == 404


def test_another_clients_job_cannot_be_seen_cancelled_or_deleted(daemon: Daemon) -> None:
    stranger = daemon.call("POST", "/v1/pair", {"code": daemon.secret, "client": "stranger"})["token"]
    job = run(daemon)["id"]
    for method, path in [
        ("GET", f"/v1/jobs/{job}"),
        ("GET", f"/v1/jobs/{job}/artifacts/layer/0"),
        ("POST", f"/v1/jobs/{job}/cancel"),
        ("DELETE", f"/v1/jobs/{job}"),
    ]:
        with pytest.raises(HTTPError) as caught:
            daemon.call(method, path, token=stranger)
        assert caught.value.code == 404
    assert all(entry["id"] != job for entry in daemon.call("GET", "/v1/jobs", token=stranger)["jobs"])


def test_a_failed_or_finished_job_can_be_run_again(daemon: Daemon) -> None:
    job = run(daemon, seed=77)["id"]
    again = daemon.call("POST", f"/v1/jobs/{job}/resubmit")
    assert daemon.wait(again["id"])["state"] == "done"
    assert arrays(result(daemon, again["id"]))[1].tobytes() == arrays(result(daemon, job))[1].tobytes()
    assert daemon.call("GET", f"/v1/jobs/{job}")["job"]["resubmitted_as"] == again["id"]


def test_running_again_twice_with_one_key_makes_one_job(daemon: Daemon) -> None:
    old, other = run(daemon, prompt="one")["id"], run(daemon, prompt="two")["id"]
    key = {"Idempotency-Key": "again-1"}
    first, second = (daemon.call("POST", f"/v1/jobs/{old}/resubmit", headers=key) for _ in range(2))
    assert (second["id"], first["replayed"], second["replayed"]) == (first["id"], False, True)
    assert daemon.call("POST", f"/v1/jobs/{old}/resubmit")["id"] != first["id"]
    with pytest.raises(HTTPError) as refused:
        daemon.call("POST", f"/v1/jobs/{other}/resubmit", headers=key)
    assert json.loads(refused.value.read())["code"] == "idempotency_conflict"


def test_a_dropped_poll_does_not_cancel(daemon: Daemon) -> None:
    daemon.submit(frame(steps=150))
    job = daemon.submit(frame())["id"]
    seq = daemon.call("GET", f"/v1/jobs/{job}")["job"]["seq"]
    request = urllib.request.Request(f"{daemon.url}/v1/jobs/{job}?after={seq}&wait=20")
    request.add_header("Authorization", f"Bearer {daemon.secret}")
    with pytest.raises(OSError):
        urllib.request.urlopen(request, timeout=0.05)
    assert daemon.wait(job)["state"] == "done"


def test_models_tell_what_is_there(daemon: Daemon) -> None:
    run(daemon)
    answer = daemon.call("GET", "/v1/models")
    starter = next(model for model in answer["models"] if model["name"] == "starter")
    assert starter["default"]
    assert starter["loaded"]
    assert starter["inpaint_model"]
    assert "Euler" in starter["samplers"]
    assert answer["devices"][0]["torch"]


def test_a_model_can_be_loaded_ahead_and_an_unknown_one_is_refused(daemon: Daemon) -> None:
    assert daemon.call("POST", "/v1/models/load", {"model": "starter"})["ok"]
    with pytest.raises(HTTPError) as caught:
        daemon.call("POST", "/v1/models/load", {"model": "none of these"})
    assert caught.value.code == 404


def test_a_prompt_as_long_as_allowed_in_any_script_does_not_lose_the_result(daemon: Daemon) -> None:
    snapshot = run(daemon, prompt="苹果 " * 2600, negative_prompt="蓝色 " * 2600, steps=1)
    message, _, _ = arrays(result(daemon, snapshot["id"]))
    assert message["request"]["params"]["prompt"].startswith("苹果")
    assert "did not read" in snapshot["warnings"][0]["message"]
