"""What an option's text may be: each kind refuses the rest with a sentence (argparse names the option)."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from ..families.base import AUTO
from ..operations.limits import MAX_NAME, MAX_WEIGHT, REFINED_FROM

Value = TypeVar("Value")


def whole(low: int, high: int) -> Callable[[str], int]:
    """A whole number from `low` to `high`."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {low} to {high}") from None
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{value} is not from {low} to {high}")
        return value

    return parse


def number(low: float, high: float = math.inf) -> Callable[[str], float]:
    """A finite number from `low` to `high`."""
    wanted = f"from {low:g} to {high:g}" if math.isfinite(high) else f"of at least {low:g}"

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no number {wanted}") from None
        if not (math.isfinite(value) and low <= value <= high):
            raise argparse.ArgumentTypeError(f"{text} is no number {wanted}")
        return value

    return parse


def words(length: int) -> Callable[[str], str]:
    """A text of at most `length` characters."""

    def parse(text: str) -> str:
        _check_text(text)
        if len(text) > length:
            raise argparse.ArgumentTypeError(f"it has {len(text)} characters; at most {length} are read")
        return text

    return parse


def model(text: str) -> str:
    """A model's name, or the absolute path of a file or folder that is there and looks like one."""
    _check_text(text)
    if not 1 <= len(text) <= MAX_NAME:
        raise argparse.ArgumentTypeError(f"a name has 1 to {MAX_NAME} characters, not {len(text)}")
    looks_like_a_path = os.sep in text or "/" in text or text.lower().endswith((".safetensors", ".gguf"))
    path = Path(text).expanduser()
    return str(path.absolute()) if looks_like_a_path and path.exists() else text


def adapter(text: str) -> tuple[str, float]:
    """NAME or NAME:WEIGHT: a name as `model` reads it, and the weight, 1 where none is given."""
    return _with_number(text, 1.0, (-MAX_WEIGHT, MAX_WEIGHT))


def refiner(text: str) -> tuple[str, float]:
    """NAME or NAME:START: a name as `model` reads it, and where in the schedule it takes over."""
    return _with_number(text, REFINED_FROM, (0.0, 1.0))


def _with_number(text: str, without: float, limits: tuple[float, float]) -> tuple[str, float]:
    name, colon, end = text.rpartition(":")
    try:
        given = float(end)
    except ValueError:  # the colon, if there is one, belongs to the name
        return model(text), without
    if not colon:
        return model(text), without
    return model(name), number(*limits)(str(given))


def _check_text(text: str) -> None:
    """Bytes that are not UTF-8 come as lone surrogates (PEP 383)."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("it is not UTF-8 text; set the terminal to UTF-8, and type it again") from None


def seed(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if text.strip() == "-1":
            raise argparse.ArgumentTypeError("for a seed that is drawn leave --seed out")
        try:
            return whole(low, high)(text)
        except argparse.ArgumentTypeError as error:
            remark = "leave --seed out for a seed that is drawn"
            raise argparse.ArgumentTypeError(f"{error}; {remark}") from None

    return parse


def sampler(samplers: Iterable[str]) -> Callable[[str], str]:
    """auto, or one of these in its listed spelling."""
    known = {name.lower(): name for name in (AUTO, *samplers)}

    def parse(text: str) -> str:
        wanted = text.strip().lower()
        if wanted not in known:
            raise argparse.ArgumentTypeError(
                f"there is no sampler {text[:40]!r}; choose one of: {', '.join(known.values())}"
            )
        return known[wanted]

    return parse


def or_auto(parse: Callable[[str], Value]) -> Callable[[str], Value | None]:
    """What `parse` takes, or `auto` for None."""
    return lambda text: None if text == AUTO else parse(text)


def size(text: str) -> tuple[int, int]:
    """640x480, or 512 for a square."""
    width, _, height = text.lower().partition("x")
    try:
        return whole(8, 16384)(width), whole(8, 16384)(height or width)
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"{text!r} is no size such as 640x480, with sides from 8 to 16384") from None


def port(text: str) -> int:
    return whole(0, 65535)(text)


def folder(text: str) -> Path:
    """A folder that exists, absolute."""
    path = Path(text).expanduser().absolute()
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {path}")
    return path
