"""Many tables at once: each answer is that of the table alone."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.technology.cells import Table
from hawx_hw.technology.table_stack import TableStack


def tables() -> list[Table]:
    """Tables of all shapes: many by many, one slew, one load, a single value."""
    rng = np.random.default_rng(0)
    shapes = [(7, 5), (2, 3), (1, 4), (3, 1), (1, 1)]
    return [
        Table(
            np.cumsum(rng.uniform(0.01, 0.2, slews)),
            np.cumsum(rng.uniform(0.5, 5.0, loads)),
            rng.uniform(-1, 1, (slews, loads)),
        )
        for slews, loads in shapes
    ]


def test_every_table_within_at_and_beyond_its_points() -> None:
    rng = np.random.default_rng(1)
    made = tables()
    stack = TableStack(made)
    number = np.repeat(np.arange(len(made)), 200)
    slew, load = rng.uniform(-0.1, 1.5, len(number)), rng.uniform(-1, 30, len(number))
    for index, table in enumerate(made):
        first = 200 * index
        # Its own points, where two intervals meet.
        slew[first : first + len(table.slews)] = table.slews
        load[first : first + len(table.loads)] = table.loads
    expected = [made[n].at(s, c) for n, s, c in zip(number, slew, load, strict=True)]
    np.testing.assert_allclose(stack.at(number, slew, load), expected, rtol=1e-12, atol=1e-12)


def test_no_tables_answer_nothing() -> None:
    none = np.zeros(0)
    assert TableStack([]).at(none.astype(np.int64), none, none).shape == (0,)


def test_the_other_tables_do_not_matter() -> None:
    made = tables()
    one = np.array([0]), np.array([0.3]), np.array([7.0])
    alone = TableStack([made[1]]).at(*one)
    among = TableStack([made[0], made[1]]).at(np.array([1]), *one[1:])
    assert alone == pytest.approx(among, rel=0, abs=0)
