"""What is remembered between two starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray

from twin.ui.settings import RECENT, Settings

if TYPE_CHECKING:
    from pathlib import Path


def again() -> Settings:
    return Settings()


def test_first_start(tmp_path: Path) -> None:
    settings = Settings()
    assert settings.language in ("sv", "en")
    assert settings.theme == "system"
    assert settings.recent() == []
    assert all(part.isEmpty() for part in settings.layout())


def test_choices_survive(tmp_path: Path) -> None:
    settings = Settings()
    settings.language, settings.theme, settings.folder = "sv", "dark", tmp_path
    settings.save_layout(QByteArray(b"g"), QByteArray(b"s"))
    settings.save()
    later = again()
    assert (later.language, later.theme, later.folder) == ("sv", "dark", tmp_path)
    assert [bytes(part.data()) for part in later.layout()] == [b"g", b"s"]


def test_damaged_choices_are_not_believed() -> None:
    settings = Settings()
    settings._store.setValue("language", "tlh")
    settings._store.setValue("theme", "pink")
    assert settings.language in ("sv", "en")
    assert settings.theme == "system"


def test_recent_projects_latest_first_each_once(tmp_path: Path) -> None:
    settings = Settings()
    paths = [tmp_path / f"p{n}.twin" for n in range(RECENT + 3)]
    for path in paths:
        settings.remember(path)
    settings.remember(paths[5])
    recent = again().recent()
    assert recent[0] == paths[5].resolve()
    assert len(recent) == len(set(recent)) == RECENT
    settings.forget(recent[0])
    assert paths[5].resolve() not in again().recent()


def test_one_recent_project_is_a_list_too(tmp_path: Path) -> None:
    Settings().remember(tmp_path / "only.twin")
    assert again().recent() == [(tmp_path / "only.twin").resolve()]
