"""The front, and designs that chance may have kept from it."""

from dataclasses import replace

from hawx_hw.search.front import compared, front_of, near_front
from hawx_hw.search.tuning import SearchTuning
from tests.search.small import design_point


def point(number, drop, energy, area=1.0, **more):
    metrics = {"energy_nj": energy, "area_um2": area, "cycles": -energy, "longest_path_ns": 1.0}
    return design_point((number, 0), drop, metrics, ["a"], **more)


def drop(point):
    return point.accuracy_drop


BEST = point(1, 0.5, 50.0)
CLOSE = point(2, 0.7, 50.0)
FAR = point(3, 3.0, 50.0)
SMALL = point(4, 3.0, 60.0, 0.5)
CHEAP = point(5, 2.0, 40.0)
ALL = [FAR, CHEAP, CLOSE, SMALL, BEST]


def test_descriptions_do_not_put_a_design_on_the_front() -> None:
    assert compared(BEST) == ("energy_nj", "area_um2")
    assert front_of(ALL, "energy_nj", drop) == [BEST, CHEAP, SMALL]


def test_of_equals_the_first_is_on_the_front() -> None:
    twin = replace(BEST, vector=(9, 9))
    assert front_of([twin, BEST], "energy_nj", drop) == [twin]
    # Equal drops are in the order of the objective.
    assert front_of([point(1, 0.5, 50.0, 1.0), point(2, 0.5, 40.0, 2.0)], "energy_nj", drop)[
        0
    ].vector == (2, 0)


def near(images, tuning=None):
    front = front_of(ALL, "energy_nj", drop)
    return list(near_front(ALL, front, images, tuning or SearchTuning()))


def test_what_is_near_is_a_matter_of_the_number_of_images() -> None:
    assert near(1_000) == [CLOSE]
    assert near(100_000) == []
    assert near(100) == [CLOSE, FAR]
    assert near(1_000, SearchTuning(behind_deviations=0.5)) == []


def test_the_nearest_are_taken() -> None:
    assert near(100, SearchTuning(behind=1)) == [CLOSE]
    # Another accelerator of an assignment that is on the front takes no place.
    slower = replace(BEST, accelerator=1, metrics={**BEST.metrics, "energy_nj": 55.0})
    front = front_of(ALL, "energy_nj", drop)
    nearest = near_front([*ALL, slower], front, 100, SearchTuning(behind=0))
    assert list(nearest) == [slower]
