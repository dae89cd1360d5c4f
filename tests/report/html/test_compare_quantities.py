"""The table of designs side by side, and what may be compared."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hawx_hw.report.html.compare import compare_runs
from hawx_hw.report.html.compare_content import ComparedRun
from hawx_hw.report.html.glossary import definitions
from tests.report.html.compared import changed, predicted


def differences(run: ComparedRun, **numbers: Any) -> dict[str, str]:
    content = compare_runs([changed(run, "one"), changed(run, "other", **numbers)])
    return {line.label: line.differences[0] for line in content.quantities}


def test_each_quantity_with_its_difference(run: ComparedRun) -> None:
    energy = run.numbers.energy_nj.model_copy(update={"chosen": 150.0})
    content = compare_runs(
        [changed(run, "one"), changed(run, "other", energy_nj=energy, area_um2=100_072.0)]
    )
    lines = {line.label: line for line in content.quantities}
    assert lines["energy of an image, nJ"].numbers == ("200.0", "150.0")
    assert lines["energy of an image, nJ"].differences == ("-25.0 %",)
    assert lines["area, µm²"].differences == ("+20.0 %",)
    assert lines["test accuracy, %"].differences == ("+0.00 points",)
    assert lines["clock, MHz"].differences == ("",)
    assert content.sentences == (
        "other takes 25.0 % less energy an image and 20.0 % more area than one, at the same test "
        "accuracy of 98.50 %.",
    )
    assert content.cautions == ()
    assert {line.term for line in content.quantities} <= definitions().keys()


def test_predictions_are_marked(run: ComparedRun) -> None:
    other = predicted(run, "other", "area_um2", "latency_us", area_um2=50_036.5152)
    content = compare_runs([changed(run, "one"), other])
    lines = {line.label: line for line in content.quantities}
    assert lines["area, µm²"].numbers == ("83,394", "50,037 (predicted)")
    assert lines["area, µm²"].differences == ("-40.0 % (predicted)",)
    assert lines["power, mW"].differences == ("+0.0 %",)
    assert content.sentences == (
        "other is predicted to take 25.0 % less energy an image and 40.0 % less area than one, at "
        "the same test accuracy of 98.50 %.",
    )
    assert content.cautions == (
        "Of other, energy an image, area and time an image are predicted, and of one measured: "
        "the differences contain the error of the prediction.",
    )


def test_other_technologies_and_memory_models_are_not_compared(run: ComparedRun) -> None:
    known = differences(run, technology="osu018")
    assert known["area, µm²"] == known["energy of an image, nJ"] == known["power, mW"] == ""
    assert known["cycles of an image"] == "+0.0 %"
    known = differences(run, memory_model="cacti")
    assert known["energy of an image, nJ"] == ""
    assert known["area, µm²"] == "+0.0 %"
    content = compare_runs([changed(run, "one"), changed(run, "other", technology="osu018")])
    [caution] = content.cautions
    assert caution.startswith("The technologies differ (one: generic45, other: osu018)")


def test_of_another_data_set_only_the_hardware_is_compared(run: ComparedRun) -> None:
    quantize = run.results.quantize
    assert quantize is not None
    data = quantize.dataset.model_copy(update={"sha256": "other"})
    results = replace(run.results, quantize=quantize.model_copy(update={"dataset": data}))
    other = replace(changed(run, "other"), results=results)
    content = compare_runs([changed(run, "one"), other, changed(run, "third")])
    lines = {line.label: line.differences for line in content.quantities}
    # Each is compared with the first for itself.
    assert lines["energy of an image, nJ"] == ("", "+0.0 %")
    assert lines["area, µm²"] == ("+0.0 %", "+0.0 %")
    assert "The networks or data sets differ" in content.cautions[0]
    assert [series.name for series in content.fronts] == ["one", "third"]
