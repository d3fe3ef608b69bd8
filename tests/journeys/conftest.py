"""Journeys have settings and caches of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep settings and caches of a journey in its own folder."""
    monkeypatch.setenv("TWIN_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("TWIN_CACHE_DIR", str(tmp_path / "cache"))
