"""Where the command starts: nothing is imported before Ctrl+C is caught, since imports take a moment too."""

from __future__ import annotations

import sys

EXIT_INTERRUPTED = 130


def main() -> int:
    try:
        from .main import main as run

        return run()
    except KeyboardInterrupt:
        print("layerbridge: Interrupted.", file=sys.stderr)
        return EXIT_INTERRUPTED
