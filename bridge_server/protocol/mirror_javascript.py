"""Writes Photoshop's `wire.js`: the sources in templates/ one after the other, with the constants and tables put in."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from ..errors import ERRORS
from ..operations.registry import Registry
from ..operations.table import operation_table
from .mirror import frame_constants, limit_constants, object_rows, request_tables, word_lists

SOURCES = ("frame.js", "json.js", "fields.js")  # the frame's codec, strict JSON and UTF-8, the fields of requests
FUNCTIONS = (
    "FrameError",
    "encode",
    "encodeParts",
    "decode",
    "decodeHeader",
    "headerLength",
    "fieldProblems",
    "utf8Encode",
    "utf8Decode",
)


def render_wire_javascript(operations: Registry) -> str:
    """The text of photoshop_uxp/lib/wire.js."""
    constants = (*frame_constants(), *limit_constants(), *word_lists(operations))
    lines: list[str] = []
    for constant in constants:
        comment = f" // {constant.reason}" if constant.reason else ""
        lines.append(f"const {constant.name} = {_literal(constant.value)};{comment}\n")
    lines += ["\n", _errors(), "\n", _requests(operations), "\n", _operations(operations)]
    names = (*(constant.name for constant in constants), "ERRORS", "REQUESTS", "OPERATIONS", *FUNCTIONS)
    exports = "module.exports = {\n" + "".join(f"  {name},\n" for name in names) + "};\n"
    folder = Path(__file__).with_name("templates")
    template = "".join((folder / name).read_text(encoding="utf-8") for name in SOURCES)
    return template.replace("/* constants */\n", "".join(lines)).replace("/* exports */\n", exports)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _literal(value: Any) -> str:
    text = _json(value)
    return f"Object.freeze({text})" if isinstance(value, (dict, list, tuple)) else text


def _errors() -> str:
    lines = [
        f"  {code}: {json.dumps(dataclasses.asdict(info), ensure_ascii=False)},\n" for code, info in ERRORS.items()
    ]
    return (
        "/** @type {Readonly<Object<string, ErrorInfo>>} */\nconst ERRORS = Object.freeze({\n"
        + "".join(lines)
        + "});\n"
    )


def _requests(operations: Registry) -> str:
    text = "/** Requests and the objects in them. @type {Readonly<Object<string, RequestField[]>>} */\n"
    text += "const REQUESTS = Object.freeze({\n"
    for name, table in request_tables(operations).items():
        fields = [f"    {json.dumps(dataclasses.asdict(field), ensure_ascii=False)},\n" for field in table]
        text += f"  {name}: [\n" + "".join(fields) + "  ],\n"
    return text + "});\n"


def _operations(operations: Registry) -> str:
    text = "/** What GET /v1/operations of the same version answers, without the schemas.\n"
    text += " * @type {ReadonlyArray<any>} */\nconst OPERATIONS = Object.freeze([\n"
    return text + object_rows(operation_table(operations), _json) + "]);\n"
