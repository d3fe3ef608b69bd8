"""Which group of which grouping a column of a table stands for: stated by the user, or known from SCB's names."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CODE_COLUMNS = (
    "code",
    "deso",
    "regso",
    "region",
    "kod",
    "områdeskod",
    "deso_kod",
    "regsokod",
    "desokod",
    "zone",
    "omrade",
)
"""Columns that hold the code of the area, the first that is there."""
_KNOWN = {
    "born_sweden": (
        "origin", ("fb_sverige", "fodd_sverige", "sverige", "född i sverige", "födda i sverige", "inrikes född"),
    ),
    "born_europe": ("origin", ("fb_europa_utom_sverige", "europa utom sverige", "europa (utom sverige)")),
    "born_elsewhere": (
        "origin", ("fb_ovriga_varlden_inkl_okand", "övriga världen inkl. okänd", "övriga världen", "utom europa"),
    ),
    "swedish_background": ("background", ("bakgr_svensk", "svensk bakgrund")),
    "foreign_background": ("background", ("bakgr_utlandsk", "utländsk bakgrund")),
    "education_low": ("education", ("utb_forgymn", "förgymnasial utbildning")),
    "education_secondary": ("education", ("utb_gymn", "gymnasial utbildning")),
    "education_short": ("education", ("utb_eftergymn_lt3", "eftergymnasial utbildning, mindre än 3 år")),
    "education_long": ("education", ("utb_eftergymn_ge3", "eftergymnasial utbildning, 3 år eller mer")),
    "employed": ("work", ("arb_sysselsatta", "sysselsatta", "förvärvsarbetande")),
    "unemployed": ("work", ("arb_arbetslosa", "arbetslösa")),
    "outside_workforce": ("work", ("arb_utanfor", "utanför arbetskraften")),
}  # fmt: skip
_BY_NAME = {name: (dimension, group) for group, (dimension, names) in _KNOWN.items() for name in names}
TOTALS = {
    "fb_totalt": "origin", "bakgr_totalt": "background", "arb_totalt": "work", "totalt": "", "total": "",
    "befolkning": "",
}  # fmt: skip
"""Columns with all persons; they are compared with the sum of groups, never read as a group."""
_AGE = re.compile(r"^(?:alder|ålder|age)?[ _]?(\d{1,3})[-–_ ](\d{1,3})(?: ?år)?$", re.IGNORECASE)


@dataclass(frozen=True)
class Group:
    """A column of a table and what it counts."""

    column: str
    dimension: str
    group: str


def groups_of(columns: Iterable[str], stated: Mapping[str, str]) -> tuple[Group, ...]:
    """Return what columns count.

    Parameters
    ----------
    columns : iterable of str
        Those of the table.
    stated : mapping
        ``"grouping:group"`` to column, as the user says; when any is stated only those are read. Other keys are passed
        over.

    Raises
    ------
    BadInput
        When nothing is stated and nothing known, or a stated one has no grouping.
    """
    names = list(columns)
    own = {key: column for key, column in stated.items() if ":" in key}
    for key, column in own.items():
        dimension, _, group = key.partition(":")
        if not dimension or not group:
            raise BadInput("«{key}» says no grouping and group; write origin:born_sweden=column", key=key)
        if column not in names:
            raise BadInput("there is no column {column}; there are {known}", column=column, known=", ".join(names[:40]))
    if own:
        return tuple(Group(column, *key.split(":", 1)) for key, column in own.items())
    found = [one for one in map(known_group, names) if one is not None]
    if not found:
        raise BadInput(
            "none of the columns is known to count a group of people; say which do: origin:born_sweden=column "
            "(columns: {known})",
            known=", ".join(names[:40]),
        )
    return tuple(found)


def known_group(name: str) -> Group | None:
    """Return what a column counts by its name; None when that is not known.

    Examples
    --------
    >>> known_group("Födda i Sverige"), known_group("alder_5_9").group
    (Group(column='Födda i Sverige', dimension='origin', group='born_sweden'), 'age_5_9')
    """
    plain = " ".join(name.strip().lower().split())
    if plain in _BY_NAME:
        return Group(name, *_BY_NAME[plain])
    match = _AGE.match(plain)
    if match:
        return Group(name, "age", f"age_{int(match[1])}_{int(match[2])}")
    return None


def slug(text: str) -> str:
    """Return a name for a group that nobody has named: letters, digits and underscores.

    Examples
    --------
    >>> slug("Äganderätt, m.m.")
    'aganderatt_m_m'
    """
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_") or "group"
