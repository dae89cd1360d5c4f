"""Designs side by side, in words."""

from __future__ import annotations

from hawx_hw.report.html.compare import compare_runs
from hawx_hw.report.html.compare_content import ComparedRun
from tests.report.html.compared import changed, predicted


def test_equal_designs(run: ComparedRun) -> None:
    (sentence,) = compare_runs([changed(run, "one"), changed(run, "other")]).sentences
    assert sentence.startswith(
        "other takes as much energy an image, area and time an image as one, at the same"
    )


def test_measured_and_predicted_costs_are_compared_apart(run: ComparedRun) -> None:
    one, other = changed(run, "one"), predicted(run, "other", area_um2=100_073.0304)
    content = compare_runs([one, other])
    assert content.sentences[0].startswith(
        "other takes 20.0 % more area than one and is predicted to take 25.0 % less energy an "
        "image than one, at the same"
    )
    assert content.cautions[0].startswith("Of other, energy an image is predicted, and of one")
    # The first is as little measured.
    content = compare_runs([other, one])
    assert "one takes 16.7 % less area than other and is predicted to take" in content.sentences[0]
    assert content.cautions[0].startswith("Of other, energy an image is predicted, and of one")


def test_two_predictions_are_predicted_to_differ(run: ComparedRun) -> None:
    keys = ("area_um2", "latency_us")
    pair = [predicted(run, "one", *keys), predicted(run, "other", *keys, area_um2=50_036.5152)]
    content = compare_runs(pair)
    assert content.sentences[0].startswith(
        "other is predicted to take 40.0 % less area than one, at the same"
    )
    assert content.cautions == ()
    (sentence,) = compare_runs([pair[0], predicted(run, "other", *keys)]).sentences
    assert sentence.startswith(
        "other is predicted to take as much energy an image, area and time an image as one, at"
    )


def test_of_other_technologies_predictions_are_no_matter(run: ComparedRun) -> None:
    other = predicted(run, "other", "area_um2", technology="osu018")
    [caution] = compare_runs([changed(run, "one"), other]).cautions
    assert caution.startswith("The technologies differ")
