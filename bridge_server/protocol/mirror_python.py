"""Writes the Python client's copy of the protocol: modules as they stand, and its tables as data.

`wire.py` has the limits, words, errors and requests, `operation_table.py` what can be asked for.
"""

from __future__ import annotations

import ast
import inspect
from types import ModuleType

from ..errors import ERRORS
from ..operations.registry import Registry
from ..operations.table import operation_table
from . import fields, frame
from .fields import RequestField
from .mirror import GENERATED, Constant, limit_constants, object_rows, request_tables, word_lists

COPIED: tuple[ModuleType, ...] = (frame, fields)  # standard library, Python 3.9


def render_copy(module: ModuleType) -> str:
    """The text of a module of the protocol, which the client has under the same name."""
    return inspect.getsource(module)


def render_wire_python(operations: Registry) -> str:
    """The text of layerbridge_client/wire.py."""
    constants = (*limit_constants(), *word_lists(operations))
    parts = [
        _head(
            "The protocol under one name: the codec, limits and words, and tables of errors and requests.",
            "bridge_server/protocol and bridge_server/errors.py",
        ),
        "from .failures import ErrorInfo, FrameError\n",
        *(f"from .{_name(module)} import {', '.join(public_names(module))}\n" for module in COPIED),
        "\n# Limits and words\n",
        "".join(_constant(constant) for constant in constants),
        "\n",
        _errors(),
        _requests(operations),
        _exports(constants),
    ]
    return "".join(parts)


def render_operations_python(operations: Registry) -> str:
    """The text of layerbridge_client/operation_table.py."""
    head = _head(
        "What GET /v1/operations of the same version answers, without the schemas.", "bridge_server/operations"
    )
    rows = object_rows(operation_table(operations), repr)
    return f"{head}from typing import Any\n\nOPERATIONS: tuple[dict[str, Any], ...] = (\n{rows})\n"


def public_names(module: ModuleType) -> list[str]:
    """What a module defines for others, in order."""
    names: list[str] = []
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
    return [name for name in names if not name.startswith("_")]


def _head(subject: str, source: str) -> str:
    note = "\n".join(GENERATED).format(source=source)
    return f'"""{subject}\n\n{note}\n"""\n# fmt: off\n\nfrom __future__ import annotations\n\n'


def _name(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def _exports(constants: tuple[Constant, ...]) -> str:
    names = ["ErrorInfo", "FrameError", "ERRORS", "REQUESTS", *(constant.name for constant in constants)]
    for module in COPIED:
        names += public_names(module)
    return "\n__all__ = [\n" + "".join(f"    {name!r},\n" for name in sorted(names)) + "]\n"


def _constant(constant: Constant) -> str:
    comment = f"  # {constant.reason}" if constant.reason else ""
    return f"{constant.name} = {constant.value!r}{comment}\n"


def _errors() -> str:
    lines = [f"    {str(code)!r}: ErrorInfo({e.status}, {e.meaning!r}, {e.remedy!r}),\n" for code, e in ERRORS.items()]
    return "ERRORS = {\n" + "".join(lines) + "}\n"


def _requests(operations: Registry) -> str:
    text = "\n# Requests and the objects in them, by name\nREQUESTS = {\n"
    for name, table in request_tables(operations).items():
        text += f"    {name!r}: (\n" + "".join(f"        {_field(field)},\n" for field in table) + "    ),\n"
    return text + "}\n"


def _field(field: RequestField) -> str:
    plain = RequestField(field.name, field.type)
    extra = [
        f"{key}={getattr(field, key)!r}"
        for key in ("required", "default", "nullable", "minimum", "maximum", "choices", "many")
        if getattr(field, key) != getattr(plain, key) or type(getattr(field, key)) is not type(getattr(plain, key))
    ]
    return f"RequestField({', '.join([repr(field.name), repr(field.type), *extra])})"
