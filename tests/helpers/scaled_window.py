"""Run in a process of its own with QT_SCALE_FACTOR set: open the demo, look at every panel, print what is cut."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

from clipped import clipped
from made_answer import made_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.ui.application import Application


def wait(program: Application, until: Callable[[], bool], seconds: float = 60.0) -> None:
    end, since = time.monotonic() + seconds, time.monotonic()
    while time.monotonic() < end and time.monotonic() - since < 0.3:
        program.qt.processEvents()
        if not until() or program.window.session.reading or program.window.viewport.navigator.moving:
            since = time.monotonic()
        time.sleep(0.005)


def answered(program: Application) -> dict[str, object]:
    """Put an answer in, look at the panels that show it, at a street and at a rule zone; return what is cut."""
    from twin.state import Selection

    window = program.window
    store, results = window.session.store, window.workbench.results
    assert store is not None
    city = store.state.city
    counted = str(city.roads["id"][city.roads["aadt"].notna()].iloc[0])
    found: dict[str, object] = {}
    for name, chosen in (
        ("indicators", Selection("roads", (counted,))), ("traffic", None), ("traffic", Selection("roads", (counted,))),
        ("traffic", Selection("rules", (str(city.rules["id"].iloc[-1]),))),
    ):  # fmt: skip
        store.change("Select", undoable=False, selection=chosen)
        window.panels.reveal(name)
        wait(program, lambda: results.current)  # what is asked is known, so nothing takes the answer's place
        answer = made_answer(city, results.names[0])
        results._answers.answer = results._answers.reference = answer
        results.answered.emit()
        wait(program, lambda: True)
        assert results.answer is answer
        found[f"{name} answered, {chosen.table if chosen else 'nothing'}"] = clipped(window)
    return found


def main(lang: str, text: str) -> None:
    from twin.chain.registry import MODELS
    from twin.content import demo_project
    from twin.state import Selection
    from twin.ui.application import Application
    from twin.ui.settings_dialog import SettingsDialog

    program = Application(lang, None)
    window = program.window
    window.showMaximized()
    window.resize(program.qt.primaryScreen().availableSize())
    program.set_text_size(text)
    wait(program, lambda: True)
    found = {"start": clipped(window)}
    window.session.open(demo_project())
    wait(program, lambda: window.session.store is not None)
    time.sleep(0.5)
    wait(program, lambda: True)
    store = window.session.store
    assert store is not None
    # models answer when they do; the answer put in further down is the same on every machine
    store.change("Switch models", undoable=False, models=dict.fromkeys(MODELS, False))
    first = str(store.state.city.buildings["id"].iloc[0])
    store.change("Select", undoable=False, selection=Selection("buildings", (first,)))
    window.timing.tools.show()
    for name in window.panels.docks:
        window.panels.reveal(name)
        wait(program, lambda: True)
        found[name] = clipped(window)
    found |= answered(program)
    dialog = SettingsDialog(window.settings, lang, window)
    dialog.show()
    for page in range(dialog.pages.count()):
        dialog.pages.setCurrentIndex(page)
        wait(program, lambda: True)
        found[f"settings{page}"] = clipped(dialog)
    dialog.close()
    ratio = window.devicePixelRatioF()
    window.leave()
    print(json.dumps({"ratio": ratio, "cut": {name: cut for name, cut in found.items() if cut}}))


if __name__ == "__main__":
    main(*sys.argv[1:])
