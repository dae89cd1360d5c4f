from hawx_hw.prediction.prediction import Interval, OutOfRange

AREA = OutOfRange("block_area", "total area of the blocks (um2)", 1515.14, 6296.22, 249476.0)


def test_an_interval_holds_its_ends() -> None:
    interval = Interval(10.0, 9.0, 11.0)
    assert all(value in interval for value in (9.0, 10.5, 11.0))
    assert 8.99 not in interval and 11.01 not in interval


def test_out_of_range_names_the_meaning() -> None:
    assert str(AREA) == "total area of the blocks (um2): 1,515.14 (trained on 6,296.22 to 249,476)"
