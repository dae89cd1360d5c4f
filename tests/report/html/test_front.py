"""Designs of a search, as the report shows them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hawx_hw.report.html.cells import CellMap
from hawx_hw.report.html.front import METRICS, _count, front_content
from hawx_hw.report.html.glossary import definitions
from hawx_hw.search.result import ExhaustiveFront
from tests.report.html.pages import CONFIG, points
from tests.search.small import search_result

MAP = CellMap(cell="PE", blocks=("exact",), kinds=((0,),), lines=((0, 0),))


def test_kinds_numbers_and_commands() -> None:
    exact, mixed, coarse = points()
    precise = replace(
        coarse,
        vector=(2, 2),
        assignment={"blocks": {"precision(w=3,a=3)": "d"}, "layers": {"conv1": {}}},
    )
    result = search_result(
        (exact, mixed), behind=(coarse,), uniform=(exact, replace(coarse, vector=(3, 3)), precise)
    )
    front = front_content(result, 1, CONFIG.search, "tiny.yaml")
    assert [(point.kind, point.number) for point in front.points] == [
        ("exact", 0), ("chosen", 1), ("behind", 2), ("uniform", None), ("precision", None),
    ]  # fmt: skip
    assert front.points[1].command == "hawx run tiny.yaml --index 1"
    assert front.points[3].command == ""
    assert front.points[0].label == "exact blocks"
    assert front.most == 1.0
    assert list(front.titles) == list(front.decimals) == ["energy_nj", "area_um2"]


def test_a_retrained_design_is_named_by_the_one_before() -> None:
    exact, mixed, coarse = points()
    trained = replace(coarse, retrained=True)
    result = replace(search_result((exact, mixed, coarse)), retrained=(trained,))
    front = front_content(result, 3, CONFIG.search, "tiny.yaml")
    shown = front.points[3]
    assert (shown.kind, shown.number) == ("chosen", 3)
    assert shown.label == f"{front.points[2].label}, retrained"
    assert shown.command == "hawx run tiny.yaml --index 2"


def test_drops_by_what_they_are_measured_on() -> None:
    exact, mixed, _ = points()
    mixed = replace(mixed, test_accuracy=0.93)
    result = search_result(
        (exact, mixed), select_images=7, test_images=40, exact_test_accuracy=0.95
    )
    front = front_content(result, 1, None, "x")
    assert front.points[1].drops == {"new": 0.6, "search": 0.5, "test": 2.0}
    assert front.points[0].drops == {"new": 0.0, "search": 0.0}
    assert list(front.drops) == ["new", "search", "test"]
    assert "7 that no search saw" in front.drops["new"]
    assert front.drops["test"] == "on the 40 test images"
    plain = front_content(search_result((exact, mixed)), None, None, "x")
    assert list(plain.drops) == ["search"]


def test_estimates_and_predictions() -> None:
    front = front_content(search_result(points(), select_images=7), 1, None, "x")
    mixed = front.points[1]
    assert (mixed.low, mixed.high) == (0.1, 1.1)
    assert mixed.predicted_accuracy == (94.0, 92.0, 96.0)
    assert mixed.accuracy == pytest.approx(94.5)
    assert front.points[0].low is None
    assert front.points[2].predicted_accuracy is None


def test_the_best_of_all_assignments_or_what_evaluates_them() -> None:
    known = ExhaustiveFront(4, (0.0, 0.5), (9.0, 6.0))
    front = front_content(search_result(points(), exhaustive=known), 1, None, "x")
    assert front.exhaustive == known
    assert front.exhaustive_text.startswith("All 4 assignments of this search were evaluated")
    assert front.exhaustive_command == ""
    few = front_content(search_result(points()), 1, None, "tiny.yaml")
    assert few.exhaustive is None
    assert "best of all 4 assignments are not known yet" in few.exhaustive_text
    assert few.exhaustive_command.startswith(
        "hawx search tiny.yaml --algorithm exhaustive --budget 4; "
    )
    assert few.exhaustive_command.endswith("; hawx run tiny.yaml")
    picked = front_content(search_result(points()), 1, None, "tiny.yaml", option=1)
    assert picked.exhaustive_command == f"{few.exhaustive_command} --index 1"
    many = replace(points()[0], vector=(0,) * 400)
    text = front_content(search_result((many,)), 0, None, "x").exhaustive_text
    assert "2 blocks in 400 places have about 10¹²\u2070" in text


def test_designs_that_are_built_alike_share_a_map() -> None:
    maps = {0: MAP, 1: MAP, 2: MAP.model_copy(update={"lines": ((0,), (0,))})}
    front = front_content(search_result(points()), 1, None, "x", maps)
    assert [point.map for point in front.points] == [0, 0, 1]
    assert len(front.maps) == 2
    without = front_content(search_result(points()), 1, None, "x", {1: MAP})
    assert [point.map for point in without.points] == [None, 0, None]


def test_blocks_of_a_layer_are_counted_in_filters() -> None:
    front = front_content(search_result(points()), None, None, "x")
    assert front.points[1].blocks == {"conv1": {"drum(k=4)": 5, "exact": 3}}


@pytest.mark.parametrize(("text", "count"), [("0", 1), ("0-5", 6), ("0-3, 7", 5), ("1,3,5", 3)])
def test_ranges(text: str, count: int) -> None:
    assert _count(text) == count


def test_every_metric_has_a_unit_and_a_term() -> None:
    for title, decimals, term in METRICS.values():
        assert title.rpartition(", ")[2] in ("nJ", "pJ", "mW", "µm²", "µs")
        assert decimals in (0, 1, 2)
        assert term in definitions()
