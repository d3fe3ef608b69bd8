"""A store after streets came, went or moved: pieces of lines that are as they were keep their attenuations."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from twin.models.noise import store as stores
from twin.models.noise.store import Store
from twin.models.noise.streets import Lines

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.jobs import Job
    from twin.models.noise.attend import Rules
    from twin.models.noise.scene import Scene
    from twin.models.noise.store import Block

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

Number = TypeVar("Number", np.int32, np.int64, np.uint16)


def known_lines(old: Lines, before: Scene, new: Lines, scene: Scene) -> Whole:
    """Return for each line the same line among the old ones, −1 for one that is not among them.

    Lines are the same where they run alike, on decks of the same shape; which links they are made of does not matter.

    Parameters
    ----------
    old, new : Lines
    before, scene : Scene
        The scenes their decks are in.
    """
    numbers = {key: i for i, key in enumerate(_keys(old, before))}
    return np.array([numbers.get(key, -1) for key in _keys(new, scene)], dtype=np.int64)


def renumbered(store: Store, old: Lines, new: Lines, was: Whole) -> Store:
    """Return a store whose pieces are those of the new lines; pieces of lines that are gone are dropped.

    Parameters
    ----------
    store : Store
    old, new : Lines
    was : array of int, shape (n,)
        See :func:`known_lines`.
    """
    now = np.full(len(old.deck), -1, dtype=np.int64)
    known = np.flatnonzero(was >= 0)
    now[was[known]] = known

    def numbers(pieces: NDArray[np.int32] | Whole) -> Whole:
        line = np.searchsorted(old.base, pieces, side="right") - 1
        here = now[line]
        return np.asarray(np.where(here >= 0, new.base[here] + pieces - old.base[line], -1))

    floors = np.diff(store.columns.at)
    return Store(store.columns, tuple(_taken(block, floors, numbers(block.piece), numbers(block.left))
                                      for block in store.blocks))  # fmt: skip


def added(
    scene: Scene, lines: Lines, fresh: Whole, store: Store, rules: Rules, job: Job | None = None
) -> tuple[Store, int]:  # fmt: skip
    """Return a store that also holds what its columns hear of some lines, and how many pairs were computed.

    Parameters
    ----------
    scene : Scene
    lines : Lines
    fresh : array of int
        The lines that are not in the store yet.
    store : Store
    rules : Rules
    job : Job, optional
    """
    if not len(fresh):
        return store, 0
    part, count = _part(lines, fresh), 0

    def one(block: Block) -> Block:
        work = stores.scratch(scene.flat, rules)
        return stores.filled(scene.flat, work, part, store.columns, rules, block.which)

    blocks = []
    for block, more in zip(
        store.blocks, stores.spread_over(one, store.blocks, len(store.columns.xy), job), strict=True
    ):  # fmt: skip
        count += len(more.piece)
        line = np.searchsorted(part.base, more.piece, side="right") - 1
        left = np.searchsorted(part.base, more.left, side="right") - 1
        more = replace(
            more, piece=(more.piece - part.base[line] + lines.base[fresh[line]]).astype(np.int32),
            left=more.left - part.base[left] + lines.base[fresh[left]],
        )  # fmt: skip
        blocks.append(_joined(block, more) if len(more.piece) or len(more.left) else block)
    return Store(store.columns, tuple(blocks)), count


def _keys(lines: Lines, scene: Scene) -> list[tuple[bytes, bytes]]:
    def deck(number: int) -> bytes:
        at = scene.deck_at
        return scene.decks[at[number] : at[number + 1]].tobytes() if number >= 0 else b""

    return [
        (lines.xyz[lines.line_at[i] : lines.line_at[i + 1]].tobytes(), deck(int(lines.deck[i])))
        for i in range(len(lines.deck))
    ]


def _part(lines: Lines, rows: Whole) -> Lines:
    """Return some of the lines, numbered anew."""

    def starts(at: Whole) -> tuple[Whole, Whole]:
        sizes = np.diff(at)[rows]
        inside = np.concatenate([np.empty(0, dtype=np.int64), *(np.arange(at[i], at[i + 1]) for i in rows)])
        return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), inside

    line_at, points = starts(lines.line_at)
    part_at, parts = starts(lines.part_at)
    base = np.concatenate([[0], np.cumsum(np.diff(lines.base)[rows])]).astype(np.int64)
    return Lines(
        lines.xyz[points], lines.at[points], line_at, lines.box[rows], lines.deck[rows], base, lines.depth[rows],
        part_at, lines.part_end[parts], lines.power[parts],
    )  # fmt: skip


def _taken(block: Block, floors: Whole, piece: Whole, left: Whole) -> Block:
    """Return a block with pieces numbered otherwise; those numbered −1 are dropped."""
    if np.array_equal(piece, block.piece) and np.array_equal(left, block.left):
        return block
    n, high = len(block.which), floors[block.which]
    keep, stay = piece >= 0, left >= 0
    column = np.repeat(np.arange(n), np.diff(block.piece_at))
    kept = np.bincount(column[keep], minlength=n)
    still = np.bincount(np.repeat(np.arange(n), np.diff(block.left_at))[stay], minlength=n)
    return replace(
        block, piece_at=_starts(kept), code_at=_starts(kept * high), left_at=_starts(still),
        piece=piece[keep].astype(np.int32), codes=block.codes[np.repeat(keep, high[column])], left=left[stay],
    )  # fmt: skip


def _joined(one: Block, two: Block) -> Block:
    """Return what the same columns hear of the pieces in either block."""
    return replace(
        one, piece_at=one.piece_at + two.piece_at, code_at=one.code_at + two.code_at, left_at=one.left_at + two.left_at,
        piece=_woven(one.piece, one.piece_at, two.piece, two.piece_at),
        codes=_woven(one.codes, one.code_at, two.codes, two.code_at),
        left=_woven(one.left, one.left_at, two.left, two.left_at),
    )  # fmt: skip


def _woven(a: NDArray[Number], a_at: Whole, b: NDArray[Number], b_at: Whole) -> NDArray[Number]:
    """Return two arrays that are divided alike as one: behind each part of the first that of the second."""
    out = np.empty((len(a) + len(b), *a.shape[1:]), dtype=a.dtype)
    out[np.arange(len(a)) + np.repeat(b_at[:-1], np.diff(a_at))] = a
    out[np.arange(len(b)) + np.repeat(a_at[1:], np.diff(b_at))] = b
    return out


def _starts(sizes: Whole) -> Whole:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
