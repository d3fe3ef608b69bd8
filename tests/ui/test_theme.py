"""Colours that can be read, icons that are there, spaces on the grid."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from twin.content import folder
from twin.ui import actions, icons, qss, theme

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

THEMES = (theme.LIGHT, theme.DARK, theme.CONTRAST)


@pytest.mark.parametrize("tokens", THEMES, ids=lambda t: t.name)
def test_text_can_be_read(tokens: theme.Tokens) -> None:
    weak = {
        pair: round(theme.contrast(getattr(tokens, pair[0]), getattr(tokens, pair[1])), 2)
        for pair in theme.TEXT_PAIRS
        if theme.contrast(getattr(tokens, pair[0]), getattr(tokens, pair[1])) < 4.5
    }
    assert not weak


@pytest.mark.parametrize("tokens", THEMES, ids=lambda t: t.name)
def test_parts_can_be_seen(tokens: theme.Tokens) -> None:
    weak = {
        pair: round(theme.contrast(getattr(tokens, pair[0]), getattr(tokens, pair[1])), 2)
        for pair in theme.PART_PAIRS
        if theme.contrast(getattr(tokens, pair[0]), getattr(tokens, pair[1])) < 3.0
    }
    assert not weak


def test_high_contrast_keeps_its_promise() -> None:
    """Text at 7:1 (WCAG 1.4.6), what one must see, lines included, at 3:1."""
    dress = theme.CONTRAST

    def ratio(pair: tuple[str, str]) -> float:
        return theme.contrast(getattr(dress, pair[0]), getattr(dress, pair[1]))

    weak = {pair: ratio(pair) for pair in (*theme.TEXT_PAIRS, ("disabled", "panel")) if ratio(pair) < 7.0}
    assert not weak
    parts = (*theme.PART_PAIRS, ("line", "panel"), ("accent", "chosen"), ("edge", "hover"))
    assert not {pair: ratio(pair) for pair in parts if ratio(pair) < 3.0}


def test_contrast_against_published_values() -> None:
    assert theme.contrast("#ffffff", "#000000") == pytest.approx(21.0)
    # WebAIM's example: #777777 on white is 4.48:1, just too little.
    assert theme.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_sheet_has_no_gap_and_no_foreign_colour(qtbot: QtBot) -> None:
    sheet = qss.sheet(vars(theme.LIGHT), 10.0)
    assert "$" not in sheet
    known = {value for value in vars(theme.LIGHT).values()}
    assert set(re.findall(r"#[0-9a-f]{6}\b", sheet)) <= known


@pytest.mark.parametrize("tokens", THEMES, ids=lambda t: t.name)
def test_a_theme_dresses_the_program(qtbot: QtBot, qapp: object, tokens: theme.Tokens) -> None:
    theme.apply(qapp, tokens.name)  # type: ignore[arg-type]
    assert theme.current() is tokens
    assert qapp.font().family() == "Roboto"  # type: ignore[attr-defined]
    assert qapp.palette().window().color().name() == tokens.panel  # type: ignore[attr-defined]


def test_every_icon_of_a_command_is_drawn(qtbot: QtBot) -> None:
    names = {command.icon for _, commands in actions.MENUS for command in commands if command.icon}
    for name in names:
        picture = icons.pixmap(name, "#ff0000", 24).toImage()
        painted = [picture.pixelColor(x, y).alpha() > 128 for x in range(24) for y in range(24)]
        assert 12 < sum(painted) < 400, name


def test_icons_share_one_hand() -> None:
    for path in (folder("data") / "icons").glob("*.svg"):
        if path.stem != "app":
            source = path.read_text(encoding="utf-8")
            assert 'viewBox="0 0 24 24"' in source, path.name
            assert 'stroke="currentColor" stroke-width="1.6"' in source, path.name
            assert not re.search(r"#[0-9a-fA-F]{3,6}", source), path.name
