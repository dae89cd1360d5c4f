"""Systolic accelerators all over their space, for sweeps of designs."""

from __future__ import annotations

from collections.abc import Sequence

from hawx_hw.architectures.common.sampling import coordinates, one_of
from hawx_hw.architectures.systolic.config import PeConfig, SystolicConfig
from hawx_hw.util.divisors import divisors

__all__ = ["DIMENSIONS", "mix_blocks", "sample"]

_ACCUMULATORS = (32, 64, 128, 256)
_SIZES = range(4, 21)
_SLICE_COLUMNS, _WEIGHT_ROWS, _REQUANTIZERS = 10, (1, 2, 4, 8, 16), 8
#: Numbers that a sample is made from: rows, columns, slice columns, weight rows, requantizers,
#: accumulators, block register.
DIMENSIONS = 6


def sample(point: Sequence[float]) -> SystolicConfig:
    """The accelerator at a point of the unit cube.

    Parameters
    ----------
    point : sequence of float
        :data:`DIMENSIONS` numbers in [0, 1).

    Raises
    ------
    ValueError
        More or fewer numbers, or others.
    """
    take = coordinates(point, DIMENSIONS)
    rows = one_of(_SIZES, next(take))
    columns = one_of(_SIZES, next(take))
    slice_columns = one_of([d for d in divisors(columns) if d <= _SLICE_COLUMNS], next(take))
    return SystolicConfig(
        architecture="systolic",
        rows=rows,
        columns=columns,
        slice_columns=slice_columns,
        weight_rows=one_of([w for w in _WEIGHT_ROWS if w <= rows], next(take)),
        requantizers=one_of([d for d in divisors(slice_columns) if d <= _REQUANTIZERS], next(take)),
        accumulators=one_of(_ACCUMULATORS, next(take)),
    )


def mix_blocks(
    accelerator: SystolicConfig, first: str, second: str, share: float
) -> SystolicConfig:
    """The accelerator with both blocks in the last columns, and the first one alone in the others.

    Parameters
    ----------
    accelerator : SystolicConfig
    first, second : str
        Names of blocks.
    share : float
        Share of the columns that hold the first block alone, in [0, 1]; at least one does, and one
        does not.

    Raises
    ------
    ValueError
        Another share, or an array of a single column.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must lie in [0, 1], not {share!r}")
    columns = accelerator.array().columns
    if columns < 2:
        raise ValueError(f"accelerator must have at least 2 columns, not {columns}")
    middle = max(1, min(columns - 1, round(share * columns)))
    both = PeConfig(
        blocks=list(dict.fromkeys([first, second])), columns=tuple(range(middle, columns))
    )
    return SystolicConfig.model_validate(
        {
            **accelerator.model_dump(exclude_unset=True),
            "pe_blocks": [PeConfig(blocks=[first]), both],
        }
    )
