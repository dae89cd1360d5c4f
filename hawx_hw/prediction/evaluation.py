"""How good predictors are on designs that they have not seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from hawx_hw.errors import UserError
from hawx_hw.prediction.predict import power
from hawx_hw.prediction.predictors import Estimates, Predictors
from hawx_hw.prediction.table import TrainingTable

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["HELD_OUT", "HeldOut", "Scores", "evaluate", "scores", "smape"]

_Floats = NDArray[np.float64]
#: What is held out: a tenth of the designs at a time, or all designs with a block.
HELD_OUT = Literal["designs", "blocks"]
_FOLDS = 10
_FEWEST = 20


@dataclass(frozen=True)
class Scores:
    """How good the predictions of one quantity are, on designs that were held out.

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
class HeldOut:
    """One quantity of designs that were held out, measured and predicted.

    Parameters
    ----------
    measured : ndarray of float, shape (designs,)
    estimates : Estimates
    """

    measured: _Floats
    estimates: Estimates


def smape(measured: _Floats, predicted: _Floats) -> _Floats:
    """Symmetric absolute percentage error of each design, in per cent, in [0, 200]."""
    return np.asarray(200.0 * np.abs(predicted - measured) / (np.abs(predicted) + np.abs(measured)))


def scores(held_out: HeldOut) -> Scores:
    """How good predictions are."""
    from scipy.stats import kendalltau

    measured, estimates = held_out.measured, held_out.estimates
    errors = smape(measured, estimates.value)
    spread = float(((measured - measured.mean()) ** 2).sum())
    rest = float(((measured - estimates.value) ** 2).sum())
    inside = (measured >= estimates.low) & (measured <= estimates.high)
    return Scores(
        designs=len(measured),
        smape=float(errors.mean()),
        worst=float(errors.max()),
        r2=1.0 - rest / spread if spread > 0 else float("nan"),
        tau=float(kendalltau(measured, estimates.value).statistic),
        coverage=100.0 * float(inside.mean()),
        width=100.0 * float(np.median((estimates.high - estimates.low) / estimates.value)),
    )


def evaluate(
    table: TrainingTable,
    held_out: HELD_OUT = "designs",
    *,
    progress: Progress | None = None,
) -> dict[str, HeldOut]:
    """Train without some designs and predict these, until each had its turn.

    Everything is fitted anew without them: coefficients, hyperparameters, widths of intervals.

    Parameters
    ----------
    table : TrainingTable
    held_out : str
        ``designs``: a tenth at a time, drawn with a fixed seed. ``blocks``: for each block all
        designs that hold it, which are then predicted by predictors without the block; a
        design comes up once for each of its blocks.
    progress : callable or None
        Called with the number of folds that are done, and of all.

    Returns
    -------
    dict of str to HeldOut
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
    parts: dict[str, list[HeldOut]] = {}
    for number, fold in enumerate(folds):
        predictors = Predictors.fit(table.subset(~fold), "held out")
        for name, part in _predicted(predictors, table.subset(fold)).items():
            parts.setdefault(name, []).append(part)
        if progress is not None:
            progress(number + 1, len(folds))
    return {name: _joined(each) for name, each in parts.items()}


def _folds(table: TrainingTable, held_out: HELD_OUT) -> Iterator[NDArray[np.bool_]]:
    if held_out == "designs":
        # A design that is in the table twice is one design.
        keys = sorted(set(table.keys))
        places = np.random.default_rng(1).permutation(len(keys)) % _FOLDS
        fold_of = dict(zip(keys, places.tolist(), strict=True))
        folds = np.array([fold_of[key] for key in table.keys])
        yield from (folds == fold for fold in range(_FOLDS))
        return
    for block in sorted(frozenset().union(*table.blocks)):
        out = np.array([block in blocks for blocks in table.blocks])
        if out.any() and (~out).sum() >= _FEWEST:
            yield out


def _predicted(predictors: Predictors, table: TrainingTable) -> dict[str, HeldOut]:
    estimates = predictors.estimate(table.values)
    quantities, targets = predictors.architecture.quantities.by_name, table.targets
    area, energy, leakage = (
        HeldOut(targets[quantities[name].target], estimates[name])
        for name in ("area", "energy", "leakage")
    )
    delay = estimates["delay"]
    fmax = HeldOut(
        1000.0 / targets["longest_path_ns"],
        Estimates(1000.0 / delay.value, 1000.0 / delay.high, 1000.0 / delay.low),
    )
    time = targets["cycles"] / targets["used_clock_mhz"]
    drawn = HeldOut(
        targets["dynamic_pj"] / time + targets["leakage_uw"],
        power(estimates["energy"], estimates["leakage"], time),
    )
    return {"area": area, "power": drawn, "fmax": fmax, "energy": energy, "leakage": leakage}


def _joined(parts: list[HeldOut]) -> HeldOut:
    def every(pick: Callable[[Any], _Floats]) -> _Floats:
        return np.concatenate([pick(part) for part in parts])

    return HeldOut(
        every(lambda part: part.measured),
        Estimates(
            every(lambda part: part.estimates.value),
            every(lambda part: part.estimates.low),
            every(lambda part: part.estimates.high),
        ),
    )
