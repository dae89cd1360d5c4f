"""Predictors of a technology: structures, corrections, intervals, and what they have seen."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hawx_hw.architectures.systolic.features import FEATURES, DesignDescription
from hawx_hw.architectures.systolic.quantities import PATHS, QUANTITIES, Quantity
from hawx_hw.errors import UserError
from hawx_hw.prediction.compiled import Compiled
from hawx_hw.prediction.correction import Correction, Hyperparameters
from hawx_hw.prediction.table import TrainingTable

__all__ = ["COVERAGE", "Estimates", "Predictors"]

_Floats = NDArray[np.float64]
#: Share of designs whose figures lie in their intervals.
COVERAGE = 0.9
_FOLDS = 10
_SCHEMA = 1
_FEWEST = 20
_NAMES = tuple(FEATURES)
_TINY = 1e-12


@dataclass(frozen=True, eq=False)
class Estimates:
    """One quantity of many designs, with intervals of :data:`COVERAGE`; each shape (designs,)."""

    value: _Floats
    low: _Floats
    high: _Floats


@dataclass(frozen=True, eq=False)
class _Fitted:
    """A quantity's coefficients, correction, and standard deviations of the interval's half."""

    quantity: Quantity
    coefficients: list[_Floats]
    correction: Correction
    factor: float

    def logarithms(self, features: Mapping[str, _Floats]) -> tuple[_Floats, _Floats]:
        structure = self.quantity.structure.values(features, self.coefficients)
        mean, deviation = self.correction(_inputs(self.quantity, features))
        return np.log(np.maximum(structure, _TINY)) + mean, deviation


class Predictors:
    """What predicts a technology's figures.

    Make them with :meth:`fit` or :meth:`read`.

    Attributes
    ----------
    technology : str
    library : str
        SHA-256 of its liberty text.
    designs : int
        How many were seen.
    """

    def __init__(
        self,
        technology: str,
        library: str,
        fitted: Mapping[str, _Fitted],
        table: TrainingTable,
    ):
        self.technology = technology
        self.library = library
        self.designs = len(table)
        self._fitted = dict(fitted)
        seen = np.stack([table.features[name] for name in _NAMES], axis=1)
        self._low, self._high = seen.min(axis=0), seen.max(axis=0)
        span = self._high - self._low
        self._span = np.where(span > 0, span, np.maximum(np.abs(self._high), 1.0))
        self._used = {
            name: np.array([n in fit.quantity.features for n in _NAMES])
            for name, fit in self._fitted.items()
        }
        self._compiled = Compiled(
            _NAMES, [(fit.quantity.structure, fit.coefficients) for fit in self._fitted.values()]
        )
        self._inputs = {
            name: [_NAMES.index(n) for n in fit.quantity.correction]
            for name, fit in self._fitted.items()
        }
        self._any = np.any(list(self._used.values()), axis=0)

    @classmethod
    def fit(cls, table: TrainingTable, technology: str, library: str = "") -> Predictors:
        """From designs.

        The width of the intervals is calibrated on designs that are held out in turn: the conformal
        quantile of their errors in standard deviations (Vovk, "Cross-conformal predictors", 2015).

        Raises
        ------
        UserError
            There are too few designs.
        """
        if len(table) < _FEWEST:
            raise UserError(
                f"{len(table)} designs are too few to learn from",
                hint=f"Characterize {_FEWEST} at least; 100 and more predict well.",
            )
        fitted = {name: _fit(quantity, table) for name, quantity in QUANTITIES.items()}
        return cls(technology, library, fitted, table)

    def estimate(self, features: _Floats) -> dict[str, Estimates]:
        """Every quantity of many designs.

        Parameters
        ----------
        features : ndarray of float, shape (designs, features)
            Columns in the order of :data:`~hawx_hw.architectures.systolic.features.FEATURES`.

        Returns
        -------
        dict of str to Estimates
            By the names of the quantities; and ``delay``, the longest of the paths, whose interval
            reaches from the highest low to the highest high.
        """
        beyond = np.maximum(self._low - features, features - self._high) / self._span
        found = {}
        structures = self._compiled(features)
        for (name, fit), structure in zip(self._fitted.items(), structures.T, strict=True):
            mean, deviation = fit.correction(features[:, self._inputs[name]])
            half = fit.factor * deviation * _widening(beyond[:, self._used[name]])
            value = np.maximum(structure, _TINY) * np.exp(mean)
            ratio = np.exp(half)
            found[name] = Estimates(value, value / ratio, value * ratio)
        paths = [found[name] for name in PATHS]
        found["delay"] = Estimates(
            np.max([path.value for path in paths], axis=0),
            np.max([path.low for path in paths], axis=0),
            np.max([path.high for path in paths], axis=0),
        )
        return found

    def outside(self, description: DesignDescription) -> tuple[str, ...]:
        """Features in which a design lies outside what was trained on."""
        values = description.vector()
        margin = 1e-9 * self._span
        odd = (values < self._low - margin) | (values > self._high + margin)
        return tuple(name for name, is_odd in zip(_NAMES, odd & self._any, strict=True) if is_odd)

    def range_of(self, feature: str) -> tuple[float, float]:
        """The least and the largest value that was trained on."""
        index = _NAMES.index(feature)
        return float(self._low[index]), float(self._high[index])

    def text(self) -> str:
        """Coefficients and hyperparameters as JSON; with the training table they are all."""
        content = {
            "schema": _SCHEMA,
            "technology": self.technology,
            "library": self.library,
            "designs": self.designs,
            "quantities": {
                name: {
                    "unit": fit.quantity.unit,
                    "parts": {
                        part.name: dict(zip(part.terms, _rounded(values), strict=True))
                        for part, values in zip(
                            fit.quantity.structure.parts, fit.coefficients, strict=True
                        )
                    },
                    "correction": fit.correction.hyperparameters.as_dict(),
                    "factor": fit.factor,
                }
                for name, fit in self._fitted.items()
            },
        }
        return json.dumps(content, indent=1) + "\n"

    @classmethod
    def read(cls, text: str, table: TrainingTable, *, where: str = "") -> Predictors:
        """From what :meth:`text` gave, and the table that they were fitted to.

        Raises
        ------
        UserError
            They do not go together, or were made by another version; ``where`` names the file.
        """
        hint = "Train them again, with hawx train-predictors."
        try:
            content: dict[str, Any] = json.loads(text)
            if content["schema"] != _SCHEMA or content["designs"] != len(table):
                raise UserError("The predictors are of another table", where=where, hint=hint)
            fitted = {}
            for name, quantity in QUANTITIES.items():
                kept = content["quantities"][name]
                coefficients = [
                    np.array([kept["parts"][part.name][text] for text in part.terms])
                    for part in quantity.structure.parts
                ]
                fitted[name] = _with(
                    quantity,
                    table,
                    coefficients,
                    Hyperparameters.from_dict(kept["correction"]),
                    float(kept["factor"]),
                )
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(
                f"The predictors are damaged: {error!r}", where=where, hint=hint
            ) from error
        return cls(content["technology"], content["library"], fitted, table)


def _inputs(quantity: Quantity, features: Mapping[str, _Floats]) -> _Floats:
    return np.stack([features[name] for name in quantity.correction], axis=1)


def _ratios(quantity: Quantity, table: TrainingTable, coefficients: Sequence[_Floats]) -> _Floats:
    structure = quantity.structure.values(table.features, coefficients)
    return np.asarray(np.log(table.figures[quantity.figure] / np.maximum(structure, _TINY)))


def _coefficients(quantity: Quantity, table: TrainingTable) -> list[_Floats]:
    found = quantity.structure.fit(table.features, table.figures)
    return [np.array(_rounded(values)) for values in found]


def _with(
    quantity: Quantity,
    table: TrainingTable,
    coefficients: list[_Floats],
    hyperparameters: Hyperparameters,
    factor: float,
) -> _Fitted:
    inputs = _inputs(quantity, table.features)
    ratios = _ratios(quantity, table, coefficients)
    return _Fitted(quantity, coefficients, Correction(hyperparameters, inputs, ratios), factor)


def _alone(quantity: Quantity, table: TrainingTable, *, restarts: int) -> _Fitted:
    coefficients = _coefficients(quantity, table)
    correction = Correction.fit(
        quantity.correction,
        _inputs(quantity, table.features),
        _ratios(quantity, table, coefficients),
        restarts=restarts,
    )
    return _Fitted(quantity, coefficients, correction, 1.0)


def _fit(quantity: Quantity, table: TrainingTable) -> _Fitted:
    return replace(_alone(quantity, table, restarts=2), factor=_conformal(quantity, table))


def _conformal(quantity: Quantity, table: TrainingTable) -> float:
    """Standard deviations that :data:`COVERAGE` of the held-out errors keep within."""
    count = len(table)
    places = np.random.default_rng(0).permutation(count) % _FOLDS
    errors = np.empty(count)
    for fold in range(_FOLDS):
        kept, held = table.rows(places != fold), table.rows(places == fold)
        # Hyperparameters that have seen all designs would find them too easy.
        fitted = _alone(quantity, kept, restarts=0)
        mean, deviation = fitted.logarithms(held.features)
        errors[places == fold] = (np.log(held.figures[quantity.figure]) - mean) / deviation
    level = min(1.0, np.ceil(COVERAGE * (count + 1)) / count)
    return float(f"{np.quantile(np.abs(errors), level, method='higher'):.6g}")


def _widening(beyond: _Floats) -> _Floats:
    """1 within what was trained on; 1.5 at its edge, and growing with the distance from it."""
    most = beyond.max(axis=1)
    return np.where(most > 1e-9, 1.5 + 2.0 * most, 1.0)


def _rounded(values: Sequence[float] | _Floats) -> list[float]:
    return [float(f"{value:.9g}") for value in values]
