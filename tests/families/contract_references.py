"""What a family promises of further pictures; as contract.py."""

from __future__ import annotations

from bridge_server.errors import BridgeError, ErrorCode
from bridge_server.pipelines.generation import FloatArray

from .contract import Subject

STEPS, FEW = 2, 3


def takes_the_references_that_it_declares(subject: Subject) -> None:
    """As many as it says, and each changes the picture; more, or fewer than it needs, are refused with a sentence. Of
    many the first few are tried and the last.
    """
    spec = subject.family.spec
    light, dark = subject.picture(), subject.picture() * 0.25
    for count in (*range(spec.least_references), spec.references + 1, spec.references + 5):
        refuses(subject, count)
    seen: set[bytes] = set()

    def painted(*references: FloatArray) -> bytes:
        return subject.paint(references=references, steps=STEPS).pixels.tobytes()

    for count in range(spec.least_references, spec.references + 1):
        if FEW < count < spec.references:
            continue
        given = (light,) * count
        made = painted(*given)
        assert painted(*given) == made
        assert made not in seen, f"the reference {count} changes nothing"
        seen.add(made)
        if count:
            assert painted(*given[1:], dark) != made
    if not spec.least_references:
        assert subject.paint(steps=STEPS).pixels.tobytes() in seen


def refuses(subject: Subject, count: int) -> None:
    try:
        subject.paint(references=(subject.picture(),) * count)
    except BridgeError as error:
        assert error.code is ErrorCode.UNSUPPORTED and "reference picture" in error.message, error.message
    else:
        raise AssertionError(f"it took {count} references, which its family does not declare")
