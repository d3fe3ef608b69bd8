"""All data layers of a project in its city, each with its numbers and painted; what goes wrong stands beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twin.datafile.folders import located
from twin.datafile.paint import painted
from twin.datafile.show import Shown, shown
from twin.datafile.spec import JOINED
from twin.errors import TwinError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from twin.datafile.ground import Ground
    from twin.datafile.spec import DataLayer
    from twin.layer import Layer


@dataclass(frozen=True, eq=False)
class Evaluated:
    """Numbers and painted layers by id, and the errors of those that could not be made."""

    numbers: Mapping[str, Shown] = field(default_factory=dict)
    layers: Mapping[str, Layer] = field(default_factory=dict)
    errors: Mapping[str, TwinError] = field(default_factory=dict)


def evaluate(layers: Iterable[DataLayer], city: Ground, folders: Iterable[Path]) -> Evaluated:
    """Bring data layers to their places in a city and paint them."""
    folders = tuple(folders)
    numbers: dict[str, Shown] = {}
    made: dict[str, Layer] = {}
    errors: dict[str, TwinError] = {}
    for one in layers:
        try:
            found = numbers[one.id] = shown(one, located(one.file, folders), city)
            layer = painted(one, found)
        except TwinError as error:
            errors[one.id] = error
            continue
        if layer is not None:
            made[one.id] = layer
    return Evaluated(numbers, made, errors)


def numbers_key(layer: DataLayer, city: Ground) -> tuple[object, ...]:
    """Return what the numbers of a layer depend on: while it stays the same they need not be read again."""
    table = city.table(layer.choice.show) if layer.choice.show in JOINED else None
    return layer.file, layer.choice, layer.about.title, layer.about.unit, layer.style.method == "categories", id(table)
