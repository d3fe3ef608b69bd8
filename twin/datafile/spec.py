"""What is kept of a data file shown as a layer: where its numbers lie, what is shown of them, how, and whose they are.

All are frozen values that go into ``project.json`` as they are; the numbers themselves lie in one file of an open
format, named by its content.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Annotated, Literal, get_args

import msgspec
import msgspec.structs

from twin.errors import BadInput
from twin.text import N_

Show = Literal["points", "lines", "areas", "raster", "buildings", "roads", "paths", "zones"]
"""The file's own points, lines, areas or cells, or values joined to a table of the City."""

JOINED: tuple[Show, ...] = ("buildings", "roads", "paths", "zones")
Method = Literal["continuous", "quantile", "equal", "fixed", "natural", "categories"]

FileName = Annotated[str, msgspec.Meta(pattern=r"^data/[a-z0-9-]{1,40}-[0-9a-f]{12}\.(parquet|tif)\Z")]
Colour = Annotated[str, msgspec.Meta(pattern=r"^#[0-9a-f]{6}\Z")]
Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]
MAX_CLASSES = 12

SHOW_TITLES = {
    "points": N_("Points"),
    "lines": N_("Lines"),
    "areas": N_("Areas"),
    "raster": N_("Grid of cells"),
    "buildings": N_("Values of buildings"),
    "roads": N_("Values of streets"),
    "paths": N_("Values of the walk network"),
    "zones": N_("Values of zones"),
}
METHOD_TITLES = {
    "continuous": N_("Continuous"),
    "quantile": N_("Quantiles"),
    "equal": N_("Equal steps"),
    "natural": N_("Natural breaks"),
    "fixed": N_("Own limits"),
    "categories": N_("One colour per name"),
}


class About(msgspec.Struct, frozen=True, kw_only=True):
    """Whose data they are and what they tell; asked for at import, printed with every figure.

    ``classification`` is one of ``open``, ``internal``, ``restricted``, "" while nobody said.
    """

    title: str
    unit: str = ""
    owner: str = ""
    contact: str = ""
    licence: str = ""
    classification: str = ""
    date: str = ""
    note: str = ""

    def missing(self) -> tuple[str, ...]:
        """Return the titles of what nobody has said yet and everybody will ask, English of the catalogue."""
        titles = (N_("Owner"), N_("Licence"), N_("Information class"))
        said = (self.owner, self.licence, self.classification)
        return tuple(title for title, text in zip(titles, said, strict=True) if not text.strip())


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown of a file.

    Parameters
    ----------
    show : str
        See :data:`Show`.
    value : str
        Column with numbers or names; "" paints all places in one colour. For rasters unused.
    sheet : str
        Layer of a GeoPackage, "" for its only or first one.
    x, y : str
        Columns with coordinates, for tables without geometry.
    crs : str
        Reference system, where the file names none or a wrong one.
    key : str
        Column whose codes are looked up in the City; ``"*"`` says that each further column is a place and the
        column's name its code (one row per time).
    to : str
        Column of the City's table that holds the codes: ``"id"``, ``"name"``, ``"code"`` …
    time : str
        Column with times; places then have one value per time.
    zone : str
        Time zone of times that name none.
    label : str
        Column whose text is written at the place.
    height : str
        Column by whose number [m] areas are raised.
    band : int
        Band of a raster, from 1.
    """

    show: Show
    value: str = ""
    sheet: str = ""
    x: str = ""
    y: str = ""
    crs: str = ""
    key: str = ""
    to: str = "id"
    time: str = ""
    zone: str = "Europe/Stockholm"
    label: str = ""
    height: str = ""
    band: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1


class Style(msgspec.Struct, frozen=True, kw_only=True):
    """How numbers become colours; kept with the project, and by itself as a file for other projects.

    ``breaks`` are the limits of ``method="fixed"``, ascending; ``low`` and ``high`` the ends of a continuous scale,
    None for the 2nd and 98th percentile. ``size`` is the diameter of points or the width of lines on the screen
    (as :class:`twin.layer.Size` counts), 0 for the usual one; ``by_value`` lets it grow with the value. ``colours``
    from low to high, as the style of another program has them, stand in place of those of ``scale``.
    """

    scale: str = "viridis"
    reverse: bool = False
    method: Method = "quantile"
    classes: Annotated[int, msgspec.Meta(ge=2, le=MAX_CLASSES)] = 5
    breaks: tuple[float, ...] = ()
    low: float | None = None
    high: float | None = None
    size: Annotated[float, msgspec.Meta(ge=0, le=60)] = 0.0
    by_value: bool = False
    colours: Annotated[tuple[Colour, ...], msgspec.Meta(max_length=256)] = ()

    def __post_init__(self) -> None:
        """Refuse what a style file could not hold, such as a method that is none."""
        for one in msgspec.structs.fields(type(self)):
            value = getattr(self, one.name)
            try:
                msgspec.convert(value, one.type)
            except msgspec.ValidationError as error:
                if one.name == "method":
                    known = ", ".join(get_args(Method))
                    raise BadInput("Style: method is «{given}»; it must be one of {known}.", given=value,
                                   known=known) from error  # fmt: skip
                raise BadInput("Style: {name} is «{given}»: {reason}.", name=one.name, given=value,
                               reason=error) from error  # fmt: skip


class DataLayer(msgspec.Struct, frozen=True, kw_only=True):
    """A data file in a project: id of its layer, its content, what is shown of it, how, and whose it is.

    ``origin`` is the name of the file it came from and ``rows`` how many rows (or cells) were kept of it.
    """

    id: str
    file: FileName
    origin: str
    rows: int
    about: About
    choice: Choice
    style: Style = Style()


PREFIX = "data:"


def new_id(title: str, taken: set[str]) -> str:
    """Return an id for a new layer that none of the others bears.

    Examples
    --------
    >>> new_id("Noise, night", {"data:noise-night"})
    'data:noise-night-2'
    """
    stem = slug(title)
    name, number = f"{PREFIX}{stem}", 2
    while name in taken:
        name, number = f"{PREFIX}{stem}-{number}", number + 1
    return name


def slug(text: str) -> str:
    """Return a text as a plain name for ids and files.

    Examples
    --------
    >>> slug("Höjd över mark (m).gpkg")
    'hojd-over-mark-m-gpkg'
    """
    return plain_name(text)[:40].strip("-") or "layer"


def plain_name(text: str) -> str:
    """Return a text in small letters a–z and digits with hyphens between, "" where it has none of them."""
    plain = text.lower().translate(str.maketrans("åäöéü", "aaoeu"))
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def checked(layer: DataLayer) -> DataLayer:
    """Return a layer whose parts fit together.

    Raises
    ------
    BadInput
        Naming what does not.
    """
    from twin.privacy.provenance import check_class  # here: the State holds these values, and is there before any table

    check_class(layer.about.title, layer.about.classification)
    check_style(layer.style)
    return layer


def check_style(style: Style) -> None:
    """Refuse a style that cannot be painted.

    Raises
    ------
    BadInput
        When its limits are too few, not ascending, or its range is empty.
    """
    limits = style.breaks
    if style.method == "fixed" and not 2 <= len(limits) <= MAX_CLASSES + 1:
        raise BadInput("Own class limits: {n} given; from 2 to {most} are needed.", n=len(limits), most=MAX_CLASSES + 1)
    if any(b <= a for a, b in pairwise(limits)):
        raise BadInput("Own class limits must rise from one to the next: {limits}.", limits=limits)
    if style.low is not None and style.high is not None and style.high <= style.low:
        raise BadInput("The range {low} – {high} is empty.", low=style.low, high=style.high)
