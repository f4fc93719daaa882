"""The command `layerbridge`: arguments, exit codes, and errors as sentences.

Exit codes: 0 done; 1 it failed, the message says why; 2 the command was wrong; 3 no daemon is running; 130 interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ..errors import BridgeError
from .outputs import silence_stdout

EXIT_FAILED = 1
EXIT_NOT_RUNNING = 3


class NotRunningError(Exception):
    """A command needs a daemon and there is none."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code. KeyboardInterrupt is for entry.py."""
    from .arguments import make_parser  # which takes a moment, and entry.py must be able to catch Ctrl+C

    options = make_parser().parse_args(arguments)
    try:
        return options.run(options)
    except BridgeError as error:
        return fail(error.message)
    except NotRunningError:
        fail("Layerbridge is not running. Start it with `layerbridge serve`.")
        return EXIT_NOT_RUNNING
    except BrokenPipeError:
        silence_stdout()
        return EXIT_FAILED
    except OSError as error:
        return fail(f"{error.strerror or error}: {error.filename}" if error.filename else str(error))


def fail(sentence: str) -> int:
    print(f"layerbridge: {sentence}", file=sys.stderr)
    return EXIT_FAILED
