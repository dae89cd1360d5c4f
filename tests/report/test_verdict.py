"""What a chosen design is compared with, and the sentence."""

from dataclasses import replace

from hawx_hw.report.verdict import rivals, verdict
from hawx_hw.search.bound import Paired
from hawx_hw.search.result import DesignPoint, SearchResult
from tests.search.small import design_point, search_result


def uniform(number: int, block: str | None, drop: float, energy: float) -> DesignPoint:
    return design_point((number, number), drop, {"energy_nj": energy}, [block] if block else [])


def mixture(energy: float) -> DesignPoint:
    return design_point((1, 2), 0.3, {"energy_nj": energy}, ["a", "b"])


MIXED = mixture(75.0)
UNIFORM = (
    uniform(0, None, 0.0, 100.0),
    uniform(1, "precision(w=5,a=5)", 0.1, 80.0),
    uniform(2, "precision(w=2,a=2)", 4.0, 50.0),
    uniform(3, "array(ha=4,hb=4,v=0)", 0.2, 77.0),
)


def result(front: DesignPoint) -> SearchResult:
    return search_result((front,), uniform=UNIFORM)


def test_a_mixture_is_compared_with_what_loses_no_more() -> None:
    others = rivals(result(MIXED), MIXED, 0.3)
    assert [(rival.what, rival.point) for rival in others] == [
        ("exact blocks", UNIFORM[0]),
        ("lower precision alone: precision(w=5,a=5)", UNIFORM[1]),
        ("one block everywhere: array(ha=4,hb=4,v=0)", UNIFORM[3]),
    ]
    text = verdict(result(MIXED), MIXED, others)
    assert "25.0 % less energy than exact blocks" in text
    assert "6.2 % less energy than lower precision alone" in text
    assert "2.6 % less energy than one block everywhere" in text


def test_a_difference_that_predictions_cannot_resolve_is_marked() -> None:
    close = mixture(76.8)
    text = verdict(result(close), close, rivals(result(close), close, 0.3))
    assert "0.3 % less energy than one block everywhere: array(ha=4,hb=4,v=0) (within the" in text
    assert text.count("within the error") == 1


def test_a_mixture_that_takes_more_is_no_gain() -> None:
    worse = mixture(84.0)
    text = verdict(result(worse), worse, rivals(result(worse), worse, 0.3))
    assert "5.0 % more energy than lower precision alone" in text


def test_one_block_everywhere_is_no_mixture() -> None:
    others = rivals(result(UNIFORM[3]), UNIFORM[3], 0.2)
    text = verdict(result(UNIFORM[3]), UNIFORM[3], others)
    assert text.startswith("one block everywhere: no mixture that was evaluated is better; pred")
    # What it gains is said all the same, and not against itself.
    assert "23.0 % less energy than exact blocks" in text
    assert "3.7 % less energy than lower precision alone" in text
    assert text.count("one block everywhere") == 1


def test_lower_precision_is_called_so() -> None:
    chosen = result(UNIFORM[1])
    text = verdict(chosen, UNIFORM[1], rivals(chosen, UNIFORM[1], 0.1))
    assert text.startswith("lower precision alone: no mixture that was evaluated is better; pred")


def test_exact_blocks_are_no_gain() -> None:
    exact = UNIFORM[0]
    alone = search_result((exact, MIXED), uniform=UNIFORM)
    text = verdict(alone, exact, rivals(alone, exact, 0.0))
    assert text == "exact blocks: no design that was evaluated is as accurate and takes less"
    free = replace(MIXED, accuracy_drop=0.0)
    better = search_result((exact, free), uniform=UNIFORM)
    assert verdict(better, exact, rivals(better, exact, 0.0)) == "exact blocks"
    assert verdict(better, exact, []) == "no design was evaluated that it could be compared with"


def test_what_loses_more_than_the_chosen_is_no_rival() -> None:
    exact = UNIFORM[0]
    assert [rival.what for rival in rivals(result(exact), exact, 0.0)] == ["exact blocks"]


def judged(point: DesignPoint, lost: int, images: int = 5000) -> DesignPoint:
    return replace(point, selection=Paired(images, lost, 0))


def test_rivals_are_chosen_by_the_same_bound_as_the_design() -> None:
    exact, precise, coarse, other = UNIFORM
    # On images that no search saw the last loses too much, whatever the search's images showed.
    uniform = (judged(exact, 0), judged(precise, 5), judged(coarse, 200), judged(other, 60))
    mixed = judged(MIXED, 8)
    result = search_result((mixed,), uniform=uniform, select_images=5000)
    assert [rival.what for rival in rivals(result, mixed, 0.5)] == [
        "exact blocks",
        "lower precision alone: precision(w=5,a=5)",
    ]
    loose = [rival.what for rival in rivals(result, mixed, 2.0)]
    assert loose[-1] == "one block everywhere: array(ha=4,hb=4,v=0)"


def test_savings_have_the_interval_of_predictions() -> None:
    text = verdict(result(MIXED), MIXED, rivals(result(MIXED), MIXED, 0.3))
    # Exact and coarse blocks are further apart than two kinds of coarse ones.
    assert "25.0 % less energy than exact blocks (21.2 to 28.8 %)" in text
    assert "6.2 % less energy than lower precision alone: precision(w=5,a=5) (5.3 to 7.2 %)" in text
    close = mixture(76.8)
    text = verdict(result(close), close, rivals(result(close), close, 0.3))
    assert text.endswith("(within the error of predictions: not distinguishable from none)")


def test_nothing_is_less_than_none() -> None:
    skipped = design_point((4, 4), 0.1, {"energy_nj": 0.0}, ["none"])
    searched = search_result((MIXED,), uniform=(UNIFORM[0], skipped))
    text = verdict(searched, MIXED, rivals(searched, MIXED, 0.3))
    assert "25.0 % less energy than exact blocks" in text
    assert text.endswith("no less energy than one block everywhere: none, which takes none")


def test_retrained_rivals_are_called_so() -> None:
    """Lower precision is retrained too where a finalist was; where none was, that is stated."""
    seen = {"selection": Paired(5000, 2, 0), "accuracy_drop": 0.1}
    trained = [replace(point, retrained=True, **seen) for point in (MIXED, UNIFORM[2])]
    judged = tuple(replace(point, selection=Paired(5000, 200 * (i == 2), 0))
                   for i, point in enumerate(UNIFORM))  # fmt: skip
    plain = replace(search_result((MIXED,), uniform=judged, select_images=5000))
    chosen = trained[0]
    alone = rivals(replace(plain, retrained=(chosen,)), chosen, 1.0)
    assert [rival.what for rival in alone] == [
        "exact blocks",
        "lower precision alone: precision(w=5,a=5), not retrained",
        "one block everywhere: array(ha=4,hb=4,v=0), not retrained",
    ]
    both = rivals(replace(plain, retrained=tuple(trained)), chosen, 1.0)
    assert [(rival.what, rival.point.retrained) for rival in both] == [
        ("exact blocks", False),
        ("lower precision alone: precision(w=2,a=2), retrained", True),
    ]
    text = verdict(plain, chosen, both)
    assert "more energy than lower precision alone: precision(w=2,a=2), retrained" in text
