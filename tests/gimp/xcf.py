"""Reads GIMP 3's XCF files (from version 11) of every precision without GIMP: layers, masks, offsets, parasites, tree.

Written from the published description (https://developer.gimp.org/core/standards/xcf/), so that what the plug-in did
is judged by something other than GIMP. Every byte count is checked; what is not understood raises XcfError.
"""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

TILE = 64
PROP_END, PROP_OPACITY, PROP_MODE, PROP_VISIBLE, PROP_APPLY_MASK, PROP_EDIT_MASK = 0, 6, 7, 8, 11, 12
PROP_OFFSETS, PROP_COMPRESSION, PROP_TATTOO, PROP_PARASITES, PROP_GROUP_ITEM, PROP_ITEM_PATH = 15, 17, 20, 21, 29, 30
PROP_ACTIVE_LAYER = 2
DTYPES = {1: "u1", 2: "u2", 3: "u4", 5: "f2", 6: "f4", 7: "f8"}  # by the hundreds of the precision
BIG_ENDIAN_SINCE = 12  # deep pixels before that: as on the machine that wrote them


class XcfError(Exception):
    pass


@dataclass(frozen=True)
class XcfLayer:
    """x and y in document pixels; pixels (H,W,C) and mask (H,W) of the image's own depth, 8 bit or deeper.

    `path`: positions from the top of the tree.
    """

    name: str
    x: int
    y: int
    pixels: np.ndarray
    mask: np.ndarray | None
    visible: bool
    opacity: int
    is_group: bool
    selected: bool
    edit_mask: bool
    path: tuple[int, ...]
    parasites: dict[str, bytes] = field(default_factory=dict)

    @property
    def note(self) -> dict[str, Any] | None:
        data = self.parasites.get("layerbridge")
        return None if data is None else json.loads(data)


@dataclass(frozen=True)
class Xcf:
    version: int
    width: int
    height: int
    base_type: int  # 0 RGB, 1 gray, 2 indexed
    precision: int  # of Gimp.Precision: 100 to 799; its hundreds are the type, the rest the curve
    layers: list[XcfLayer]
    parasites: dict[str, bytes]

    def layer(self, name: str) -> XcfLayer:
        found = [layer for layer in self.layers if layer.name == name]
        if len(found) != 1:
            raise XcfError(f"{len(found)} layers are called {name!r}: {[layer.name for layer in self.layers]}")
        return found[0]

    def made(self) -> list[XcfLayer]:
        """Layers that carry a result, from the top."""
        return [layer for layer in self.layers if layer.note is not None and not layer.is_group]

    def path_of(self, name: str) -> tuple[int, ...]:
        return self.layer(name).path


def read_xcf(path: Path) -> Xcf:
    return _Reader(path.read_bytes()).image()


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, layout: str) -> Any:
        size = struct.calcsize(">" + layout)
        if self.at + size > len(self.data):
            raise XcfError(f"the file ends at {len(self.data)}")
        values = struct.unpack_from(">" + layout, self.data, self.at)
        self.at += size
        return values[0] if len(values) == 1 else values

    def text(self) -> str:
        length = self.take("I")
        raw = self.data[self.at : self.at + length]
        self.at += length
        return raw[:-1].decode("utf-8") if length else ""

    def pointers(self) -> list[int]:
        found = []
        while pointer := self.take("Q"):
            found.append(pointer)
        return found

    def image(self) -> Xcf:
        if self.data[:9] != b"gimp xcf " or self.data[9:10] != b"v":
            raise XcfError("no XCF file of GIMP 3")
        version = int(self.data[10:13])
        if version < 11:
            raise XcfError(f"version {version} has 32-bit pointers")
        self.at = 14
        width, height, base_type, precision = self.take("IIII")
        if precision // 100 not in DTYPES:
            raise XcfError(f"precision {precision} is not known")
        if precision >= 200 and version < BIG_ENDIAN_SINCE:
            raise XcfError(f"version {version} does not say in which order the bytes of a number are")
        self.dtype = np.dtype(">" + DTYPES[precision // 100])
        properties = self.properties()
        self.compression = properties[PROP_COMPRESSION][0][0]
        pointers = self.pointers()
        layers, top = [], -1
        for pointer in pointers:
            self.at = pointer
            layer, top = self.layer(top)
            layers.append(layer)
        return Xcf(version, width, height, base_type, precision, layers, self.parasites(properties))

    def properties(self) -> dict[int, list[bytes]]:
        found: dict[int, list[bytes]] = {}
        while True:
            kind, size = self.take("II")
            if kind == PROP_END:
                return found
            found.setdefault(kind, []).append(self.data[self.at : self.at + size])
            self.at += size

    @staticmethod
    def parasites(properties: dict[int, list[bytes]]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for block in properties.get(PROP_PARASITES, []):
            inner = _Reader(block)
            while inner.at < len(block):
                name = inner.text()
                _flags, size = inner.take("II")
                found[name] = block[inner.at : inner.at + size]
                inner.at += size
        return found

    def layer(self, top: int) -> tuple[XcfLayer, int]:
        width, height, kind = self.take("III")
        name = self.text()
        properties = self.properties()
        hierarchy, mask = self.take("QQ")

        def number(prop: int, default: int) -> int:
            return struct.unpack(">I", properties[prop][0])[0] if prop in properties else default

        x, y = struct.unpack(">ii", properties[PROP_OFFSETS][0])
        if PROP_ITEM_PATH in properties:
            raw = properties[PROP_ITEM_PATH][0]
            path = struct.unpack(f">{len(raw) // 4}I", raw)
        else:
            top += 1
            path = (top,)
        channels = {0: 3, 1: 4, 2: 1, 3: 2, 4: 1, 5: 2}[kind]
        layer = XcfLayer(
            name=name,
            x=x,
            y=y,
            pixels=self.hierarchy(hierarchy, width, height, channels),
            mask=self.mask(mask, width, height) if mask else None,
            visible=bool(number(PROP_VISIBLE, 1)),
            opacity=number(PROP_OPACITY, 255),
            is_group=PROP_GROUP_ITEM in properties,
            selected=PROP_ACTIVE_LAYER in properties,
            edit_mask=bool(number(PROP_EDIT_MASK, 0)),
            path=tuple(path),
            parasites=self.parasites(properties),
        )
        return layer, path[0] if len(path) == 1 else top

    def mask(self, pointer: int, width: int, height: int) -> np.ndarray:
        self.at = pointer
        if self.take("II") != (width, height):
            raise XcfError("a mask of another size than its layer")
        self.text()
        self.properties()
        return self.hierarchy(self.take("Q"), width, height, 1)[..., 0]

    def hierarchy(self, pointer: int, width: int, height: int, channels: int) -> np.ndarray:
        self.at = pointer
        if self.take("III") != (width, height, channels * self.dtype.itemsize):
            raise XcfError("a hierarchy of another size than its layer")
        self.at = self.take("Q")
        if self.take("II") != (width, height):
            raise XcfError("a level of another size than its layer")
        tiles = self.pointers()
        out = np.zeros((height, width, channels), self.dtype.newbyteorder("="))
        index = 0
        for y in range(0, height, TILE):
            for x in range(0, width, TILE):
                rows, columns = min(TILE, height - y), min(TILE, width - x)
                out[y : y + rows, x : x + columns] = self.tile(tiles[index], rows, columns, channels)
                index += 1
        if index != len(tiles):
            raise XcfError("a level with too many tiles")
        return out

    def tile(self, pointer: int, rows: int, columns: int, channels: int) -> np.ndarray:
        size = rows * columns
        planes = channels * self.dtype.itemsize  # run lengths go by byte of a pixel, not by channel
        if self.compression == 2:
            raw = zlib.decompressobj().decompress(self.data[pointer:], size * planes)
        elif self.compression == 0:
            raw = self.data[pointer : pointer + size * planes]
        else:
            separate = np.empty((planes, size), np.uint8)
            for plane in range(planes):
                run, pointer = self.run_lengths(pointer, size)
                separate[plane] = np.frombuffer(run, np.uint8)
            raw = separate.T.tobytes()
        return np.frombuffer(raw, self.dtype).reshape(rows, columns, channels)

    def run_lengths(self, at: int, size: int) -> tuple[bytes, int]:
        out = bytearray()
        data = self.data
        while len(out) < size:
            code = data[at]
            at += 1
            if code in (127, 128):
                length = data[at] << 8 | data[at + 1]
                at += 2
            else:
                length = code + 1 if code < 127 else 256 - code
            if code <= 127:
                out += data[at : at + 1] * length
                at += 1
            else:
                out += data[at : at + length]
                at += length
        if len(out) != size:
            raise XcfError("a tile with too many bytes")
        return bytes(out), at
