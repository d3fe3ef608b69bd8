"""What the traffic model calls its fields; English of the catalogue."""

from __future__ import annotations

from twin.text import N_

ADT, WEEKDAY = N_("Traffic on a mean day (ÅDT)"), N_("Traffic on a weekday (ÅVDT)")
HEAVY_SHARE = N_("Heavy vehicles of all")
RATIO, WORST_SPEED, DELAY = (
    N_("Volume/capacity, busiest hour"),
    N_("Travel speed, busiest hour"),
    N_("Delay, busiest hour"),
)
BY_PERIOD = (
    N_("Traffic at night"), N_("Traffic in the morning"), N_("Traffic at midday"), N_("Traffic in the afternoon"),
    N_("Traffic in the evening"),
)  # fmt: skip
BY_CLASS = (N_("Cars with an engine"), N_("Electric cars"), N_("Light lorries"), N_("Heavy lorries"))
CHANGE = N_("Traffic against the present")
OFF, GEH = N_("Model minus count"), N_("GEH of model and count")
CO2, NOX, PM = N_("CO₂ from exhausts"), N_("NOₓ from exhausts"), N_("PM from exhausts")
WEAR = N_("Road wear by tyres, 100 = mean street of the present")
THROUGH, ENDS = (
    N_("Traffic of the chosen street or zone"),
    N_("Trips of the chosen street or zone that start or end here"),
)
TIMES = N_("Time by car from the chosen place, afternoon")
"""What a look at one street or place shows (:mod:`twin.models.traffic.urban.trace`)."""
