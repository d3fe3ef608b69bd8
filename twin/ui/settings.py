"""What the program remembers between two starts: language, theme, recent projects, the window's layout."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from platformdirs import user_cache_path, user_config_path
from PySide6.QtCore import QByteArray, QLocale, QSettings

from twin.errors import TwinError
from twin.text import LANGUAGES, N_

if TYPE_CHECKING:
    from twin.ui.keymap import KeyMap

ThemeChoice = Literal["system", "light", "dark", "contrast"]
THEMES: tuple[ThemeChoice, ...] = ("system", "light", "dark", "contrast")
TEXT_SIZES: dict[str, tuple[float, str]] = {
    "normal": (1.0, N_("As the desktop's")), "large": (1.25, N_("Large")), "largest": (1.5, N_("Very large")),
}  # fmt: skip
"""Sizes of text in shares of the desktop's, and what they are called."""
RECENT = 10
_LAYOUT = 1


def config_folder() -> Path:
    """Return where settings lie; the environment variable ``TWIN_CONFIG_DIR`` overrides the platform's place."""
    named = os.environ.get("TWIN_CONFIG_DIR")
    return Path(named) if named else user_config_path("stockholm-twin", appauthor=False)


def cache_folder() -> Path:
    """Return where things lie that can be made again (``TWIN_CACHE_DIR`` overrides)."""
    named = os.environ.get("TWIN_CACHE_DIR")
    return Path(named) if named else user_cache_path("stockholm-twin", appauthor=False)


class Settings:
    """Typed access to one ini file, the same on every platform."""

    def __init__(self) -> None:
        self._store = QSettings(str(config_folder() / "settings.ini"), QSettings.Format.IniFormat)

    @property
    def language(self) -> str:
        """Language of the window, by default the system's where it is Swedish, else English."""
        said = str(self._store.value("language", ""))
        if said in LANGUAGES:
            return said
        return "sv" if QLocale.system().name().startswith("sv") else "en"

    @language.setter
    def language(self, lang: str) -> None:
        self._store.setValue("language", lang)

    @property
    def theme(self) -> ThemeChoice:
        """Chosen theme; ``"system"`` follows the desktop."""
        said = str(self._store.value("theme", "system"))
        return next((choice for choice in THEMES if choice == said), "system")

    @theme.setter
    def theme(self, choice: ThemeChoice) -> None:
        self._store.setValue("theme", choice)

    @property
    def text_size(self) -> str:
        """A key of :data:`TEXT_SIZES`."""
        said = str(self._store.value("text_size", "normal"))
        return said if said in TEXT_SIZES else "normal"

    @text_size.setter
    def text_size(self, size: str) -> None:
        self._store.setValue("text_size", size)

    @property
    def keys(self) -> KeyMap:
        """Which keys do what; the program's own where what is kept cannot be read."""
        from twin.ui.keymap import KeyMap, decode

        said = str(self._store.value("keys", ""))
        try:
            return decode(said) if said else KeyMap()
        except TwinError:
            return KeyMap()

    @keys.setter
    def keys(self, keys: KeyMap) -> None:
        from twin.ui.keymap import encode

        self._store.setValue("keys", encode(keys))

    @property
    def folder(self) -> Path:
        """Folder where the last project or file was taken from; the home folder at first."""
        return Path(str(self._store.value("folder", "")) or Path.home())

    @folder.setter
    def folder(self, path: Path) -> None:
        self._store.setValue("folder", str(path))

    def recent(self) -> list[Path]:
        """Return recently opened projects, latest first, also those that are no longer there."""
        said = self._store.value("recent", [])
        names = [said] if isinstance(said, str) else cast(list[str], said or [])
        return [Path(name) for name in names if name]

    def remember(self, path: Path) -> None:
        """Put a project first among the recent ones."""
        path = path.resolve()
        names = [str(path)] + [str(other) for other in self.recent() if other != path]
        self._store.setValue("recent", names[:RECENT])
        self._store.sync()

    def forget(self, path: Path) -> None:
        """Take a project off the recent ones."""
        self._store.setValue("recent", [str(other) for other in self.recent() if other != path])

    def thumbnail(self, path: Path) -> Path:
        """Return where the small picture of a project lies (it need not be there)."""
        name = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]
        return cache_folder() / "thumbnails" / f"{name}.png"

    def save_layout(self, geometry: QByteArray, state: QByteArray) -> None:
        """Keep size, place and docks of the window."""
        self._store.setValue(f"layout{_LAYOUT}/geometry", geometry)
        self._store.setValue(f"layout{_LAYOUT}/state", state)

    def layout(self) -> tuple[QByteArray, QByteArray]:
        """Return size and place, and docks, of the window; empty the first time."""
        found = [self._store.value(f"layout{_LAYOUT}/{part}", QByteArray()) for part in ("geometry", "state")]
        geometry, state = (value if isinstance(value, QByteArray) else QByteArray() for value in found)
        return geometry, state

    def save(self) -> None:
        """Write what was changed to disk now."""
        self._store.sync()
