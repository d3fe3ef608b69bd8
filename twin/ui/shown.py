"""The Store as the panels and the view see it: the same State, with the city of the scenario that is shown in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.state import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.city.city import City
    from twin.state import Listener, State


class Shown(Store):
    """A Store whose city is the one on the screen; all that is changed goes to the Store behind it.

    While the picture of an edit is being made the city stays the one before, so that what is seen, picked and
    described is always the same city.
    """

    def __init__(self, behind: Store) -> None:
        super().__init__(behind.state)
        self._behind = behind
        self._stop = behind.listen(self._follow)

    @property
    def base(self) -> City:
        """The city as it is, without edits."""
        return self._behind.state.city

    @property
    def undo_label(self) -> str:
        """What undo would take back."""
        return self._behind.undo_label

    @property
    def redo_label(self) -> str:
        """What redo would do again."""
        return self._behind.redo_label

    def change(self, label: str, /, *, merge: str = "", undoable: bool = True, **parts: object) -> None:
        """Exchange parts of the State behind; the city itself is only changed there."""
        self._behind.change(label, merge=merge, undoable=undoable, **parts)

    def reset(self, state: State) -> None:
        """Begin anew with another State."""
        self._behind.reset(state)

    def undo(self) -> None:
        """Go back one step."""
        self._behind.undo()

    def redo(self) -> None:
        """Go forward again one step."""
        self._behind.redo()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener(old, new)`` after each change of the State or of the city shown."""
        return super().listen(listener)

    def show(self, city: City) -> None:
        """Show another city."""
        if city is not self.state.city:
            self._set(self._behind.state.changed(city=city))

    def end(self) -> None:
        """Follow the Store no longer."""
        self._stop()

    def _follow(self, old: State, new: State) -> None:
        self._set(new.changed(city=self.state.city))


def cities(store: Store) -> tuple[City, ...]:
    """Return the city a Store shows and, where that is another, the city as it is."""
    shown = store.state.city
    if isinstance(store, Shown) and store.base is not shown:
        return shown, store.base
    return (shown,)
