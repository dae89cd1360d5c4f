from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from hawx_hw.prediction.description import DesignDescription
from hawx_hw.prediction.predict import power, predict
from hawx_hw.prediction.prediction import OutOfRange
from hawx_hw.prediction.predictors import Estimates, Predictors
from hawx_hw.prediction.table import TrainingTable
from tests.prediction.synthetic_designs import FEATURES, SYNTHETIC


def described(table: TrainingTable, **changes: float) -> DesignDescription:
    values = {name: float(table.features[name][3]) for name in FEATURES}
    return DesignDescription(SYNTHETIC, "synthetic45", {**values, **changes})


def test_prediction(predictors: Predictors, trained_on: TrainingTable) -> None:
    prediction = predict(described(trained_on, clock_mhz=100.0), predictors, 4321)
    area = prediction.area
    assert area.value == pytest.approx(trained_on.targets["area"][3], rel=0.03)
    assert area.low < area.value < area.high
    path = prediction.longest_path_ns
    assert prediction.fmax_mhz.value == pytest.approx(1000 / path.value, 1e-4)
    assert prediction.fmax_mhz.low == pytest.approx(1000 / path.high, 1e-4)
    assert (prediction.cycles, prediction.clock_mhz, prediction.designs) == (4321, 100.0, 40)
    time = prediction.cycles / prediction.clock_mhz
    assert prediction.latency_us == pytest.approx(time, rel=1e-4)
    energy, drawn = prediction.energy_pj, prediction.power_uw
    assert energy.value == pytest.approx(drawn.value * time, rel=1e-4)
    assert prediction.memory_area == 1e5
    assert prediction.outside == ()


def test_a_clock_beyond_reach_is_lowered(predictors: Predictors, trained_on: TrainingTable) -> None:
    prediction = predict(described(trained_on, clock_mhz=1e5), predictors, 4321)
    assert prediction.clock_mhz == prediction.fmax_mhz.value


def test_outside(predictors: Predictors, trained_on: TrainingTable) -> None:
    prediction = predict(described(trained_on, sum_bits=1000.0), predictors, 4321)
    low, high = predictors.range_of("sum_bits")
    expected = OutOfRange("sum_bits", "width of the sums (bits)", 1000.0, low, high)
    assert prediction.outside == (expected,)


def test_description_must_be_of_the_predictors(
    predictors: Predictors, trained_on: TrainingTable
) -> None:
    description = described(trained_on)
    with pytest.raises(ValueError, match="must be of technology 'synthetic45', not 'other'"):
        predict(replace(description, technology="other"), predictors, 4321)
    other = SimpleNamespace(name="other", features=FEATURES)
    with pytest.raises(ValueError, match="must be of architecture 'synthetic', not 'other'"):
        predict(replace(description, architecture=other), predictors, 4321)


def test_estimates_are_finite(predictors: Predictors, trained_on: TrainingTable) -> None:
    prediction = predict(described(trained_on, sum_bits=200.0, units=5000.0), predictors, 4321)
    intervals = (prediction.area, prediction.power_uw, prediction.fmax_mhz)
    assert np.isfinite([interval.high for interval in intervals]).all()


def test_energy_is_of_the_image_and_power_of_its_cycles(
    predictors: Predictors, trained_on: TrainingTable
) -> None:
    description = described(trained_on, clock_mhz=100.0)
    leakage = float(predictors.estimate(description.vector()[None, :])["leakage"].value[0])
    short, long = (predict(description, predictors, cycles) for cycles in (2000, 4000))
    dynamic = [each.energy_pj.value - leakage * each.latency_us for each in (short, long)]
    assert dynamic[0] == pytest.approx(dynamic[1], rel=1e-3)
    with pytest.raises(ValueError, match="cycles must be positive, not 0"):
        predict(description, predictors, 0)


def test_power() -> None:
    energy = Estimates(np.array([100.0]), np.array([94.0]), np.array([106.0]))
    leakage = Estimates(np.array([10.0]), np.array([6.0]), np.array([14.0]))
    drawn = power(energy, leakage, np.array([2.0]))
    assert (drawn.value[0], drawn.low[0], drawn.high[0]) == (60, 55, 65)
