"""How good predictors are on designs that they have not seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from hawx_hw.architectures.systolic.features import FEATURES
from hawx_hw.architectures.systolic.quantities import QUANTITIES
from hawx_hw.errors import UserError
from hawx_hw.prediction.predictors import Estimates, Predictors
from hawx_hw.prediction.table import TrainingTable

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["HELD_OUT", "Held", "Scores", "evaluate", "power", "scores", "smape"]

_Floats = NDArray[np.float64]
#: What is held out: a tenth of the designs at a time, or all designs with a block.
HELD_OUT = Literal["designs", "blocks"]
_FOLDS = 10
_FEWEST = 20


@dataclass(frozen=True)
class Scores:
    """Of one figure on designs that were held out.

    Parameters
    ----------
    designs : int
        Predictions.
    smape : float
        Symmetric mean absolute percentage error, in per cent.
    worst : float
        The largest symmetric error, in per cent.
    r2 : float
    tau : float
        Kendall's tau-b.
    coverage : float
        Share of designs within their 90 % intervals, in per cent.
    width : float
        Median of the intervals' widths as a share of the prediction, in per cent.
    """

    designs: int
    smape: float
    worst: float
    r2: float
    tau: float
    coverage: float
    width: float


@dataclass(frozen=True, eq=False)
class Held:
    """Predictions of designs that were held out, and what is true of them."""

    truth: _Floats
    estimates: Estimates


def smape(truth: _Floats, predicted: _Floats) -> _Floats:
    """Symmetric absolute percentage error of each design, in per cent, in [0, 200]."""
    return np.asarray(200.0 * np.abs(predicted - truth) / (np.abs(predicted) + np.abs(truth)))


def scores(held: Held) -> Scores:
    """What predictions are worth."""
    from scipy.stats import kendalltau

    truth, estimates = held.truth, held.estimates
    errors = smape(truth, estimates.value)
    spread = float(((truth - truth.mean()) ** 2).sum())
    rest = float(((truth - estimates.value) ** 2).sum())
    inside = (truth >= estimates.low) & (truth <= estimates.high)
    return Scores(
        designs=len(truth),
        smape=float(errors.mean()),
        worst=float(errors.max()),
        r2=1.0 - rest / spread if spread > 0 else float("nan"),
        tau=float(kendalltau(truth, estimates.value).statistic),
        coverage=100.0 * float(inside.mean()),
        width=100.0 * float(np.median((estimates.high - estimates.low) / estimates.value)),
    )


def evaluate(
    table: TrainingTable,
    held_out: HELD_OUT = "designs",
    *,
    progress: Progress | None = None,
) -> dict[str, Held]:
    """Train without some designs and predict these, until each had its turn.

    Everything is fitted anew without them: coefficients, hyperparameters, widths of intervals.

    Parameters
    ----------
    table : TrainingTable
    held_out : str
        ``designs``: a tenth at a time, drawn with a fixed seed. ``blocks``: for each block all
        designs that hold it, which are then predicted by predictors that never saw the block; a
        design comes up once for each of its blocks.
    progress : callable or None
        Told how many folds of how many are done.

    Returns
    -------
    dict of str to Held
        ``area``, ``power``, ``fmax``, ``energy`` and ``leakage``.

    Raises
    ------
    UserError
        There are too few designs.
    ValueError
        ``held_out`` is none of the two.
    """
    if held_out not in get_args(HELD_OUT):
        raise ValueError(f"held_out must be designs or blocks, not {held_out!r}")
    if len(table) * (_FOLDS - 1) // _FOLDS < _FEWEST:
        raise UserError(
            f"{len(table)} designs are too few to hold some out",
            hint=f"Characterize {-(-_FEWEST * _FOLDS // (_FOLDS - 1))} at least.",
        )
    folds = list(_folds(table, held_out))
    parts: dict[str, list[Held]] = {}
    for number, held in enumerate(folds):
        asked = table.rows(held)
        predictors = Predictors.fit(table.rows(~held), "held out")
        for name, found in _predicted(predictors, asked).items():
            parts.setdefault(name, []).append(found)
        if progress is not None:
            progress(number + 1, len(folds))
    return {name: _joined(found) for name, found in parts.items()}


def power(energy: Estimates, leakage: Estimates, time: _Floats) -> Estimates:
    """Power in uW from dynamic energy in pJ, leakage in uW and time in us.

    The errors of both are taken for independent.
    """
    value = energy.value / time + leakage.value
    return Estimates(
        value,
        value - np.hypot((energy.value - energy.low) / time, leakage.value - leakage.low),
        value + np.hypot((energy.high - energy.value) / time, leakage.high - leakage.value),
    )


def _folds(table: TrainingTable, held_out: HELD_OUT) -> Iterator[NDArray[np.bool_]]:
    if held_out == "designs":
        # A design that stands in the table twice is one design.
        keys = sorted(set(table.keys))
        places = np.random.default_rng(1).permutation(len(keys)) % _FOLDS
        fold_of = dict(zip(keys, places.tolist(), strict=True))
        folds = np.array([fold_of[key] for key in table.keys])
        yield from (folds == fold for fold in range(_FOLDS))
        return
    for block in sorted(frozenset().union(*table.blocks)):
        held = np.array([block in blocks for blocks in table.blocks])
        if held.any() and (~held).sum() >= _FEWEST:
            yield held


def _predicted(predictors: Predictors, asked: TrainingTable) -> dict[str, Held]:
    features = np.stack([asked.features[name] for name in FEATURES], axis=1)
    estimates = predictors.estimate(features)
    found = {
        name: Held(asked.figures[QUANTITIES[name].figure], estimates[name])
        for name in ("area", "energy", "leakage")
    }
    delay = estimates["delay"]
    truth = asked.figures["longest_path_ns"]
    found["fmax"] = Held(
        1000.0 / truth, Estimates(1000.0 / delay.value, 1000.0 / delay.high, 1000.0 / delay.low)
    )
    time = asked.columns["cycles"] / asked.columns["used_clock_mhz"]
    drawn = power(estimates["energy"], estimates["leakage"], time)
    truth = asked.figures["dynamic_pj"] / time + asked.figures["leakage_uw"]
    found["power"] = Held(truth, drawn)
    return {name: found[name] for name in ("area", "power", "fmax", "energy", "leakage")}


def _joined(parts: list[Held]) -> Held:
    def every(pick: Callable[[Any], _Floats]) -> _Floats:
        return np.concatenate([pick(part) for part in parts])

    return Held(
        every(lambda part: part.truth),
        Estimates(
            every(lambda part: part.estimates.value),
            every(lambda part: part.estimates.low),
            every(lambda part: part.estimates.high),
        ),
    )
