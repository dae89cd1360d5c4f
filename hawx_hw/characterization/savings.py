"""Savings of blocks: against the best exact multiplier, and against plain lower precision."""

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
from hawx_hw.errors import UserError

__all__ = ["Comparison", "Errors", "Objective", "baselines", "compare", "errors"]

Objective = Literal["area", "delay", "energy"]

#: Deviations are regarded as equal up to this ratio. Rounding within the codes turns 127 into 126,
#: where leaving out a bit in the block does not: no reason to compare with a larger multiplier.
_EQUAL = 1.01


@dataclass(frozen=True)
class Errors:
    """Errors of a block's products over all pairs of codes.

    Parameters
    ----------
    mean, mae : float
        Mean of the error, and of its absolute value.
    deviation : float
        Standard deviation. The mean is folded into the bias of the layer at no cost, so that
        only this remains.
    """

    mean: float
    mae: float
    deviation: float


def errors(block: Block) -> Errors:
    """The errors of a block in its intended use.

    Codes for :class:`~hawx_hw.blocks.families.lower_precision.Precision` are rounded to its bits
    before, and its error is that of the rounding.
    """
    if not isinstance(block, Precision):
        values = statistics(block)
        deviation = max(values.rmse**2 - values.mean_error**2, 0.0) ** 0.5
        return Errors(values.mean_error, values.mae, deviation)
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
class Comparison:
    """A block in a technology, in its best implementation, with its savings.

    Savings are shares, in [.., 1]; negative where the block costs more.

    Parameters
    ----------
    block, family : str
    errors : Errors
    chosen : Measurement
    power_uw, energy_fj : float
        Power and energy of one multiplication a cycle, at the clock.
    area_saving, energy_saving : float
        Savings against the smallest exact multiplier, and the one with the least energy.
    precision : str
        The plain lower precision with the least energy among those of no larger deviation, up to
        1 %.
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
        """For JSON: one level of numbers, and the keys of the runs."""
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
) -> list[Comparison]:
    """Compare blocks with exact multipliers and plain lower precision.

    Parameters
    ----------
    blocks : sequence of Block
        The blocks to compare, in order.
    measured : mapping of str to sequence of Measurement
        By name, all implementations of the blocks, of ``exact`` and of some :func:`baselines`.
    clock_mhz : float
    objective : str
        Selects the implementation of each block. The multipliers that they are compared with are
        the best for area and for energy separately.

    Raises
    ------
    ValueError
        ``objective`` is none of the three.
    UserError
        A multiplier that others are compared with has no area or takes no energy.
    """
    if objective not in get_args(Objective):
        raise ValueError(f"objective must be area, delay or energy, not {objective!r}")

    def cost(one: Measurement) -> float:
        if objective == "energy":
            return one.energy_fj(clock_mhz)
        return one.area if objective == "area" else one.delay_ns

    exact = _Best.of(measured["exact"], clock_mhz)
    # The exact multiplier is of full precision.
    precisions = [("exact", 0.0, exact)]
    for baseline in baselines():
        if baseline.name in measured:
            best = _Best.of(measured[baseline.name], clock_mhz)
            precisions.append((baseline.name, errors(baseline).deviation, best))
    for name, _, best in precisions:
        if not (best.area > 0 and best.energy > 0):
            raise UserError(
                f"{name} has no area or takes no energy, so that nothing can be compared with it.",
                hint="Name a technology whose library states areas, capacitances and energies.",
            )
    comparisons = []
    for block in blocks:
        chosen = min(measured[block.name], key=cost)
        error, energy = errors(block), chosen.energy_fj(clock_mhz)
        name, _, plain = min(
            (entry for entry in precisions if entry[1] <= _EQUAL * error.deviation),
            key=lambda entry: entry[2].energy,
        )
        comparisons.append(
            Comparison(
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
    return comparisons


@dataclass(frozen=True)
class _Best:
    area: float
    energy: float

    @classmethod
    def of(cls, measured: Sequence[Measurement], clock_mhz: float) -> _Best:
        return cls(
            min(one.area for one in measured),
            min(one.energy_fj(clock_mhz) for one in measured),
        )
