"""Stored requests of operations that there are no more, or not yet: as much as possible of them is listed."""

from __future__ import annotations

from dataclasses import replace

from pydantic import create_model

from bridge_server.jobs.stored import read_request
from bridge_server.operations.base import Operation
from bridge_server.operations.options import Options
from bridge_server.operations.registry import Registry, builtin
from bridge_server.protocol.requests import job_request
from tests.operations.toy import TOY

STORED = {
    "operation": "dream",
    "version": 3,
    "params": {"prompt": "a red ball", "strength": 0.5, "seed": 7, "depth": 2},
    "document": {"width": 8, "height": 6, "id": "d", "name": "a.xcf"},
}


def read(*operations: Operation) -> dict[str, object]:
    request, exact = read_request(STORED, job_request(Registry(operations)))
    assert not exact and request.document.name == "a.xcf"
    return request.model_dump(mode="json", exclude_unset=True)["params"]


def test_its_options_are_kept_where_another_operation_has_them() -> None:
    assert read(*builtin().all()) == {"prompt": "a red ball", "strength": 0.5, "seed": 7}


def test_whichever_operations_there_are() -> None:
    first_of_the_menu = replace(TOY, menu=replace(TOY.menu, order=1))
    assert read(first_of_the_menu, builtin().get("txt2img")) == {"prompt": "a red ball", "seed": 7}
    assert read(first_of_the_menu) == {}


def test_an_operation_that_cannot_do_without_an_option_stands_for_no_other() -> None:
    fields = {f"must{number}": (int, ...) for number in range(30)}
    strict = replace(TOY, name="strict", params=create_model("StrictParams", __base__=Options, **fields))  # pyright: ignore[reportArgumentType, reportCallIssue]
    assert read(strict, builtin().get("txt2img")) == {"prompt": "a red ball", "seed": 7}
