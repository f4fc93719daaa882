"""The generated blocks of docs/: endpoints, refusals, errors, limits, and an example frame byte by byte."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..errors import ERRORS
from ..operations.registry import Registry
from .endpoints import ACCESS_ERRORS, ENDPOINTS, Body
from .frame import PREFIX_BYTES, Tensor, encode, header_length
from .mirror import Constant, frame_constants, limit_constants
from .mirror_arguments import argument_lines, command_lines
from .mirror_operations import operation_blocks

EXAMPLE_MESSAGE = {"operation": "inpaint"}
EXAMPLE_TENSORS = {"mask": Tensor("U8", (1, 2), b"\x00\xff"), "image": Tensor("U16", (1, 2, 1), b"\x01\x00\x00\x80")}
LINE = 16  # bytes
UNITS = {"_BYTES": "bytes", "_SECONDS": "s", "_PIXELS": "pixels"}


def render_document(text: str, operations: Registry) -> str:
    """`text` with what stands between the marks of each block written anew. Raises ValueError for an unknown mark."""

    def fill(found: re.Match[str]) -> str:
        name = found.group(2)
        if name not in BLOCKS:
            raise ValueError(f"the document has a block {name!r} that nothing writes")
        return found.group(1) + "\n".join(BLOCKS[name](operations)) + "\n" + found.group(3)

    return re.sub(r"(<!-- begin: (\w+) .*?-->\n).*?(<!-- end: \2 -->)", fill, text, flags=re.S)


def _endpoints(_: Registry) -> list[str]:
    lines = ["| call | who | takes | answers | does |", "| --- | --- | --- | --- | --- |"]
    for endpoint in ENDPOINTS:
        query = ", ".join(f"`{p.name}`" for p in endpoint.parameters if p.place == "query")
        takes = _body(endpoint.takes) if endpoint.takes else query
        call = f"`{endpoint.method} {endpoint.path}`"
        answer = f"{endpoint.status} {', '.join(map(_body, (endpoint.answer, *endpoint.alternatives)))}"
        lines.append(f"| {call} | {endpoint.access} | {takes} | {answer} | {endpoint.summary} |")
    return lines


def _body(body: Body) -> str:
    names = {
        "application/octet-stream": "a frame",
        "image/jpeg": "JPEG",
        "image/png": "PNG",
        "application/json": "JSON",
    }
    return names[body] if isinstance(body, str) else f"`{body.__name__}`"


def _refusals(_: Registry) -> list[str]:
    lines = ["| call | refused with |", "| --- | --- |"]
    for who, codes in ACCESS_ERRORS.items():
        lines.append(f"| every call marked {who} | {', '.join(f'`{code}`' for code in codes)} |")
    for endpoint in ENDPOINTS:
        if endpoint.errors:
            call = f"`{endpoint.method} {endpoint.path}`"
            lines.append(f"| {call} | {', '.join(f'`{code}`' for code in endpoint.errors)} |")
    return lines


def _errors(_: Registry) -> list[str]:
    lines = ["| code | status | meaning | what to do |", "| --- | --- | --- | --- |"]
    return lines + [f"| `{code}` | {info.status} | {info.meaning} | {info.remedy} |" for code, info in ERRORS.items()]


def _limits(_: Registry) -> list[str]:
    limits = [c for c in (*frame_constants(), *limit_constants()) if c.name.startswith(("MAX_", "MIN_"))]
    return ["| limit | value | because |", "| --- | --- | --- |", *(_limit(limit) for limit in limits)]


def _limit(limit: Constant) -> str:
    unit = next((f" {unit}" for ending, unit in UNITS.items() if limit.name.endswith(ending)), "")
    return f"| `{limit.name}` | {limit.value:,}{unit} | {limit.reason} |"


def _example(_: Registry) -> list[str]:
    data = b"".join(encode(EXAMPLE_MESSAGE, EXAMPLE_TENSORS))
    length = header_length(data)
    header = data[PREFIX_BYTES : PREFIX_BYTES + length]
    body = sorted(EXAMPLE_TENSORS.items(), key=lambda item: -len(item[1].data))
    parts = [(data[:PREFIX_BYTES], f"the header's length: {length}")]
    parts += [(header[at : at + LINE], header[at : at + LINE].decode()) for at in range(0, length, LINE)]
    parts += [(bytes(tensor.data), name) for name, tensor in body]
    lines, at = ["```", f"{'offset':8}bytes"], 0
    for part, text in parts:
        lines.append(f"{at:04x}    {part.hex(' '):<{3 * LINE}} {text}".rstrip())
        at += len(part)
    return [*lines, "```"]


BLOCKS: dict[str, Callable[[Registry], list[str]]] = {
    "endpoints": _endpoints,
    "refusals": _refusals,
    "errors": _errors,
    "limits": _limits,
    "example": _example,
    "operations": operation_blocks,
    "commands": command_lines,
    "arguments": argument_lines,
}
