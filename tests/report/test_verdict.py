"""What a chosen design is compared with, and the sentence."""

from hawx_hw.report.verdict import rivals, verdict
from hawx_hw.search.result import Found, SearchResult


def found(number: int, block: str | None, lost: float, energy: float) -> Found:
    blocks = {block: "digest"} if block else {}
    assignment = {"blocks": blocks, "layers": {"conv1": {}} if block else {}}
    return Found((number, number), 0.9, lost, {"energy_nj": energy}, assignment)


MIXED = Found(
    (1, 2), 0.9, 0.3, {"energy_nj": 75.0}, {"blocks": {"a": "", "b": ""}, "layers": {"c": {}}}
)
UNIFORM = (
    found(0, None, 0.0, 100.0),
    found(1, "precision(w=5,a=5)", 0.1, 80.0),
    found(2, "precision(w=2,a=2)", 4.0, 50.0),
    found(3, "array(ha=4,hb=4,v=0)", 0.2, 77.0),
)


def result(front: Found) -> SearchResult:
    return SearchResult(
        "hawx", 0, "", "energy_nj", 9, 0.95, 4, 0.0, 0.0, (5.0, 100.0), 1.0, (front,), UNIFORM
    )


def test_a_mixture_is_compared_with_what_loses_no_more() -> None:
    others = rivals(result(MIXED), MIXED, 0.3)
    assert [(row.what, row.found) for row in others] == [
        ("exact", UNIFORM[0]),
        ("lower precision alone: precision(w=5,a=5)", UNIFORM[1]),
        ("one block everywhere: array(ha=4,hb=4,v=0)", UNIFORM[3]),
    ]
    told = verdict(result(MIXED), MIXED, others)
    assert "25.00 % less than exact" in told
    assert "6.25 % less than lower precision alone" in told
    assert "2.60 % less than one block everywhere" in told


def test_a_difference_that_predictions_cannot_tell_says_so() -> None:
    close = Found((1, 2), 0.9, 0.3, {"energy_nj": 76.8}, MIXED.assignment)
    told = verdict(result(close), close, rivals(result(close), close, 0.3))
    assert "0.26 % less than one block everywhere: array(ha=4,hb=4,v=0) (too little" in told
    assert told.count("too little") == 1


def test_a_mixture_that_takes_more_says_so() -> None:
    worse = Found((1, 2), 0.9, 0.3, {"energy_nj": 84.0}, MIXED.assignment)
    told = verdict(result(worse), worse, rivals(result(worse), worse, 0.3))
    assert "5.00 % more than lower precision alone" in told


def test_one_block_everywhere_is_no_mixture() -> None:
    others = rivals(result(UNIFORM[3]), UNIFORM[3], 0.2)
    assert verdict(result(UNIFORM[3]), UNIFORM[3], others).startswith(
        "one block everywhere was chosen: no"
    )


def test_what_loses_more_than_the_chosen_is_no_rival() -> None:
    exact = UNIFORM[0]
    assert [row.what for row in rivals(result(exact), exact, 0.0)] == ["exact"]
