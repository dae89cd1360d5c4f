import json
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.architectures.systolic.features import FEATURES, DesignDescription
from hawx_hw.prediction.forecast import comparison, forecast
from hawx_hw.prediction.predictors import Predictors
from hawx_hw.prediction.table import TrainingTable


def described(table: TrainingTable, technology: str = "known", **changes: float):
    values = {name: float(table.features[name][3]) for name in FEATURES}
    return DesignDescription(technology, {**values, **changes})


def test_forecast(predictors: Predictors, seen: TrainingTable) -> None:
    told = forecast(described(seen, clock_mhz=100.0), predictors, 4321)
    assert told["area"]["value"] == pytest.approx(seen.figures["area"][3], rel=0.03)
    assert told["area"]["low"] < told["area"]["value"] < told["area"]["high"]
    assert told["fmax_mhz"]["value"] == pytest.approx(1000 / told["longest_path_ns"]["value"], 1e-4)
    assert told["cycles"] == 4321
    time = told["cycles"] / told["clock_mhz"]
    assert told["latency_us"] == pytest.approx(time, rel=1e-4)
    assert told["energy_pj"]["value"] == pytest.approx(told["power_uw"]["value"] * time, rel=1e-4)
    assert told["outside"] == {}
    assert json.loads(json.dumps(told)) == told


def test_a_clock_beyond_reach_is_lowered(predictors: Predictors, seen: TrainingTable) -> None:
    told = forecast(described(seen, clock_mhz=1e5), predictors, 4321)
    assert told["clock_mhz"] == told["fmax_mhz"]["value"]


def test_outside(predictors: Predictors, seen: TrainingTable) -> None:
    told = forecast(described(seen, rows=1000.0), predictors, 4321)
    low, high = predictors.range_of("rows")
    assert told["outside"] == {"rows": {"value": 1000.0, "low": low, "high": high}}


def test_another_technology(predictors: Predictors, seen: TrainingTable) -> None:
    with pytest.raises(ValueError, match="description must be of 'known', not 'other'"):
        forecast(described(seen, technology="other"), predictors, 4321)


def test_comparison(tmp_path: Path) -> None:
    def write(name: str, content: object) -> None:
        (tmp_path / name).write_text(json.dumps(content))

    assert comparison(tmp_path) == []
    interval = {"value": 10.0, "low": 9.0, "high": 11.0}
    figures = dict.fromkeys(("area", "longest_path_ns", "power_uw", "energy_pj"), interval)
    write("predict.json", {"technology": {"name": "t"}, "forecast": figures})
    assert comparison(tmp_path) == []
    synth = {"technology": {"name": "t"}, "area": 10.5, "timing": {"longest_path_ns": 12.0}}
    write("synth.json", synth)
    found = comparison(tmp_path)
    assert [(row["figure"], row["found"], row["inside"]) for row in found] == [
        ("area", 10.5, True),
        ("longest_path_ns", 12.0, False),
    ]
    write("power.json", {"technology": {"name": "t"}, "power_uw": 9.0, "energy_pj": 8.9})
    assert [row["inside"] for row in comparison(tmp_path)] == [True, False, True, False]
    write("synth.json", {**synth, "technology": {"name": "other"}})
    assert [row["figure"] for row in comparison(tmp_path)] == ["power_uw", "energy_pj"]


def test_estimates_are_finite(predictors: Predictors, seen: TrainingTable) -> None:
    told = forecast(described(seen, sum_bits=200.0, lanes=500.0), predictors, 4321)
    assert np.isfinite([told[name]["high"] for name in ("area", "power_uw", "fmax_mhz")]).all()


def test_energy_is_of_the_image_and_power_of_its_cycles(
    predictors: Predictors, seen: TrainingTable
) -> None:
    short, long = (forecast(described(seen), predictors, cycles) for cycles in (2000, 4000))
    dynamic = [
        told["power_uw"]["value"] * told["latency_us"]
        - float(predictors.estimate(described(seen).vector()[None, :])["leakage"].value[0])
        * told["latency_us"]
        for told in (short, long)
    ]
    assert dynamic[0] == pytest.approx(dynamic[1], rel=1e-4)
    with pytest.raises(ValueError, match="cycles must be positive, not 0"):
        forecast(described(seen), predictors, 0)
