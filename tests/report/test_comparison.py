import json
from pathlib import Path

from hawx_hw.prediction.prediction import Interval, Prediction
from hawx_hw.report.comparison import Comparison, Measured, compare, read_comparison

TEN = Interval(10.0, 9.0, 11.0)
PREDICTION = Prediction(
    technology="t", designs=80, area=TEN, memory_area=5.0, longest_path_ns=TEN, fmax_mhz=TEN,
    clock_mhz=100.0, cycles=1234, latency_us=12.34, power_uw=TEN, energy_pj=TEN, outside=(),
)  # fmt: skip


def test_what_was_not_measured_is_not_compared() -> None:
    assert compare(PREDICTION, Measured()) == []
    assert compare(PREDICTION, Measured(area=10.5, power_uw=12.0)) == [
        Comparison("area", "um2", TEN, 10.5),
        Comparison("power_uw", "uW", TEN, 12.0),
    ]


def test_inside() -> None:
    area, path = compare(PREDICTION, Measured(area=11.0, longest_path_ns=8.9))
    assert (area.inside, path.inside) == (True, False)
    assert area.as_dict() == {
        "metric": "area",
        "unit": "um2",
        "predicted": {"value": 10.0, "low": 9.0, "high": 11.0},
        "measured": 11.0,
        "inside": True,
    }


def test_of_a_build_folder(tmp_path: Path) -> None:
    def write(name: str, content: object) -> None:
        (tmp_path / name).write_text(json.dumps(content))

    def compared() -> list[tuple[str, float, bool]]:
        return [(each.metric, each.measured, each.inside) for each in read_comparison(tmp_path)]

    assert compared() == []
    write("predict.json", {"technology": {"name": "t"}, "prediction": PREDICTION.as_dict()})
    assert compared() == []
    synth = {"technology": {"name": "t"}, "area": 10.5, "timing": {"longest_path_ns": 12.0}}
    write("synth.json", synth)
    assert compared() == [("area", 10.5, True), ("longest_path_ns", 12.0, False)]
    write("power.json", {"technology": {"name": "t"}, "power_uw": 9.0, "energy_pj": 8.9})
    assert [inside for _, _, inside in compared()] == [True, False, True, False]
    write("synth.json", {**synth, "technology": {"name": "other"}})
    assert [metric for metric, _, _ in compared()] == ["power_uw", "energy_pj"]
    write("predict.json", {"technology": {"name": "t"}, "prediction": None, "reason": "none"})
    assert compared() == []
