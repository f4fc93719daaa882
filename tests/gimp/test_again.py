"""What is repeated where the daemon's table and the installed one differ: nothing of what was asked for is lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bridge_server.operations.table import operation_table
from gimp_plugin.layerbridge.failures import BridgeError
from gimp_plugin.layerbridge.geometry import Box
from gimp_plugin.layerbridge.operations import OPERATIONS, Operation, find, known_as, read_operations
from gimp_plugin.layerbridge.parameters import Parameters, check, from_json, from_request, job_message
from gimp_plugin.layerbridge.remembered import Remembered
from tests.gimp.toy import NewerParams, ToyParams, toy, with_toy

INSTALLED, TOLD = (
    next(each for each in read_operations(operation_table(with_toy(toy(params)))) if each.name == "toy-roles")
    for params in (ToyParams, NewerParams)
)


def sent(parameters: Parameters) -> dict[str, object]:
    return job_message(parameters, {"width": 8, "height": 8}, Box(0, 0, 8, 8), {}, ())["params"]


def test_an_option_that_only_the_daemon_has_is_kept_with_a_result_and_sent_again() -> None:
    chosen = Parameters(INSTALLED, "layer", {"toy_amount": 7}).described(TOLD).with_values(toy_newer=False)
    again = from_json(chosen.to_json(), operation=INSTALLED)
    assert sent(again) == {"toy_amount": 7}, "what the installed table has"
    assert sent(again.described(TOLD)) == {"toy_amount": 7, "toy_newer": False}


def test_it_is_kept_with_the_last_values_too(tmp_path: Path) -> None:
    remembered = Remembered(tmp_path)
    remembered.keep(Parameters(INSTALLED, "layer", {"toy_amount": 2}).described(TOLD).with_values(toy_newer=False))
    remembered.keep(remembered.parameters(INSTALLED))
    assert remembered.parameters(TOLD).values == {"toy_amount": 2, "toy_newer": False}


def test_what_a_script_gave_is_refused_beyond_the_daemons_limits_and_not_changed() -> None:
    amount = replace(TOLD.options[0], maximum=5)
    told = replace(TOLD, options=(amount, *TOLD.options[1:]), inputs=())
    with pytest.raises(BridgeError, match="at most 5"):
        check(Parameters(replace(INSTALLED, inputs=()), "layer", {"toy_amount": 7}).described(told), True)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_the_same_table_changes_nothing(operation: Operation) -> None:
    parameters = from_json({}, operation=operation)
    assert parameters.described(operation) is parameters
    assert parameters.described(replace(operation, help="other words")).values == parameters.values


def test_a_result_of_an_operation_that_is_not_known_is_not_taken_for_another() -> None:
    request = {"operation": "caption", "params": {"words": 3}, "document": {"width": 1, "height": 1}}
    parameters = from_request(request, 1)
    assert find("caption") is None and known_as("caption").title == "caption"
    assert parameters.to_json()["procedure"] == "caption" and parameters.to_json()["words"] == 3
