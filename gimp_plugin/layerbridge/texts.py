"""Every string a user reads passes through `_` or `t`; translations would lie in `locale/` beside this file.

`t` has the texts that both plug-ins show, by the keys of texts/en.json; `_` takes what only this plug-in says.
"""

from __future__ import annotations

import gettext
from pathlib import Path

from .english import TEXTS
from .mnemonics import underlined

_TRANSLATION = gettext.translation("layerbridge", localedir=str(Path(__file__).parent / "locale"), fallback=True)
_ = _TRANSLATION.gettext
ngettext = _TRANSLATION.ngettext


def t(key: str, **values: object) -> str:
    """The text of a key, with the values put in; without values as it stands. Raises KeyError for an unknown key."""
    text = _(TEXTS[key])
    return text.format(**values) if values else text


def marked(key: str, letter: str) -> str:
    """The text of a key as a label whose first `letter` Alt reaches."""
    text = t(key)
    return underlined(text, text.index(letter))


def has_text(key: str) -> bool:
    return key in TEXTS
