"""Texts and numbers in two languages, and a catalogue without holes."""

from __future__ import annotations

import importlib.util
import math
import string
from importlib.machinery import SourceFileLoader
from typing import TYPE_CHECKING, Any

import pytest

from twin.city.reading import Note
from twin.errors import BadInput, Cancelled
from twin.text import Words, error_text, number, tr, trn

if TYPE_CHECKING:
    from pathlib import Path

NBSP, MINUS = "\u00a0", "\u2212"


@pytest.fixture(scope="module")
def messages(root: Path) -> Any:
    loader = SourceFileLoader("messages", str(root / "scripts" / "messages"))
    spec = importlib.util.spec_from_loader("messages", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("value", "decimals", "unit", "sv", "en"),
    [
        (1234.5, 1, "m", "1 234,5 m", "1,234.5 m"),
        (-0.25, None, "", f"{MINUS}0,25", f"{MINUS}0.25"),
        (12.34, None, "%", "12,3 %", "12.3 %"),
        (999.6, None, "", "1 000", "1,000"),
        (7.0, None, "", "7", "7"),
        (0.0345, None, "", "0,035", "0.035"),
        (-0.00345, None, "", f"{MINUS}0,0034", f"{MINUS}0.0034"),
        (0.3, None, "", "0,30", "0.30"),
        (2.5e-7, None, "", "2,5·10⁻⁷", "2.5·10⁻⁷"),
        (1e-13, None, "%", "0 %", "0 %"),
        (math.nan, None, "m", "–", "–"),
        (0.0, 2, "", "0,00", "0.00"),
    ],
)
def test_numbers(value: float, decimals: int | None, unit: str, sv: str, en: str) -> None:
    assert number(value, "sv", decimals, unit) == sv.replace(" ", NBSP)
    assert number(value, "en", decimals, unit) == en.replace(" ", NBSP)


def test_error_speaks_both_languages() -> None:
    error = BadInput("No colour scale is called {name}; there are: {known}.", name="x", known="a, b")
    assert str(error) == "No colour scale is called x; there are: a, b."
    assert error_text(error, "sv") != str(error)
    assert "a, b" in error_text(error, "sv")
    assert error_text(Cancelled(), "sv") == "Stoppat."
    assert error_text(ValueError("foreign"), "sv") == "foreign"


def test_unknown_text_stays() -> None:
    assert tr("no such text {n}", "sv", n=3) == "no such text 3"
    assert trn("{n} zzz", "{n} zzzs", 2, "en") == "2 zzzs"


def test_catalogue_is_whole(messages: Any) -> None:
    """Every text in the code has a Swedish translation, and the file holds no dead ones."""
    assert messages.missing(messages.updated()) == []
    with messages.CATALOGUE.open("rb") as source:
        written = messages.pofile.read_po(source, locale="sv")
    assert {str(m.id) for m in written if m.id} == {str(m.id) for m in messages.extracted() if m.id}


def test_translations_keep_their_fields(messages: Any) -> None:
    """A field lost or misspelt in a translation would break the message when it is needed."""

    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    wrong = []
    for message in messages.updated():
        keys = message.id if message.pluralizable else (message.id,)
        texts = message.string if message.pluralizable else (message.string,)
        allowed = set().union(*(fields(key) for key in keys))
        wrong += [text for text in texts if text and message.id and fields(text) != allowed]
    assert wrong == []


def test_numbers_in_messages_have_the_decimal_sign_of_the_language() -> None:
    assert tr("{storey} m", "sv", storey=3.0) == "3 m"
    assert tr("{storey} m", "sv", storey=2.5) == "2,5 m"
    assert tr("{storey} m", "en", storey=2.5) == "2.5 m"
    assert tr("{share:.1f} %", "sv", share=71.94) == "71,9 %"
    assert tr("{east}", "en", east=6_577_000.0) == "6577000"
    assert tr("EPSG:{code}", "sv", code=28992) == "EPSG:28992"


def test_a_note_speaks_one_language_throughout() -> None:
    note = Note("assumed", "{n} things: {values}", 11_121, {"values": Words((("Church", 15.0), ("Shed", 2.5)))})
    assert note.sentence("en") == "11,121 things: church 15, shed 2.5"
    assert note.sentence("sv") == f"11{NBSP}121 things: kyrka 15, uthus 2,5"


def test_notes_of_one_thing_are_in_the_singular() -> None:
    from twin.city.reading import Note
    from twin.city.singular import SINGULAR
    from twin.text import catalogue

    plural = "{n} buildings lie underground and were left out"
    assert Note("skipped", plural, 1).sentence("en") == "1 building lies underground and was left out"
    assert Note("skipped", plural, 2).sentence("en") == "2 buildings lie underground and were left out"
    assert Note("skipped", plural, 1).sentence("sv") == "1 byggnad ligger under mark och utelämnades"
    swedish = catalogue("sv")
    assert [one for one in SINGULAR if swedish.gettext(one) == one] == [], "a key that no note has (any more)"
