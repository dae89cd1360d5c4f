"""What was predicted of a design beside what was measured."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hawx_hw.prediction.prediction import Interval, Prediction

__all__ = ["Comparison", "Measured", "compare", "read_comparison"]

#: The quantities that are compared, with their units.
_UNITS = {"area": "um2", "longest_path_ns": "ns", "power_uw": "uW", "energy_pj": "pJ"}


@dataclass(frozen=True)
class Measured:
    """What synthesis and power analysis measured of a design; None: they did not run.

    Parameters
    ----------
    area : float or None
        Of the cells, in the library's unit.
    longest_path_ns : float or None
    power_uw, energy_pj : float or None
        Of an image.
    """

    area: float | None = None
    longest_path_ns: float | None = None
    power_uw: float | None = None
    energy_pj: float | None = None


@dataclass(frozen=True)
class Comparison:
    """One quantity of a design, predicted and measured.

    Parameters
    ----------
    metric : str
        A field of :class:`Measured`.
    unit : str
    predicted : Interval
    measured : float
    """

    metric: str
    unit: str
    predicted: Interval
    measured: float

    @property
    def inside(self) -> bool:
        """Whether the interval holds what was measured."""
        return self.measured in self.predicted

    def as_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {**asdict(self), "inside": self.inside}


def compare(prediction: Prediction, measured: Measured) -> list[Comparison]:
    """Everything that was both predicted and measured."""
    return [
        Comparison(metric, unit, getattr(prediction, metric), value)
        for metric, unit in _UNITS.items()
        if (value := getattr(measured, metric)) is not None
    ]


def read_comparison(folder: Path) -> list[Comparison]:
    """What a build folder's ``predict.json`` and its ``synth.json`` and ``power.json`` have both.

    Files that are missing, or of another technology than the prediction, do not count.
    """
    predicted = _read(folder / "predict.json")
    if not predicted.get("prediction"):
        return []
    technology = predicted["technology"]["name"]
    synth, power = (_of(technology, _read(folder / name)) for name in ("synth.json", "power.json"))
    measured = Measured(
        area=synth.get("area"),
        longest_path_ns=synth["timing"]["longest_path_ns"] if synth else None,
        power_uw=power.get("power_uw"),
        energy_pj=power.get("energy_pj"),
    )
    return compare(Prediction.from_dict(predicted["prediction"]), measured)


def _of(technology: str, content: Mapping[str, Any]) -> Mapping[str, Any]:
    return content if content and content["technology"]["name"] == technology else {}


def _read(path: Path) -> Mapping[str, Any]:
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}
