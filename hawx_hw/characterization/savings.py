"""What blocks save: against the best exact multiplier, and against plain lower precision."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from hawx_hw.blocks.block import CODES, Block
from hawx_hw.blocks.families.lower_precision import Precision
from hawx_hw.blocks.statistics import statistics
from hawx_hw.characterization.measure import Measurement

__all__ = ["Errors", "Objective", "Row", "baselines", "compare", "errors"]

Objective = Literal["area", "delay", "energy"]

#: Deviations count as equal up to this ratio. Rounding within the codes makes 126 of 127, where
#: leaving out a bit in the block does not: that is no reason to compare with a larger multiplier.
_EQUAL = 1.01


@dataclass(frozen=True)
class Errors:
    """Errors of a block's products over all pairs of codes.

    Parameters
    ----------
    mean, mae : float
        Of the error, and of its size.
    deviation : float
        Standard deviation. The mean goes into the bias of the layer at no cost, so that this is
        what remains.
    """

    mean: float
    mae: float
    deviation: float


def errors(block: Block) -> Errors:
    """The errors of a block as it is meant to be used.

    Codes for :class:`~hawx_hw.blocks.families.lower_precision.Precision` are rounded to its bits
    before they come to it, and its error is what that rounding does.
    """
    if not isinstance(block, Precision):
        found = statistics(block)
        deviation = max(found.rmse**2 - found.mean_error**2, 0.0) ** 0.5
        return Errors(found.mean_error, found.mae, deviation)
    left, right = (
        _rounded(step) for step in (block.weight_step, block.activation_step)
    )  # fmt: skip
    error = np.outer(left, right) - np.outer(CODES.astype(np.int64), CODES)
    return Errors(float(error.mean()), float(np.abs(error).mean()), float(error.std()))


def _rounded(step: int) -> np.ndarray:
    """Every code rounded to a multiple of ``step``, halves up, within the codes."""
    codes = CODES.astype(np.int64)
    return np.minimum((codes + step // 2) // step * step, 128 - step)


@functools.cache
def baselines() -> tuple[Precision, ...]:
    """The plain multipliers of lower precision: 3 to 8 bits each, but not 8 x 8."""
    sizes = itertools.product(range(8, 2, -1), repeat=2)
    return tuple(Precision(w, a) for w, a in sizes if (w, a) != (8, 8))


@dataclass(frozen=True)
class Row:
    """A block in a technology, in its best implementation, with what it saves.

    Savings are shares, in [.., 1]; negative where the block costs more.

    Parameters
    ----------
    block, family : str
    errors : Errors
    chosen : Measurement
    power_uw, energy_fj : float
        At the clock.
    area_saving, energy_saving : float
        Against the exact multiplier that is the smallest, and the one that takes the least energy.
    precision : str
        The plain lower precision that takes the least energy among those of no larger deviation, up
        to 1 %.
    area_over_precision, energy_over_precision : float
        Saving against it.
    """

    block: str
    family: str
    errors: Errors
    chosen: Measurement
    power_uw: float
    energy_fj: float
    area_saving: float
    energy_saving: float
    precision: str
    area_over_precision: float
    energy_over_precision: float

    def as_dict(self) -> dict[str, Any]:
        """For JSON: one level of figures, and the keys of the runs."""
        chosen = self.chosen
        return {
            "block": self.block,
            "family": self.family,
            "implementation": chosen.implementation,
            "mean_error": self.errors.mean,
            "mae": self.errors.mae,
            "deviation": self.errors.deviation,
            "area": chosen.area,
            "delay_ns": chosen.delay_ns,
            "cells": chosen.cells,
            "power_uw": self.power_uw,
            "energy_per_mac_fj": self.energy_fj,
            "switching_fj": chosen.switching_fj,
            "internal_fj": chosen.internal_fj,
            "leakage_nw": chosen.leakage_nw,
            "area_saving": self.area_saving,
            "energy_saving": self.energy_saving,
            "precision": self.precision,
            "area_over_precision": self.area_over_precision,
            "energy_over_precision": self.energy_over_precision,
            "runs": chosen.keys,
        }


def compare(
    blocks: Sequence[Block],
    measured: Mapping[str, Sequence[Measurement]],
    clock_mhz: float,
    objective: Objective = "area",
) -> list[Row]:
    """The rows of a table.

    Parameters
    ----------
    blocks : sequence of Block
        The rows, in order.
    measured : mapping of str to sequence of Measurement
        By name, all implementations of the blocks, of ``exact`` and of some :func:`baselines`.
    clock_mhz : float
    objective : str
        What the implementation of each block is chosen by. What they are compared with is the best
        for each figure by itself.

    Raises
    ------
    ValueError
        ``objective`` is none of the three.
    """
    if objective not in get_args(Objective):
        raise ValueError(f"objective must be area, delay or energy, not {objective!r}")

    def cost(found: Measurement) -> float:
        if objective == "energy":
            return found.energy_fj(clock_mhz)
        return found.area if objective == "area" else found.delay_ns

    exact = _Best.of(measured["exact"], clock_mhz)
    # The exact multiplier is of full precision.
    precisions = [("exact", 0.0, exact)]
    for baseline in baselines():
        if baseline.name in measured:
            best = _Best.of(measured[baseline.name], clock_mhz)
            precisions.append((baseline.name, errors(baseline).deviation, best))
    rows = []
    for block in blocks:
        chosen = min(measured[block.name], key=cost)
        error, energy = errors(block), chosen.energy_fj(clock_mhz)
        name, _, plain = min(
            (entry for entry in precisions if entry[1] <= _EQUAL * error.deviation),
            key=lambda entry: entry[2].energy,
        )
        rows.append(
            Row(
                block.name,
                block.family,
                error,
                chosen,
                chosen.power_uw(clock_mhz),
                energy,
                1 - chosen.area / exact.area,
                1 - energy / exact.energy,
                name,
                1 - chosen.area / plain.area,
                1 - energy / plain.energy,
            )
        )
    return rows


@dataclass(frozen=True)
class _Best:
    area: float
    energy: float

    @classmethod
    def of(cls, measured: Sequence[Measurement], clock_mhz: float) -> _Best:
        return cls(
            min(found.area for found in measured),
            min(found.energy_fj(clock_mhz) for found in measured),
        )
