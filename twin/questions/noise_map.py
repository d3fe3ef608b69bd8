"""The question of how far the model and another noise map agree: place by place, for one indicator."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from twin.chart import Axis, Bars, Chart
from twin.errors import BadInput
from twin.layer import Field, Layer, scale
from twin.models.noise import colours
from twin.places import Grid, Points, Walls
from twin.questions.noise import no_roads, notes
from twin.questions.question import Asked, Choice, Loaded, Made, Question, Reply, Values
from twin.text import N_, number, tr

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from twin.city.city import City
    from twin.layer import Where

    Floats = NDArray[np.float64]

GROUND = {
    "lden": "Lden above the ground", "leq24": "Leq,24h above the ground", "lnight": "Lnight above the ground",
}  # fmt: skip
FACADE = {"lden": "Lden at façades", "leq24": "Leq,24h at façades", "lnight": "Lnight at façades"}
INDICATORS = {"lden": "Lden", "leq24": "Leq,24h", "lnight": "Lnight"}
_TITLES = (
    ("lden", N_("Lden (evening and night weigh more)")), ("leq24", N_("Leq,24h (mean of the day)")),
    ("lnight", N_("Lnight (the night alone)")),
)  # fmt: skip
AT_WALL = 3.0
"""Distance [m] from a façade receiver within which a point of the other map is one at that façade."""
CLASS = 5.0
"""Width [dB] of the classes of a map."""
_DIVISION = (-np.inf, -5.0, -3.0, -2.0, 2.0, 3.0, 5.0, np.inf)
_NAMES = ("< −5", "−5 … −3", "−3 … −2", "−2 … 2", "2 … 3", "3 … 5", "> 5")


@dataclass(frozen=True, eq=False)
class Agreement:
    """A model and a map at the same ``places``: ``modelled`` and ``mapped`` (n,) [dB], nan where there is no level.

    ``in_classes``: the map has classes of 5 dB, whose middles are ``mapped``.
    """

    places: Grid | Points
    modelled: Floats
    mapped: Floats
    in_classes: bool = False

    @property
    def difference(self) -> Floats:
        """Model − map, shape (n,) [dB]."""
        return self.modelled - self.mapped

    @property
    def known(self) -> Floats:
        """Differences where both have a level."""
        return self.difference[np.isfinite(self.difference)]

    @property
    def bias(self) -> float:
        """Mean of model − map [dB]."""
        return float(self.known.mean())

    @property
    def rmse(self) -> float:
        """Root of the mean square of model − map [dB]."""
        return float(np.sqrt((self.known**2).mean()))

    def within(self, limit: float) -> float:
        """Return the share of places where both differ by no more than a limit [dB]."""
        return float((np.abs(self.known) <= limit + 1e-9).mean())


def agreement(
    fields: Iterable[Field], indicator: str, other: Field, values: str = "levels",
    houses: NDArray[np.object_] | None = None,
) -> Agreement:  # fmt: skip
    """Put a model's levels beside those of another map.

    A grid or areas are asked at the middles of the model's ground cells; points within 3 m of a façade receiver are
    compared with it (the storey nearest in height where the points have one, else the lowest), others with the cell
    they lie in.

    Parameters
    ----------
    fields : iterable of Field
        Of the noise model.
    indicator : str
        ``"lden"``, ``"leq24"`` or ``"lnight"``: what both are.
    other : Field
        The other map [dB].
    values : str
        ``"levels"``, or ``"lower"`` where its numbers are the lower limits of classes of 5 dB.
    houses : array of geometry, optional
        Cells whose middles lie in one are left out: the model listens beside the middle there.

    Raises
    ------
    BadInput
        When the model has no ground map, the other map has no places that can be compared, or both never meet.
    """
    named = {field.name: field for field in fields}
    ground, facade = named.get(GROUND[indicator]), named.get(FACADE[indicator])
    if ground is None or not isinstance(ground.places, Grid):
        raise BadInput("The noise model has no ground map: set its cells to more than 0 m under Parameters.")
    levels, classes = _levels(other, values)
    if isinstance(other.places, Grid):
        modelled, mapped = ground.at(None).astype(float), _sampled(other.places, levels, ground)
        if houses is not None and len(houses):
            middles = shapely.points(_middles(ground.places))
            modelled[shapely.STRtree(houses).query(middles, predicate="intersects")[0]] = np.nan
        found = Agreement(ground.places, modelled, mapped, classes)
    elif isinstance(other.places, Points):
        xy = np.asarray(other.places.xy, dtype=float)
        modelled = _in_cells(ground.places, ground.at(None).astype(float), xy)
        if facade is not None and isinstance(facade.places, Walls):
            _at_walls(facade, xy, other.places.height, ground, modelled)
        found = Agreement(other.places, modelled, levels, classes)
    else:
        raise BadInput("{name}: points, areas or a grid can be compared; raised areas and joined values cannot.",
                       name=other.name)  # fmt: skip
    if not len(found.known):
        raise BadInput("{name} and the model have no place in common.", name=other.name)
    return found


def _levels(other: Field, values: str) -> tuple[Floats, bool]:
    """Return the levels of a map [dB], of classes their middles, and whether it has classes."""
    numbers = other.at(None).astype(float)
    if other.categories:
        middle = {code: _middle(name) for code, name in other.categories.items()}
        code = np.where(np.isfinite(numbers), numbers, -1).astype(int)
        return np.array([middle.get(one, np.nan) for one in code.tolist()]), True
    return (numbers + CLASS / 2, True) if values == "lower" else (numbers, False)


def _middle(name: str) -> float:
    """Return the middle of a class by its name [dB]; nan where it has no limits.

    Examples
    --------
    >>> _middle("55–60 dB"), _middle("Lden6064"), _middle("> 75")
    (57.5, 62.5, 77.5)
    """
    text = re.sub(r"(?<!\d)(\d\d)(\d\d)(?!\d)", r"\1 \2", name)
    found = [float(one.replace(",", ".")) for one in re.findall(r"(?<!\d)\d{2,3}(?:[.,]\d+)?(?!\d)", text)]
    if len(found) >= 2:
        low, high = found[0], found[1]
        return (low + (high + 1 if high - low == CLASS - 1 else high)) / 2
    if len(found) == 1:
        below = re.search(r"[<≤]|below|under|max", name, re.IGNORECASE) is not None
        return found[0] + (-CLASS / 2 if below else CLASS / 2)
    return float("nan")


def _middles(grid: Grid) -> Floats:
    a, _, c, _, e, f = grid.transform
    x, y = c + (np.arange(grid.columns) + 0.5) * a, f + (np.arange(grid.rows) + 0.5) * e
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def _in_cells(grid: Grid, values: Floats, xy: Floats) -> Floats:
    """Return the values of the cells that places lie in; nan outside."""
    a, _, c, _, e, f = grid.transform
    column, row = np.floor((xy[:, 0] - c) / a), np.floor((xy[:, 1] - f) / e)
    inside = (column >= 0) & (row >= 0) & (column < grid.columns) & (row < grid.rows)
    found = np.full(len(xy), np.nan)
    found[inside] = values[(row[inside] * grid.columns + column[inside]).astype(int)]
    return found


def _sampled(grid: Grid, levels: Floats, ground: Field) -> Floats:
    assert isinstance(ground.places, Grid)
    return _in_cells(grid, levels, _middles(ground.places))


def _at_walls(facade: Field, xy: Floats, height: Floats | None, ground: Field, modelled: Floats) -> None:
    """Put the levels of façade receivers at points that stand at them."""
    from scipy.spatial import cKDTree

    walls, values = facade.places, facade.at(None).astype(float)
    assert isinstance(walls, Walls)
    there = np.flatnonzero(np.isfinite(values))
    if not len(there):
        return
    spots, column = np.unique(walls.points[there, :2].round(3), axis=0, return_inverse=True)
    distance, nearest = cKDTree(spots).query(xy, distance_upper_bound=AT_WALL)
    order = np.lexsort((walls.points[there, 2], column.ravel()))
    first = np.searchsorted(column.ravel()[order], np.arange(len(spots) + 1))
    for i in np.flatnonzero(np.isfinite(distance)):
        rows = there[order[first[nearest[i]] : first[nearest[i] + 1]]]
        floor = 0
        if height is not None and np.isfinite(height[i]):
            above = walls.points[rows, 2] - walls.low[rows[0]]
            floor = int(np.argmin(np.abs(above - height[i])))
        modelled[i] = values[rows[floor]]


# --- the question -----------------------------------------------------------------------------------------------------


def _make(values: Values, city: City, lang: str) -> Made:
    return Made()


def _reply(asked: Asked) -> Reply:
    lang, values = asked.lang, asked.values
    other = asked.loaded.get(values["map"])
    if other is None:
        raise BadInput("The other map is not read yet, or could not be; ask again when it is on the map.")
    result = asked.answer.results["noise"]
    houses = np.asarray(asked.city.buildings.geometry.values)
    found = agreement(result.fields, values["indicator"], other, values["values"], houses)
    indicator = INDICATORS[values["indicator"]]
    n, bias = len(found.known), found.bias
    told = tr(
        "{indicator}: the model lies {bias} {side} {map} on average, at {n} places; RMSE {rmse}. Within ±2 dB: {two}, "
        "within ±3 dB: {three}.", lang, indicator=indicator, bias=number(abs(bias), lang, 1, "dB"),
        side=tr("above", lang) if bias >= 0 else tr("below", lang), map=other.name, n=number(n, lang, 0),
        rmse=number(found.rmse, lang, 1, "dB"), two=number(100 * found.within(2.0), lang, 0, "%"),
        three=number(100 * found.within(3.0), lang, 0, "%"),
    )  # fmt: skip
    said = [tr("Both are taken as {indicator}; whether the other map is, only its owner knows.", lang,
               indicator=indicator)]  # fmt: skip
    if isinstance(found.places, Grid):
        height = number(float(result.parameters["grid_height"]), lang, 1, "m")
        said.append(tr("The model's ground map stands {height} above ground; maps for the EU stand at 4 m.", lang,
                       height=height))  # fmt: skip
    if found.in_classes:
        said.append(tr("The other map has classes of 5 dB; their middles are compared, ±2.5 dB is one class.", lang))
    counts, _ = np.histogram(found.known, np.array(_DIVISION))
    chart = Chart(
        N_("Model − other map"), Axis(N_("Difference"), "dB", names=_NAMES), Axis(N_("Share of places"), "%", low=0.0),
        (Bars(other.name, 100 * counts / max(n, 1)),),
    )  # fmt: skip
    return Reply(told, (), (*said, *notes(asked)), chart, (difference(found, other.name, lang),))


def difference(found: Agreement, name: str, lang: str) -> Layer:
    """Return the difference model − map as a layer, white within ±1 dB."""
    where: Where = "grid" if isinstance(found.places, Grid) else "points"
    values = found.difference.astype(np.float32)
    field = Field(N_("Model − other map"), "dB", where, np.empty(0, dtype=object), values, source="noise",
                  places=found.places)  # fmt: skip
    title = tr("Model − {map}", lang, map=name)
    return Layer("reply:agreement", title, field, scale("blue-white-orange"), colours.CHANGES[0], colours.CHANGES[-1],
                 colours.CHANGES, hatch=False)  # fmt: skip


AGREEMENT = Question(
    "noise_map", "noise", N_("Does the model agree with another noise map?"),
    N_("Lay a noise map from elsewhere beside the model and see where and by how much they differ."),
    (
        Loaded("map", N_("The other map"), "dB", N_("A data layer in dB: points, areas or a grid.")),
        Choice("indicator", N_("What it shows"), _TITLES, "lden",
               hint=N_("Only the same indicator is compared.")),
        Choice("values", N_("Its numbers are"),
               (("levels", N_("Levels")), ("lower", N_("Lower limits of 5 dB classes"))), "levels"),
    ),
    ("noise",), _make, _reply, no_roads, "layers",
)  # fmt: skip

QUESTIONS = (AGREEMENT,)
