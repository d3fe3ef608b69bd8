"""Warm results: the last few answers with their working state, under one memory budget."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.models.model import follows
from twin.scenario.version import changes_between, steps_between

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twin.city.changes import Changes
    from twin.models.model import Model
    from twin.result import Result, Value
    from twin.scenario.version import Version

BUDGET = 1 << 30
"""Bytes that warm results may take together."""
_LOOK_BACK = 12
_MOST = 500


@dataclass(frozen=True, eq=False)
class Held:
    """A result in memory, the Version of the city it answers for, and whether a model's preview made it."""

    result: Result
    version: Version
    preview: bool = False

    @property
    def maker(self) -> tuple[str, bool]:
        """What made it: the model, and whether it was the preview of it."""
        return self.result.model, self.preview

    @property
    def buffers(self) -> dict[int, int]:
        """Bytes by the identity of what holds them; what two results share has the same identity in both."""
        working = self.result.working
        arrays = [field.values for field in self.result.fields]
        own = getattr(working, "arrays", None)
        if own is None:
            return _sizes(arrays) | ({} if working is None else {id(working): int(getattr(working, "nbytes", 0))})
        return _sizes([*arrays, *own])


class Warm:
    """Results by key under one budget; what was not used for longest leaves, which costs time, never correctness.

    The working state goes first, as it is the large part: a result without it is still an answer. The newest working
    state of each model goes last, as the next edit begins there.
    """

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        self._held: OrderedDict[str, Held] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[Held]:
        return iter(self._held.values())

    @property
    def nbytes(self) -> int:
        """Memory all of them take, roughly [bytes]; what several share counts once."""
        sizes: dict[int, int] = {}
        for held in self._held.values():
            sizes |= held.buffers
        return sum(sizes.values())

    def get(self, key: str) -> Result | None:
        """Return the result of a key, which is then the last one used."""
        held = self._held.get(key)
        if held is None:
            return None
        self._held.move_to_end(key)
        return held.result

    def has(self, key: str) -> bool:
        """Say whether there is a result of a key; it counts as no use."""
        return key in self._held

    def put(self, result: Result, version: Version, preview: bool = False) -> None:
        """Hold a result; working states and then results leave while the budget is passed, this result last."""
        self._held[result.key] = Held(result, version, preview)
        self._held.move_to_end(result.key)
        while len(self._held) > _MOST:
            self._held.popitem(last=False)
        while self.nbytes > self._budget and self._drop_one():
            pass

    def nearest(
        self, model: Model, parameters: Mapping[str, Value], version: Version, preview: bool = False
    ) -> tuple[Result, Changes] | None:
        """Return the warm answer of a model that the fewest edits lie between, and what may differ since.

        Its parameters are the same but for those that only weigh; among answers as near, one with the same goes first.
        """
        best: tuple[tuple[int, bool], Held] | None = None
        own = [held for held in reversed(self._held.values()) if held.maker == (model.name, preview)]
        for held in own[:_LOOK_BACK]:
            if held.result.working is None or not follows(model, held.result.parameters, parameters):
                continue
            steps = steps_between(held.version, version)
            if steps is None:
                continue
            far = steps, held.result.parameters != parameters
            if best is None or far < best[0]:
                best = far, held
        if best is None:
            return None
        changes = changes_between(best[1].version, version)
        return None if changes is None else (best[1].result, changes)

    def _drop_one(self) -> bool:
        """Let go of what is missed least; False when there is nothing left to let go of."""
        newest = {held.maker: key for key, held in self._held.items() if held.result.working is not None}
        last = next(reversed(self._held))
        for spare in (True, False):
            for key, held in self._held.items():
                if held.result.working is not None and spare == (newest[held.maker] != key) and key != last:
                    return self._strip(key)
            if spare:
                for key, held in self._held.items():
                    if held.result.working is None and key != last:
                        del self._held[key]
                        return True
        return self._held[last].result.working is not None and self._strip(last)

    def _strip(self, key: str) -> bool:
        """Let go of a working state."""
        held = self._held[key]
        self._held[key] = dataclasses.replace(held, result=held.result.without_working())
        return True


def _sizes(arrays: list[np.ndarray]) -> dict[int, int]:
    sizes = {}
    for array in arrays:
        root = array
        while isinstance(root.base, np.ndarray):
            root = root.base
        sizes[id(root)] = root.nbytes
    return sizes
