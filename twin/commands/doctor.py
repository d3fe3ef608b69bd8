"""``twin doctor``: whether this installation and this computer can do what the program needs."""

from __future__ import annotations

import compileall
import os
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from twin import content, crashlog, jobs
from twin.errors import TwinError
from twin.text import N_, error_text, tr

if TYPE_CHECKING:
    from argparse import Namespace

    from twin.commands.console import Console, Parser

PATIENCE = 60.0
"""Seconds a probe of the graphics may take before it is given up."""


@dataclass(frozen=True)
class Check:
    """One thing looked at: its title (English of the catalogue), what was found, and whether it will do."""

    title: str
    found: str
    good: bool = True


def add(parser: Parser, lang: str) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "--compile", action="store_true", help=tr("compile ahead what would be compiled at first use", lang)
    )


def run(args: Namespace, console: Console) -> int:
    """Look at everything; exit 1 when something will not do."""
    lang = console.lang
    versions = crashlog.versions()
    checks = [*_content(lang), *_folders(), _fonts(), *_graphics(lang)]
    if args.compile:
        checks.append(_compiled(console))
    bad = [check for check in checks if not check.good]
    lines = [f"{name:20} {value}" for name, value in versions.items()]
    lines += [f"{'✓' if check.good else '✗'} {tr(check.title, lang)}: {check.found}" for check in checks]
    rows = [{"title": tr(check.title, lang), "found": check.found, "good": check.good} for check in checks]
    console.result({"versions": versions, "checks": rows, "good": not bad}, "\n".join(lines))
    if bad:
        console.say("twin: " + tr("This will not do: {what}", lang, what=", ".join(tr(c.title, lang) for c in bad)))
    return 1 if bad else 0


def _content(lang: str) -> list[Check]:
    checks = []
    for title, name in ((N_("Layers"), "layers"), (N_("Data"), "data"), (N_("Shaders"), "shaders")):
        try:
            checks.append(Check(title, str(content.folder(name))))
        except TwinError as error:
            checks.append(Check(title, error_text(error, lang), good=False))
    return checks


def _folders() -> list[Check]:
    places = {
        N_("Log folder"): crashlog.folder(),
        N_("Settings folder"): Path(platformdirs.user_config_dir("stockholm-twin", appauthor=False)),
        N_("Cache folder"): Path(platformdirs.user_cache_dir("stockholm-twin", appauthor=False)),
        N_("Folder of own layers"): Path(platformdirs.user_data_dir("stockholm-twin", appauthor=False)),
        N_("Temporary folder"): Path(tempfile.gettempdir()),
    }
    checks = []
    for title, place in places.items():
        good, size = _writable(place), _used(place) if title != N_("Temporary folder") else ""
        checks.append(Check(title, f"{place}{size}", good))
    return checks


def _writable(place: Path) -> bool:
    """Whether something can be written there, or the folder could be made."""
    there = next((parent for parent in (place, *place.parents) if parent.exists()), place)
    return there.is_dir() and os.access(there, os.W_OK)


def _used(place: Path) -> str:
    size = sum(file.stat().st_size for file in place.rglob("*") if file.is_file()) if place.is_dir() else 0
    return f" ({size / 1e6:.1f} MB)" if size else ""


def _fonts() -> Check:
    try:
        files = [file for file in metadata.files("font-roboto") or [] if str(file).endswith((".ttf", ".otf"))]
    except metadata.PackageNotFoundError:
        files = []
    return Check(N_("Fonts"), f"Roboto ({len(files)})" if files else "–", bool(files))


def _graphics(lang: str) -> list[Check]:
    """Ask OpenGL and Qt in children: drivers crash, and a crash is an answer too."""
    from twin.ui import probe

    checks = []
    for title, work in ((N_("OpenGL"), probe.opengl), (N_("Window system"), probe.window_system)):
        task = jobs.start(work, title=tr(title, lang))
        try:
            checks.append(Check(title, task.wait(PATIENCE)))
        except TimeoutError:
            task.cancel()
            checks.append(Check(title, tr("no answer within {n} s", lang, n=int(PATIENCE)), good=False))
        except TwinError as error:
            checks.append(Check(title, error_text(error, lang), good=False))
    return checks


def _compiled(console: Console) -> Check:
    from twin.models.compile import compile_all

    package = Path(__file__).resolve().parent.parent
    files = [*package.rglob("*.py"), *content.folder("layers").glob("*.py")]
    job = console.job()
    done = 0
    for i, file in enumerate(sorted(files)):
        job.progress((i + 1) / len(files), N_("Compiling {name}"), name=file.name)
        done += bool(compileall.compile_file(str(file), quiet=2))
    kernels = compile_all(job)
    found = tr("{done} of {n} files, {k} kernels", console.lang, done=done, n=len(files), k=len(kernels))
    return Check(N_("Compiled ahead"), found, done == len(files))
