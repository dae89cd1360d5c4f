"""The tables of ResNet-20's designs: what the bound chooses, and what approximate blocks add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from resnet20_choice import CONSTRAINTS, Chosen, Point, by_bound, by_own_bound, interval, upper
from resnet20_difference import Curve, added
from resnet20_runs import Runs

from hawx_hw.search.bound import Paired
from hawx_hw.search.result import SearchResult
from hawx_hw.util.tables import print_table

__all__ = ["Row", "bound_cells", "difference", "own_cells", "print_tables"]

#: Parts whose images propose nothing.
_UNSEEN = ("select", "report")
#: Drops at which savings are compared, in percentage points.
_EQUAL = (0.5, 1.0, 2.0)

Key = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Row:
    """What one alphabet at one level, or uniform precision, came to.

    Parameters
    ----------
    points : list of Point
        All that were evaluated and lose no more than a limit on the images of the search.
    judged : SearchResult
        The same, on images that select.
    runs : Runs
    """

    points: list[Point]
    judged: SearchResult
    runs: Runs

    def report(self, point: Point) -> Paired:
        """The outcome of a point on the images that report."""
        paired = self.runs.paired(point.assignment, "report")
        assert paired is not None
        return paired

    def right(self, point: Point | None) -> np.ndarray:
        """Which of all images that propose nothing are right; None: with exact blocks."""
        assignment = {} if point is None else point.assignment
        rows = [self.runs.right(assignment, part) for part in _UNSEEN]
        return np.concatenate([row for row in rows if row is not None])


def print_tables(rows: Mapping[Key, Row]) -> None:
    """Print all tables."""
    chosen = {
        (key, most): by_bound(row.judged, row.points, most, row.runs)
        for key, row in rows.items()
        for most in CONSTRAINTS
    }
    print("\nBy the bound: drop and its bound on images that select; on images that report the")
    print("drop and its one-sided 95 % bound. By its own bound on images that select likewise.")
    lines = []
    for (key, most), each in chosen.items():
        row = rows[key]
        own = by_own_bound(row.points, most, row.runs)
        lines.append((", ".join(key), f"{most:g}", *bound_cells(each), *own_cells(own, row)))
    heading = ("designs", "at most", "saved", "select", "bound", "finalists", "report", "95 %")
    print_table((*heading, "own: saved", "select", "report", "95 %"), lines, numbers=True)
    print("\nMultiplications of the designs chosen for 1 percentage point:")
    for key, row in rows.items():
        vector = chosen[key, 1.0].vector
        mix = [pair for point in row.points if point.vector == vector for pair in point.mix]
        text = ", ".join(f"{block} {share:.1%}" for block, share in sorted(mix, key=_share))
        print(f"  {', '.join(key)}: {text}")
    for level in ("layers", "filters"):
        if ("precision", level) in rows and ("both", level) in rows:
            _print_difference(level, rows["precision", level], rows["both", level])
    for key, row in rows.items():
        print(f"\nDesigns of {', '.join(key)}: drops on images of the search, to select, to report")
        lines = [_design_cells(point, row) for point in row.points]
        heading = ("saved", "most frequent", "approximate", "search", "select", "report", "95 %")
        print_table((*heading, "seconds"), lines, numbers=True)


def difference(first: np.ndarray, second: np.ndarray) -> tuple[float, float, float]:
    """How many percentage points more the first is right: with the exact 95 % interval.

    Parameters
    ----------
    first, second : ndarray of bool
        ``(images,)``
    """
    paired = Paired(len(first), int((first & ~second).sum()), int((second & ~first).sum()))
    return (paired.drop, *interval(paired))


def _print_difference(level: str, precision: Row, both: Row) -> None:
    """What approximate blocks add, at equal energies and at equal drops."""
    exact = precision.right(None)
    pairs = [
        (one, other)
        for one in precision.points
        for other in both.points
        if one.target == other.target and one.target is not None
    ]
    print(f"\nBoth alphabets against lower precision, {level}, on {len(exact):,} images:")
    lines = []
    for one, other in pairs:
        right = [row.right(point) for row, point in ((precision, one), (both, other))]
        drops = [100 * (exact.mean() - each.mean()) for each in right]
        value, low, high = difference(right[1], right[0])
        lines.append(
            (
                f"{one.target:.1%}",
                f"{drops[0]:.2f}",
                f"{drops[1]:.2f}",
                f"{value:z.2f}",
                f"{low:z.2f} to {high:z.2f}",
                f"{_approximate(other):.1%}",
            )
        )
    heading = ("saved", "drop: precision", "both", "both more right", "95 %", "approximate")
    print_table(heading, lines, numbers=True)
    curves = [_curve(row) for row in (precision, both)]
    lines = []
    for most in _EQUAL:
        each = added(*curves, exact, most)
        lines.append(
            (
                f"{most:g}",
                f"{each.first:.1f}",
                f"{each.second:.1f}",
                f"{each.second - each.first:z.1f}",
                f"{each.low:z.1f} to {each.high:z.1f}",
            )
        )
    print_table(
        ("at a drop of", "saved, %: precision", "both", "added", "95 %"), lines, numbers=True
    )


def _curve(row: Row) -> Curve:
    return Curve(
        np.array([point.saved for point in row.points]),
        np.array([row.right(point) for point in row.points]),
    )


def _approximate(point: Point) -> float:
    """Share of the searched multiplications by blocks that are no exact ones of fewer bits."""
    return sum(share for block, share in point.mix if not block.startswith(("exact", "precision")))


def _share(pair: tuple[str, float]) -> float:
    return -pair[1]


def _design_cells(point: Point, row: Row) -> Sequence[str]:
    drops = [row.runs.paired(point.assignment, part) for part in ("search", "select")]
    report = row.report(point)
    return (
        f"{point.saved:.1%}",
        max(point.mix, key=lambda pair: pair[1])[0] if point.mix else "",
        f"{_approximate(point):.1%}",
        *(f"{paired.drop:z.2f}" for paired in drops if paired is not None),
        f"{report.drop:z.2f}",
        f"{upper(report):z.2f}",
        f"{row.runs.seconds(point.assignment):.0f}",
    )


def own_cells(point: Point | None, row: Row) -> tuple[str, ...]:
    """Saved; drop on images that select; drop and bound on those that report."""
    if point is None:
        return ("exact", "0.00", "0.00", "0.00")
    select, report = row.runs.paired(point.assignment, "select"), row.report(point)
    assert select is not None
    return (f"{point.saved:.1%}", *(f"{x:z.2f}" for x in (select.drop, report.drop, upper(report))))


def bound_cells(chosen: Chosen) -> tuple[str, ...]:
    """Saved; drop, bound and finalists on images that select; drop and bound on those to report."""
    bound = chosen.choice.bound
    if bound is None or chosen.report is None:
        return ("exact", "0.00", "0.00", "", "0.00", "0.00")
    mark = "" if bound.holds else " undecided"
    return (
        f"{chosen.saved:.1%}{mark}",
        f"{bound.drop:z.2f}",
        f"{bound.upper:z.2f}",
        f"{bound.finalists}",
        f"{chosen.report.drop:z.2f}",
        f"{upper(chosen.report):z.2f}",
    )
