"""Which keys confirm a dialog while text is typed. No gi: the numbers are GDK's, part of its binary interface."""

from __future__ import annotations

import sys

CONTROL, META = 1 << 2, 1 << 28  # GDK_CONTROL_MASK, GDK_META_MASK
RETURN, KEYPAD_ENTER = 0xFF0D, 0xFF8D  # GDK_KEY_Return, GDK_KEY_KP_Enter


def confirms(state: int, key: int, primary: int, platform: str = sys.platform) -> bool:
    """Whether a key press is Ctrl+Enter, or on macOS Cmd+Enter. primary: the modifiers of the platform's own shortcuts.

    GTK may tell Cmd as Meta too; elsewhere Meta comes with Alt.
    """
    wanted = CONTROL | primary | (META if platform == "darwin" else 0)
    return bool(state & wanted) and key in (RETURN, KEYPAD_ENTER)
