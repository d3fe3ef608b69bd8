"""Letters as a texture of distances to their outlines, and texts as quads into it.

Roboto comes from the ``font-roboto`` package (Apache-2.0), so that pictures are the same on every machine. A
distance map can be drawn at any size and turned; the halo is another threshold of the same map (Green 2007,
"Improved alpha-tested magnification for vector textures", SIGGRAPH course).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import font_roboto
import numpy as np
import vtkmodules.vtkRenderingFreeType  # noqa: F401  the text renderer finds its implementation through it
from scipy import ndimage
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkRenderingCore import vtkTextProperty, vtkTextRenderer

from twin.scene.draw.gpu import Texture
from twin.scene.labelling import STYLES
from twin.scene.meshing import part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.scene.meshing.names import Names
    from twin.scene.meshing.part import Part

_EM = 96
_PAD = 20
_SHRINK = 3
_DESCENT = 0.23
_WIDTH = 1024
_FONT_FILE = 4
_FACES = ("Roboto-Medium.ttf", "Roboto-MediumItalic.ttf")
_SOFT = 0.62


class _Glyph(NamedTuple):
    advance: float  # em
    bearing: float  # em from the pen to the ink
    width: float  # em, with padding
    height: float  # em
    uv: tuple[float, float, float, float]


class Lettering:
    """All letters that some names need; others are made when further names need them.

    Parameters
    ----------
    names : Names
    """

    def __init__(self, names: Names) -> None:
        self._known: set[tuple[bool, str]] = set()
        self.take(names)

    def take(self, names: Names) -> bool:
        """Write these names from now on; say whether the texture is another one."""
        self._names = names
        self._texts = [_written(text, int(style)) for text, style in zip(names.texts, names.styles, strict=True)]
        needed = {(STYLES[int(s)].italic, c) for t, s in zip(self._texts, names.styles, strict=True) for c in t}
        more = not self._known or not needed <= self._known
        if more:
            self._known |= needed
            self._glyphs, pixels = _atlas(sorted(self._known))
            self.texture = Texture(pixels, smooth=True)
        self.widths = np.array([self._width(i) for i in range(len(self._texts))])
        """Width [px] of each text at scale 1."""
        return more

    def _width(self, i: int) -> float:
        style = STYLES[int(self._names.styles[i])]
        ems = sum(self._glyphs[style.italic, c].advance + style.spacing for c in self._texts[i])
        return (ems - style.spacing) * style.size

    def part(self, chosen: NDArray[np.int64], scale: float) -> Part:
        """Return the quads of the chosen names: ``along`` (3), ``glyph`` = (x, y [px], u, v), ``style`` (2)."""
        points, along, glyph, look = [], [], [], []
        for i in chosen[::-1]:
            style = STYLES[int(self._names.styles[i])]
            size = style.size * scale
            soft = _SOFT * _EM / size / (2 * _PAD)
            x = -self.widths[i] * scale / 2
            y = style.lift * scale - size * 0.36
            for c in self._texts[i]:
                one = self._glyphs[style.italic, c]
                left, low = x + (one.bearing - _PAD / _EM) * size, y - (_DESCENT + _PAD / _EM) * size
                right, high = left + one.width * size, low + one.height * size
                u0, v0, u1, v1 = one.uv
                glyph.append([(left, low, u0, v0), (right, low, u1, v0), (right, high, u1, v1), (left, high, u0, v1)])
                points.append(self._names.points[i])
                along.append(self._names.along[i])
                look.append((style.ink, soft))
                x += (one.advance + style.spacing) * size
        if not points:
            return part.joined([])
        n = len(points)
        cells = (np.arange(n)[:, None] * 4 + np.array([[0, 1, 2, 0, 2, 3]])).reshape(-1, 3)
        return part.whole(
            np.repeat(np.array(points, dtype=float) + np.array([0.0, 0.0, 1.0]), 4, axis=0),
            cells,
            along=np.repeat(np.array(along, dtype=float), 4, axis=0),
            glyph=np.array(glyph, dtype=float).reshape(-1, 4),
            style=np.repeat(np.array(look, dtype=float), 4, axis=0),
        )


def _written(text: str, style: int) -> str:
    return text.upper() if STYLES[style].capitals else text


def _atlas(needed: list[tuple[bool, str]]) -> tuple[dict[tuple[bool, str], _Glyph], NDArray[np.uint8]]:
    boxes = [(key, *_box(*key)) for key in needed]
    tallest = max((box.shape[0] for _, box, _, _ in boxes), default=1) + 1
    glyphs: dict[tuple[bool, str], _Glyph] = {}
    places, x, y = [], 1, 1
    for _, box, _, _ in boxes:
        if x + box.shape[1] + 1 > _WIDTH:
            x, y = 1, y + tallest
        places.append((x, y))
        x += box.shape[1] + 1
    height = y + tallest + 1
    pixels = np.zeros((height, _WIDTH, 1), dtype=np.uint8)
    for (key, box, advance, bearing), (x, y) in zip(boxes, places, strict=True):
        h, w = box.shape
        pixels[y : y + h, x : x + w, 0] = box
        uv = (x / _WIDTH, y / height, (x + w) / _WIDTH, (y + h) / height)
        glyphs[key] = _Glyph(advance, bearing, w * _SHRINK / _EM, h * _SHRINK / _EM, uv)
    return glyphs, pixels


def _face(italic: bool) -> vtkTextProperty:
    face = vtkTextProperty()
    face.SetFontFamily(_FONT_FILE)
    face.SetFontFile(str(Path(font_roboto.__file__).parent / "files" / _FACES[int(italic)]))
    face.SetFontSize(_EM)
    face.SetColor(1.0, 1.0, 1.0)
    return face


@lru_cache(maxsize=1024)
def _box(italic: bool, letter: str) -> tuple[NDArray[np.uint8], float, float]:
    """Return the distance map of a letter, its advance and its bearing [em]."""
    face = _face(italic)
    advance = (_text_width(face, f"H{letter}H") - _text_width(face, "HH")) / _EM
    ink, bearing = _ink(face, letter)
    return _distances(ink), advance, bearing / _EM


def _text_width(face: vtkTextProperty, text: str) -> int:
    box = [0, 0, 0, 0]
    vtkTextRenderer.GetInstance().GetBoundingBox(face, text, box, 72)
    return box[1] - box[0]


def _ink(face: vtkTextProperty, letter: str) -> tuple[NDArray[np.float32], float]:
    """Return the coverage 0–1 of a letter, row 0 at its descender line, and from where its ink begins [px].

    VTK tells no bearing, so the letter is written behind an H: what lies between the two is known.
    """
    if not letter.strip():
        return np.zeros((_EM, 4), dtype=np.float32), 0.0
    pixels = _written_pixels(face, f"H    {letter}")
    used = pixels.max(axis=0) > 0.02
    gap = _text_width(face, "H    H") - _text_width(face, "H") + 1
    h_wide = int(np.argmin(used[np.argmax(used) :]))
    first = int(np.argmax(used))
    begin = first + h_wide + int(np.argmax(used[first + h_wide :]))
    last = len(used) - int(np.argmax(used[::-1]))
    side = (_text_width(face, "HH") - _text_width(face, "H") - h_wide) / 2
    return pixels[:, begin:last], begin - first - gap + side


def _written_pixels(face: vtkTextProperty, text: str) -> NDArray[np.float32]:
    image = vtkImageData()
    size = [0, 0]
    vtkTextRenderer.GetInstance().RenderString(face, text, image, size, 72)
    width, height, _ = image.GetDimensions()
    pixels = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(height, width, -1)
    coverage: NDArray[np.float32] = pixels[: size[1], : size[0], -1].astype(np.float32) / np.float32(255)
    return coverage


def _distances(ink: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the signed distance to the outline, 128 on it, larger inside, shrunk to the size of the atlas."""
    h, w = ink.shape
    more_h, more_w = -(h + 2 * _PAD) % _SHRINK, -(w + 2 * _PAD) % _SHRINK
    full = np.pad(ink, ((_PAD, _PAD + more_h), (_PAD, _PAD + more_w)))
    inside = full > 0.5
    distance = ndimage.distance_transform_edt(inside) - ndimage.distance_transform_edt(~inside)
    scaled = np.clip(0.5 + distance / (2 * _PAD), 0.0, 1.0)
    small = scaled.reshape(scaled.shape[0] // _SHRINK, _SHRINK, -1, _SHRINK).mean(axis=(1, 3))
    rounded: NDArray[np.uint8] = np.rint(small * 255).astype(np.uint8)
    return rounded
