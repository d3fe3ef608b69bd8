"""The rules of the house that no other tool checks."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

BELOW_THE_WINDOW = [
    "twin.errors",
    "twin.jobs",
    "twin.content",
    "twin.text",
    "twin.city.city",
    "twin.city.formats",
    "twin.layer",
    "twin.state",
    "twin.plugins",
    "twin.project",
    "twin.cli",
    "twin.api",
]


@pytest.mark.parametrize("room", BELOW_THE_WINDOW)
def test_room_opens_without_qt_and_vtk(room: str) -> None:
    """A fresh interpreter that imports the room has loaded neither Qt nor VTK."""
    code = (
        f"import {room}, sys; "
        "print([m for m in sys.modules if m.split('.')[0] in ('PySide6', 'vtkmodules', 'vtk', 'pyvista', 'pyvistaqt')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_modules_and_classes_stay_small(root: Path) -> None:
    """A module past 400 lines is a folder, a class with more than 15 public methods is two (a little slack)."""
    too_big = []
    for path in sorted((root / "twin").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > 450:
            too_big.append(f"{path.relative_to(root)}: {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef):
                functions = [f for f in node.body if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef)]
                methods = [f for f in functions if not f.decorator_list]  # properties are attributes to a caller
                public = [f.name for f in methods if not f.name.startswith("_") and not _qt_override(f.name)]
                if len(public) > 15:
                    too_big.append(f"{path.relative_to(root)}: class {node.name} has {len(public)} public methods")
    assert too_big == []


def _qt_override(name: str) -> bool:
    """Say whether a name is Qt's (camelCase): such a method is not the class's own face."""
    return name != name.lower()


def test_package_markers_are_empty(root: Path) -> None:
    full = [path for path in (root / "twin").rglob("__init__.py") if path.read_text(encoding="utf-8").strip()]
    assert full == []
    assert not list((root / "layers").glob("__init__.py"))


def test_no_registry_hosts_and_machine_paths(root: Path) -> None:
    """Nothing tracked names a package registry's host or a path of somebody's machine."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed, so what is tracked is not known")
    tracked = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    words = ["pythonhosted" + ".org", "pypi" + ".org", "deb.debian" + ".org", "/" + "work/", "/" + "root/"]
    bad = []
    for name in tracked.stdout.splitlines():
        path = root / name
        if path.suffix in {".gpkg", ".parquet", ".tif", ".png"} or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        bad += [f"{name}: {word}" for word in words if word in text]
    assert bad == []


def test_data_dictionary_is_up_to_date(root: Path) -> None:
    from importlib.machinery import SourceFileLoader
    from importlib.util import module_from_spec, spec_from_loader

    loader = SourceFileLoader("data_dictionary", str(root / "scripts" / "data_dictionary"))
    spec = spec_from_loader("data_dictionary", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    assert (root / "docs" / "city.md").read_text(encoding="utf-8") == module.text(), "run scripts/data_dictionary"


def test_no_package_comes_with_a_licence_that_does_not_go_with_mit(root: Path) -> None:
    script = str(root / "scripts" / "licences")
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
