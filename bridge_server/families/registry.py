"""Which families there are, and what a file is of (standard library only)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from ..errors import BridgeError, ErrorCode
from ..plan.native import NativeSize
from .base import AdapterFile, Candidate, Family, FamilySpec, Folder, HubName, Lacking, Match


class FamilyRegistry:
    """The families of a daemon or a worker. Raises ValueError where two have the same key."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._families: dict[str, Family] = {}
        for family in families:
            if family.key in self._families:
                raise ValueError(f"two families are called {family.key}")
            self._families[family.key] = family
        ordered = sorted(self._families.values(), key=lambda family: family.asked)
        self._asked = tuple(dict.fromkeys(family.detect for family in ordered))
        self._asked_adapter = tuple(dict.fromkeys(family.detect_adapter for family in ordered if family.detect_adapter))

    def __iter__(self) -> Iterator[Family]:
        return iter(self._families.values())

    def __contains__(self, key: str) -> bool:
        return key in self._families

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self._families)

    @property
    def samplers(self) -> tuple[str, ...]:
        """The names of all families' samplers."""
        return tuple(dict.fromkeys(name for family in self for name in family.spec.samplers))

    def get(self, key: str) -> Family | None:
        return self._families.get(key)

    def named(self, key: str) -> Family:
        """Raises BridgeError(unsupported)."""
        if key in self._families:
            return self._families[key]
        raise BridgeError(
            ErrorCode.UNSUPPORTED,
            f"Layerbridge cannot run models of the family {key or 'of this one'} yet; it runs {', '.join(self.keys)}.",
        )

    def of_pipeline(self, name: str, told: str | None = None) -> FamilySpec | None:
        """The family whose folders name this class in model_index.json; the one its owner says, where several do."""
        known = [family.spec for family in self if name in family.spec.pipelines]
        return next((spec for spec in known if spec.key == told), next(iter(known), None))

    def detect(self, candidate: Candidate) -> Match | Lacking | None:
        """What the first family that knows the candidate makes of it; the family its owner says is asked before all."""
        told = None if isinstance(candidate, HubName) else self._families.get(candidate.told or "")
        asked = self._asked if told is None else (told.detect, *self._asked)
        answers = (detect(candidate) for detect in asked if not self._is_foreign(detect, candidate))
        return next((answer for answer in answers if answer is not None), None)

    def detect_adapter(self, file: AdapterFile) -> str | Lacking | None:
        """The family that an adapter was made for: what its owner says, else what the first one answers."""
        answers = (detect(file) for detect in self._asked_adapter)
        return file.told or next((answer for answer in answers if answer is not None), None)

    def _is_foreign(self, detect: object, candidate: Candidate) -> bool:
        """Whether a folder names a pipeline that none of the families with this `detect` loads."""
        if not isinstance(candidate, Folder):
            return False
        return not any(family.detect is detect and candidate.pipeline in family.spec.pipelines for family in self)

    def native_size(self, family: str, side: int, multiple: int) -> NativeSize:
        """For the plan of a model; of a family that is not known, a latent value covers 8 by 8 pixels."""
        known = self._families.get(family)
        return (
            NativeSize.around(side, multiple)
            if known is None
            else NativeSize.around(side, multiple, known.spec.latent_cell)
        )


def builtin() -> FamilyRegistry:
    """The families in the folders beside this file; each gives FAMILIES. A new one is a new folder."""
    folders = sorted(found.name for found in iter_modules([str(Path(__file__).parent)]) if found.ispkg)
    return FamilyRegistry(family for name in folders for family in import_module(f"{__package__}.{name}").FAMILIES)
