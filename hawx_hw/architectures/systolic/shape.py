"""The shape of a systolic accelerator: the numbers that a user chooses, checked and completed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hawx_hw.util.divisors import divisors

__all__ = ["ACCUMULATORS", "SIZES", "ArrayShape", "ShapeError", "open_shapes", "sizes"]

#: Rows or columns that an array may have.
SIZES = range(1, 65)
#: Output pixels whose sums a column can hold, where the config does not say.
ACCUMULATORS = 128
_SLICE_COLUMNS = 8
_WEIGHT_ROWS = 8

# What is tried where a number is left out: wider slices and words, and slower weight memories, cost
# more than they can save.
_WIDEST_SLICE, _MOST_REQUANTIZERS, _MOST_BANK_ROWS = 16, 16, 8
# Share of the multipliers that are allowed which an array must have.
_FEWEST_USED = 0.9


class ShapeError(ValueError):
    """A number of the shape that does not go with the others.

    Parameters
    ----------
    key : str
        Its name.
    what : str
        What it must be, and what it is.
    """

    def __init__(self, key: str, what: str):
        self.key = key
        super().__init__(f"{key} {what}")


@dataclass(frozen=True)
class ArrayShape:
    """A weight-stationary array of ``rows`` x ``columns`` PEs and the units around it.

    A row holds a slice of the kernel, a column a filter. The columns are grouped in *slices*: an
    activation reaches all columns of a slice in one cycle and the next slice in the following one.
    The rows are grouped in *banks*: each bank of each slice has a weight memory of its own, and all
    banks read in one cycle, so that ``weight_rows * columns`` weights are loaded a cycle.

    Parameters
    ----------
    rows, columns : int
        In :data:`SIZES`.
    slice_columns : int
        Columns of a slice; divides ``columns``. With 1, the array is systolic in both directions.
    weight_rows : int
        Rows whose weights are read in one cycle, in [1, rows].
    requantizers : int
        Requantizers that work side by side, and codes in a word of the activation memory; divides
        ``slice_columns``.
    accumulators : int
        Output pixels whose sums a column can hold, >= 1; there are two such sets.
    loadable : bool
        Whether the parameters are loaded at run time, or built in.
    activation_kib, parameter_kib : int or None
        The most that the activation memories (all copies) and the parameter memories may hold
        together, in units of 1,024 bytes; None for as much as the network needs.
    """

    rows: int
    columns: int
    slice_columns: int
    weight_rows: int
    requantizers: int
    accumulators: int = ACCUMULATORS
    loadable: bool = False
    activation_kib: int | None = None
    parameter_kib: int | None = None

    def __post_init__(self) -> None:
        sizes = f"must be in [{SIZES[0]}, {SIZES[-1]}]"
        self._check("rows", self.rows in SIZES, sizes)
        self._check("columns", self.columns in SIZES, sizes)
        divides = self.slice_columns >= 1 and self.columns % self.slice_columns == 0
        self._check("slice_columns", divides, f"must divide columns ({self.columns})")
        served = 1 <= self.weight_rows <= self.rows
        self._check("weight_rows", served, f"must be in [1, {self.rows}]")
        divides = self.requantizers >= 1 and self.slice_columns % self.requantizers == 0
        self._check("requantizers", divides, f"must divide slice_columns ({self.slice_columns})")
        for name in ("accumulators", "activation_kib", "parameter_kib"):
            number = getattr(self, name)
            self._check(name, number is None or number >= 1, "must be a positive number")

    def _check(self, key: str, right: bool, requirement: str) -> None:
        if not right:
            raise ShapeError(key, f"{requirement}, not {getattr(self, key)!r}")

    @classmethod
    def complete(
        cls,
        rows: int,
        columns: int,
        *,
        slice_columns: int | None = None,
        weight_rows: int | None = None,
        requantizers: int | None = None,
        accumulators: int = ACCUMULATORS,
        loadable: bool = False,
        activation_kib: int | None = None,
        parameter_kib: int | None = None,
    ) -> ArrayShape:
        """Fill in what is left out by a rule of thumb, without a network.

        Slices get the largest divisor of ``columns`` up to 8 columns; eight rows of weights are
        read a cycle; there is one requantizer for every four columns, as near as the slices' width
        allows.
        """
        if slice_columns is None:
            slice_columns = _divisor(columns, _SLICE_COLUMNS)
        if requantizers is None:
            requantizers = _divisor(slice_columns, max(1, columns // 4))
        return cls(
            rows=rows,
            columns=columns,
            slice_columns=slice_columns,
            weight_rows=min(rows, _WEIGHT_ROWS) if weight_rows is None else weight_rows,
            requantizers=requantizers,
            accumulators=accumulators,
            loadable=loadable,
            activation_kib=activation_kib,
            parameter_kib=parameter_kib,
        )

    @property
    def multipliers(self) -> int:
        """Number of PEs."""
        return self.rows * self.columns

    @property
    def slices(self) -> int:
        """Number of slices of columns."""
        return self.columns // self.slice_columns

    @property
    def bank_rows(self) -> int:
        """Rows that one weight bank serves, one after another; cycles that a tile's weights
        take."""
        return -(-self.rows // self.weight_rows)

    @property
    def banks(self) -> int:
        """Weight banks of a slice."""
        return -(-self.rows // self.bank_rows)

    @property
    def groups(self) -> int:
        """Words that the columns fill at one pixel."""
        return self.columns // self.requantizers

    @property
    def slice_groups(self) -> int:
        """Words that the columns of a slice fill at one pixel."""
        return self.slice_columns // self.requantizers


def _divisor(number: int, limit: int) -> int:
    """The largest divisor of ``number`` that does not exceed ``limit``."""
    return max(d for d in range(1, max(1, min(number, limit)) + 1) if number % d == 0)


def sizes(
    multipliers: int, rows: int | None = None, columns: int | None = None
) -> list[tuple[int, int]]:
    """Rows and columns of the arrays of at most so many multipliers, and nearly as many.

    Those with 90 % of them at least; where there are none, those with the most.

    Parameters
    ----------
    multipliers : int
        At least 1.
    rows, columns : int or None
        One of the two, where it is given.

    Returns
    -------
    list of (int, int)
        In ascending order; empty where the number that is given is more than ``multipliers``.
    """
    every = [
        (r, c)
        for r in ((rows,) if rows else SIZES)
        for c in ((columns,) if columns else SIZES)
        if r * c <= multipliers
    ]
    most = max((r * c for r, c in every), default=0)
    fewest = min(most, _FEWEST_USED * multipliers)
    return [(r, c) for r, c in every if r * c >= fewest]


def open_shapes(
    rows: int,
    columns: int,
    *,
    slice_columns: int | None = None,
    weight_rows: int | None = None,
    requantizers: int | None = None,
    **others: Any,
) -> Iterator[ArrayShape]:
    """Every array that has the numbers that are given, and sensible ones for those left out.

    Slices are up to 16 columns wide and requantizers up to 16 a slice, or as few as there can be
    where that is more; weight banks have up to 8 rows. Of several ``weight_rows`` that give the
    same banks the least is tried.

    Parameters
    ----------
    rows, columns : int
    slice_columns, weight_rows, requantizers : int or None
        None: left out.
    others
        The other parameters of :class:`ArrayShape`, as :meth:`ArrayShape.complete` takes them.

    Yields
    ------
    ArrayShape
        In ascending order; nothing where no array has the numbers.
    """
    if weight_rows is None:
        beats = range(1, min(rows, _MOST_BANK_ROWS) + 1)
        read = sorted({-(-rows // each) for each in beats})
    else:
        read = [weight_rows] if 1 <= weight_rows <= rows else []
    widths = [
        width
        for width in ([slice_columns] if slice_columns else divisors(columns))
        if columns % width == 0 and width % (requantizers or 1) == 0
    ]
    for width in _narrow(widths, _WIDEST_SLICE):
        counts = [requantizers] if requantizers else divisors(width)
        for count in _narrow(counts, _MOST_REQUANTIZERS):
            for each in read:
                yield ArrayShape.complete(
                    rows,
                    columns,
                    slice_columns=width,
                    weight_rows=each,
                    requantizers=count,
                    **others,
                )


def _narrow(numbers: Sequence[int], limit: int) -> Sequence[int]:
    """Those up to a limit, or the least where all are more."""
    return [number for number in numbers if number <= limit] or numbers[:1]
