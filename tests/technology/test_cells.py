"""Tables by hand: interpolation, extrapolation, tables of one value; the cells that tie nets."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.technology.cells import Cell, Library, Pin, Table

#: A plane, ``10 s + c + 1``, which interpolation and extrapolation keep.
PLANE = Table(
    np.array([0.1, 0.2, 0.5]), np.array([1.0, 3.0]), np.array([[3.0, 5.0], [4.0, 6.0], [7.0, 9.0]])
)


@pytest.mark.parametrize(
    ("slew", "load"), [(0.1, 1.0), (0.2, 3.0), (0.15, 2.5), (0.4, 1.0), (0.0, 0.0), (0.9, 10.0)]
)
def test_a_plane_stays_a_plane(slew: float, load: float) -> None:
    assert PLANE.at(slew, load) == pytest.approx(10 * slew + load + 1)


def test_between_four_points_it_is_bilinear() -> None:
    saddle = Table(np.array([0.0, 1.0]), np.array([0.0, 1.0]), np.array([[0.0, 0.0], [0.0, 8.0]]))
    assert saddle.at(0.5, 0.5) == 2.0
    assert saddle.at(2.0, 2.0) == 32.0


def test_of_one_value_it_is_constant() -> None:
    one = Table(np.array([0.3]), np.array([2.0]), np.array([[5.0]]))
    assert {one.at(slew, load) for slew in (0.0, 9.0) for load in (0.0, 9.0)} == {5.0}


def test_one_slew_leaves_the_load() -> None:
    line = Table(np.array([0.3]), np.array([1.0, 2.0]), np.array([[5.0, 7.0]]))
    assert [line.at(slew, 4.0) for slew in (0.0, 1.0)] == [11.0, 11.0]


def tie(name: str, area: float, function: str, *, dont_use: bool = False) -> Cell:
    return Cell(name, area, dont_use, False, {"Z": Pin("Z", "output", 0.0, function, ())})


def test_the_smallest_cell_that_may_be_used_ties_a_net() -> None:
    cells = [
        tie("BIG1", 3.0, "1"), tie("SMALL1", 1.0, "(1)"), tie("TINY1", 0.5, "1", dont_use=True),
        tie("LOW", 2.0, "0"),
    ]  # fmt: skip
    library = Library("ties", {cell.name: cell for cell in cells}, 1.0)
    assert library.tie("1") == ("SMALL1", "Z")
    assert library.tie("0") == ("LOW", "Z")
    assert Library("none", {}, 1.0).tie("0") is None
