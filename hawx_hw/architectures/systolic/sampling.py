"""Systolic accelerators all over their space, for sweeps of designs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hawx_hw.architectures.systolic.config import PeConfig, SystolicConfig

__all__ = ["DIMENSIONS", "mix_blocks", "sample"]

_ACCUMULATORS = (32, 64, 128, 256)
_SIZES = range(4, 21)
_SLICE_COLUMNS, _WEIGHT_ROWS, _REQUANTIZERS = 10, (1, 2, 4, 8, 16), 8
#: Numbers that a sample is made from: rows, columns, slice columns, weight rows, requantizers,
#: accumulators, block register.
DIMENSIONS = 7


def sample(point: Sequence[float]) -> SystolicConfig:
    """The accelerator at a point of the unit cube.

    Parameters
    ----------
    point : sequence of float
        :data:`DIMENSIONS` numbers in [0, 1).
    """
    if len(point) != DIMENSIONS:
        raise ValueError(f"point must have {DIMENSIONS} numbers, not {len(point)}")
    take = iter(point)
    rows = _one_of(_SIZES, next(take))
    columns = _one_of(_SIZES, next(take))
    slice_columns = _one_of(_divisors(columns, _SLICE_COLUMNS), next(take))
    return SystolicConfig(
        architecture="systolic",
        rows=rows,
        columns=columns,
        slice_columns=slice_columns,
        weight_rows=_one_of([w for w in _WEIGHT_ROWS if w <= rows], next(take)),
        requantizers=_one_of(_divisors(slice_columns, _REQUANTIZERS), next(take)),
        accumulators=_one_of(_ACCUMULATORS, next(take)),
        block_register=next(take) >= 0.5,
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
    """
    columns = accelerator.columns
    middle = max(1, min(columns - 1, round(share * columns)))
    both = PeConfig(
        blocks=list(dict.fromkeys([first, second])), columns=tuple(range(middle, columns))
    )
    return accelerator.model_copy(update={"pe_blocks": [PeConfig(blocks=[first]), both]})


def _one_of(choices: Sequence[Any], number: float) -> Any:
    """The choice at ``number`` in [0, 1)."""
    return choices[int(number * len(choices))]


def _divisors(number: int, most: int) -> list[int]:
    return [d for d in range(1, min(number, most) + 1) if number % d == 0]
