"""How long frames take, and what is left out while the camera moves so that they do not take longer."""

from __future__ import annotations

from twin.scene.draw.plan import MOST_DROPPED

_SLOW = 0.09
"""Seconds; slower frames drop effects while the camera moves."""
_QUICK = 0.02
_SHORT, _PATIENCE = 0.15, 0.6
"""Seconds that a frame with smooth edges may take while moving, at once when it rests, and after a while of rest."""
_LARGE = 500_000
_FIRST_BUDGET, _LEAST_BUDGET, _MOST_BUDGET = 2e5, 2e4, 1e9
"""Triangles of buildings drawn while the camera moves: at first, at least on a slow and at most on a quick machine."""
_FEW_TRIANGLES = 5e4
"""A machine that is slow with so few buildings gets fewer pixels too."""
SHARES = (1.0, 0.7, 0.5)
"""Shares of the window's width and height in which a frame is drawn while the camera moves."""


class Pace:
    """How long frames take, and what is left out while the camera moves so that they do not take longer."""

    def __init__(self) -> None:
        self.level = 0
        self.budget = _FIRST_BUDGET
        self._smooth = 0.0
        self._fewer = 0

    @property
    def share(self) -> float:
        """Share of the window's width and height in which a frame is drawn while the camera moves."""
        return SHARES[self._fewer]

    def expect(self, triangles: int) -> None:
        """Guess before the first frame: a large city comes first without smooth edges, which follow once it rests."""
        if self._smooth == 0 and triangles > _LARGE:
            self._smooth = 2 * _SHORT

    def smooth(self, still: bool, refined: bool) -> bool:
        """Return whether the next frame has smooth edges: where they take long only in a refined one."""
        patience = _PATIENCE if refined else _SHORT if still else _QUICK
        return self._smooth < patience and (still or self._smooth > 0)

    def took(self, seconds: float, smooth: bool, still: bool, moving: bool) -> None:
        """Learn from a frame."""
        if smooth:
            self._smooth = seconds if self._smooth == 0 else min(seconds, 0.5 * (seconds + self._smooth))
        if still:
            return
        if seconds > _SLOW:
            self.level = min(self.level + 1, MOST_DROPPED)
            if moving:
                if self.budget <= _FEW_TRIANGLES:
                    self._fewer = min(self._fewer + 1, len(SHARES) - 1)
                self.budget = max(self.budget * min(0.7, 1.2 * _SLOW / seconds), _LEAST_BUDGET)
        elif seconds < _SLOW / 2:
            if moving and self._fewer:
                self._fewer -= 1  # of at most twice the pixels, so that it does not get slow again
            elif moving:
                self.budget = min(self.budget * 1.25, _MOST_BUDGET)
            if seconds < _SLOW / 3:
                self.level = max(self.level - 1, 0)
