"""Finalists of a search: who they are, and what becomes of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hawx_hw.config.search import SearchConfig
from hawx_hw.errors import UserError
from hawx_hw.retraining.result import RetrainedDesign, RetrainResult, Seen
from hawx_hw.search.bound import Paired
from hawx_hw.search.pick import bound_of, choose
from hawx_hw.search.result import DesignPoint, DropEstimate, SearchResult, save_result
from hawx_hw.search.retrained import (
    finalists,
    load_candidates,
    requested_finalists,
    with_retrained,
)
from tests.search.small import design_point, search_result


def judged(number: int, drop: float, energy: float, lost: int, **more) -> DesignPoint:
    """A point with a drop on images for learning, and losses among 5,000 that select."""
    blocks = ["drum(k=4)"] if number else []
    metrics = {"energy_nj": energy, "area_um2": 100 - energy}
    return design_point(
        (number, 0), drop, metrics, blocks, selection=Paired(5000, lost, 0),
        estimate=DropEstimate(lost / 50, lost / 50 - 0.1, lost / 50 + 0.1), **more,
    )  # fmt: skip


EXACT = judged(0, 0.0, 100.0, 0)
SAFE = judged(1, 0.3, 80.0, 5)
NEXT = judged(2, 2.0, 60.0, 120)
DARING = judged(3, 6.0, 40.0, 300)
LOST = judged(4, 60.0, 10.0, 3000)
DEAR = judged(5, 0.2, 110.0, 5)


def result(*points: DesignPoint) -> SearchResult:
    """The second half behind the front."""
    return replace(
        search_result(points[: len(points) // 2 + 1], select_images=5000),
        behind=tuple(points[len(points) // 2 + 1 :]),
    )


EVERY = result(EXACT, SAFE, NEXT, DARING, LOST, DEAR)


def vectors(some: SearchResult, *arguments) -> list[tuple[int, ...]]:
    return [some.designs[index].vector for index in finalists(some, *arguments)]


@pytest.mark.parametrize(
    ("drop", "count", "expected"),
    [
        (1.0, 3, [SAFE, NEXT, DARING]),
        (1.0, 2, [SAFE, DARING]),
        (1.0, 1, [SAFE]),
        (1.0, 9, [SAFE, NEXT, DARING]),
        # The cheapest that keeps the constraint as it is comes first.
        (2.5, 3, [NEXT, DARING]),
        # Where none keeps it, the safest does.
        (0.1, 3, [SAFE, NEXT, DARING]),
        # Of one that loses almost everything a training may make something if so much is allowed.
        (45.0, 3, [DARING, LOST]),
    ],
)
def test_finalists_reach_from_the_constraint_to_the_cheapest(drop, count, expected) -> None:
    assert vectors(EVERY, drop, {}, count) == [point.vector for point in expected]


def test_limits_hold_for_finalists() -> None:
    assert vectors(EVERY, 1.0, {"energy_nj": 70.0}, 3) == [NEXT.vector, DARING.vector]
    assert vectors(EVERY, 1.0, {"area_um2": 45.0}, 3) == [SAFE.vector, NEXT.vector]


def test_one_that_another_beats_is_no_finalist() -> None:
    beaten = judged(6, 2.5, 60.0, 0)
    assert vectors(result(EXACT, SAFE, NEXT, beaten, DARING), 1.0, {}, 9) == [
        point.vector for point in (SAFE, NEXT, DARING)
    ]


def test_images_that_select_have_no_say() -> None:
    """Whatever they show, and in whatever order designs are numbered for it."""
    points = [EXACT, SAFE, NEXT, DARING, judged(7, 2.0, 60.0, 1), judged(8, 6.0, 40.0, 1)]
    expected = vectors(result(*points), 1.0, {}, 2)
    for other in (0, 999):
        changed = [
            replace(p, selection=Paired(5000, (other * p.vector[0]) % 4000, 0), estimate=None)
            for p in points
        ]
        for order in (changed, changed[::-1]):
            assert vectors(result(*order), 1.0, {}, 2) == expected


def test_images_of_the_race_count_where_there_was_one() -> None:
    raced = replace(DARING, race=Paired(400, 2, 0))
    assert vectors(result(EXACT, SAFE, NEXT, raced), 1.0, {}, 3) == [raced.vector]


def trained(some: SearchResult, lost: dict[int, int]) -> SearchResult:
    """The result with some designs retrained, by number; they lose so many images then."""
    designs = tuple(
        RetrainedDesign(
            index=index,
            number=len(some.designs) + place,
            blocks=("drum(k=4)",),
            files=f"retrained/{place}",
            select=seen(5000, images),
            test=seen(1000, images // 5),
            searched=seen(100, images // 50),
        )
        for place, (index, images) in enumerate(lost.items())
    )
    return with_retrained(some, RetrainResult(designs=designs))


def seen(images: int, lost: int) -> Seen:
    return Seen(
        images=images, exact=0.9, before=0.5, after=0.9 - lost / images, lost=lost, gained=0
    )


def number(some: SearchResult, point: DesignPoint) -> int:
    return some.designs.index(point)


def test_retrained_designs_stand_behind_all_others() -> None:
    index = number(EVERY, DARING)
    some = trained(EVERY, {index: 50, 1: 0})
    assert some.designs[: len(EVERY.designs)] == EVERY.designs
    point = some.designs[len(EVERY.designs)]
    assert point.retrained and point.network != DARING.network
    assert (point.vector, point.metrics) == (DARING.vector, DARING.metrics)
    assert point.selection == Paired(5000, 50, 0)
    assert point.test_accuracy == pytest.approx(0.89)
    assert point.accuracy_drop == pytest.approx(1.0)
    assert point.estimated_drop == pytest.approx(1.0)
    low, high = point.estimate.low, point.estimate.high
    assert (low, high) == (pytest.approx(0.72, abs=0.02), pytest.approx(1.28, abs=0.02))
    assert some.named(len(EVERY.designs)) == index
    assert some.named(index) == index


def test_retraining_rescues_a_cheaper_design() -> None:
    assert choose(EVERY, 1.0, {}).point is SAFE
    index = number(EVERY, DARING)
    some = trained(EVERY, {number(EVERY, NEXT): 2, index: 10})
    choice = choose(some, 1.0, {})
    assert choice.point is some.retrained[1]
    assert choice.bound.holds and choice.bound.upper <= 1.0
    # All that may keep the constraint share the error: both, SAFE, and NEXT as it was.
    assert choice.bound.finalists == 4


def test_a_retrained_design_must_keep_the_constraint_too() -> None:
    some = trained(EVERY, {number(EVERY, NEXT): 200, number(EVERY, DARING): 250})
    assert choose(some, 1.0, {}).point is SAFE


def test_of_a_design_and_itself_retrained_the_better_is_taken() -> None:
    index = number(EVERY, SAFE)
    assert choose(trained(EVERY, {index: 2}), 1.0, {}).point.retrained
    assert not choose(trained(EVERY, {index: 9}), 1.0, {}).point.retrained


def test_the_bound_of_a_number_counts_retrained_designs() -> None:
    index = number(EVERY, SAFE)
    some = trained(EVERY, {index: 5})
    plain = bound_of(EVERY, index, 1.0)
    assert bound_of(some, len(EVERY.designs), 1.0).upper > plain.upper
    assert bound_of(some, index, 1.0).finalists == plain.finalists + 1


def test_named_designs() -> None:
    config = SearchConfig.model_validate({"index": 2, "blocks": ["drum(k=4)"]})
    assert requested_finalists(EVERY, config, 3) == [2]
    exact = SearchConfig.model_validate({"index": 0, "blocks": ["drum(k=4)"]})
    assert requested_finalists(EVERY, exact, 3) == []
    limited = SearchConfig.model_validate(
        {"constraints": {"power_mw": 1.0}, "blocks": ["drum(k=4)"]}
    )
    with pytest.raises(UserError, match="Points of this search have no power_mw"):
        requested_finalists(EVERY, limited, 3)
    loose = SearchConfig.model_validate({"constraints": {"accuracy_drop": 1.0}})
    assert len(requested_finalists(EVERY, loose, 2)) == 2


def test_files(tmp_path: Path) -> None:
    save_result(EVERY, tmp_path)
    assert load_candidates(tmp_path) == EVERY
    RetrainResult().write(tmp_path)
    assert load_candidates(tmp_path) == EVERY
    design = RetrainedDesign(
        index=99, number=6, blocks=(), files="retrained/0",
        select=seen(5000, 1), test=seen(10, 1), searched=seen(10, 1),
    )  # fmt: skip
    RetrainResult(designs=(design,)).write(tmp_path)
    with pytest.raises(UserError, match="no point 99"):
        load_candidates(tmp_path)
    own = {"index": 1, "number": len(EVERY.designs), "blocks": ("drum(k=4)",)}
    RetrainResult(designs=(design.model_copy(update=own),)).write(tmp_path)
    assert len(load_candidates(tmp_path).retrained) == 1
    for other in ({"blocks": ("drum(k=3)",)}, {"number": 99}):
        RetrainResult(designs=(design.model_copy(update=own | other),)).write(tmp_path)
        with pytest.raises(UserError, match=r"retrain\.json.* is of another search"):
            load_candidates(tmp_path)
    RetrainResult(designs=(design.model_copy(update={"index": None}),)).write(tmp_path)
    with pytest.raises(UserError, match=r"retrain\.json.* not of a search"):
        load_candidates(tmp_path)
