"""Predictors of a technology: structures, corrections, intervals, and what they were trained on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hawx_hw.architectures.base import Architecture
from hawx_hw.architectures.quantities import Quantity
from hawx_hw.errors import UserError
from hawx_hw.prediction.correction import Correction, Hyperparameters
from hawx_hw.prediction.description import DesignDescription
from hawx_hw.prediction.structure import Structure, Sums
from hawx_hw.prediction.table import TrainingTable
from hawx_hw.util.json_text import read_json

__all__ = ["COVERAGE", "Estimates", "Predictors"]

_Floats = NDArray[np.float64]
#: Share of designs whose quantities lie in their intervals.
COVERAGE = 0.9
_FOLDS = 10
_SCHEMA = 2
_FEWEST = 20
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

    def logarithms(self, table: TrainingTable) -> tuple[_Floats, _Floats]:
        """Means and standard deviations of the logarithms of the quantity."""
        sums = _structure(self.quantity, table).values(table.values, self.coefficients)
        mean, deviation = self.correction(_inputs(self.quantity, table))
        return np.log(np.maximum(sums, _TINY)) + mean, deviation


class Predictors:
    """Predicts the quantities of an architecture's designs in a technology.

    Make them with :meth:`fit` or :meth:`read`.

    Attributes
    ----------
    architecture : Architecture
    technology : str
    library : str
        SHA-256 of its liberty text.
    designs : int
        How many they were trained on.
    """

    def __init__(
        self,
        technology: str,
        library: str,
        fitted: Mapping[str, _Fitted],
        table: TrainingTable,
    ):
        self.architecture: Architecture = table.architecture
        self.technology = technology
        self.library = library
        self.designs = len(table)
        self._names = names = tuple(table.architecture.features)
        self._fitted = dict(fitted)
        trained = table.values
        self._low, self._high = trained.min(axis=0), trained.max(axis=0)
        span = self._high - self._low
        self._span = np.where(span > 0, span, np.maximum(np.abs(self._high), 1.0))
        self._used = {
            name: np.array([n in fit.quantity.learned for n in names])
            for name, fit in self._fitted.items()
        }
        self._sums = Sums(
            names, [(fit.quantity.parts, fit.coefficients) for fit in self._fitted.values()]
        )
        self._inputs = {
            name: [names.index(n) for n in fit.quantity.correction]
            for name, fit in self._fitted.items()
        }
        self._any = np.any(list(self._used.values()), axis=0)

    @classmethod
    def fit(cls, table: TrainingTable, technology: str, library: str = "") -> Predictors:
        """Train on designs.

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
        quantities = table.architecture.quantities.by_name
        fitted = {name: _fit(quantity, table) for name, quantity in quantities.items()}
        return cls(technology, library, fitted, table)

    def estimate(self, values: _Floats) -> dict[str, Estimates]:
        """Every quantity of many designs.

        Parameters
        ----------
        values : ndarray of float, shape (designs, features)
            In the order of the architecture's features.

        Returns
        -------
        dict of str to Estimates
            By the names of the quantities; and ``delay``, the longest of the paths, whose interval
            reaches from the highest low to the highest high.
        """
        beyond = np.maximum(self._low - values, values - self._high) / self._span
        estimates = {}
        sums = self._sums(values)
        for (name, fit), each in zip(self._fitted.items(), sums.T, strict=True):
            mean, deviation = fit.correction(values[:, self._inputs[name]])
            half = fit.factor * deviation * _widening(beyond[:, self._used[name]])
            value = np.maximum(each, _TINY) * np.exp(mean)
            ratio = np.exp(half)
            estimates[name] = Estimates(value, value / ratio, value * ratio)
        paths = [estimates[f"path_{kind}"] for kind in self.architecture.quantities.paths]
        estimates["delay"] = Estimates(
            np.max([path.value for path in paths], axis=0),
            np.max([path.low for path in paths], axis=0),
            np.max([path.high for path in paths], axis=0),
        )
        return estimates

    def outside(self, description: DesignDescription) -> tuple[str, ...]:
        """Features in which a design lies outside what was trained on."""
        values = description.vector()
        margin = 1e-9 * self._span
        beyond = (values < self._low - margin) | (values > self._high + margin)
        pairs = zip(self._names, beyond & self._any, strict=True)
        return tuple(name for name, is_beyond in pairs if is_beyond)

    def range_of(self, feature: str) -> tuple[float, float]:
        """The least and the largest value that was trained on."""
        index = self._names.index(feature)
        return float(self._low[index]), float(self._high[index])

    def text(self) -> str:
        """Coefficients and hyperparameters as JSON; with the training table they are all."""
        content = {
            "schema": _SCHEMA,
            "architecture": self.architecture.name,
            "technology": self.technology,
            "library": self.library,
            "designs": self.designs,
            "quantities": {
                name: {
                    "unit": fit.quantity.unit,
                    "parts": {
                        part.name: dict(zip(map(str, part.terms), _rounded(values), strict=True))
                        for part, values in zip(fit.quantity.parts, fit.coefficients, strict=True)
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
            content: dict[str, Any] = read_json(text)
            if content["schema"] != _SCHEMA:
                raise UserError(
                    f"The predictors are of schema {content['schema']!r}, not {_SCHEMA}",
                    where=where,
                    hint=hint,
                )
            trained = content["architecture"], content["designs"]
            if trained != (table.architecture.name, len(table)):
                raise UserError("The predictors are of another table", where=where, hint=hint)
            fitted = {}
            for name, quantity in table.architecture.quantities.by_name.items():
                stored = content["quantities"][name]
                coefficients = [
                    np.array([stored["parts"][part.name][str(term)] for term in part.terms])
                    for part in quantity.parts
                ]
                factor = float(stored["factor"])
                if not all(np.isfinite(part).all() for part in (*coefficients, np.array(factor))):
                    raise ValueError(f"a coefficient of {name} is not finite")
                fitted[name] = _with(
                    quantity,
                    table,
                    coefficients,
                    Hyperparameters.from_dict(stored["correction"]),
                    factor,
                )
            origin = content["technology"], content["library"]
            if not all(isinstance(text, str) for text in origin):
                raise TypeError("technology and library must be texts")
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise UserError(
                f"The predictors are damaged: {error!r}", where=where, hint=hint
            ) from error
        return cls(*origin, fitted, table)


def _structure(quantity: Quantity, table: TrainingTable) -> Structure:
    return Structure(tuple(table.architecture.features), quantity.parts)


def _inputs(quantity: Quantity, table: TrainingTable) -> _Floats:
    return np.stack([table.features[name] for name in quantity.correction], axis=1)


def _ratios(quantity: Quantity, table: TrainingTable, coefficients: Sequence[_Floats]) -> _Floats:
    sums = _structure(quantity, table).values(table.values, coefficients)
    return np.asarray(np.log(table.targets[quantity.target] / np.maximum(sums, _TINY)))


def _coefficients(quantity: Quantity, table: TrainingTable) -> list[_Floats]:
    fitted = _structure(quantity, table).fit(table.values, table.targets)
    return [np.array(_rounded(values)) for values in fitted]


def _with(
    quantity: Quantity,
    table: TrainingTable,
    coefficients: list[_Floats],
    hyperparameters: Hyperparameters,
    factor: float,
) -> _Fitted:
    inputs = _inputs(quantity, table)
    ratios = _ratios(quantity, table, coefficients)
    return _Fitted(quantity, coefficients, Correction(hyperparameters, inputs, ratios), factor)


def _alone(quantity: Quantity, table: TrainingTable, *, restarts: int) -> _Fitted:
    coefficients = _coefficients(quantity, table)
    correction = Correction.fit(
        quantity.correction,
        _inputs(quantity, table),
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
        rest, held_out = table.subset(places != fold), table.subset(places == fold)
        # Hyperparameters that were fitted to all designs would make the errors too small.
        fitted = _alone(quantity, rest, restarts=0)
        mean, deviation = fitted.logarithms(held_out)
        errors[places == fold] = (np.log(held_out.targets[quantity.target]) - mean) / deviation
    level = min(1.0, np.ceil(COVERAGE * (count + 1)) / count)
    return float(f"{np.quantile(np.abs(errors), level, method='higher'):.6g}")


def _widening(beyond: _Floats) -> _Floats:
    """1 within what was trained on; 1.5 at its edge, and growing with the distance from it."""
    most = beyond.max(axis=1)
    return np.where(most > 1e-9, 1.5 + 2.0 * most, 1.0)


def _rounded(values: Sequence[float] | _Floats) -> list[float]:
    return [float(f"{value:.9g}") for value in values]
