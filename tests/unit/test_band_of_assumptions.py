"""The band over who is assumed to move in: fewer, stated and more of a group."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin import cli
from twin.chain.band import banded
from twin.chain.chain import Chain
from twin.content import demo_project
from twin.errors import BadInput
from twin.project import load_city
from twin.scenario.buildings import HousingTransfer
from twin.scenario.scenario import PRESENT, Scenario
from twin.scenario.spread import has_transfers, low_and_high, shift

MOVE = HousingTransfer(
    zone="z05", dwellings=200.0, tenure={"rental": 0.5, "owned": 0.5},
    groups={"origin": {
        "rental": {"born_sweden": 0.4, "born_europe": 0.1, "born_elsewhere": 0.5},
        "owned": {"born_sweden": 0.8, "born_europe": 0.1, "born_elsewhere": 0.1},
    }},
)  # fmt: skip


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=5), st.floats(0, 3))
def test_shifted_shares_make_a_whole(parts, factor):
    shares = {f"g{i}": part / sum(parts) for i, part in enumerate(parts)}
    moved = shift(shares, "g0", factor)
    assert sum(moved.values()) == pytest.approx(1)
    assert all(0 <= share <= 1 + 1e-12 for share in moved.values())
    if len(parts) > 1:
        assert moved["g0"] == pytest.approx(min(shares["g0"] * factor, 1))


def test_how_many_move_in_stays():
    scenario = Scenario(name="S").adding(MOVE)
    assert has_transfers(scenario)
    assert not has_transfers(PRESENT)
    low, high = low_and_high(scenario, "origin", "born_elsewhere", 0.2)
    for variant, share in ((low, 0.4), (high, 0.6)):
        edit = variant.active[0]
        assert edit.persons == MOVE.persons
        assert edit.groups["origin"]["rental"]["born_elsewhere"] == pytest.approx(share)
    assert low_and_high(scenario, "income", "income_q1") == (scenario, scenario)


def test_the_band_holds_the_answer():
    chain = Chain(load_city(demo_project()))
    scenario = Scenario(name="S").adding(MOVE)
    answer = chain.run(scenario, ["segregation"])
    spans = banded(chain, scenario, answer, 0.25)
    assert spans["segregation.share"].low < spans["segregation.share"].middle < spans["segregation.share"].high
    assert {"segregation.d", "segregation.h", "segregation.scale_500"} <= set(spans)
    assert banded(chain, PRESENT, answer) == {}
    with pytest.raises(BadInput, match="from 0 to 1"):
        banded(chain, scenario, answer, 3.0)
    chain.close()


def test_compare_says_the_band(tmp_path, capsys):
    place, edits = tmp_path / "d.twin", tmp_path / "e.json"
    from shutil import copytree

    copytree(demo_project(), place)
    from twin.scenario.codec import encode_edits

    edits.write_bytes(encode_edits([MOVE]))
    assert cli.main(["edit", str(place), "--scenario", "S", "--add", str(edits)]) == 0
    capsys.readouterr()
    assert cli.main(["--json", "compare", str(place), "S", "--models", "segregation", "--band", "0.25"]) == 0
    rows = {row["id"]: row for row in json.loads(capsys.readouterr().out)["indicators"]}
    assert rows["segregation.share"]["low"] < rows["segregation.share"]["value"] < rows["segregation.share"]["high"]
    assert cli.main(["compare", str(place), "S", "--models", "segregation", "--band", "7"]) == 1
