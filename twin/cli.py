"""Every job of the program without a window, and the window itself: the command ``twin``."""

from __future__ import annotations

import argparse
import importlib
import locale
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from twin.commands.console import Console, Parser
from twin.errors import TwinError, UsageError
from twin.jobprocess import CHILD_FLAG
from twin.text import LANGUAGES, N_, error_text, tr

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

COMMANDS = {
    "info": ("twin.commands.info", N_("tell what is inside files")),
    "import": ("twin.commands.bring", N_("read files into a project")),
    "fetch": ("twin.commands.fetch", N_("fetch areas and people from a statistical office")),
    "run": ("twin.commands.run", N_("run the models for a scenario")),
    "compare": ("twin.commands.compare", N_("compare a scenario with its reference")),
    "ask": ("twin.commands.ask", N_("answer a guided question")),
    "edit": ("twin.commands.edit", N_("add edits to a scenario")),
    "noise": ("twin.commands.noise", N_("compute one case of noise, or tests of emission")),
    "render": ("twin.commands.render", N_("make a picture of a project")),
    "traffic": ("twin.commands.traffic", N_("find the traffic equilibrium of a network")),
    "segregation": ("twin.commands.segregation", N_("measure segregation in a table of units")),
    "sensors": ("twin.commands.sensors", N_("record sensors, and play or export their history")),
    "layers": ("twin.commands.layers", N_("list the layers that were found")),
    "doctor": ("twin.commands.doctor", N_("check this installation")),
}
"""Name of each command, its module, what it does."""

_HUSH = logging.NullHandler()
DONE, WRONG, USAGE, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; by default those of this process.

    Returns
    -------
    int
        Exit code: 0 done, 1 the input or data is wrong, 2 wrong usage.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if words == [CHILD_FLAG]:
        from twin.jobchild import serve

        serve()
    lang, debug = system_language(), "--debug" in words
    try:
        common = _common()
        options, rest = common.parse_known_args(_joined(words))
        lang = options.lang or lang
        code = _dispatch(rest, options, lang)
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except TwinError as error:
        usage = isinstance(error, UsageError)
        if debug and not usage:
            raise
        print(f"twin: {error_text(error, lang)}", file=sys.stderr)
        return USAGE if usage else WRONG
    except KeyboardInterrupt:
        print(f"\ntwin: {tr('Stopped.', lang)}", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output wants no more of it; Python must not complain again when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:
        if debug:
            raise
        reason = f"{type(error).__name__}: {error}"
        print(
            "twin: " + tr("an error of the program itself: {reason} (--debug tells more)", lang, reason=reason),
            file=sys.stderr,
        )
        return WRONG


def system_language() -> str:
    """Return ``"sv"`` on a Swedish system, else ``"en"``."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return "sv" if os.environ[name].lower().startswith("sv") else "en"
    return "sv" if (locale.getlocale()[0] or "").lower().startswith("sv") else "en"


def _dispatch(rest: list[str], options: Namespace, lang: str) -> int:
    if sys.stdout is not None and hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")
    if rest and rest[0] in COMMANDS:
        return _command(rest[0], rest[1:], options, lang)
    parser = _app_parser(lang)
    args = parser.parse_args(rest)
    return _window(args, options.lang)


def _command(name: str, rest: list[str], options: Namespace, lang: str) -> int:
    module = importlib.import_module(COMMANDS[name][0])
    parser = Parser(prog=f"twin {name}", description=_sentence(tr(COMMANDS[name][1], lang)), allow_abbrev=False)
    module.add(parser, lang)
    _add_common(parser, lang)
    args = parser.parse_args(rest)
    chain = logging.getLogger("twin.chain")
    if options.debug:
        chain.removeHandler(_HUSH)
    else:
        chain.addHandler(_HUSH)  # a model that fails is said in one line
    code: int = module.run(args, Console(lang, options.json))
    return code


def _window(args: Namespace, lang: str | None) -> int:
    from twin import crashlog
    from twin.ui.app import run

    session = crashlog.begin()
    try:
        code = run(args.project, args.screenshot, lang)
    except TwinError:
        # said in one line, not a crash: the next start must not speak of one
        if session is not None:
            session.end()
        raise
    if session is not None:
        session.end()
    return code


def _common() -> Parser:
    """Return the options that may stand anywhere, before and behind the command."""
    parser = Parser(prog="twin", add_help=False, allow_abbrev=False)
    _add_common(parser, "en")
    return parser


def _add_common(parser: Parser, lang: str) -> None:
    parser.speak(lang)
    parser.add_argument("--json", action="store_true", help=tr("write the result as one JSON object", lang))
    parser.add_argument("--lang", choices=LANGUAGES, help=tr("language of all texts", lang))
    parser.add_argument("--debug", action="store_true", help=tr("tell where an error arose", lang))


def _app_parser(lang: str) -> Parser:
    commands = "\n".join(f"  {name:8} {tr(text, lang)}" for name, (_, text) in COMMANDS.items())
    parser = Parser(
        prog="twin",
        usage="twin [PROJECT | demo] [--screenshot FILE]\n       twin COMMAND …",
        description=tr("Open a project in the window; without one, the start page.", lang),
        epilog=tr("Commands (twin COMMAND --help tells more):", lang) + "\n" + commands,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "project", nargs="?", metavar="PROJECT",
        help=tr("the project to open; demo is the shipped one, ./NAME one that bears a command's name", lang),
    )  # fmt: skip
    parser.add_argument(
        "--screenshot", metavar="FILE", type=Path, help=tr("save the window when it is drawn, then end", lang)
    )
    parser.add_argument("--version", action="version", version=f"twin {_version()}")
    _add_common(parser, lang)
    return parser


def _version() -> str:
    from importlib import metadata

    return metadata.version("stockholm-twin")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def _joined(words: list[str]) -> list[str]:
    """Join ``--bbox`` with its value, which may begin with a minus sign and be four words."""
    result: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--bbox" and rest:
            values = [rest.pop(0)]
            while len(values) < 4 and rest and "," not in values[0] and _is_number(rest[0]):
                values.append(rest.pop(0))
            word = "--bbox=" + ",".join(values)
        result.append(word)
    return result


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
