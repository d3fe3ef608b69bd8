"""The commands: each in a menu, each with a handler, no key twice, no single letters."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from twin.ui import actions
from twin.ui.gestures import _NAMED

COMMANDS = [command for _, commands in actions.MENUS for command in commands]


def test_ids_are_unique_and_toolbars_mirror_menus() -> None:
    ids = [command.id for command in COMMANDS]
    assert len(ids) == len(set(ids))
    assert {name for name in (*actions.TOOLBAR, *actions.ON_VIEW) if name} <= set(ids)
    assert set(ids) >= actions.SEPARATE_BEFORE


def test_no_key_means_two_things() -> None:
    keys = [QKeySequence(key).toString() for command in COMMANDS for key in command.keys]
    assert "" not in keys
    assert not [key for key, n in Counter(keys).items() if n > 1]


def test_no_single_letter_works_outside_the_view() -> None:
    plain = Qt.KeyboardModifier.NoModifier
    for command in COMMANDS:
        for key in command.keys:
            combination = QKeySequence(key)[0]
            free = combination.keyboardModifiers() & ~Qt.KeyboardModifier.ShiftModifier == plain
            assert not free or key.startswith("F"), f"{command.id}: {key}"


def test_keys_follow_the_conventions_of_geo_programs() -> None:
    expected = {
        "new": "Ctrl+N", "open": "Ctrl+O", "save": "Ctrl+S", "save_as": "Ctrl+Shift+S", "undo": "Ctrl+Z",
        "redo": "Ctrl+Shift+Z", "import": "Ctrl+L", "layers": "Ctrl+1", "whole": "Ctrl+Shift+F",
        "to_selection": "Ctrl+J", "zoom_in": "Ctrl+Alt++", "zoom_out": "Ctrl+Alt+-", "identify": "Ctrl+Shift+I",
        "bookmark": "Ctrl+B", "refresh": "F5", "fullscreen": "F11", "panels": "Ctrl+Alt+P", "map_only": "Ctrl+Alt+F",
        "show_all": "Ctrl+Shift+U", "hide_all": "Ctrl+Shift+H", "export": "Ctrl+Shift+E", "keys": "Ctrl+?",
    }  # fmt: skip
    assert {command.id: command.keys[0] for command in COMMANDS if command.id in expected} == expected


@pytest.mark.parametrize(("title", "commands"), actions.MENUS, ids=[title for title, _ in actions.MENUS])
def test_every_command_says_what_it_does(title: str, commands: tuple[actions.Command, ...]) -> None:
    for command in commands:
        assert command.tip.strip(), command.id
        assert not command.tip.endswith("."), command.id
        assert command.text.count("&") == 1, command.id
    letters = [command.text[command.text.index("&") + 1].lower() for command in commands]
    assert not [letter for letter, n in Counter(letters).items() if n > 1], title


def test_keys_of_the_view_name_commands() -> None:
    assert set(_NAMED.values()) <= {command.id for command in COMMANDS}
