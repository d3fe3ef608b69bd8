"""SIGKILL at random moments of saving, autosaving, creating and importing loses nothing that was saved."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from soak import kill_save

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")


@pytest.mark.parametrize("kind", kill_save.KINDS)
def test_a_kill_leaves_a_whole_project(kind: str, tmp_path: Path) -> None:
    outcome = kill_save.soak(kind, rounds=2, buildings=4000, seed=7, folder=tmp_path)
    assert outcome.broken == []
    assert outcome.before + outcome.after == outcome.rounds == 2


@pytest.mark.long
@pytest.mark.parametrize("kind", kill_save.KINDS)
def test_many_kills_leave_a_whole_project(kind: str, tmp_path: Path) -> None:
    outcome = kill_save.soak(kind, rounds=40, buildings=20_000, seed=8, folder=tmp_path)
    assert outcome.broken == []
    assert outcome.before > 0
    assert outcome.after > 0


def test_a_part_of_a_city_is_noticed_by_the_soak_itself() -> None:
    city = kill_save.numbered_city(3, 50)
    assert kill_save.number_of(city, 50) == 3
    with pytest.raises(ValueError, match="only a part"):
        kill_save.number_of(city.replaced(buildings=city.buildings.iloc[:49]), 50)
