"""The command `layerbridge`: arguments, exit codes, and errors as sentences.

Exit codes: 0 done; 1 it failed, the message says why; 2 the command was wrong; 3 no daemon is running; 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from .. import __version__
from ..errors import BridgeError
from ..protocol.messages import MAX_COUNT, MAX_SEED, MAX_STEPS

EXIT_FAILED = 1
EXIT_NOT_RUNNING = 3
EXIT_INTERRUPTED = 130

Command = Callable[[argparse.Namespace], int]


class NotRunningError(Exception):
    """A command needs a daemon and there is none."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    parser = make_parser()
    options = parser.parse_args(arguments)
    try:
        return options.run(options)
    except BridgeError as error:
        return fail(error.message)
    except NotRunningError:
        fail("Layerbridge is not running. Start it with `layerbridge serve`.")
        return EXIT_NOT_RUNNING
    except KeyboardInterrupt:
        fail("Interrupted.")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        return EXIT_FAILED
    except OSError as error:
        return fail(f"{error.strerror or error}: {error.filename}" if error.filename else str(error))


def fail(sentence: str) -> int:
    print(f"layerbridge: {sentence}", file=sys.stderr)
    return EXIT_FAILED


def lazily(module: str, function: str) -> Command:
    """A command that imports its module when it runs: `serve` must not wait for what `generate` needs."""

    def run(options: argparse.Namespace) -> int:
        from importlib import import_module

        return getattr(import_module(f"{__package__}.{module}"), function)(options)

    return run


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="layerbridge", description=__doc__.split("\n\n")[0] if __doc__ else None)
    parser.add_argument("--version", action="version", version=f"layerbridge {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_daemon_commands(commands)
    _add_generate(commands)
    _add_models(commands)
    _add_plugin(commands)
    return parser


Subparsers = argparse._SubParsersAction  # argparse has no public name for it


def _add_daemon_commands(commands: Subparsers[argparse.ArgumentParser]) -> None:
    serve = commands.add_parser("serve", help="run the daemon in this terminal until Ctrl+C")
    serve.add_argument("--port", type=_port, help="listen on this port (0: any free one)")
    serve.add_argument("--host", action="append", help="listen on this address instead of 127.0.0.1 and ::1")
    serve.add_argument("--allow-host", action="append", default=[], help="also answer to this name")
    serve.add_argument("--device", action="append", help="auto, cpu, mps, cuda:0 …; one worker each")
    serve.add_argument("--models", action="append", default=[], metavar="DIR", help="look for models here too")
    serve.add_argument("--idle-unload", type=float, default=600.0, metavar="SECONDS", help="free an unused model after")
    serve.add_argument("--detach", action="store_true", help="run in the background")
    serve.set_defaults(run=lazily("daemon", "serve"))
    status = commands.add_parser("status", help="what the daemon is doing")
    status.add_argument("--json", action="store_true")
    status.set_defaults(run=lazily("daemon", "status"))
    stop = commands.add_parser("stop", help="stop the daemon; waiting jobs run after the next start")
    stop.set_defaults(run=lazily("daemon", "stop"))
    pair = commands.add_parser("pair", help="show a code to type into a plug-in; list or revoke paired plug-ins")
    pair.add_argument("--list", action="store_true", help="list paired plug-ins")
    pair.add_argument("--revoke", metavar="ID", help="a plug-in's token is void from now on")
    pair.set_defaults(run=lazily("daemon", "pair"))
    doctor = commands.add_parser("doctor", help="what is wrong with this machine, and how to mend it")
    doctor.add_argument("--json", action="store_true")
    doctor.set_defaults(run=lazily("doctor", "doctor"))


def _add_generate(commands: Subparsers[argparse.ArgumentParser]) -> None:
    generate = commands.add_parser("generate", help="paint with picture files instead of an editor")
    kinds = generate.add_subparsers(required=True, metavar="KIND")
    for kind in ("inpaint", "outpaint", "img2img", "txt2img"):
        parser = kinds.add_parser(kind)
        parser.set_defaults(run=lazily("generate", "generate"), kind=kind)
        if kind == "txt2img":
            parser.add_argument("--size", type=_size, default=None, metavar="WxH", help="default: the model's own")
        else:
            parser.add_argument("--image", required=True, metavar="FILE")
        if kind in ("inpaint", "img2img"):
            parser.add_argument("--mask", required=kind == "inpaint", metavar="FILE", help="white: repaint")
        if kind == "outpaint":
            for side in ("left", "top", "right", "bottom"):
                parser.add_argument(f"--{side}", type=_natural, default=0, metavar="PX")
        _add_sampling(parser)


def _add_sampling(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--prompt", default="", help="nothing: continue the surroundings")
    parser.add_argument("--negative-prompt", default="")
    parser.add_argument("--model", help="a name from `layerbridge models list`, or a hub id")
    parser.add_argument("--seed", type=_between(0, MAX_SEED))
    parser.add_argument("--steps", type=_between(1, MAX_STEPS))
    parser.add_argument("--guidance", type=float)
    parser.add_argument("--strength", type=float, help="0 to 1: how much may change")
    parser.add_argument("--sampler", default="auto")
    parser.add_argument("--count", type=_between(1, MAX_COUNT), default=1, help="variations")
    for name in ("grow", "feather", "padding"):
        parser.add_argument(f"--{name}", type=_extent, default="auto", metavar="PX")
    parser.add_argument("--keep-to-selection", action="store_true", help="change nothing outside the mask at all")
    parser.add_argument("--out", default=".", metavar="DIR", help="where the pictures go (default: here)")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def _add_models(commands: Subparsers[argparse.ArgumentParser]) -> None:
    models = commands.add_parser("models", help="what is installed").add_subparsers(required=True, metavar="ACTION")
    listing = models.add_parser("list")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(run=lazily("models", "listing"))
    load = models.add_parser("load", help="load a model now, so that the first job does not wait")
    load.add_argument("model")
    load.set_defaults(run=lazily("models", "load"))


def _add_plugin(commands: Subparsers[argparse.ArgumentParser]) -> None:
    plugin = commands.add_parser("plugin", help="the editors' plug-ins").add_subparsers(required=True, metavar="ACTION")
    for action, text in (("install", "install or update"), ("uninstall", "remove"), ("path", "print the folders")):
        parser = plugin.add_parser(action, help=text)
        parser.add_argument("editor", choices=("gimp",))
        parser.add_argument("--into", metavar="DIR", help="this GIMP user folder instead of those that are found")
        parser.set_defaults(run=lazily("plugin_command", action))


def _natural(text: str) -> int:
    return _between(0, 2**31 - 1)(text)


def _between(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{value} is not from {low} to {high}")
        return value

    return parse


def _port(text: str) -> int:
    return _between(0, 65535)(text)


def _extent(text: str) -> int | str:
    return text if text == "auto" else _between(0, 4096)(text)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    return _between(8, 16384)(width), _between(8, 16384)(height or width)
