"""What History lists and says, and what a job's warnings become: pure functions, over every state of a job."""

from __future__ import annotations

from typing import Any

import pytest

from bridge_server.protocol.messages import JobState
from gimp_plugin.layerbridge.failures import BridgeError
from gimp_plugin.layerbridge.listing import (
    PAGE,
    Item,
    Look,
    deletion_text,
    empty_text,
    is_unfinished,
    item_text,
    items_of,
    look_again,
    merged,
    thumbnail_of,
)
from gimp_plugin.layerbridge.notices import ahead, at_the_end, broken_off, codes_of
from gimp_plugin.layerbridge.operations import OPERATIONS, Operation
from layerbridge_client import wire
from layerbridge_client.client import Client

BOUNDS = {"x": 3, "y": 4, "width": 50, "height": 40}


def job(name: str, state: str = "done", results: int = 0, num_images: int = 1, **rest: Any) -> dict[str, Any]:
    """As the daemon lists it. `created`: the number in the name."""
    document = {"id": rest.pop("document", "d"), "name": "n"}
    return {
        "id": name,
        "state": state,
        "created": float("".join(letter for letter in name if letter.isdigit())),
        "request": {"operation": "inpaint", "params": {"prompt": "a"}, "document": document},
        "num_images": num_images,
        "artifacts": [{"role": "layer", "index": n, "meta": {"seed": 7 + n, "bounds": BOUNDS}} for n in range(results)],
        "progress": {"stage": "denoising", "task": results, "step": 2, "steps": 8, "fraction": 0.4, "eta_seconds": 30},
        **rest,
    }


def lines(jobs: list[dict[str, Any]]) -> list[tuple[str, int | None]]:
    return [item.key for item in items_of(jobs)]


class Pictures:
    """A daemon that has a picture of the first result alone."""

    def thumbnail(self, job: str, index: int) -> bytes:
        if index == 2:
            raise BridgeError("unreachable", "gone")
        if index:
            raise BridgeError("not_found", f"no picture of {job}")
        return b"jpeg"


def test_a_result_without_a_picture_holds_up_no_other() -> None:
    client: Any = Pictures()
    assert [thumbnail_of(client, Item({"id": "j"}, index)) for index in (1, 0)] == [b"", b"jpeg"]
    with pytest.raises(BridgeError, match="gone"):
        thumbnail_of(client, Item({"id": "j"}, 2))


@pytest.mark.parametrize("state", [str(state) for state in JobState])
@pytest.mark.parametrize("results", [0, 1, 2])
def test_a_job_that_goes_on_has_a_line_of_its_own_that_says_so(state: str, results: int) -> None:
    unfinished = state not in wire.FINAL_STATES
    item, *more = items_of([job("1", state, results, num_images=8)])
    assert is_unfinished(item.job) == unfinished
    if not unfinished and results:
        assert [line.index for line in [item, *more]] == list(range(results))
        return
    assert item.index is None
    assert [line.index for line in more] == list(range(results))
    text = item_text(item)
    assert text
    assert ("more are coming" in text) == (unfinished and results > 0)
    assert ("left" in text) == unfinished


def test_how_far_a_job_is() -> None:
    (item, *_results) = items_of([job("1", "running", 2, num_images=8)])
    assert item_text(item).splitlines() == [
        "Painting: variation 3 of 8, step 2 of 8",
        "About 30 seconds left",
        "2 of 8 variations finished, more are coming",
    ]
    failed = job("1", "failed", error={"code": "out_of_memory", "message": "Not enough memory."})
    assert item_text(items_of([failed])[0]) == "Not enough memory."
    (result,) = items_of([job("1", results=1)])
    assert item_text(result) == "50 × 40 pixels at 3, 4; seed 7"


def test_artifacts_of_one_variation_are_counted_once() -> None:
    """Above the list, where it is deleted, and where the job failed after some were finished."""
    error = {"code": "out_of_memory", "message": "Not enough memory."}
    roles = [("selection", 0), ("document", 0), ("selection", 1), ("document", 1)]
    made = [{"role": role, "index": index, "seed": 7, "bounds": BOUNDS} for role, index in roles]
    some = job("1", "running", num_images=3, artifacts=made)
    assert "2 of 3 variations finished" in item_text(items_of([some])[0])
    assert deletion_text(some).startswith("All 2 variations")
    assert deletion_text({**some, "artifacts": made[:2]}).startswith("The result is deleted")
    assert deletion_text(job("1", "failed", error=error)).startswith("The result is deleted")
    failed = {**some, "state": "failed", "error": error}
    assert broken_off(failed) == ["2 of 3 variations were finished. Not enough memory."]
    assert broken_off({**failed, "artifacts": []}) == broken_off(some) == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_a_seed_is_told_where_another_one_would_give_another_result(operation: Operation) -> None:
    made = job("1", results=1)
    made["request"]["operation"] = operation.name
    text = item_text(items_of([made])[0])
    assert text.startswith("50 × 40 pixels at 3, 4")
    assert ("seed" in text) == any(option.name == "seed" for option in operation.options), text
    made["artifacts"][0]["meta"]["bounds"] = None
    assert item_text(items_of([made])[0]) == ("seed 7" if "seed" in text else "")


def test_the_table_has_operations_with_and_without_a_seed() -> None:
    assert {operation.option("seed") is None for operation in OPERATIONS} == {True, False}


def test_newest_first_and_a_running_job_above_its_results() -> None:
    jobs = [job("1", results=2), job("3", "running", 1, num_images=2), job("2", "cancelled")]
    assert lines(jobs) == [("3", None), ("3", 0), ("2", None), ("1", 0), ("1", 1)]


def test_what_a_newer_look_changes() -> None:
    known = {name: job(name) for name in ("1", "2", "3", "4")} | {"5": job("5", "running")}
    look = Look([job("3"), job("5", results=1), job("6", "queued"), job("7", document="other")], 3.0, frozenset())
    after = merged(known, look, ["d"])
    assert sorted(after) == ["1", "2", "3", "5", "6"], "4 was deleted; 1 and 2 lie beyond; 7 is another image's"
    assert after["5"]["state"] == "done"
    assert sorted(merged(known, look, [None])) == ["1", "2", "3", "5", "6", "7"]
    all_of_them = Look(look.jobs, -1.0, frozenset())
    assert sorted(merged(known, all_of_them, ["d"])) == ["3", "5", "6"]
    assert sorted(merged(known, Look([], 9.0, frozenset({"2"})), ["d"])) == ["1", "3", "4", "5"]


class Answers(Client):
    """A client with a daemon's answers, as docs/protocol.md has them: `GET /v1/jobs` gives the newest first, and `next`
    where there are more; a job that was deleted is `not_found`.
    """

    def jobs(self, **filters: Any) -> dict[str, Any]:
        page = [job(str(number)) for number in range(60, 60 - filters["limit"], -1)]
        return {"jobs": page, "next": page[-1]["id"]}

    def job(self, job: str, after: int = 0, wait: int = 0) -> dict[str, Any]:
        if job == "9":
            raise BridgeError("not_found", "There is no such job.")
        return {"job": globals()["job"](job, "done", 1)}


def test_jobs_that_go_on_are_followed_beyond_the_newest_page() -> None:
    """The oldest of many queued jobs is painted first."""
    known = {"8": job("8", "running"), "9": job("9", "queued"), "10": job("10"), "60": job("60", "running")}
    look = look_again(Answers("http://127.0.0.1:9"), known)
    assert (look.oldest, look.gone) == (60.0 - PAGE + 1, {"9"})
    after = merged(known, look, ["d"])
    assert after["8"]["state"] == after["60"]["state"] == "done"
    assert "9" not in after and "10" in after


TIME = "Large area: painted in up to {tiles} tiles, which takes up to about {times} times as long as a small one."
CODES = ["takes_long", "looks_soft", "much_memory", "keeps_fill", "one_of_a_newer_daemon"]


def test_an_empty_list_says_whether_something_was_searched() -> None:
    assert empty_text("").startswith("Nothing here yet")
    assert empty_text("red ball") == "No result has all of these words: red ball"


def test_a_look_asks_for_the_words_that_are_searched() -> None:
    asked: list[Any] = []

    class Asked(Client):
        def jobs(self, **filters: Any) -> dict[str, Any]:
            asked.append(filters.get("q"))
            return {"jobs": []}

    look_again(Asked("http://127.0.0.1:9"), {}, "red ball")
    look_again(Asked("http://127.0.0.1:9"), {})
    assert asked == ["red ball", None]


@pytest.mark.parametrize("code", CODES)
def test_what_the_plan_said_is_not_said_again_with_other_numbers(code: str) -> None:
    early, late = TIME.format(tiles=30, times=12), TIME.format(tiles=17, times=7)
    plan = {"warnings": [early], "notices": [{"code": code, "message": early}]}
    job = {"warnings": [{"code": code, "message": late}]}
    assert ahead(plan) == [early]
    assert at_the_end(job, codes_of(plan)) == []


def test_plans_of_older_daemons_give_texts_alone() -> None:
    plan = {"warnings": [TIME.format(tiles=30, times=12)]}
    assert ahead(plan) == plan["warnings"]
    late = {"warnings": [{"code": "plan", "message": TIME.format(tiles=17, times=7)}]}
    assert at_the_end(late, codes_of(plan)) == []


@pytest.mark.parametrize("code", ["plan", "takes_long", "much_memory"])
def test_time_and_memory_are_never_said_at_the_end(code: str) -> None:
    assert at_the_end({"warnings": [{"code": code, "message": "x"}]}, codes_of({})) == []


@pytest.mark.parametrize("code", ["unread_words", "steps_changed", "looks_soft", "keeps_fill"])
def test_what_came_up_while_it_was_painted_is_said_once(code: str) -> None:
    words = [{"code": code, "message": text} for text in ("It did not read: a", "It did not read: b")]
    told = codes_of({"notices": [{"code": "takes_long", "message": "x"}], "warnings": ["x"]})
    assert at_the_end({"warnings": [*words, words[0]]}, told) == ["It did not read: a", "It did not read: b"]
    assert at_the_end({}, codes_of({})) == ahead({}) == []
