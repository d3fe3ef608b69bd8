"""Which keys do what: the program's own, a profile for those who come from QGIS, and what a user changed."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from twin.errors import BadInput
from twin.text import N_
from twin.ui import actions

if TYPE_CHECKING:
    from collections.abc import Mapping

Keys = tuple[str, ...]

PROFILES: dict[str, str] = {"own": N_("Stockholm twin"), "qgis": N_("As in QGIS")}
"""Sets of keys to begin from, by their stable name."""

_QGIS: dict[str, Keys] = {
    "panels": ("Ctrl+Tab",),
    "map_only": ("Ctrl+Shift+Tab",),
    "export": ("Ctrl+P", "Ctrl+Shift+E"),
    "draw_path": ("Ctrl+.",),
    "draw_building": ("Ctrl+Shift+.",),
    "time_on": ("Ctrl+Alt+.",),
    "time_back": ("Ctrl+Alt+,",),
    "layers": ("Ctrl+1",),
    "inspector": ("Ctrl+2", "F6"),
    "settings": ("Ctrl+Shift+P",),
    "import": ("Ctrl+L", "Ctrl+Shift+V"),
    "bookmarks": ("Ctrl+3", "Ctrl+Shift+B", "Ctrl+7"),
    "parameters": ("Ctrl+Alt+7",),
}
"""Where QGIS 3 has other keys for the same thing (its documentation, «QGIS GUI»)."""


class KeyMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A profile, and the commands whose keys are others than it says; no keys at all is an empty list."""

    profile: str = "own"
    changed: dict[str, Keys] = {}

    def keys(self, command: str) -> Keys:
        """Return the keys of a command."""
        if command in self.changed:
            return self.changed[command]
        return profile_keys(self.profile, command)

    def with_keys(self, command: str, keys: Keys) -> KeyMap:
        """Return the map with other keys for a command; those of the profile are no change."""
        rest = {name: own for name, own in self.changed.items() if name != command}
        if keys != profile_keys(self.profile, command):
            rest[command] = keys
        return KeyMap(self.profile, rest)

    def reset(self, command: str) -> KeyMap:
        """Return the map with the profile's keys for a command."""
        return self.with_keys(command, profile_keys(self.profile, command))


def profile_keys(profile: str, command: str) -> Keys:
    """Return the keys that a profile gives a command."""
    own = next((one.keys for one in commands().values() if one.id == command), ())
    return _QGIS.get(command, own) if profile == "qgis" else own


def commands() -> dict[str, actions.Command]:
    """Return all commands by id."""
    return {command.id: command for _, group in actions.MENUS for command in group}


def conflicts(keys: KeyMap) -> Mapping[str, tuple[str, ...]]:
    """Return the keys that more than one command has, with those commands: pressing them would do nothing."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for id in commands():
        for one in keys.keys(id):
            found[one.lower()].append(id)
    return {key: tuple(ids) for key, ids in found.items() if len(ids) > 1}


def encode(keys: KeyMap) -> str:
    """Return a key map as text, to be kept or given to somebody."""
    return msgspec.json.format(msgspec.json.encode(keys), indent=2).decode()


def decode(text: str) -> KeyMap:
    """Read a key map; commands that there are not (any more) are left out.

    Raises
    ------
    BadInput
        When it is none.
    """
    try:
        read = msgspec.json.decode(text, type=KeyMap)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput("This is no list of keys: {reason}.", reason=error) from error
    if read.profile not in PROFILES:
        raise BadInput("This is no list of keys: there is no profile «{name}».", name=read.profile)
    known = commands()
    return KeyMap(read.profile, {id: keys for id, keys in read.changed.items() if id in known})
