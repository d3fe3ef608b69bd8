"""The colours of the map: calm light, calm dark (only data is saturated), and one of high contrast."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

Theme = Literal["light", "dark", "contrast"]
THEMES: tuple[Theme, ...] = ("light", "dark", "contrast")
Rgb = tuple[float, float, float]

TINTS = (
    "terrain", "park", "green", "forest", "square", "paved", "rail", "quay", "water",
    "casing", "street", "street_major", "path", "steps", "tunnel", "slab", "barrier", "quay_wall",
)  # fmt: skip
"""Kinds of surface that have a colour of their own; the index is what the meshes carry."""


def tint(name: str) -> int:
    """Return the index of a kind of surface; an unknown kind is plain ground."""
    return TINTS.index(name) if name in TINTS else 0


@dataclass(frozen=True)
class Palette:
    """Colours of one theme as ``"#rrggbb"``; ``shade`` is how deep shadows are (0–1), ``edge_width`` in points.

    Edges fade with the size of a pixel, up to ``edge_fade`` [m].
    """

    name: Theme
    sky: str
    horizon: str
    terrain: str
    park: str
    green: str
    forest: str
    square: str
    paved: str
    rail: str
    quay: str
    water: str
    casing: str
    street: str
    street_major: str
    path: str
    steps: str
    tunnel: str
    slab: str
    barrier: str
    quay_wall: str
    wall: str
    roof: str
    edge: str
    tree: str
    trunk: str
    accent: str
    hover: str
    unknown: str
    text: str
    text_halo: str
    text_district: str
    text_water: str
    text_park: str
    symbol: str
    symbol_ink: str
    shade: float
    edge_strength: float
    edge_width: float = 0.8
    edge_fade: float = 1.6


LIGHT = Palette(
    name="light",
    sky="#d9e3ea",
    horizon="#f2f1ed",
    terrain="#ebe8e1",
    park="#d5dfc6",
    green="#dbe2cf",
    forest="#cbd8bd",
    square="#f1ebdf",
    paved="#e8e4dc",
    rail="#dcd8d2",
    quay="#e2ddd3",
    water="#bdd2da",
    casing="#cfc9bd",
    street="#fbfaf7",
    street_major="#fffdf6",
    path="#f6f2e8",
    steps="#b9b0a0",
    tunnel="#cbc6bc",
    slab="#c9c4b9",
    barrier="#a8a79f",
    quay_wall="#bdb6a8",
    wall="#ddd8ce",
    roof="#f0ede6",
    edge="#6f675b",
    tree="#a9bd93",
    trunk="#9a8c78",
    accent="#e4572e",
    hover="#f6b89f",
    unknown="#d6d3cd",
    text="#3c3a36",
    text_halo="#fbfaf7",
    text_district="#6d675e",
    text_water="#4c7182",
    text_park="#5d7a50",
    symbol="#6a7780",
    symbol_ink="#ffffff",
    shade=0.34,
    edge_strength=0.42,
)

DARK = Palette(
    name="dark",
    sky="#12161b",
    horizon="#20262c",
    terrain="#262b30",
    park="#2b352d",
    green="#29322c",
    forest="#26332a",
    square="#33363a",
    paved="#2d3237",
    rail="#2a2d31",
    quay="#33373b",
    water="#1a2a36",
    casing="#1b1f23",
    street="#3d444b",
    street_major="#4a5159",
    path="#3b4146",
    steps="#5d646b",
    tunnel="#3a4047",
    slab="#3a4046",
    barrier="#5b6269",
    quay_wall="#2b3035",
    wall="#565c63",
    roof="#6b7178",
    edge="#14171a",
    tree="#45584a",
    trunk="#4a443b",
    accent="#ff7a4d",
    hover="#c98a70",
    unknown="#565a5f",
    text="#e8e6e1",
    text_halo="#1b1f23",
    text_district="#a9adb1",
    text_water="#86aabc",
    text_park="#8fae8f",
    symbol="#b9c3cb",
    symbol_ink="#1c2126",
    shade=0.42,
    edge_strength=0.55,
)


CONTRAST = Palette(
    name="contrast",
    sky="#000000",
    horizon="#000000",
    terrain="#000000",
    park="#0d3314",
    green="#0d3314",
    forest="#0d3314",
    square="#1c1c1c",
    paved="#1c1c1c",
    rail="#1c1c1c",
    quay="#1c1c1c",
    water="#1f6fb5",
    casing="#000000",
    street="#b8b8b8",
    street_major="#ffffff",
    path="#9e9e9e",
    steps="#ffffff",
    tunnel="#8c8c8c",
    slab="#5c5c5c",
    barrier="#ffffff",
    quay_wall="#8c8c8c",
    wall="#333333",
    roof="#595959",
    edge="#ffffff",
    tree="#2f7a35",
    trunk="#8c6a3f",
    accent="#ffd83d",
    hover="#ffe98a",
    unknown="#8c8c8c",
    text="#ffffff",
    text_halo="#000000",
    text_district="#ffffff",
    text_water="#d6ecff",
    text_park="#b9f5b9",
    symbol="#ffffff",
    symbol_ink="#000000",
    shade=0.0,
    edge_strength=1.0,
    edge_width=1.5,
    edge_fade=4.0,
)
"""Outlines, streets and letters at 7:1 or more on black (WCAG 1.4.6), water at 3:1; no shadows that would hide them."""

_PALETTES: dict[Theme, Palette] = {"light": LIGHT, "dark": DARK, "contrast": CONTRAST}


def palette(theme: Theme) -> Palette:
    """Return the colours of a theme."""
    return _PALETTES[theme]


def rgb(colour: str) -> Rgb:
    """Return ``"#rrggbb"`` as three numbers 0–1.

    Examples
    --------
    >>> rgb("#ff0000")
    (1.0, 0.0, 0.0)
    """
    value = int(colour.lstrip("#"), 16)
    return (value >> 16) / 255, (value >> 8 & 255) / 255, (value & 255) / 255


def tint_rows(colours: Palette) -> list[tuple[int, int, int, int]]:
    """Return red, green, blue, alpha (0–255) of every kind of :data:`TINTS`, in order."""
    known = {item.name for item in fields(colours)}
    rows = []
    for name in TINTS:
        value = int(getattr(colours, name if name in known else "terrain").lstrip("#"), 16)
        rows.append((value >> 16, value >> 8 & 255, value & 255, 255))
    return rows
