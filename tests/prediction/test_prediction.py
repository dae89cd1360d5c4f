import json

from hawx_hw.prediction.prediction import Interval, OutOfRange, Prediction

AREA = OutOfRange("block_area", "total area of the blocks (um2)", 1515.14, 6296.22, 249476.0)
PREDICTION = Prediction(
    technology="t",
    designs=80,
    area=Interval(10.0, 9.0, 11.0),
    memory_area=5.0,
    longest_path_ns=Interval(2.0, 1.0, 4.0),
    fmax_mhz=Interval(500.0, 250.0, 1000.0),
    clock_mhz=100.0,
    cycles=1234,
    latency_us=12.34,
    power_uw=Interval(7.0, 6.0, 8.0),
    energy_pj=Interval(70.0, 60.0, 80.0),
    outside=(AREA,),
)


def test_comes_back_from_json() -> None:
    content = json.loads(json.dumps(PREDICTION.as_dict()))
    assert Prediction.from_dict(content) == PREDICTION
    assert content["area"] == {"value": 10.0, "low": 9.0, "high": 11.0}
    assert content["outside"] == {
        "block_area": {
            "meaning": "total area of the blocks (um2)",
            "value": 1515.14,
            "low": 6296.22,
            "high": 249476.0,
        }
    }


def test_an_interval_holds_its_ends() -> None:
    interval = Interval(10.0, 9.0, 11.0)
    assert all(value in interval for value in (9.0, 10.5, 11.0))
    assert 8.99 not in interval and 11.01 not in interval


def test_out_of_range_names_the_meaning() -> None:
    assert str(AREA) == "total area of the blocks (um2): 1,515.14 (trained on 6,296.22 to 249,476)"
