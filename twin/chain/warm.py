"""Warm results: the last few answers with their working state, under one memory budget."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.scenario.version import changes_between, steps_between

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twin.city.changes import Changes
    from twin.result import Result
    from twin.scenario.version import Version

BUDGET = 1 << 30
"""Bytes that warm results may take together."""
_LOOK_BACK = 12


@dataclass(frozen=True, eq=False)
class Held:
    """A result in memory and the Version of the city it answers for."""

    result: Result
    version: Version

    @property
    def nbytes(self) -> int:
        """Memory it takes, roughly [bytes]."""
        fields = sum(field.values.nbytes for field in self.result.fields)
        return fields + int(getattr(self.result.working, "nbytes", 0))


class Warm:
    """Results by key, least recently used out; losing one costs time, never correctness."""

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        self._held: OrderedDict[str, Held] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[Held]:
        return iter(self._held.values())

    @property
    def nbytes(self) -> int:
        """Memory all of them take, roughly [bytes]."""
        return sum(held.nbytes for held in self._held.values())

    def get(self, key: str) -> Result | None:
        """Return the result of a key, which is then the last one used."""
        held = self._held.get(key)
        if held is None:
            return None
        self._held.move_to_end(key)
        return held.result

    def put(self, result: Result, version: Version) -> None:
        """Hold a result; others leave while the budget is passed, the newest never."""
        self._held[result.key] = Held(result, version)
        self._held.move_to_end(result.key)
        while len(self._held) > 1 and self.nbytes > self._budget:
            self._held.popitem(last=False)

    def nearest(self, model: str, parameters: object, version: Version) -> tuple[Result, Changes] | None:
        """Return the warm answer of a model that the fewest edits lie between, and what may differ since."""
        best: tuple[int, Held] | None = None
        of_model = [held for held in reversed(self._held.values()) if held.result.model == model]
        for held in of_model[:_LOOK_BACK]:
            if held.result.parameters != parameters or held.result.working is None:
                continue
            steps = steps_between(held.version, version)
            if steps is not None and (best is None or steps < best[0]):
                best = steps, held
        if best is None:
            return None
        changes = changes_between(best[1].version, version)
        return None if changes is None else (best[1].result, changes)
