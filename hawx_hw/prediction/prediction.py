"""The prediction of one design: numbers with intervals, and where it leaves what was trained on."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Interval", "OutOfRange", "Prediction"]


@dataclass(frozen=True)
class Interval:
    """A number that is predicted, and the interval of 90 % that it lies in.

    Parameters
    ----------
    value, low, high : float
        In the unit of what is predicted.
    """

    value: float
    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True)
class OutOfRange:
    """A feature of a design that lies outside what the predictors were trained on.

    Parameters
    ----------
    feature : str
        Name of the feature.
    meaning : str
        What it is, with its unit.
    value : float
        The design's.
    low, high : float
        The least and the largest value that was trained on.
    """

    feature: str
    meaning: str
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.meaning}: {self.value:,.6g} (trained on {self.low:,.6g} to {self.high:,.6g})"


@dataclass(frozen=True)
class Prediction:
    """What is predicted of one design.

    Parameters
    ----------
    technology : str
        Its name.
    designs : int
        How many designs the predictors were trained on.
    area : Interval
        Area of the cells, in the library's unit.
    memory_area : float
        Area of the memories; exact, by the technology's model.
    longest_path_ns, fmax_mhz : Interval
        The longest path, and the highest clock, its reciprocal.
    clock_mhz : float
        The clock of power and energy: the requested one, or what the predicted longest path allows
        where that is less.
    cycles : int
        Cycles of an image; exact.
    latency_us : float
        Time of an image at this clock.
    power_uw, energy_pj : Interval
        Power while an image is worked on, and energy of an image, at this clock.
    outside : tuple of OutOfRange
        Features that lie outside what was trained on; they widen the intervals.
    """

    technology: str
    designs: int
    area: Interval
    memory_area: float
    longest_path_ns: Interval
    fmax_mhz: Interval
    clock_mhz: float
    cycles: int
    latency_us: float
    power_uw: Interval
    energy_pj: Interval
    outside: tuple[OutOfRange, ...]
