"""The arguments of the command `layerbridge`, with their help; which function each command runs."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from .. import __version__
from ..models.samplers import SAMPLERS
from ..operations.limits import MAX_COUNT, MAX_SEED, MAX_STEPS, MIN_STRENGTH
from ..plan.steps import STEPS
from . import values
from .interrupts import interrupt_as_usual

DESCRIPTION = (
    "Stable Diffusion for the editor you already paint in: this command runs the daemon that the plug-ins talk to, "
    "installs the plug-ins, and paints with picture files too."
)
KINDS = {
    "inpaint": "repaint what a mask selects",
    "outpaint": "paint beyond the edges of a picture",
    "img2img": "paint a picture, or what a mask selects of it, anew from what is there",
    "txt2img": "paint a new picture from a prompt alone",
}
SIDES = ("left", "top", "right", "bottom")
EXIT_CODES = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no daemon is running, 130 interrupted."
Command = Callable[[argparse.Namespace], int]
Subparsers = argparse._SubParsersAction  # argparse has no public name for it


class Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line, without the whole usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"layerbridge: {message} (see `{self.prog} --help`)\n")


def lazily(module: str, function: str) -> Command:
    """A command that imports its module when it runs: `serve` must not wait for what `generate` needs."""

    def run(options: argparse.Namespace) -> int:
        command = getattr(import_module(f"{__package__}.{module}"), function)
        interrupt_as_usual()
        return command(options)

    return run


def make_parser() -> Parser:
    parser = Parser(prog="layerbridge", description=DESCRIPTION, epilog=EXIT_CODES)
    parser.add_argument("--version", action="version", version=f"layerbridge {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_daemon_commands(commands)
    _add_generate(commands)
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
    serve.add_argument("--detach", action="store_true", help="run in the background")
    serve.set_defaults(run=lazily("daemon", "serve"))
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


def _add_generate(commands: Subparsers[Parser]) -> None:
    generate = _add(commands, "generate", "paint with picture files instead of an editor")
    kinds = generate.add_subparsers(required=True, metavar="KIND")
    for kind, text in KINDS.items():
        parser = _add(kinds, kind, text)
        parser.set_defaults(run=_checked(parser), kind=kind)
        if kind == "txt2img":
            parser.add_argument("--size", type=values.size, metavar="WxH", help="in pixels (default: the model's own)")
        else:
            parser.add_argument("--image", required=True, metavar="FILE", help="the picture to work on")
        if kind in ("inpaint", "img2img"):
            text = "as large as the image; white, or opaque, is repainted"
            parser.add_argument("--mask", required=kind == "inpaint", metavar="FILE", help=text)
        if kind == "outpaint":
            for side in SIDES:
                text = f"how far to go beyond the {side} edge (default: 0)"
                parser.add_argument(f"--{side}", type=values.side, default=0, metavar="PX", help=text)
        _add_sampling(parser)
        _add_edges(parser, offered=kind != "txt2img")
        parser.add_argument(
            "--without",
            action="append",
            choices=STEPS,
            default=[],
            metavar="STEP",
            help=f"leave out a step of the edit; may be repeated: {', '.join(STEPS)}",
        )
        parser.add_argument("--out", default=".", metavar="DIR", help="where the pictures go (default: here)")
        text = "png, tiff or exr (default: like the image, else png)"
        parser.add_argument("--format", choices=("png", "tiff", "exr"), metavar="KIND", help=text)
        parser.add_argument("--quiet", action="store_true", help="no progress bar")


def _checked(parser: Parser) -> Command:
    """Generate, after a look at what one option alone does not tell."""
    paint = lazily("generate", "generate")

    def run(options: argparse.Namespace) -> int:
        if options.kind == "outpaint" and not any(getattr(options, side) for side in SIDES):
            parser.error("outpaint needs at least one of --left, --top, --right, --bottom with a number of pixels")
        if options.seed is not None and options.seed + options.count - 1 > MAX_SEED:
            parser.error(f"argument --seed: with --count {options.count} it is at most {MAX_SEED - options.count + 1}")
        return paint(options)

    return run


def _add_sampling(parser: Parser) -> None:
    parser.add_argument(
        "--prompt", type=values.prompt, default="", metavar="TEXT", help="what to paint (none: like the surroundings)"
    )
    parser.add_argument(
        "--negative-prompt", type=values.prompt, default="", metavar="TEXT", help="what is not to be seen"
    )
    parser.add_argument(
        "--model", type=values.model, help="a name from `layerbridge models list`, its file, or a hub id"
    )
    parser.add_argument("--seed", type=values.seed, metavar="N", help="the same seed paints the same (default: drawn)")
    parser.add_argument(
        "--steps",
        type=values.whole(1, MAX_STEPS),
        metavar="N",
        help=f"1 to {MAX_STEPS}; more take longer (default: the model's own)",
    )
    parser.add_argument(
        "--guidance",
        type=values.number(0, 50),
        metavar="X",
        help="0 to 50: how closely the prompt is followed (default: the model's own)",
    )
    text = f"auto, the model's own (default), or one of: {', '.join(SAMPLERS)}"
    parser.add_argument("--sampler", type=values.sampler, default="auto", metavar="NAME", help=text)
    parser.add_argument(
        "--count",
        type=values.whole(1, MAX_COUNT),
        default=1,
        metavar="N",
        help=f"variations, 1 to {MAX_COUNT}; each has the next seed (default: 1)",
    )


def _add_edges(parser: Parser, *, offered: bool) -> None:
    """How the result meets its surroundings; a picture from a prompt alone has none."""
    if not offered:
        parser.set_defaults(strength=None, grow="auto", feather="auto", padding="auto", keep_to_selection=False)
        return
    parser.add_argument(
        "--strength",
        type=values.number(MIN_STRENGTH, 1),
        metavar="X",
        help=f"{MIN_STRENGTH} to 1: how much may change (default: by kind)",
    )
    for name, text in (
        ("grow", "repaint so far beyond the mask"),
        ("feather", "soften the edge over so many pixels"),
        ("padding", "surroundings that the model sees"),
    ):
        text = f"{text} (default: auto)"
        parser.add_argument(f"--{name}", type=values.extent, default="auto", metavar="PX", help=text)
    parser.add_argument("--keep-to-selection", action="store_true", help="change nothing outside the mask at all")


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
            text = "only jobs that have all of these words in a prompt, the model's or the picture's name, or the kind"
            parser.add_argument("--search", default="", metavar="WORDS", help=text)
            parser.add_argument("--json", action="store_true", help="all of it, for scripts")
            continue
        text = "its id, or the beginning of it"
        parser.add_argument("job", metavar="JOB", nargs="+" if action == "delete" else None, help=text)
        if action == "fetch":
            text = "the picture it was painted on, for flat-N (without it: layer-N and result-N.json only)"
            parser.add_argument("--image", metavar="FILE", help=text)
            parser.add_argument("--out", default=".", metavar="DIR", help="where the pictures go (default: here)")
            text = "png or tiff, or exr for an image that is one (default: like the image, else png)"
            parser.add_argument("--format", choices=("png", "tiff", "exr"), metavar="KIND", help=text)


def _add_models(commands: Subparsers[Parser]) -> None:
    models = _add(commands, "models", "what is installed").add_subparsers(required=True, metavar="ACTION")
    listing = _add(models, "list", "the models that were found, and where they are looked for")
    listing.add_argument("--json", action="store_true", help="all of it, for scripts")
    listing.set_defaults(run=lazily("models", "listing"))
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
