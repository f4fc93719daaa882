"""The OpenAPI 3.1 document of API version 1, made from the table of endpoints and the message models."""

from __future__ import annotations

import re
from typing import Any

from ..errors import ERRORS, ErrorCode
from ..operations.registry import Registry
from .endpoints import ENDPOINTS, JSON, RANGE_STATUSES, SOCKET, Body, Endpoint, errors_of
from .limits import API_VERSION, DEFAULT_PORT
from .parameters import Parameter
from .schema import build_schemas

DESCRIPTION = (
    "Layerbridge's daemon: send a crop, a mask and a prompt, receive finished layers. Pictures travel as frames in the "
    "safetensors format; docs/protocol.md describes them, the WebSocket and the guarantees."
)
ACCEPTED = {"open": (), "client": ("client", "owner"), "owner": ("owner",)}
PATH_PARAMETERS = {
    "id": "A job's id, as POST /v1/jobs answered it.",
    "role": "One of the operation's outputs, such as layer.",
    "n": "A variation's index, from 0.",
    "client": "A client's id, as GET /v1/clients lists it.",
}


def build_openapi(operations: Registry) -> dict[str, Any]:
    """The contract as JSON; it stands alone and names no server but this machine."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    paths[SOCKET.path] = {SOCKET.method.lower(): _socket()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Layerbridge",
            "version": str(API_VERSION),
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": f"http://localhost:{DEFAULT_PORT}"}],
        "paths": paths,
        "components": {
            "schemas": build_schemas(operations),
            "securitySchemes": {
                "client": {"type": "http", "scheme": "bearer", "description": "The token that POST /v1/pair gave."},
                "owner": {"type": "http", "scheme": "bearer", "description": "The secret that runtime.json holds."},
            },
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "parameters": [*_path_parameters(endpoint.path), *(_parameter(part) for part in endpoint.parameters)],
        "responses": _responses(endpoint),
    }
    if endpoint.takes is not None:
        operation["requestBody"] = {"required": True, "content": _content(endpoint.takes)}
    operation["security"] = [{scheme: []} for scheme in ACCEPTED[endpoint.access]]
    return operation


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    content = {
        name: body for kind in (endpoint.answer, *endpoint.alternatives) for name, body in _content(kind).items()
    }
    success: dict[str, Any] = {"description": endpoint.summary, "content": content}
    responses: dict[str, Any] = {str(endpoint.status): success}
    if endpoint.ranges:
        success["headers"] = {"Accept-Ranges": {"schema": {"const": "bytes"}}}
        responses |= {str(status): {"description": meaning} for status, meaning in RANGE_STATUSES.items()}
        responses["206"]["content"] = content
    return dict(sorted((responses | _refusals(endpoint)).items()))


def _refusals(endpoint: Endpoint) -> dict[str, Any]:
    return {str(status): _error(codes) for status, codes in _by_status(errors_of(endpoint)).items()}


def _by_status(codes: tuple[ErrorCode, ...]) -> dict[int, list[ErrorCode]]:
    groups: dict[int, list[ErrorCode]] = {}
    for code in codes:
        groups.setdefault(ERRORS[code].status, []).append(code)
    return groups


def _error(codes: list[ErrorCode]) -> dict[str, Any]:
    return {
        "description": " ".join(f"`{code}`: {ERRORS[code].meaning}" for code in codes),
        "content": {
            JSON: {
                "schema": {
                    "allOf": [
                        {"$ref": "#/components/schemas/ErrorBody"},
                        {"properties": {"code": {"enum": [str(code) for code in codes]}}},
                    ]
                }
            }
        },
    }


def _content(body: Body) -> dict[str, Any]:
    if not isinstance(body, str):
        return {JSON: {"schema": {"$ref": f"#/components/schemas/{body.__name__}"}}}
    return {body: {"schema": {"type": "object"}} if body == JSON else {}}


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": PATH_PARAMETERS[name],
            "schema": {"type": "integer", "minimum": 0} if name == "n" else {"type": "string"},
        }
        for name in re.findall(r"\{(\w+)\}", path)
    ]


def _parameter(parameter: Parameter) -> dict[str, Any]:
    whole = parameter.low is not None
    schema: dict[str, Any] = {"type": "integer" if whole else "string"}
    limits = {"minimum": parameter.low, "maximum": parameter.high, "default": parameter.default}
    schema |= {key: value for key, value in limits.items() if value is not None}
    if parameter.words:
        schema["enum"] = list(parameter.words)
    if parameter.max_length is not None:
        schema["maxLength"] = parameter.max_length
    return {"name": parameter.name, "in": parameter.place, "description": parameter.meaning, "schema": schema}


def _socket() -> dict[str, Any]:
    return {
        "operationId": SOCKET.name,
        "summary": SOCKET.summary,
        "responses": {str(SOCKET.status): {"description": "The connection is a WebSocket now."}, **_refusals(SOCKET)},
        "security": [],
    }
