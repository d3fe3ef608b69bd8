"""What all tests share: where the real files lie, and nothing that imports Qt or VTK."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

# how long an example takes says something of the machine, nothing of the program
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real files, or skip where it is absent (they are never part of the repository)."""
    folder = Path(os.environ.get("TWIN_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the folder of real test files (../shared/data) is not here")
    return folder


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the top of the checkout."""
    return ROOT


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --long, which also runs soaks and fuzzing at full length."""
    parser.addoption("--long", action="store_true", help="also run soaks and fuzzing at full length")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests marked long unless asked for."""
    if config.getoption("--long"):
        return
    skip = pytest.mark.skip(reason="runs with --long")
    for item in items:
        if "long" in item.keywords:
            item.add_marker(skip)
