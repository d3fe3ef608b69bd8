"""The program as a user starts it: a process of its own, a picture of its window, its exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtGui import QImage

from twin.project import create

if TYPE_CHECKING:
    from pathlib import Path

    from twin.city.city import City

RUN = """
import sys
from pathlib import Path
from twin.errors import TwinError
from twin.ui.app import run
try:
    code = run(sys.argv[1] or None, Path(sys.argv[2]), sys.argv[3])
except TwinError as error:
    sys.exit(f"told: {error}")
raise SystemExit(code)
"""


def start(project: str, picture: Path, lang: str = "en", **environment: str) -> subprocess.CompletedProcess[str]:
    # The child of a test must not write its logs among the user's own.
    ours = {**os.environ, "XDG_STATE_HOME": str(picture.parent), **environment}
    return subprocess.run(
        [sys.executable, "-c", RUN, project, str(picture), lang], capture_output=True, text=True, timeout=300,
        check=False, env=ours,
    )  # fmt: skip


def test_the_start_page_is_pictured(tmp_path: Path) -> None:
    picture = tmp_path / "start.png"
    done = start("", picture)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert QImage(str(picture)).width() > 800


def test_a_project_is_pictured_with_its_city(tmp_path: Path, small_city: City) -> None:
    path, picture = tmp_path / "Liten.twin", tmp_path / "window.png"
    create(path, small_city).close()
    done = start(str(path), picture, "sv")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    image = QImage(str(picture)).convertToFormat(QImage.Format.Format_RGB888)
    data = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    middle = data[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)[300:600, 500:900]
    assert len(np.unique(middle.reshape(-1, 3), axis=0)) > 30, "a city, not an empty ground"


def test_a_wrong_path_is_told(tmp_path: Path) -> None:
    done = start(str(tmp_path / "nowhere.twin"), tmp_path / "x.png")
    assert done.returncode == 1
    assert "told: " in done.stderr
    assert "nowhere.twin" in done.stderr
    assert not (tmp_path / "x.png").exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a screen")
def test_without_a_screen_it_says_so(tmp_path: Path) -> None:
    done = start("", tmp_path / "x.png", DISPLAY="", WAYLAND_DISPLAY="", QT_QPA_PLATFORM="")
    assert done.returncode == 1
    assert "told: There is no screen here" in done.stderr


def test_a_damaged_project_ends_with_one_line(tmp_path: Path, small_city: City) -> None:
    path = tmp_path / "Trasig.twin"
    create(path, small_city).close()
    (path / "project.json").write_text("{", encoding="utf-8")
    done = start(str(path), tmp_path / "x.png")
    assert done.returncode == 1
    assert "Trasig.twin" in done.stderr
    assert "Traceback" not in done.stderr
