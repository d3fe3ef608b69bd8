"""Texts and numbers in the reader's language.

English texts stand in the code and are the keys of one catalogue, ``data/locale/<language>.po``. The
language is always passed, never global: a Swedish report can come from an English window.
"""

from __future__ import annotations

import gettext
import io
import json
import math
from dataclasses import dataclass
from functools import cache

from babel import Locale, numbers
from babel.messages import mofile, pofile

from twin.content import folder
from twin.errors import TwinError

LANGUAGES = ("sv", "en")
_LOCALES = {"sv": "sv_SE", "en": "en_GB"}


@dataclass(frozen=True)
class Words:
    """A field of a message that is itself made of words of the catalogue, each with a number.

    Examples
    --------
    >>> Words((("Church", 15.0), ("Shed", 2.5))).text("en")
    'church 15, shed 2.5'
    """

    items: tuple[tuple[str, float], ...]

    def text(self, lang: str) -> str:
        """Say the words in a language, each with its number behind it."""
        said = [(tr(word, lang), _Decimal(value, lang)) for word, value in self.items]
        return ", ".join(f"{word[:1].lower()}{word[1:]} {value}" for word, value in said)


class Term(str):
    """A text of the catalogue that stands in a field of another: said in the reader's language.

    Examples
    --------
    >>> tr("«{model}»", "en", model=Term("Reach on foot"))
    '«Reach on foot»'
    """

    __slots__ = ()


class Own(str):
    """Words that somebody wrote for this one project: said as they are, even where the catalogue has the same ones.

    Examples
    --------
    >>> tr(Own("Height"), "sv")
    'Height'
    """

    __slots__ = ()


class _Decimal(float):
    """A number that writes itself with the decimal sign of a language, in every format asked for."""

    comma: bool

    def __new__(cls, value: float, lang: str) -> _Decimal:
        """Keep the language beside the number."""
        made = super().__new__(cls, value)
        made.comma = lang == "sv"
        return made

    def __format__(self, spec: str) -> str:
        text = super().__format__(spec or ".10g")
        return text.replace(".", ",") if self.comma else text


def N_(message: str) -> str:
    """Mark a text for the catalogue where it is not yet translated (tables, class attributes)."""
    return message


_PARTS = "\x1f"
"""Stands between a composed text and its fields."""


def composed(message: str, /, **fields: str | float) -> str:
    """Return a text and the fields to fill it with as one text, which :func:`tr` says in any language.

    For names that are made where no language is known and kept on disk, such as those of a model's fields. A field
    that is itself a text of the catalogue is said in the same language; a number is written as the language does.

    Examples
    --------
    >>> tr(composed("Share of {group}", group="Car"), "en")
    'Share of Car'
    """
    return message + _PARTS + json.dumps(fields, ensure_ascii=False, sort_keys=True)


def part_of(message: str, name: str) -> str:
    """Return a field of a composed text, "" where it has none.

    Examples
    --------
    >>> part_of(composed("{what}, mean", what="Lden"), "what")
    'Lden'
    """
    _, _, parts = message.partition(_PARTS)
    return str(json.loads(parts).get(name, "")) if parts else ""


@cache
def catalogue(lang: str) -> gettext.NullTranslations:
    """Return the catalogue of a language; English is the language of the keys."""
    path = folder("data") / "locale" / f"{lang}.po"
    if lang == "en" or not path.is_file():
        return gettext.NullTranslations()
    with path.open("rb") as source:
        messages = pofile.read_po(source, locale=lang)
    binary = io.BytesIO()
    mofile.write_mo(binary, messages)
    binary.seek(0)
    return gettext.GNUTranslations(binary)


def tr(message: str, lang: str, /, **fields: object) -> str:
    """Translate a text and fill in its fields; decimal numbers get the decimal sign of the language.

    Examples
    --------
    >>> tr("{n} buildings", "en", n=3)
    '3 buildings'
    """
    if isinstance(message, Own):
        return str(message)
    if _PARTS in message:
        message, parts = message.split(_PARTS, 1)
        given = json.loads(parts).items()
        fields |= {name: tr(one, lang) if isinstance(one, str) else number(one, lang) for name, one in given}
    text = catalogue(lang).gettext(message) if message else ""
    return text.format(**{name: _said(value, lang) for name, value in fields.items()}) if fields else text


def _said(value: object, lang: str) -> object:
    if isinstance(value, Words):
        return value.text(lang)
    if isinstance(value, Term):
        return tr(str(value), lang)
    return _Decimal(value, lang) if isinstance(value, float) else value


def trn(singular: str, plural: str, n: int, lang: str, /, **fields: object) -> str:
    """Translate a text with a number in it, ``{n}``, in the form the number asks for."""
    text = catalogue(lang).ngettext(singular, plural, n)
    return text.format(n=number(n, lang, 0), **fields)


def error_text(error: BaseException, lang: str) -> str:
    """Say an error in a language; a foreign exception keeps its own words."""
    if isinstance(error, TwinError):
        return tr(error.key, lang, **error.fields)
    return str(error) or type(error).__name__


_SMALL, _ROUNDING = 1e-4, 1e-12
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


YEAR = N_("year")
"""Unit of years of the calendar, which are written without it and without a gap at the thousands."""


@cache
def _signs(lang: str) -> dict[int, str]:
    """Return what a language writes for the signs of Python's numbers."""
    locale = Locale.parse(_LOCALES.get(lang, "en_GB"))
    group, decimal = numbers.get_group_symbol(locale), numbers.get_decimal_symbol(locale)
    return {ord(","): group.replace(" ", "\u00a0"), ord("."): decimal, ord("-"): "\u2212"}


def number(value: float, lang: str, decimals: int | None = None, unit: str = "") -> str:
    r"""Write a number as the language does, with its unit behind a no-break space.

    Parameters
    ----------
    value : float
        A value; not a number is written «–».
    lang : str
        ``"sv"`` or ``"en"``.
    decimals : int, optional
        Decimals shown; by default as many as make three digits, at most two, but two digits of what is smaller than
        0.1; from 0.0001 down with a power of ten, and from 1e-12 down, which is rounding, 0.
    unit : str
        Unit text, already in its own notation.

    Examples
    --------
    >>> number(1234.5, "sv", 1, "m").replace("\xa0", " ")
    '1 234,5 m'
    >>> number(0.00345, "en"), number(2.5e-7, "en")
    ('0.0035', '2.5·10⁻⁷')
    >>> number(1895.0, "sv", unit=YEAR)
    '1895'
    """
    if value is None or math.isnan(value):
        return "–"
    if unit == YEAR:
        return f"{value:.0f}"
    size, power = abs(value), 0
    if decimals is None:
        if size < _ROUNDING:
            value, decimals = 0.0, 0
        elif size < _SMALL:
            power = math.floor(math.log10(size))
            value, decimals = value / 10.0**power, 1
        elif size >= 100 or float(value).is_integer():
            decimals = 0
        else:
            decimals = 1 if size >= 10 else max(2, 1 - math.floor(math.log10(size)))
    # Thousands of numbers are written each second while sensors are live; Babel's own formatting takes too long.
    text = f"{round(value, decimals):,.{decimals}f}".translate(_signs(lang))
    if power:
        text += "·10" + str(power).translate(_RAISED)
    return f"{text}\u00a0{unit}" if unit else text
