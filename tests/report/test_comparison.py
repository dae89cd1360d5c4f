from hawx_hw.prediction.prediction import Interval
from hawx_hw.report.chosen import ChosenDesign
from hawx_hw.report.comparison import Comparison, compare
from hawx_hw.search.result import AccuracyInterval
from hawx_hw.synthesis.result import TechnologyName
from tests.report.samples import POWER, PREDICT, SYNTH, VERIFY

OTHER = TechnologyName(name="other", library="other", sha256="ff")
CHOSEN = ChosenDesign(
    index=0,
    objective="energy_nj",
    exact_accuracy=1.0,
    accuracy=0.975,
    images=512,
    predicted_accuracy=AccuracyInterval(0.98, 0.97, 0.99),
    verdict="",
    designs=(),
)


def metrics(comparisons: list[Comparison]) -> list[str]:
    return [each.metric for each in comparisons]


def test_what_was_not_measured_is_not_compared() -> None:
    assert compare(None, SYNTH, POWER) == []
    assert compare(PREDICT.model_copy(update={"prediction": None, "reason": "none"}), SYNTH) == []
    assert compare(PREDICT) == compare(PREDICT, verify=VERIFY, chosen=CHOSEN) == []
    assert metrics(compare(PREDICT, SYNTH)) == ["area", "longest_path_ns"]
    assert metrics(compare(PREDICT, power=POWER)) == ["power_uw", "energy_pj"]


def test_results_of_another_technology_do_not_count() -> None:
    other = SYNTH.model_copy(update={"technology": OTHER})
    assert metrics(compare(PREDICT, other, POWER)) == ["power_uw", "energy_pj"]


def test_inside_and_error() -> None:
    area, path = compare(PREDICT, SYNTH.model_copy(update={"area": 110_000.0}))
    assert (area.inside, area.error) == (True, "-9.1 %")
    assert path.inside and not path.exact
    assert area.as_dict() == {
        "metric": "area",
        "unit": "um2",
        "predicted": {"value": 100_000.0, "low": 90_000.0, "high": 1.1 * 100_000.0},
        "measured": 110_000.0,
        "inside": True,
    }


def test_cycles_are_exact() -> None:
    cycles = compare(PREDICT, SYNTH, verify=VERIFY)[-1]
    assert (cycles.metric, cycles.exact, cycles.inside) == ("cycles", True, True)
    wrong = compare(PREDICT, SYNTH, verify=VERIFY.model_copy(update={"cycles_per_image": 8905}))
    assert not wrong[-1].inside


def test_accuracy_is_compared_in_percentage_points() -> None:
    accuracy = compare(PREDICT, SYNTH, chosen=CHOSEN)[-1]
    assert accuracy.title == "accuracy, %, 512 training images"
    assert (accuracy.show(accuracy.measured), accuracy.error) == ("97.50", "+0.50 points")
    assert accuracy.predicted == Interval(0.98, 0.97, 0.99)
    assert accuracy.inside
