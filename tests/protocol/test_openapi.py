"""The OpenAPI document: valid, true to the messages, and the daemon's routes to the letter."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from bridge_server.errors import ERRORS, ErrorCode
from bridge_server.http.app import ROUTES
from bridge_server.operations.registry import builtin
from bridge_server.protocol.endpoints import ENDPOINTS, SUBMIT, errors_of
from bridge_server.protocol.envelope import JobRequest
from bridge_server.protocol.messages import ErrorBody, JobSnapshot, JobState, Progress
from bridge_server.protocol.openapi import build_openapi
from bridge_server.protocol.schema import message_models
from tests.support.envelopes import envelope

DOCUMENT = build_openapi(builtin())


def test_it_is_valid() -> None:
    errors = [error.message for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()]
    assert errors == []
    assert json.loads(json.dumps(DOCUMENT)) == DOCUMENT


def test_it_describes_the_daemons_routes() -> None:
    served = [route.endpoint for route in ROUTES] + [SUBMIT]  # its body is a stream, so it has a handler of its own
    assert sorted(endpoint.name for endpoint in served) == sorted(endpoint.name for endpoint in ENDPOINTS)
    assert len({endpoint.name for endpoint in ENDPOINTS}) == len(ENDPOINTS)


def test_every_message_has_its_schema() -> None:
    names = {model.__name__ for model in message_models()}
    assert names <= set(DOCUMENT["components"]["schemas"])
    references = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(DOCUMENT)))
    assert references <= set(DOCUMENT["components"]["schemas"])


def test_errors_stand_under_their_status() -> None:
    for endpoint in ENDPOINTS:
        responses = DOCUMENT["paths"][endpoint.path][endpoint.method.lower()]["responses"]
        for code in errors_of(endpoint):
            assert f"`{code}`" in responses[str(ERRORS[code].status)]["description"]


def test_open_calls_need_no_token_and_owners_calls_need_the_owners() -> None:
    for endpoint in ENDPOINTS:
        security = DOCUMENT["paths"][endpoint.path][endpoint.method.lower()]["security"]
        accepted = {scheme for alternative in security for scheme in alternative}
        assert accepted == {"open": set(), "client": {"client", "owner"}, "owner": {"owner"}}[endpoint.access]


def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    )


@pytest.mark.parametrize(
    ("values", "right"),
    [
        ({}, True),
        ({"params": {"grow": "auto", "feather": 12, "seed": None}}, True),
        ({"models": [{"model": "starter"}]}, True),
        ({"prompts": "unknown"}, False),
        ({"params": []}, False),
        ({"models": [{"role": "base"}]}, False),
        ({"inputs": {"image": {"bounds": {"x": 0}}}}, False),
        ({"version": 0}, False),
        ({"operation": "paint"}, False),
    ],
)
def test_the_request_schema_judges(values: dict[str, Any], right: bool) -> None:
    box = {"x": -3, "y": 0, "width": 10, "height": 20}
    request = {**envelope({"kind": "inpaint", "document": {"width": 4, "height": 4}, "bounds": box}), **values}
    assert validator("JobRequest").is_valid(request) == right


def test_what_the_daemon_sends_fits_its_schema() -> None:
    box = {"x": -3, "y": 0, "width": 10, "height": 20}
    request = JobRequest.model_validate(
        envelope({"kind": "inpaint", "document": {"width": 4, "height": 4}, "bounds": box})
    )
    snapshot = JobSnapshot(
        id="1",
        seq=3,
        state=JobState.FAILED,
        request=request,
        num_images=1,
        created=1.0,
        updated=2.5,
        progress=Progress(stage="finished"),
        error=ErrorBody(code=ErrorCode.WORKER_DIED, message="It ended."),
    )
    validator("JobSnapshot").validate(json.loads(snapshot.model_dump_json()))


def test_building_it_imports_nothing_heavy() -> None:
    code = "import sys; from bridge_server.operations.registry import builtin; "
    code += "from bridge_server.protocol.openapi import build_openapi; build_openapi(builtin()); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"jsonschema", "numpy", "torch", "openapi_spec_validator"} & set(done.stdout.split())
