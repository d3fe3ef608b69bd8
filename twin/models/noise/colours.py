"""How levels of noise are painted: classes of 5 dB, isolines on the ground, differences white within ±1 dB.

The scale is that of the Netherlands «laid down at European level for major roads», of the usual ones the safest for
colour-blind readers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.layer import Layer, scale

if TYPE_CHECKING:
    from twin.layer import Field

BREAKS = tuple(float(level) for level in range(35, 90, 5))
"""Limits [dB]: 35–40 … 80 and over."""
CHANGES = (-10.0, -5.0, -3.0, -1.0, 1.0, 3.0, 5.0, 10.0)
"""Limits of differences [dB]: within ±1 dB nobody hears one; ±3 dB is twice or half the traffic."""


def is_level(field: Field) -> bool:
    """Say whether a field holds levels of noise."""
    return field.unit.startswith("dB")


def levels(id: str, field: Field, note: str) -> Layer:
    """Paint levels in classes of 5 dB."""
    return Layer(
        id, field.name, field, scale("noise-eu"), BREAKS[0], BREAKS[-1], BREAKS, note, isolines=field.where == "grid"
    )


def changes(id: str, title: str, field: Field, note: str) -> Layer:
    """Paint a difference of levels, white within ±1 dB."""
    return Layer(
        id, title, field, scale("blue-white-orange"), CHANGES[0], CHANGES[-1], CHANGES, note,
        isolines=field.where == "grid",
    )  # fmt: skip
