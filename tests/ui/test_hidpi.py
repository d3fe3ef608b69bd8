"""No word is cut from 100 to 250 %, with the desktop's text or larger: the whole window with the demo."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

CASES = [
    pytest.param("1", "sv", "largest", id="100-larger"),
    pytest.param("1.25", "en", "normal", id="125", marks=pytest.mark.long),
    pytest.param("1.5", "sv", "normal", id="150", marks=pytest.mark.long),
    pytest.param("2", "sv", "normal", id="200"),
    pytest.param("2.5", "en", "normal", id="250", marks=pytest.mark.long),
]


@pytest.mark.parametrize(("factor", "lang", "text"), CASES)
def test_no_word_is_cut(root: Path, tmp_path: Path, factor: str, lang: str, text: str) -> None:
    script = root / "tests" / "helpers" / "scaled_window.py"
    own = {"TWIN_CONFIG_DIR": str(tmp_path), "TWIN_CACHE_DIR": str(tmp_path), "QT_SCALE_FACTOR": factor,
           "PYTHONPATH": str(root)}  # fmt: skip
    done = subprocess.run(
        [sys.executable, str(script), lang, text], env={**os.environ, **own}, capture_output=True, text=True,
        timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["ratio"] == float(factor)
    assert said["cut"] == {}
