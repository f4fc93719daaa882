"""How many further pictures a model takes (standard library only)."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import BridgeError, ErrorCode
from .base import FamilySpec

ROLE = "reference/"  # and a number from 1: the role of an input


def reference_roles(roles: Iterable[str]) -> list[str]:
    """Those of `roles` that are references, in the order of their numbers."""
    found = [role for role in roles if role.startswith(ROLE) and role.removeprefix(ROLE).isdecimal()]
    return sorted(found, key=lambda role: int(role.removeprefix(ROLE)))


def check_references(spec: FamilySpec, count: int, model: str, *, edits: bool = False) -> None:
    """Whether a model of this family, called `model`, paints with so many. edits: it is shown the picture that it edits
    beside them, as one more. Raises BridgeError(unsupported).
    """
    if spec.least_references <= count + edits <= spec.references:
        return
    if not spec.references:
        why = f"{model} takes no reference pictures, and {count} came with the request. Leave them out"
    elif count + edits > spec.references:
        most = _pictures(spec.references - edits) + " beside the one that it edits" * edits
        why = f"{model} takes at most {most}, and {count} came with the request. Leave some out"
    else:
        came = count or "none"
        why = f"{model} needs at least {_pictures(spec.least_references)}, and {came} came. Add what is missing"
    raise BridgeError(ErrorCode.UNSUPPORTED, f"{why}, or choose another model.")


def _pictures(count: int) -> str:
    return f"{count} reference picture{'' if count == 1 else 's'}"
