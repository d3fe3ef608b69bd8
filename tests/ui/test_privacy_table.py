"""What of a table of indicators leaves the window: as little of few people as elsewhere."""

from __future__ import annotations

import csv
import io

from protected_city import protected_chain, protected_city

from twin.privacy.cells import EXPORT
from twin.scenario.scenario import PRESENT
from twin.state import State, Store
from twin.ui.indicators import IndicatorPanel


def test_the_table_of_the_window_exports_the_same(qapp):
    chain = protected_chain()
    answer = chain.run(PRESENT, ["exposure"])
    panel = IndicatorPanel(Store(State(protected_city())), "en")
    panel.show_answers(answer, answer, ("A", "B"))
    rows = list(csv.reader(io.StringIO(panel.csv()), delimiter=";"))[1:]
    counts = [float(row[1]) for row in rows if row[4] == "persons" and row[1] and row[0].startswith("Traffic")]
    assert counts
    assert all(value % 5 == 0 and (value == 0 or value >= EXPORT) for value in counts)
    panel.copy()
    assert sum("\t–\t" in line for line in qapp.clipboard().text().splitlines()) >= 1
    panel.deleteLater()
    chain.close()
