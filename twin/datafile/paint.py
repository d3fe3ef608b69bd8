"""How the numbers of a data layer become colours, and the style as a file of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from twin.datafile import classes, sld, spec
from twin.datafile.spec import Style  # noqa: TC001 - msgspec reads it from the annotation
from twin.disk import atomic
from twin.errors import BadInput
from twin.layer import Layer, Scale, Size, scale
from twin.text import Own

if TYPE_CHECKING:
    from pathlib import Path

    from twin.datafile.show import Shown
    from twin.datafile.spec import DataLayer
    from twin.layer import Field

STYLE_KIND = "stockholm-twin-style"
EXAMPLE = '{"kind": "stockholm-twin-style", "version": 1, "style": {"scale": "viridis", "method": "quantile"}}'
MAX_STYLE = 1_000_000
_OTHER = "#9a9a9a"
_SMALLEST, _LARGEST = 2.0, 14.0


def painted(layer: DataLayer, found: Shown) -> Layer | None:
    """Return the layer as it is drawn, None when there is no number at all in it.

    Raises
    ------
    BadInput
        When the style names a colour scale that is not there, or does not fit together.
    """
    style, field = layer.style, found.field
    spec.check_style(style)
    title = Own(layer.about.title)
    more: dict[str, Any] = {"texts": found.texts} if found.texts else {}
    if field.where == "picture":
        return Layer(layer.id, title, field, scale("viridis"), 0.0, 1.0, (), layer.about.note)
    known = field.values[np.isfinite(field.values)]
    if not known.size:
        return None
    more |= _sized(style, field, known)
    if field.categories:
        n = len(field.categories)
        shown = Scale(style.scale, _category_colours(style, n), "categories")
        return Layer(layer.id, title, field, shown, 0.0, float(max(n - 1, 1)), (), layer.about.note, **more)
    colours = _colours(style)
    if style.method in ("continuous", "categories"):
        low, high = _range(style, known)
        return Layer(layer.id, title, field, colours, low, high, (), layer.about.note, **more)
    breaks = limits(style, known)
    return Layer(layer.id, title, field, colours, breaks[0], breaks[-1], breaks, layer.about.note, **more)


def limits(style: Style, known: np.ndarray) -> tuple[float, ...]:
    """Return the class limits of numbers under a style, at least two.

    Parameters
    ----------
    style : Style
    known : array
        Numbers without nan; those outside the style's range do not count.
    """
    if style.method == "fixed":
        return style.breaks
    inside = known
    if style.low is not None:
        inside = inside[inside >= style.low]
    if style.high is not None:
        inside = inside[inside <= style.high]
    found = classes.rounded(classes.limits(inside, style.method, style.classes))
    if len(found) < 2:
        value = float(inside[0]) if inside.size else 0.0
        return (value, value + 1.0)
    return found


def _sized(style: Style, field: Field, known: np.ndarray) -> dict[str, Any]:
    """Return how points and lines are sized, nothing where they have their usual size."""
    if field.where not in ("points", "lines", "roads") or not (style.size or style.by_value):
        return {}
    most = style.size or _LARGEST
    if style.by_value and not field.categories:
        low, high = _range(style, known)
        return {"size": Size(field, min(low, 0.0), high, _SMALLEST, most)}
    ones = np.ones(field.values.shape[-1], dtype=np.float32)
    return {"size": Size(replace(field, values=ones, times=None, categories={}), 0.0, 1.0, most, most)}


def _range(style: Style, known: np.ndarray) -> tuple[float, float]:
    low, high = (
        float(v) for v in np.percentile(known if known.size < 500_000 else known[:: known.size // 250_000], (2, 98))
    )
    low = low if style.low is None else style.low
    high = high if style.high is None else style.high
    return low, high if high > low else low + 1.0


def _colours(style: Style) -> Scale:
    chosen = Scale("", style.colours) if len(style.colours) > 1 else scale(style.scale)
    return Scale(chosen.name, chosen.colours[::-1], chosen.kind) if style.reverse else chosen


def _category_colours(style: Style, n: int) -> tuple[str, ...]:
    chosen = scale(style.scale)
    own = chosen if chosen.kind == "categories" else scale("okabe-ito")
    colours = own.colours[:-1][::-1] if style.reverse else own.colours[:-1]
    if n <= len(own.colours):
        return (*colours, own.colours[-1])[:n] if n < len(own.colours) else (*colours, own.colours[-1])
    # More names than colours that can be told apart: the rest in paler tones of the same.
    paler = tuple(_paler(colour) for colour in colours)
    return (*(*colours, *paler)[: n - 1], _OTHER)


def _paler(colour: str) -> str:
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{(255 + part) // 2:02x}" for part in parts)


# --- a style as a file --------------------------------------------------------------------------------------------


class StyleFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a style file holds."""

    kind: str = STYLE_KIND
    version: int = 1
    title: str = ""
    unit: str = ""
    style: Style


def save_style(layer: DataLayer, path: Path, drawn: Layer | None = None) -> None:
    """Write the style of a layer, to be used for others: as JSON, or as an SLD of how it is ``drawn`` by the ending."""
    if path.suffix.lower() in sld.ENDINGS and drawn is not None:
        sld.write(layer, drawn, path)
        return
    made = StyleFile(title=layer.about.title, unit=layer.about.unit, style=layer.style)
    atomic.write(path, msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n")


def load_style(path: Path) -> Style:
    """Read a style file: one of this program, or an SLD (:mod:`twin.datafile.sld`).

    Raises
    ------
    BadInput
        When it is none, or of a later version, or does not fit together.
    """
    if path.suffix.lower() in sld.ENDINGS:
        return sld.read(path)
    try:
        data = path.read_bytes() if path.stat().st_size <= MAX_STYLE else b""
        found = msgspec.json.decode(data, type=StyleFile)
    except OSError as error:
        raise BadInput("{path}: cannot be read: {reason}.", path=path.name, reason=error.strerror or error) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(
            "{path}: not a style file ({reason}); expected is such as {example}.",
            path=path.name, reason=error, example=EXAMPLE,
        ) from error  # fmt: skip
    if found.kind != STYLE_KIND or found.version != 1:
        raise BadInput("{path}: not a style file of this version of the program.", path=path.name)
    spec.check_style(found.style)
    scale(found.style.scale)
    return found.style
