"""The store of attenuations: what every receiver hears of every piece of street, and levels as a product with emission.

Traffic, speed, fleet and surface change emission alone: a product of the store. A changed house changes those pairs
whose paths it can touch. Pieces that cannot matter are left out by a bound at the emission of the time; when an edit
lifts one above the bound, its receivers are computed anew.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from twin.jobcluster import spread
from twin.models.noise import product
from twin.models.noise.amend import amend
from twin.models.noise.attend import Columns, Rules, attend
from twin.models.noise.cut import work
from twin.text import N_

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from twin.jobs import Job
    from twin.models.noise.cut import Work
    from twin.models.noise.flat import Flat
    from twin.models.noise.streets import Lines

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

Part = TypeVar("Part")
Answer = TypeVar("Answer")
BLOCK = 6
"""Columns a thread takes at a time, some 50 ms at order 1; between blocks the work can be stopped."""
TILE = 400.0
"""Side [m] of the squares whose receivers a worker takes at a time."""
GUESS = 220
"""Pieces per column that room is made for at first."""
LISTENING = N_("Noise at {n} places")


@dataclass(frozen=True, eq=False)
class Block:
    """Attenuations of some columns, see :func:`twin.models.noise.attend.attend`."""

    which: Whole
    piece_at: Whole
    code_at: Whole
    left_at: Whole
    piece: NDArray[np.int32]
    codes: NDArray[np.uint16]
    left: NDArray[np.int64]

    @property
    def nbytes(self) -> int:
        """Memory it takes [bytes]."""
        return self.piece.nbytes + self.codes.nbytes + self.left.nbytes + 4 * self.which.nbytes


@dataclass(frozen=True, eq=False)
class Store:
    """Columns of receivers and the blocks that hold what they hear; each column is in one block."""

    columns: Columns
    blocks: tuple[Block, ...]

    @property
    def nbytes(self) -> int:
        """Memory it takes [bytes]."""
        return sum(block.nbytes for block in self.blocks) + sum(part.nbytes for part in self.columns)


def threads() -> int:
    """Return how many threads share the work."""
    return max(1, min(os.cpu_count() or 1, 16))


def scratch(flat: Flat, rules: Rules) -> Work:
    """Return scratch for one thread."""
    samples = int(2 * (rules.reach + rules.wall_reach) / flat.step) + 8 if flat.heights.size else 2
    return work(len(flat.edges), 3 * flat.ring_at.shape[1], samples)


def fill(
    flat: Flat, lines: Lines, columns: Columns, rules: Rules, which: Whole, job: Job | None = None
) -> tuple[Block, ...]:
    """Return what some columns hear.

    Parameters
    ----------
    flat : Flat
    lines : Lines
        With the power by which pieces are ranked and left out.
    columns : Columns
    rules : Rules
    which : array of int
        Columns to do.
    job : Job, optional
    """
    if job is not None and job.cluster is not None:
        shared = (flat, lines, columns, rules)
        return tuple(spread(fill_tile, shared, _tiles(columns, which), job))

    def one(part: Whole) -> Block:
        return filled(flat, scratch(flat, rules), lines, columns, rules, part)

    return tuple(spread_over(one, _parts(which), len(which), job))


def fill_tile(shared: tuple[Flat, Lines, Columns, Rules], which: Whole) -> Block:
    """Return what the columns of a tile hear; the same work for one tile on a worker and for a whole city here.

    Parameters
    ----------
    shared : tuple of Flat, Lines, Columns, Rules
        The scene whole, so that no path is cut at a tile's edge.
    which : array of int
        Columns of the tile.
    """
    flat, lines, columns, rules = shared
    work = scratch(flat, rules)
    return _joined([filled(flat, work, lines, columns, rules, part) for part in _parts(which)])


def changed(
    before: Flat,
    flat: Flat,
    lines: Lines,
    store: Store,
    own: Whole,
    rules: Rules,
    boxes: Floats,
    job: Job | None = None,
) -> tuple[Store, int]:
    """Return a store after the scene changed within some boxes, and how many pairs were computed for it.

    Parameters
    ----------
    before, flat : Flat
        The scene before and after.
    lines : Lines
        Streets, the same before and after but for their power.
    store : Store
    own : array of int, shape (c,)
        The house of each column in the scene before.
    rules : Rules
    boxes : array, shape (n, 4) [m]
        West, south, east, north of all that was and that is now different.
    job : Job, optional
    """
    count = 0

    def one(block: Block) -> tuple[Block | None, int]:
        touched = np.zeros(len(block.which), dtype=np.int64)
        room = len(block.codes)
        codes = np.empty((room, 2, 8), dtype=np.uint16)
        n = amend(
            before, flat, scratch(flat, rules), lines, store.columns, rules, block.which, block.piece_at,
            block.code_at, block.piece, block.codes, own, boxes, touched, codes,
        )  # fmt: skip
        return (replace(block, codes=codes), n) if n else (None, 0)

    blocks = []
    for block, (fresh, n) in zip(
        store.blocks, spread_over(one, store.blocks, len(store.columns.xy), job), strict=True
    ):  # fmt: skip
        blocks.append(block if fresh is None else fresh)
        count += n
    return Store(store.columns, tuple(blocks)), count


def taken(store: Store, columns: Columns, before: Whole) -> tuple[Store, Whole]:
    """Return a store for other columns that takes over what it can, and the columns that are still to be filled.

    Parameters
    ----------
    store : Store
    columns : Columns
    before : array of int, shape (c,)
        For each of the columns its number in the store, −1 for one that is new.
    """
    now = np.full(len(store.columns.xy), -1, dtype=np.int64)
    known = np.flatnonzero(before >= 0)
    now[before[known]] = known
    blocks = []
    for block in store.blocks:
        which = now[block.which]
        if (which < 0).any():
            blocks.append(_kept(replace(block, which=which), which >= 0))
        else:
            blocks.append(replace(block, which=which))
    return Store(columns, tuple(block for block in blocks if len(block.which))), np.flatnonzero(before < 0)


def without(store: Store, which: Whole) -> Store:
    """Return a store without some columns' attenuations."""
    gone = np.zeros(len(store.columns.xy), dtype=bool)
    gone[which] = True
    blocks = tuple(_kept(block, ~gone[block.which]) if gone[block.which].any() else block for block in store.blocks)
    return Store(store.columns, tuple(block for block in blocks if len(block.which)))


def levels(
    store: Store, lines: Lines, power: Floats, favourable: Floats, missing: float = 0.0
) -> tuple[NDArray[np.float32], Whole]:
    """Return levels of all receivers, and the columns in which something left out may matter.

    Parameters
    ----------
    store : Store
    lines : Lines
    power : array, shape (parts, 3, 8)
        A-weighted power per metre of the parts of lines by period [W re 1 pW].
    favourable : array, shape (3, s)
        Share of favourable conditions by period and sector of the direction in which sound travels, clockwise, the
        first around north; one sector: the same all round.
    missing : float
        Share by which a level may fall short.

    Returns
    -------
    array, shape (n, 3) [dB(A)]
        By period; −∞ where nothing is heard.
    array of int
        Columns whose pieces left out may add more than ``missing``.
    """
    slot, emitted, places = product.emitted(store.blocks, lines, power)
    n = len(store.columns.z)
    energy = np.zeros((n, 3))
    short = np.zeros(len(store.columns.xy), dtype=np.int64)

    def one(block: Block) -> None:
        product.multiply(
            store.columns, block.which, block.piece_at, block.code_at, block.left_at, block.piece, block.codes,
            block.left, slot, emitted, places, favourable, missing, energy, short,
        )  # fmt: skip

    list(spread_over(one, store.blocks, 0, None))
    with np.errstate(divide="ignore"):
        return (10 * np.log10(energy)).astype(np.float32), np.flatnonzero(short)


def _tiles(columns: Columns, which: Whole) -> list[Whole]:
    """Return columns by squares of :data:`TILE` metres, the fullest first."""
    square = np.floor(columns.xy[which] / TILE).astype(np.int64)
    _, tile = np.unique(square, axis=0, return_inverse=True)
    order = np.argsort(tile.ravel(), kind="stable")
    ends = np.flatnonzero(np.r_[np.diff(tile.ravel()[order]) != 0]) + 1
    return sorted(np.split(which[order], ends), key=len, reverse=True) if len(which) else []


def _parts(which: Whole) -> list[Whole]:
    return [which[i : i + BLOCK] for i in range(0, len(which), BLOCK)]


def spread_over(one: Callable[[Part], Answer], parts: Sequence[Part], n: int, job: Job | None) -> Iterator[Answer]:
    """Yield what a function answers to each part, in their order; the parts are done by several threads.

    Parameters
    ----------
    one : function of a part
    parts : sequence
    n : int
        Columns in all, told with the progress; 0 to tell none.
    job : Job, optional
    """

    def checked(part: Part) -> Answer:
        if job is not None:
            job.check()
        return one(part)

    with ThreadPoolExecutor(threads()) as pool:
        for number, answer in enumerate(pool.map(checked, parts), 1):
            if job is not None and n:
                job.progress(number / len(parts), LISTENING, n=n)
            yield answer


def filled(flat: Flat, work: Work, lines: Lines, columns: Columns, rules: Rules, which: Whole) -> Block:
    """Return what some columns hear of all lines, with the scratch of one thread; see :func:`fill`."""
    n = len(which)
    piece_at, code_at, left_at = (np.zeros(n + 1, dtype=np.int64) for _ in range(3))
    floors = np.diff(columns.at)[which]
    guess, done, blocks = GUESS, 0, []
    while done < n:
        most = guess * (n - done)
        piece, left = np.empty(most, dtype=np.int32), np.empty(most, dtype=np.int64)
        codes = np.empty((guess * int(floors[done:].sum()), 2, 8), dtype=np.uint16)
        piece_at[done], code_at[done], left_at[done] = 0, 0, 0
        before = done
        done = attend(
            flat, work, lines, columns, rules, which, done, piece_at, code_at, left_at, codes, piece, left
        )  # fmt: skip
        if done == before:
            guess *= 4
            continue
        part = slice(before, done + 1)
        blocks.append(
            Block(
                which[before:done], piece_at[part].copy(), code_at[part].copy(), left_at[part].copy(),
                piece[: piece_at[done]].copy(), codes[: code_at[done]].copy(), left[: left_at[done]].copy(),
            )
        )  # fmt: skip
        guess *= 2
    return blocks[0] if len(blocks) == 1 else _joined(blocks)


def _joined(blocks: list[Block]) -> Block:
    def starts(name: str) -> Whole:
        sizes = np.concatenate([np.diff(getattr(block, name)) for block in blocks])
        return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

    return Block(
        np.concatenate([block.which for block in blocks]), starts("piece_at"), starts("code_at"), starts("left_at"),
        np.concatenate([block.piece for block in blocks]), np.concatenate([block.codes for block in blocks]),
        np.concatenate([block.left for block in blocks]),
    )  # fmt: skip


def _kept(block: Block, keep: NDArray[np.bool_]) -> Block:
    """Return a block with some of its columns."""

    def rows(at: Whole) -> tuple[Whole, NDArray[np.bool_]]:
        sizes = np.diff(at)
        return np.concatenate([[0], np.cumsum(sizes[keep])]).astype(np.int64), np.repeat(keep, sizes)

    piece_at, pieces = rows(block.piece_at)
    code_at, codes = rows(block.code_at)
    left_at, left = rows(block.left_at)
    return Block(
        block.which[keep], piece_at, code_at, left_at, block.piece[pieces], block.codes[codes], block.left[left]
    )  # fmt: skip
