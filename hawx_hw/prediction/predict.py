"""The prediction of one design from its description."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hawx_hw.prediction.description import DesignDescription
from hawx_hw.prediction.prediction import Interval, OutOfRange, Prediction
from hawx_hw.prediction.predictors import Estimates, Predictors

__all__ = ["power", "predict"]

_Floats = NDArray[np.float64]


def predict(description: DesignDescription, predictors: Predictors, cycles: int) -> Prediction:
    """Every quantity of a design, with intervals of 90 %.

    Cycles and memories are exact. The clock is the requested one, or what the predicted longest
    path allows where that is less; power and energy are at that clock.

    Parameters
    ----------
    description : DesignDescription
    predictors : Predictors
        Predictors of the description's architecture and technology.
    cycles : int
        Cycles of an image, from its first byte to the last one of its result, as power counts them.

    Raises
    ------
    ValueError
        The predictors are of another architecture or technology, or ``cycles`` is not positive.
    """
    if cycles < 1:
        raise ValueError(f"cycles must be positive, not {cycles!r}")
    for name, mine, theirs in (
        ("architecture", description.architecture.name, predictors.architecture.name),
        ("technology", description.technology, predictors.technology),
    ):
        if mine != theirs:
            raise ValueError(f"description must be of {name} {theirs!r}, not {mine!r}")
    values = description.values
    estimates = predictors.estimate(description.vector()[None, :])
    delay = estimates["delay"]
    clock = min(values["clock_mhz"], 1000.0 / float(delay.value[0]))
    time = np.array([cycles / clock])
    drawn = power(estimates["energy"], estimates["leakage"], time)
    energy = Estimates(drawn.value * time, drawn.low * time, drawn.high * time)
    fmax = Estimates(1000.0 / delay.value, 1000.0 / delay.high, 1000.0 / delay.low)
    return Prediction(
        technology=description.technology,
        designs=predictors.designs,
        area=_interval(estimates["area"]),
        memory_area=_rounded(values["memory_area"]),
        longest_path_ns=_interval(delay),
        fmax_mhz=_interval(fmax),
        clock_mhz=_rounded(clock),
        cycles=cycles,
        latency_us=_rounded(float(time[0])),
        power_uw=_interval(drawn),
        energy_pj=_interval(energy),
        outside=tuple(
            OutOfRange(
                name,
                description.architecture.features[name],
                values[name],
                *predictors.range_of(name),
            )
            for name in predictors.outside(description)
        ),
    )


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


def _interval(estimates: Estimates) -> Interval:
    values = (estimates.value, estimates.low, estimates.high)
    return Interval(*(_rounded(float(value[0])) for value in values))


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
