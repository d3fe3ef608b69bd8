"""What a user may set of the traffic model: the table of parameters, and the same as values for the code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.models.model import Parameter
from twin.models.traffic.urban.vehicles import CLASSES
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.result import Value

OWN = N_("assumption of this program")

PARAMETERS = (
    Parameter("growth", N_("Growth of all traffic since the present"), "%", 0.0, OWN, -100.0, 500.0),
    Parameter("proposed_rules", N_("Rule zones that are proposed hold too"), "", False, OWN),
    Parameter("old_share", N_("Vehicles too old for an environmental zone of class 1 or 2"), "%", 10.0, OWN, 0.0,
              100.0),
    Parameter("change_vehicle", N_("Drivers whose vehicle may not drive to its goal who change to one that may"), "%",
              0.0, OWN, 0.0, 100.0),
    Parameter("elasticity", N_("Elasticity of trips to what they cost (time, distance and charges); 0 = fixed demand"),
              "", 0.0, OWN, -3.0, 0.0),
    Parameter("diesel_share", N_("Diesel cars among cars with an engine"), "%", 40.0, OWN, 0.0, 100.0),
    Parameter("fit", N_("Fit demand to the street counts"), "", True, OWN),
    Parameter("held_out", N_("Counts kept out of the fit, to test it"), "%", 25.0, OWN, 0.0, 90.0),
    Parameter("trust", N_("Weight of the demand before the fit against the counts"), "", 0.03, OWN, 0.0, 100.0),
    Parameter("trips_resident", N_("Vehicle trips from and to home per resident and day"), "", 0.75, OWN, 0.0, 10.0),
    Parameter("trips_job", N_("Vehicle trips from and to work per job and day"), "", 1.0, OWN, 0.0, 20.0),
    Parameter("trips_person", N_("Trips per resident and day by all means"), "", 2.6, OWN, 0.0, 10.0),
    Parameter("decay", N_("Distance over which the wish to travel falls to a third"), "km", 4.0, OWN, 0.2, 100.0),
    Parameter("occupancy", N_("Persons in a car"), "", 1.3, OWN, 1.0, 5.0),
    Parameter("walk_speed", N_("Speed on foot"), "km/h", 4.5, OWN, 1.0, 10.0),
    Parameter("bike_speed", N_("Speed by bicycle"), "km/h", 14.0, OWN, 5.0, 30.0),
    Parameter("transit_speed", N_("Speed of public transport, waits on the way included"), "km/h", 18.0, OWN, 5.0,
              60.0),
    Parameter("transit_wait", N_("Way to the stop and wait"), "min", 10.0, OWN, 0.0, 60.0),
    Parameter("car_extra", N_("Parking and way to the car, and what it costs, as time"), "min", 12.0, OWN, 0.0, 120.0),
    Parameter("mode_scale", N_("How firmly people choose the quicker means"), "1/min", 0.08, OWN, 0.0, 2.0),
    Parameter("gate_use", N_("Traffic of a day at the edge of the map where little is counted, in hours of capacity"),
              "h", 5.0, OWN, 0.0, 24.0),
    Parameter("light_share", N_("Light lorries of all vehicles where the demand does not say"), "%", 9.0, OWN, 0.0,
              50.0),
    Parameter("share_night", N_("Trips of the day at night"), "%", 7.0, OWN, 0.0, 100.0),
    Parameter("share_morning", N_("Trips of the day in the morning"), "%", 18.0, OWN, 0.0, 100.0),
    Parameter("share_midday", N_("Trips of the day at midday"), "%", 36.0, OWN, 0.0, 100.0),
    Parameter("share_afternoon", N_("Trips of the day in the afternoon"), "%", 23.0, OWN, 0.0, 100.0),
    Parameter("share_evening", N_("Trips of the day in the evening"), "%", 16.0, OWN, 0.0, 100.0),
    Parameter("peak", N_("Busiest hour of a period against its mean hour"), "", 1.15, OWN, 1.0, 3.0),
    Parameter("weekday", N_("Traffic on a weekday (ÅVDT) against a mean day (ÅDT)"), "", 1.1, OWN, 0.5, 2.0),
    Parameter("medium_share", N_("Medium-heavy vehicles (two axles) among heavy ones"), "%", 40.0, OWN, 0.0, 100.0),
    Parameter("pcu_light", N_("Passenger-car units of a light lorry"), "", 1.2, OWN, 0.5, 10.0),
    Parameter("pcu_heavy", N_("Passenger-car units of a heavy lorry"), "", 2.0, OWN, 0.5, 10.0),
    Parameter("value_car", N_("Value of an hour in a car"), "kr/h", 130.0, OWN, 1.0, 10_000.0),
    Parameter("value_truck", N_("Value of an hour of a lorry"), "kr/h", 400.0, OWN, 1.0, 10_000.0),
    Parameter("cost_car", N_("Cost of driving a car with an engine"), "kr/km", 1.5, OWN, 0.0, 100.0),
    Parameter("cost_electric", N_("Cost of driving an electric car"), "kr/km", 0.6, OWN, 0.0, 100.0),
    Parameter("cost_light", N_("Cost of driving a light lorry"), "kr/km", 2.0, OWN, 0.0, 100.0),
    Parameter("cost_heavy", N_("Cost of driving a heavy lorry"), "kr/km", 6.0, OWN, 0.0, 100.0),
    Parameter("delay", N_("Delay on a link"), "", "bpr", N_("BPR 1964; Spiess 1990 (conical)"),
              choices=("bpr", "conical")),
    Parameter("conical_a", N_("Steepness a of the conical delay"), "", 4.0, N_("Spiess 1990"), 1.1, 20.0),
    Parameter("signal", N_("Delay at traffic signals without traffic"), "s", 13.6,
              N_("Webster 1958, first term: cycle 90 s, 45 % green"), 0.0, 120.0),
    Parameter("gap", N_("Relative gap at which the equilibrium is good enough"), "", 1e-4, OWN, 1e-9, 1e-1),
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """The parameters as the code reads them; shares as parts of 1."""

    values: Mapping[str, Value]

    def number(self, name: str) -> float:
        """Return a number as it is in the table."""
        return float(self.values[name])

    def share(self, name: str) -> float:
        """Return a percentage as a part of 1."""
        return self.number(name) / 100.0

    @property
    def pcu(self) -> tuple[float, ...]:
        """Passenger-car units of each class."""
        return 1.0, 1.0, self.number("pcu_light"), self.number("pcu_heavy")

    @property
    def hour(self) -> tuple[float, ...]:
        """What an hour is worth to each class [kr]."""
        return tuple(self.number("value_car" if k < 2 else "value_truck") for k in range(len(CLASSES)))

    @property
    def distance_weight(self) -> tuple[float, ...]:
        """What a metre costs each class, in seconds."""
        money = [self.number(f"cost_{name}") / 1000.0 for name in ("car", "electric", "light", "heavy")]
        return tuple(kr * 3600.0 / value for kr, value in zip(money, self.hour, strict=True))

    @property
    def shares(self) -> tuple[float, ...]:
        """Trips of the day in each period, made to add up to 1."""
        raw = [self.number(f"share_{name}") for name in ("night", "morning", "midday", "afternoon", "evening")]
        total = sum(raw)
        return tuple(one / total for one in raw) if total > 0 else (0.0,) * len(raw)
