"""What was predicted of a design beside what was measured."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from hawx_hw.prediction.prediction import Interval

if TYPE_CHECKING:
    from hawx_hw.power.result import PowerResult
    from hawx_hw.prediction.result import PredictResult
    from hawx_hw.report.chosen import ChosenDesign
    from hawx_hw.synthesis.result import SynthResult
    from hawx_hw.verification.result import VerifyResult

__all__ = ["Comparison", "compare"]


@dataclass(frozen=True)
class Comparison:
    """One quantity of a design, predicted and measured.

    Parameters
    ----------
    metric : str
        Its key in the files of the stages.
    unit : str
        Of the numbers here.
    predicted : Interval
    measured : float
    title : str
        For people, with the unit of a table.
    scale : float
        The table's unit in units of the numbers here.
    form : str
        How a table shows the numbers.
    points : bool
        Whether the error is a difference in percentage points, and no ratio.
    """

    metric: str
    unit: str
    predicted: Interval
    measured: float
    title: str
    scale: float = 1.0
    form: str = ",.5g"
    points: bool = False

    @property
    def inside(self) -> bool:
        """Whether the interval holds the measurement."""
        return self.measured in self.predicted

    @property
    def exact(self) -> bool:
        """Whether the prediction is a number without an error."""
        return self.predicted.low == self.predicted.high

    @property
    def error(self) -> str:
        """How far the prediction is off."""
        value = self.predicted.value
        if self.points:
            return f"{(value - self.measured) / self.scale:+.2f} points"
        return f"{100 * (value / self.measured - 1):+.1f} %"

    def show(self, value: float) -> str:
        """A number in the table's unit."""
        return f"{value / self.scale:{self.form}}"

    def as_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "metric": self.metric,
            "unit": self.unit,
            "predicted": asdict(self.predicted),
            "measured": self.measured,
            "inside": self.inside,
        }


def compare(
    predicted: PredictResult | None,
    synth: SynthResult | None = None,
    power: PowerResult | None = None,
    verify: VerifyResult | None = None,
    chosen: ChosenDesign | None = None,
) -> list[Comparison]:
    """Everything that was both predicted and measured.

    Results of another technology than the prediction's do not count. Cycles and accuracy are
    compared where synthesis or power is.
    """
    if predicted is None or predicted.prediction is None:
        return []
    prediction, name = predicted.prediction, predicted.technology.name
    entries = []
    if synth is not None and synth.technology.name == name:
        path = synth.timing.longest_path_ns
        entries += [
            Comparison("area", "um2", prediction.area, synth.area, "area, um2"),
            Comparison("longest_path_ns", "ns", prediction.longest_path_ns, path,
                       "longest path, ns"),
        ]  # fmt: skip
    if power is not None and power.technology.name == name:
        entries += [
            Comparison("power_uw", "uW", prediction.power_uw, power.power_uw, "power, mW", 1e3),
            Comparison("energy_pj", "pJ", prediction.energy_pj, power.energy_pj,
                       "energy per image, uJ", 1e6),
        ]  # fmt: skip
    if not entries:
        return []
    if verify is not None and verify.cycles_per_image is not None:
        cycles = Interval(prediction.cycles, prediction.cycles, prediction.cycles)
        entries.append(
            Comparison("cycles", "cycles", cycles, verify.cycles_per_image, "cycles per image",
                       form=",.0f")
        )  # fmt: skip
    if chosen is not None and chosen.predicted_accuracy is not None:
        accuracy = Interval(**asdict(chosen.predicted_accuracy))
        title = f"accuracy, %, {chosen.images:,} training images"
        entries.append(
            Comparison("accuracy", "1", accuracy, chosen.accuracy, title, 0.01, ".2f", points=True)
        )
    return entries
