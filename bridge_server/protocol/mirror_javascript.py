"""Writes the panel's copy of the protocol, from the sources in templates/ with the constants and tables put in.

`codec.js` has the frame's codec, `message_json.js` the JSON of its header, `wire.js` the limits, words, errors and
requests, `operation_table.js` what can be asked for.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..errors import ERRORS
from ..operations.registry import Registry
from ..operations.table import operation_table
from .mirror import GENERATED, Constant, frame_constants, limit_constants, object_rows, request_tables, word_lists

CODEC_NAMES = ("FrameError", "encode", "encodeParts", "decode", "decodeHeader", "headerLength")
TEXT_NAMES = ("utf8Encode", "utf8Decode")  # which UXP has nothing for
JSON_LIMITS = ("MAX_DEPTH", "MAX_NUMBER")
JSON_NAMES = ("FrameError", "own", "quote", "checkValue", "parseJson", *TEXT_NAMES)


def render_codec_javascript() -> str:
    """The text of photoshop_uxp/lib/codec.js."""
    constants = [constant for constant in frame_constants() if constant.name not in JSON_LIMITS]
    return _file(
        "frame.js",
        "bridge_server/protocol",
        "".join(_constant(constant) for constant in constants),
        (*(constant.name for constant in frame_constants()), *CODEC_NAMES, *TEXT_NAMES),
    )


def render_json_javascript() -> str:
    """The text of photoshop_uxp/lib/message_json.js."""
    constants = [constant for constant in frame_constants() if constant.name in JSON_LIMITS]
    limits = "".join(_constant(constant) for constant in constants)
    return _file("message_json.js", "bridge_server/protocol", limits, (*JSON_LIMITS, *JSON_NAMES))


def render_wire_javascript(operations: Registry) -> str:
    """The text of photoshop_uxp/lib/wire.js."""
    constants = (*limit_constants(), *word_lists(operations))
    lines = [*(_constant(constant) for constant in constants), "\n", _errors(), "\n", _requests(operations)]
    codec = (*(constant.name for constant in frame_constants()), *CODEC_NAMES, *TEXT_NAMES)
    names = (*(constant.name for constant in constants), "ERRORS", "REQUESTS")
    exports = (*(f"{name}: codec.{name}" for name in codec), *names)
    return _file("wire.js", "bridge_server/protocol and bridge_server/errors.py", "".join(lines), exports)


def render_operations_javascript(operations: Registry) -> str:
    """The text of photoshop_uxp/lib/operation_table.js."""
    rows = "/** @type {ReadonlyArray<any>} */\nconst OPERATIONS = Object.freeze([\n"
    rows += object_rows(operation_table(operations), _json) + "]);\n"
    return _file("operation_table.js", "bridge_server/operations", rows, ("OPERATIONS",))


def _file(name: str, source: str, tables: str, exports: Iterable[str]) -> str:
    template = (Path(__file__).with_name("templates") / name).read_text(encoding="utf-8")
    note = "\n".join(f" * {line}" for line in GENERATED).format(source=source)
    text = template.replace(" * (generated)", note).replace("/* tables */\n", tables)
    return text + "\nmodule.exports = {\n" + "".join(f"  {name},\n" for name in exports) + "};\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _constant(constant: Constant) -> str:
    comment = f" // {constant.reason}" if constant.reason else ""
    return f"const {constant.name} = {_literal(constant.value)};{comment}\n"


def _literal(value: Any) -> str:
    text = _json(value)
    return f"Object.freeze({text})" if isinstance(value, (dict, list, tuple)) else text


def _errors() -> str:
    lines = [f"  {code}: {_json(dataclasses.asdict(info))},\n" for code, info in ERRORS.items()]
    return (
        "/** @type {Readonly<Object<string, ErrorInfo>>} */\nconst ERRORS = Object.freeze({\n"
        + "".join(lines)
        + "});\n"
    )


def _requests(operations: Registry) -> str:
    text = "/** Requests and the objects in them. @type {Readonly<Object<string, RequestField[]>>} */\n"
    text += "const REQUESTS = Object.freeze({\n"
    for name, table in request_tables(operations).items():
        fields = [f"    {_json(dataclasses.asdict(field))},\n" for field in table]
        text += f"  {name}: [\n" + "".join(fields) + "  ],\n"
    return text + "});\n"
