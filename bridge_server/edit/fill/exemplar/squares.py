"""How much two rows of a patch differ, in vector instructions that numba would not find by itself.

Its loops take eight values at a time and 28 only in part, and it does not join what is written out.
"""

from __future__ import annotations

import importlib
from typing import Any

ir: Any = importlib.import_module("llvmlite.ir")  # these have no types
numba: Any = importlib.import_module("numba")
extending: Any = importlib.import_module("numba.extending")

VALUES = (8, 8, 8, 4)  # of a row: 7 pixels of four features
INTEGER, SHORT, INDEX = ir.IntType(32), ir.IntType(16), ir.IntType(64)


@extending.intrinsic
def row_difference(_context: Any, features: Any, _at: Any, _other: Any) -> Any:
    """row_difference(features, at, other): the int32 sum of squared differences of the 28 int16 at these two indices.

    features: contiguous, of one dimension; differences must fit into 16 bits. Nothing is checked.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        starts = [builder.gep(data, [index]) for index in arguments[1:]]
        squares: list[Any] = []
        begin = 0
        for count in VALUES:
            one, other = (_loaded(builder, start, begin, count) for start in starts)
            step = builder.sext(builder.sub(one, other), ir.VectorType(INTEGER, count))
            squares.append(builder.mul(step, step))
            begin += count
        eight = builder.add(builder.add(squares[0], squares[1]), squares[2])
        halves = [builder.shuffle_vector(eight, eight, _places(first, 4)) for first in (0, 4)]
        four = builder.add(builder.add(*halves), squares[3])
        two = builder.add(*(builder.shuffle_vector(four, four, _places(first, 2)) for first in (0, 2)))
        return builder.add(*(builder.extract_element(two, ir.Constant(INTEGER, place)) for place in range(2)))

    return numba.int32(features, numba.int64, numba.int64), generate


def _loaded(builder: Any, start: Any, begin: int, count: int) -> Any:
    place = builder.gep(start, [ir.Constant(INDEX, begin)])
    values = builder.load(builder.bitcast(place, ir.VectorType(SHORT, count).as_pointer()))
    values.align = 2
    return values


def _places(first: int, count: int) -> Any:
    return ir.Constant(ir.VectorType(INTEGER, count), list(range(first, first + count)))
