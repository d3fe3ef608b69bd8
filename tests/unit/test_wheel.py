"""The wheel: built, installed outside the checkout, started, with its content inside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def installed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and install it in a fresh environment that borrows the dependencies of this one."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(root)]
    subprocess.run(build, check=True, capture_output=True, text=True)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "env", with_pip=False, system_site_packages=False)
    python = folder / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", site, str(wheel)],
        check=True, capture_output=True,
    )  # fmt: skip
    import numpy

    # the dependencies come from here; the checkout itself must not
    borrowed = os.path.dirname(os.path.dirname(numpy.__file__))
    with open(os.path.join(site, "borrowed.pth"), "w", encoding="utf-8") as link:
        link.write(borrowed + "\n")
    return python


def _run(python: Path, *args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV"))}
    return subprocess.run([str(python), *args], cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_wheel_has_one_top_level_name_and_its_content(installed: Path, tmp_path: Path) -> None:
    code = (
        "import twin.content as c, twin, json; "
        "print(json.dumps([twin.__file__, str(c.folder('layers')), str(c.demo_project()), "
        "c.demo_project().is_dir(), len(list(c.folder('shaders').iterdir()))]))"
    )
    done = _run(installed, "-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    module, layers, demo, there, shaders = json.loads(done.stdout)
    env = str(installed.parent.parent)
    assert module.startswith(env)
    assert layers.startswith(env)
    assert demo.startswith(env)
    assert there
    assert shaders > 0
    for name in ("layers", "data", "shaders"):
        assert _run(installed, "-c", f"import {name}", cwd=tmp_path).returncode != 0, name


def test_wheel_reads_its_demo_and_finds_its_drop_ins(installed: Path, tmp_path: Path) -> None:
    done = _run(installed, "-m", "twin.cli", "layers", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "building_height" in done.stdout
    done = _run(installed, "-m", "twin.cli", "info", "demo", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["files"][0]["counts"]["buildings"] > 1000


def test_wheel_draws_its_demo(installed: Path, tmp_path: Path) -> None:
    args = ["-m", "twin.cli", "render", "demo", "--out", "picture.png", "--size", "320x200"]
    done = _run(installed, *args, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
