"""Every string a painter reads passes through `_`; translations would lie in `locale/` beside this file."""

from __future__ import annotations

import gettext
from pathlib import Path

_TRANSLATION = gettext.translation("layerbridge", localedir=str(Path(__file__).parent / "locale"), fallback=True)
_ = _TRANSLATION.gettext
ngettext = _TRANSLATION.ngettext
