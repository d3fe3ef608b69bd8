"""The numbers of one kind of thing on the graphics card: values of all times, colours, marks, sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twin.scene.draw.gpu import ROW_WIDTH, Texture, rows_texture
from twin.scene.resolve import ABSENT, UNKNOWN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.scene.resolve import Values

_HIGHEST = 16_384
"""Rows of the largest texture that any graphics card of the last ten years takes."""


class Data:
    """Textures that shaders look up by row number.

    Values lie four times to a pixel (red, green, blue, alpha), the pixels of all rows above those of the four times
    before: playing back only sets a uniform.

    Parameters
    ----------
    rows : int
    """

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self._block = max(1, -(-rows // ROW_WIDTH))
        self.values = Texture(np.full((self._block, ROW_WIDTH, 4), ABSENT, dtype=np.float32))
        self.marks = rows_texture(rows, np.uint8)
        self.colours = Texture(np.zeros((1, 256, 4), dtype=np.uint8))
        self.measures = Texture(np.zeros((1, 1, 4), dtype=np.float32))
        self._steps = 1
        self._blocks = 1
        self.numbers: NDArray[np.float32] = np.full((1, rows), ABSENT, dtype=np.float32)

    @property
    def textures(self) -> dict[str, Texture]:
        """The textures under the names the shaders use."""
        return {
            "values": self.values, "marks": self.marks, "colours": self.colours, "measures": self.measures,
        }  # fmt: skip

    @property
    def most_steps(self) -> int:
        """How many times fit on the graphics card at once."""
        return _HIGHEST // self._block * 4

    def put(self, found: Values) -> bool:
        """Take values (rows,) or (t, rows) and colours; say whether the textures must be bound anew."""
        numbers = found.numbers.reshape(-1, found.numbers.shape[-1])[-self.most_steps :]
        self.numbers, self._steps = numbers, len(numbers)
        blocks = -(-len(numbers) // 4)
        self.colours.write(found.colours)
        if blocks == self._blocks and blocks == 1:
            self.values.write(numbers.T)
            return False
        self._blocks = blocks
        self.values = Texture(packed_steps(numbers, self._block))
        return True

    def measure(self, size: NDArray[np.float32] | None, flow: NDArray[np.float32] | None) -> None:
        """Take sizes 0–1 (nan: the least) and signed speeds (nan: none) per row; None for neither."""
        pixels = np.zeros((self._block, ROW_WIDTH, 4), dtype=np.float32)
        flat = pixels.reshape(-1, 4)
        if size is not None:
            flat[: len(size), 0] = np.nan_to_num(size)
        if flow is not None:
            flat[: len(flow), 1] = np.nan_to_num(flow)
        self.measures = Texture(pixels)

    def steps(self, first: int, second: int, share: float) -> tuple[float, float, float, float]:
        """Return the uniform that mixes two times (numbers of the layer's own steps)."""
        most = self._steps - 1
        return float(min(first, most)), float(min(second, most)), float(share), float(self._block)

    def lacking(self) -> NDArray[np.bool_]:
        """Say which rows have no value at any time."""
        return np.asarray((self.numbers <= UNKNOWN).all(axis=0), dtype=bool)


def packed_steps(numbers: NDArray[np.float32], block: int) -> NDArray[Any]:
    """Return values (t, rows) as pixels (blocks * block, :data:`ROW_WIDTH`, 4)."""
    steps, rows = numbers.shape
    blocks = -(-steps // 4)
    pixels = np.full((blocks * 4, block * ROW_WIDTH), ABSENT, dtype=np.float32)
    pixels[:steps, :rows] = numbers
    stacked = pixels.reshape(blocks, 4, -1).transpose(0, 2, 1)
    return np.ascontiguousarray(stacked).reshape(blocks * block, ROW_WIDTH, 4)
