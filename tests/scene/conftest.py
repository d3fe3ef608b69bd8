"""One mesh of the little city, and pictures of it off-screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from little import little_city
from shots import SIZE, TOP

from twin.scene import mesh, offscreen
from twin.state import BASE_LAYERS, LayerEntry, Pose, Selection, State

if TYPE_CHECKING:
    from twin.city.city import City
    from twin.layer import Layer


@pytest.fixture(scope="session")
def city() -> City:
    return little_city()


@pytest.fixture(scope="session")
def built(city: City) -> mesh.CityMesh:
    return mesh.build(city)


Shot = Callable[..., np.ndarray]


@pytest.fixture
def shot(city: City, built: mesh.CityMesh) -> Shot:
    """Return a function that draws the little city: base layers shown, data layers above them."""

    def take(
        *layers: Layer,
        show: tuple[str, ...] = BASE_LAYERS,
        pose: Pose = TOP,
        selection: Selection | None = None,
        theme: str = "light",
        size: tuple[int, int] = SIZE,
        opacity: float = 1.0,
        **options: Any,
    ) -> np.ndarray:
        entries = tuple(LayerEntry(layer.id, True, opacity) for layer in layers)
        base = tuple(LayerEntry(name, name in show) for name in BASE_LAYERS)
        state = State(city, entries + base, selection)
        known = {layer.id: layer for layer in layers}
        return offscreen.picture(city, state, known, size, pose, theme, "sv", city_mesh=built, **options)  # type: ignore[arg-type]

    return take
