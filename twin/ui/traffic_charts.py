"""Charts of traffic: counts against the model, and a street over the day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from twin.chart import Axis, Bars, Chart, OneToOne, Scatter
from twin.models.traffic.names import BY_PERIOD, OFF
from twin.text import N_, number, tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from twin.result import Result

_PERIODS = (N_("Night 22–06"), N_("Morning 06–09"), N_("Midday 09–15"), N_("Afternoon 15–18"), N_("Evening 18–22"))


def indicator(result: Result, id: str) -> float:
    """Return an indicator of a result, nan where it has none."""
    return next((one.value for one in result.indicators if one.id == id), float("nan"))


def fit_chart(result: Result, roads: gpd.GeoDataFrame, lang: str) -> Chart | None:
    """Return counts against the present's modelled traffic, those kept out of the fit apart; None without counts."""
    off = next((one for one in result.fields if one.name == OFF), None)
    if off is None or not np.isfinite(off.values).any():
        return None
    known = np.isfinite(off.values)
    ids = off.ids[known]
    table = roads.set_index("id").reindex(ids)
    counted = table["aadt"].to_numpy(float)
    modelled = counted + off.values[known].astype(float)
    names = table["name"].fillna("").to_numpy(object)
    kept_out = {place for one in result.indicators if one.id == "traffic.test_geh" for place in one.places}
    out = np.array([str(id) in kept_out for id in ids], dtype=bool)
    parts = tuple(
        Scatter(
            title, counted[rows], modelled[rows], ids=tuple(map(str, ids[rows])), names=tuple(map(str, names[rows]))
        )
        for title, rows in ((N_("Fitted to"), ~out), (N_("Kept out"), out))
        if rows.any()
    )
    return Chart(
        N_("Counts against the model"), Axis(N_("Counted"), "veh/day"), Axis(N_("Modelled"), "veh/day"), parts,
        (OneToOne(factor=1.2),),
    )  # fmt: skip


def fit_text(result: Result, lang: str) -> str:
    """Say how well the model meets the counts."""
    said = []
    for id, text in (
        ("fit", N_("Fitted to: R² {r2}, GEH under 5 on {geh} %, sum {bias} % off.")),
        ("test", N_("Kept out: R² {r2}, GEH under 5 on {geh} %, sum {bias} % off.")),
    ):
        r2, geh, bias = (indicator(result, f"traffic.{id}_{what}") for what in ("r2", "geh", "bias"))
        if np.isfinite(geh):
            r2_said = number(r2, lang, 2) if np.isfinite(r2) else "–"
            said.append(tr(text, lang, r2=r2_said, geh=number(geh, lang, 0), bias=number(bias, lang, 0)))
    return "\n".join(said) or tr("There are no street counts here; nothing says how well the model fits.", lang)


def day_chart(
    result: Result, reference: Result | None, ids: Sequence[str], names: tuple[str, str], title: str
) -> Chart | None:
    """Return vehicles an hour on some links over the day, beside those of the reference; None without traffic."""
    parts = []
    both = ((names[0], result), (names[1], reference))
    for name, one in both if reference is not None and reference is not result else both[:1]:
        assert one is not None
        fields = {field.name: field for field in one.fields}
        if not all(period in fields for period in BY_PERIOD):
            return None
        at = pd.Index(fields[BY_PERIOD[0]].ids).get_indexer(pd.Index(list(ids)))
        at = at[at >= 0]
        if len(at):
            flow = [float(fields[period].values[at].sum()) for period in BY_PERIOD]
            parts.append(Bars(name, np.array(flow)))
    if not parts:
        return None
    return Chart(title, Axis("", names=_PERIODS), Axis(N_("Traffic"), "veh/h", low=0.0), tuple(parts))
