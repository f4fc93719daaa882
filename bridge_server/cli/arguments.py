"""The arguments of the command `layerbridge`, with their help; which function each command runs."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from .. import __version__
from ..collector import collector_paused
from . import values
from .interrupts import interrupt_as_usual

if TYPE_CHECKING:
    from ..families.registry import FamilyRegistry
    from ..operations.base import Operation
    from ..operations.registry import Registry

DESCRIPTION = (
    "Stable Diffusion for the editor you already paint in: this command runs the daemon that the plug-ins talk to, "
    "installs the plug-ins, and paints with picture files too."
)
EXIT_CODES = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no daemon is running, 130 interrupted."
Command = Callable[[argparse.Namespace], int]
Subparsers = argparse._SubParsersAction  # argparse has no public name for it


class Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line, without the whole usage."""

    _fill: Callable[[Parser], None] | None = None

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"layerbridge: {message} (see `{self.prog} --help`)\n")

    def fill_later(self, fill: Callable[[Parser], None]) -> None:
        """`fill` adds arguments once they are wanted: other commands do not wait for what that takes."""
        self._fill = fill

    def _filled(self) -> None:
        fill, self._fill = self._fill, None
        if fill is not None:
            fill(self)

    def parse_known_args(self, *arguments: Any, **named: Any) -> Any:
        self._filled()
        return super().parse_known_args(*arguments, **named)

    def format_usage(self) -> str:
        self._filled()
        return super().format_usage()

    def format_help(self) -> str:
        self._filled()
        return super().format_help()


def lazily(module: str, function: str) -> Command:
    """A command that imports its module when it runs: `serve` must not wait for what `generate` needs."""

    def run(options: argparse.Namespace) -> int:
        with collector_paused():
            command = getattr(import_module(f"{__package__}.{module}"), function)
        interrupt_as_usual()
        return command(options)

    return run


def make_parser(operations: Registry | None = None, families: FamilyRegistry | None = None) -> Parser:
    """operations: what `generate` can be asked for; families: whose samplers it takes. None: those of Layerbridge, read
    when they are wanted.
    """
    parser = Parser(prog="layerbridge", description=DESCRIPTION, epilog=EXIT_CODES)
    parser.add_argument("--version", action="version", version=f"layerbridge {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_daemon_commands(commands)
    _add_generate(commands, operations, families)
    _add_jobs(commands)
    _add_models(commands)
    _add_plugin(commands)
    return parser


def _add(commands: Subparsers[Parser], name: str, text: str) -> Parser:
    return commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")


def _add_daemon_commands(commands: Subparsers[Parser]) -> None:
    serve = _add(commands, "serve", "run the daemon in this terminal until Ctrl+C")
    serve.add_argument("--port", type=values.port, metavar="N", help="listen on this port (0: any free one)")
    serve.add_argument("--host", action="append", help="listen on this address instead of 127.0.0.1 and ::1")
    serve.add_argument(
        "--tls-cert",
        type=Path,
        metavar="FILE",
        help="speak TLS, with this certificate (PEM); a --host beyond this machine needs it",
    )
    serve.add_argument(
        "--tls-key", type=Path, metavar="FILE", help="its private key (PEM), where it is a file of its own"
    )
    serve.add_argument("--allow-host", action="append", default=[], metavar="NAME", help="also answer to this name")
    text = "what runs the tasks: local, worker processes on this machine (default)"
    serve.add_argument("--executor", default="local", metavar="NAME", help=text)
    serve.add_argument("--device", action="append", help="auto, cpu, mps, cuda:0 …; one worker each")
    serve.add_argument(
        "--models", action="append", default=[], type=values.folder, metavar="DIR", help="look for models here too"
    )
    serve.add_argument(
        "--idle-unload",
        type=values.number(0),
        default=600.0,
        metavar="SECONDS",
        help="free a model that was not used for so long (default: 600; 0 keeps it)",
    )
    serve.add_argument(
        "--keep-models",
        type=values.number(0),
        metavar="GB",
        help="keep the parts of models that were used before in so much memory, for when they are used again "
        "(default: half of the graphics card's, a quarter of the computer's; 0 keeps only the model in use)",
    )
    serve.add_argument("--detach", action="store_true", help="run in the background")
    serve.set_defaults(run=lazily("serve", "serve"))
    status = _add(commands, "status", "what the daemon is doing")
    status.add_argument("--json", action="store_true", help="all of it, for scripts")
    status.set_defaults(run=lazily("daemon", "status"))
    stop = _add(commands, "stop", "stop the daemon; waiting jobs run after the next start")
    stop.set_defaults(run=lazily("daemon", "stop"))
    pair = _add(commands, "pair", "show a code to type into a plug-in; list or revoke paired plug-ins")
    pair.add_argument("--list", action="store_true", help="list paired plug-ins")
    pair.add_argument("--revoke", metavar="ID", help="a plug-in's token is void from now on")
    pair.set_defaults(run=lazily("daemon", "pair"))
    doctor = _add(commands, "doctor", "what is wrong with this machine, and how to mend it")
    doctor.add_argument("--json", action="store_true", help="the findings, for scripts")
    doctor.set_defaults(run=lazily("doctor", "doctor"))


def _add_generate(commands: Subparsers[Parser], operations: Registry | None, families: FamilyRegistry | None) -> None:
    generate = _add(commands, "generate", "paint with picture files instead of an editor")
    generate.fill_later(lambda parser: _add_operations(parser, operations, families))


def _add_operations(generate: Parser, operations: Registry | None, families: FamilyRegistry | None) -> None:
    from ..operations.registry import builtin  # which takes a moment: pydantic

    names = generate.add_subparsers(required=True, metavar="OPERATION")
    for operation in (operations or builtin()).all():
        sentence = operation.description
        parser = _add(names, operation.name, f"{sentence[0].lower()}{sentence[1:].rstrip('.')}")
        parser.set_defaults(run=_checked(parser, operation), operation=operation)
        parser.fill_later(partial(_add_operation, operation=operation, families=families))


def _add_operation(parser: Parser, operation: Operation, families: FamilyRegistry | None) -> None:
    from ..families.registry import builtin
    from .options import add_arguments

    add_arguments(parser, operation, families or builtin())
    parser.add_argument("--out", default=".", metavar="DIR", help="where the pictures go (default: here)")
    text = "png, tiff or exr (default: like the image, else png)"
    parser.add_argument("--format", choices=("png", "tiff", "exr"), metavar="KIND", help=text)
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def _checked(parser: Parser, operation: Operation) -> Command:
    """Generate, after a look at what one option alone does not tell."""
    paint = lazily("generate", "generate")

    def run(options: argparse.Namespace) -> int:
        from .options import wrong_together

        wrong = wrong_together(operation, options)
        if wrong is not None:
            parser.error(wrong)
        return paint(options)

    return run


def _add_jobs(commands: Subparsers[Parser]) -> None:
    jobs = _add(commands, "jobs", "what this command has painted: list, write once more, cancel, delete")
    actions = jobs.add_subparsers(required=True, metavar="ACTION")
    texts = {
        "list": "the jobs of this command, newest first",
        "show": "everything about one job, as JSON",
        "fetch": "write the finished variations of a job once more",
        "cancel": "stop a job; variations that are finished stay",
        "delete": "delete finished jobs and their results",
    }
    for action, text in texts.items():
        parser = _add(actions, action, text)
        parser.set_defaults(run=lazily("jobs", "listing" if action == "list" else action))
        if action == "list":
            text = "jobs with all of these words in a prompt, or the model's, the picture's or the operation's name"
            parser.add_argument("--search", default="", metavar="WORDS", help=text)
            parser.add_argument("--json", action="store_true", help="all of it, for scripts")
            continue
        text = "its id, or the beginning of it"
        parser.add_argument("job", metavar="JOB", nargs="+" if action == "delete" else None, help=text)
        if action == "fetch":
            text = "the picture it was made of: its kind of file and profile, and flat-N of a layer"
            parser.add_argument("--image", metavar="FILE", help=text)
            parser.add_argument("--out", default=".", metavar="DIR", help="where the pictures go (default: here)")
            text = "png or tiff, or exr for an image that is one (default: like the image, else png)"
            parser.add_argument("--format", choices=("png", "tiff", "exr"), metavar="KIND", help=text)


def _add_models(commands: Subparsers[Parser]) -> None:
    models = _add(commands, "models", "what is installed").add_subparsers(required=True, metavar="ACTION")
    listing = _add(models, "list", "the models that were found, and where they are looked for")
    listing.add_argument("--json", action="store_true", help="all of it, for scripts")
    listing.set_defaults(run=lazily("models", "listing"))
    families = _add(models, "families", "the families of models that Layerbridge runs, and what each can do")
    families.add_argument("--json", action="store_true", help="all of it, for scripts")
    families.set_defaults(run=lazily("model_families", "families"))
    load = _add(models, "load", "load a model now, so that the first job does not wait")
    load.add_argument("model", type=values.model, help="a name from `layerbridge models list`, or its file")
    load.set_defaults(run=lazily("models", "load"))


def _add_plugin(commands: Subparsers[Parser]) -> None:
    plugin = _add(commands, "plugin", "the editors' plug-ins").add_subparsers(required=True, metavar="ACTION")
    actions = {
        "install": "install or update a plug-in",
        "uninstall": "remove a plug-in with its settings and its pairing",
        "path": "print the folders of a plug-in",
    }
    for action, text in actions.items():
        parser = _add(plugin, action, text)
        parser.add_argument("editor", choices=("gimp", "photoshop"), help="which editor's plug-in")
        parser.add_argument("--into", metavar="DIR", help="this folder instead of those that are found")
        parser.set_defaults(run=lazily("plugin_command", action))
    package = _add(plugin, "package", "write the Photoshop panel as a .ccx file, for another computer")
    package.add_argument("--out", metavar="DIR", default=".", help="where to (default: here)")
    package.set_defaults(run=lazily("plugin_command", "package"))
