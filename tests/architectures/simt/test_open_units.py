"""Which numbers are tried where a config leaves them out."""

from __future__ import annotations

import itertools

import pytest

from hawx_hw.architectures.simt.open_units import lane_counts, open_units
from hawx_hw.architectures.simt.unit import Unit


@pytest.mark.parametrize(
    ("multipliers", "lanes"),
    [(1, [1]), (5, [5]), (10, [9, 10]), (16, [15, 16]), (64, list(range(58, 65)))],
)
def test_nearly_as_many_lanes_as_are_allowed(multipliers: int, lanes: list[int]) -> None:
    assert lane_counts(multipliers) == lanes


@pytest.mark.parametrize("lanes", range(1, 65))
def test_every_unit_can_be_built(lanes: int) -> None:
    made = list(open_units(lanes))
    assert len({tuple(each.items()) for each in made}) == len(made) >= 1
    for each in made:
        unit = Unit(**each)
        assert {key: getattr(unit, key) for key in each} == each
    # The rule of thumb is among them.
    usual = Unit(lanes=lanes)
    assert {key: getattr(usual, key) for key in made[0]} in made


def test_all_combinations_of_what_is_left_out() -> None:
    made = list(open_units(16, registers=5))
    assert {(each["cluster"], each["word"]) for each in made} == {
        (4, 4), (8, 4), (8, 8), (16, 4), (16, 8), (16, 16),
    }  # fmt: skip
    assert {each["registers"] for each in made} == {5}
    assert {each["warps"] for each in made} == {2, 3}
    assert {each["requantizers"] for each in made} == {1, 2}


def test_what_is_given_decides_what_goes_with_it() -> None:
    given = {"cluster": 20, "word": 20, "requantizers": 8, "warps": 7}
    for count in range(len(given) + 1):
        for keys in itertools.combinations(given, count):
            own = {key: given[key] for key in keys}
            made = list(open_units(20, **own))
            assert made, own
            for each in made:
                assert own.items() <= each.items()
                Unit(**each)


@pytest.mark.parametrize(
    ("lanes", "given"),
    [
        (8, {"cluster": 3}),
        (8, {"word": 3}),
        (8, {"cluster": 4, "word": 8}),
        (6, {"requantizers": 8}),
        (8, {"word": 2, "requantizers": 3}),
    ],
)
def test_nothing_where_no_unit_has_the_numbers(lanes: int, given: dict[str, int]) -> None:
    assert list(open_units(lanes, **given)) == []
