"""For scripts and notebooks: a project opened, models run, results as tables and arrays, a layer written back."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from twin import plugins
from twin import project as projects
from twin.chain.chain import Chain
from twin.city.schema import TABLES
from twin.content import demo_project
from twin.errors import BadInput
from twin.places import Grid, Lines, Points, Solids, Walls
from twin.scenario.scenario import MAX_EDITS, PRESENT, Entry, copied, find

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from twin.chain.answer import Answer
    from twin.city.city import City
    from twin.datafile.spec import Style
    from twin.datafile.take import Taken
    from twin.layer import Field
    from twin.result import Value
    from twin.scenario.kinds import AnyEdit
    from twin.scenario.scenario import Scenario
    from twin.state import State


def load_state(project: str | Path) -> State:
    """Read what a project holds: its city, scenarios, layers.

    Parameters
    ----------
    project : str or Path
        ``"demo"`` or the folder ``NAME.twin``.
    """
    return projects.load_view(projects.resolve_path(str(project)))[0]


def load_city(project: str | Path) -> City:
    """Read the city of a project; ``"demo"`` is the shipped one."""
    return projects.load_city(projects.resolve_path(str(project)))


def run_models(
    project: str | Path,
    scenario: str = "",
    models: Iterable[str] = (),
    parameters: Mapping[str, Mapping[str, Value]] | None = None,
) -> Answer:
    """Run models for a scenario of a project; what was answered before is read from its ``results/``.

    Models of drop-ins take part as they do in ``twin run``: those of the user's folder and of packages, and those of
    the project once its code is trusted. What is left out, and why, is said as a warning.

    Parameters
    ----------
    project : str or Path
    scenario : str
        Its name; "" is the present state.
    models : iterable of str
        Names such as ``"reach"``; all by default.
    parameters : mapping, optional
        Values by model and name, such as ``{"reach": {"radius": 500.0}}``; they stand in place of the scenario's.

    Returns
    -------
    Answer
        ``results`` by model, each with ``fields`` and ``indicators``.

    Raises
    ------
    BadInput
        When there is no such model, parameter or scenario, or a value is impossible; the message lists what there is.
    """
    path = projects.resolve_path(str(project))
    errors, left_out = plugins.know(path)
    for id, reason in errors.items():
        warnings.warn(f"The drop-in «{id}» failed: {reason}", stacklevel=2)
    if left_out:
        said = f"{path.name} brings code that is not trusted; it is left out (twin layers {path.name} --trust)."
        warnings.warn(said, stacklevel=2)
    state = load_state(path)
    chain = Chain(state.city, None if path == demo_project() else path)
    try:
        return chain.run(find(state.scenarios, scenario).assuming(parameters or {}), models)
    finally:
        chain.close()


def add_edits(project: str | Path, scenario: str, edits: Iterable[AnyEdit], note: str = "") -> Scenario:
    """Append edits to a scenario of a project, which is made when it is not there, and save: as ``twin edit``.

    Parameters
    ----------
    project : str or Path
        Not the demo, which is never written.
    scenario : str
    edits : iterable of edits
        ``CloseRoad(roads=("r000a",))`` and the others of ``docs/edits.md``; those of a file by ``decode_edits``.
    note : str
        Why; kept with each of them.

    Returns
    -------
    Scenario
        With the new edits at its end.

    Raises
    ------
    BadInput
        Naming the first edit whose values cannot be, or when the scenario takes none.
    """
    given = tuple(one.edit if isinstance(one, Entry) else one for one in edits)
    entries = PRESENT.adding(*given, note=note).edits
    return appended(projects.resolve_path(str(project)), scenario, entries)[1]


def appended(
    path: Path, name: str, entries: tuple[Entry, ...], without_unsaved: bool = False
) -> tuple[State, Scenario, bool]:
    """Append edits to a scenario of a project and save; returns the State saved, the scenario, and if it is new."""
    from twin.importing import check_unsaved

    if name in ("", "nulage", PRESENT.name):
        raise BadInput("The city as it is takes no edits; name a scenario.")
    with projects.open_project(path) as project:
        check_unsaved(project, without_unsaved)
        state = project.state()
        old = next((one for one in state.scenarios if one.name == name), None)
        if old is None and (not name.strip() or len(name) > 120):
            raise BadInput("A scenario's name has 1 to {n} characters.", n=120)
        scenario = old or copied(state.scenarios, PRESENT.name, name)
        scenario = scenario.changed(edits=scenario.edits + entries)
        if len(scenario.edits) > MAX_EDITS:
            raise BadInput("A scenario holds at most {n} edits.", n=MAX_EDITS)
        rest = state.scenarios if old else (*state.scenarios, scenario)
        state = state.changed(scenarios=tuple(scenario if one.name == name else one for one in rest))
        project.save(state)
    return state, scenario, old is None


def as_frame(field: Field, city: City) -> gpd.GeoDataFrame:
    """Return the values of a field with the shapes they belong to.

    Parameters
    ----------
    field : Field
    city : City
        Whose tables the ids are of.

    Returns
    -------
    GeoDataFrame
        Columns ``id`` (where there is one), ``value`` (or one column per time), ``geometry``; ``attrs`` say name,
        unit, source, owner, licence and information class.
    """
    places = field.places
    data: dict[str, Any] = {} if len(field.ids) == 0 else {"id": field.ids}
    if field.values.ndim == 1:
        data["value"] = field.values
    else:
        times = range(len(field.values)) if field.times is None else field.times
        data |= {str(time): values for time, values in zip(times, field.values, strict=True)}
    if places is None:
        if field.where not in TABLES and field.where != "points":
            raise BadInput("The field «{name}» has no places to make a table of.", name=field.name)
        table = city.table("places" if field.where == "points" else field.where).set_index("id")
        shapes: Any = table["geometry"].reindex(pd.Index(field.ids)).to_numpy()
    elif isinstance(places, Points):
        shapes = shapely.points(places.xy)
    elif isinstance(places, Lines):
        shapes = shapely.linestrings(np.stack([places.start[:, :2], places.end[:, :2]], axis=1))
    elif isinstance(places, Walls):
        shapes = shapely.points(places.points[:, :2])
    elif isinstance(places, Solids):
        shapes = places.polygons()
    elif isinstance(places, Grid):
        a, _, c, _, e, f = places.transform
        row, column = np.divmod(np.arange(len(places)), places.columns)
        west, north = c + column * a, f + row * e
        shapes = shapely.box(west, north + e, west + a, north)
    else:
        raise BadInput("A picture has no values; «{name}» cannot be a table.", name=field.name)
    frame = gpd.GeoDataFrame(data, geometry=shapes, crs=city.crs)
    frame.attrs |= {
        "name": field.name,
        "unit": field.unit,
        **_owned(city.source(field.source) if field.about is None else field.about.row()),
    }
    return frame


def _owned(row: Mapping[str, str]) -> dict[str, str]:
    """Return source, owner, licence and class of a row of sources, as far as they are stated."""
    own = {"source": row["title"] or row["id"]}
    return own | {name: row[name] for name in ("owner", "licence", "classification") if row[name]}


def as_array(field: Field) -> Any:
    """Return a field as an ``xarray.DataArray``: a grid with ``y`` and ``x``, else along ``id``; ``time`` first.

    Raises
    ------
    BadInput
        When xarray is not installed.
    """
    try:
        import xarray
    except ImportError:
        raise BadInput("This needs the package xarray: pip install xarray.") from None
    values, dims, coords = field.values, [], {}
    if values.ndim == 2:
        dims.append("time")
        if field.times is not None:
            coords["time"] = field.times.astype("datetime64[ns]")
    if isinstance(field.places, Grid):
        grid = field.places
        a, _, c, _, e, f = grid.transform
        values = values.reshape(*values.shape[:-1], grid.rows, grid.columns)
        dims += ["y", "x"]
        coords |= {"y": f + (np.arange(grid.rows) + 0.5) * e, "x": c + (np.arange(grid.columns) + 0.5) * a}
    else:
        dims.append("id")
        if len(field.ids):
            coords["id"] = field.ids.astype(str)
    owned = {"source": field.source} if field.about is None else _owned(field.about.row())
    return xarray.DataArray(values, coords, dims, field.name, {"units": field.unit, **owned})


def import_file(
    project: str | Path,
    file: str | Path,
    about: Mapping[str, str] | None = None,
    choice: Mapping[str, object] | None = None,
    style: Style | None = None,
) -> Taken:
    """Take a data file into a project as a layer, and save: as ``twin import FILE --to P.twin --as layer``.

    Parameters
    ----------
    project, file : str or Path
    about : mapping, optional
        ``title``, ``unit``, ``owner``, ``licence``, ``classification``, ``note`` …
    choice : mapping, optional
        ``show``, ``value``, ``x``, ``y``, ``crs``, ``key``, ``to``, ``time`` …; guessed where not said.
    style : Style, optional

    Returns
    -------
    Taken
        The layer, notes on rows, codes without a partner.
    """
    from twin.importing import import_layer  # here: drop-ins import this module, and GDAL takes its time

    return import_layer(Path(file), projects.resolve_path(str(project)), choice, about, style)


def write_layer(
    project: str | Path,
    table: pd.DataFrame,
    title: str,
    about: Mapping[str, str],
    choice: Mapping[str, object] | None = None,
    style: Style | None = None,
) -> Taken:
    """Write a table into a project as a layer, and save the project.

    Parameters
    ----------
    project : str or Path
        Not the demo, which is never written.
    table : DataFrame or GeoDataFrame
        With geometry, or with a column of codes of things in the city.
    title : str
    about : mapping
        ``owner``, ``licence``, ``classification``, ``unit``, ``note`` …
    choice : mapping, optional
        As ``twin import --map``: ``value``, ``key``, ``to``, ``time`` …; guessed where not said.
    style : Style, optional

    Returns
    -------
    Taken
        The layer, and notes on rows that could not be shown.
    """
    with tempfile.TemporaryDirectory() as folder:
        if isinstance(table, gpd.GeoDataFrame):
            path = Path(folder) / "layer.parquet"
            table.to_parquet(path, index=False)
        else:
            path = Path(folder) / "layer.csv"
            table.to_csv(path, index=False)
        return import_file(project, path, {"title": title, **about}, choice, style)
