"""JSON Schema of every message, made from the pydantic models."""

from __future__ import annotations

import inspect
from typing import Any, cast

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ..operations.registry import Registry
from . import envelope, messages, service
from . import operations as answers
from .requests import job_request, plan_request


def message_models() -> tuple[type[BaseModel], ...]:
    """All message models, by name."""
    found = {
        name: value
        for module in (envelope, messages, service, answers)
        for name, value in vars(module).items()
        if inspect.isclass(value) and issubclass(value, BaseModel) and value.__module__ == module.__name__
    }
    bases = {envelope.Request, envelope.OfOperation, messages.Response}
    return tuple(found[name] for name in sorted(found) if found[name] not in bases)


def build_schemas(operations: Registry, template: str = "#/components/schemas/{model}") -> dict[str, Any]:
    """Schemas by model name, JSON Schema 2020-12; `template` is how one refers to another. The requests are those for
    these operations.

    A field of a response that has a default may be absent: a reader takes the default then.
    """
    _, document = models_json_schema([(model, "validation") for model in message_models()], ref_template=template)
    found: dict[str, Any] = document["$defs"]
    for request in (job_request(operations), plan_request(operations)):
        schema = request.model_json_schema(ref_template=template)
        found |= schema.pop("$defs", {})
        found[request.__name__] = schema
    return {name: _without_titles(schema) for name, schema in sorted(found.items())}


def _without_titles(schema: Any) -> Any:
    """Drop the titles that pydantic makes from names: they say nothing that the names do not."""
    if isinstance(schema, list):
        return [_without_titles(item) for item in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    parts = cast("dict[str, Any]", schema)
    return {key: _without_titles(part) for key, part in parts.items() if key != "title" or not isinstance(part, str)}
