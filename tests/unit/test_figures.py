"""The figures behind an answer: a table that leads to the map, and the same in lines for the clipboard."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser

from twin.result import Row
from twin.text import composed
from twin.ui.questions.figures import as_table, as_text

NAMES = ("Bro", "Nuläge")


def _row(title, value, reference=math.nan, unit="", shown=""):
    return Row(f"m.{title}", title, value, reference, value - reference, unit, "m", shown)


class _Cells(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.texts, self.links = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            self.links.append(dict(attrs)["href"])

    def handle_data(self, data):
        self.texts.append(data.replace("\xa0", " ").replace("−", "-"))


def test_an_index_has_its_decimals_and_a_reference_only_where_there_is_one():
    alone = [_row("D <of all>", 0.2881), _row("Those here", 1240.4, unit="persons", shown="A field")]
    cells = _Cells(as_table(alone, NAMES, "sv"))
    assert cells.texts == ["D <of all>", "0,288", "Those here", "1 240 personer"]
    assert cells.links == ["1"]
    said = as_text(alone, NAMES, "en").replace("\xa0", " ")
    assert said == "• D <of all>: 0.288\n• Those here: 1,240 persons"
    both = [_row("D", 0.2881, 0.3001), _row("Share", 12.34, 11.0, "%")]
    cells = _Cells(as_table(both, NAMES, "en"))
    assert cells.texts == ["Bro", "Nuläge", "Difference", "D", "0.288", "0.300", "-0.012",
                           "Share", "12.3 %", "11.0", "+1.3"]  # fmt: skip
    assert "0.288 (Nuläge: 0.300, difference -0.012)" in as_text(both, NAMES, "en").replace("−", "-")
    assert as_table([], NAMES, "en") == as_text([], NAMES, "en") == ""


def test_what_all_rows_begin_with_is_said_once():
    titles = [composed("{what}, mean: {group}", what="Noise at home", group=group) for group in "ab"]
    titles += [composed("{what} {low}–{high}: {group}", what="Noise at home", low=low, high=low + 5, group="a")
               for low in (50, 55)]  # fmt: skip
    texts = _Cells(as_table([_row(title, 1.0) for title in titles], NAMES, "en")).texts
    assert texts[0] == "Noise at home"
    assert [re.sub(r"\W", "", text) for text in texts[1::2]] == ["Meana", "Meanb", "5055a", "5560a"]
