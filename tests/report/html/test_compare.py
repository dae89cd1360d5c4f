"""Designs side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hawx_hw.report.html.compare import ComparedRun, compare_runs
from hawx_hw.report.html.glossary import definitions
from hawx_hw.report.html.render import comparison_page
from hawx_hw.report.metrics import summary_result
from tests.report.html.pages import ALL, CONFIG, HOSTILE, whole_summary

NAMED = ("one", "other", "third")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ComparedRun:
    folder = tmp_path_factory.mktemp("compared")
    summary = whole_summary(folder)
    return ComparedRun(CONFIG, "tiny.yaml", summary.results, summary_result(CONFIG, folder, ALL))


def changed(run: ComparedRun, name: str, **numbers: Any) -> ComparedRun:
    """The same design by another name, with other numbers."""
    return replace(
        run,
        config=CONFIG.model_copy(update={"name": name}),
        path=f"{name}.yaml",
        numbers=run.numbers.model_copy(update=numbers),
    )


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


def test_equal_designs(run: ComparedRun) -> None:
    (sentence,) = compare_runs([changed(run, "one"), changed(run, "other")]).sentences
    assert sentence.startswith(
        "other takes as much energy an image, area and time an image as one, at the same"
    )


def predicted(run: ComparedRun, name: str, *keys: str, **numbers: Any) -> ComparedRun:
    """The same design with other numbers; the energy and what is named are predictions."""
    sources = run.numbers.energy_nj.source.model_copy(update={"chosen": "predicted"})
    source = run.numbers.source.model_copy(update=dict.fromkeys(keys, "predicted"))
    energy = run.numbers.energy_nj.model_copy(update={"chosen": 150.0, "source": sources})
    return changed(run, name, energy_nj=energy, source=source, **numbers)


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


def test_bars_and_fronts_of_all_designs(run: ComparedRun) -> None:
    content = compare_runs([changed(run, name) for name in NAMED])
    titles = [bars.title for bars in content.bars]
    assert titles == [
        "Energy of an image, by part", "Energy of an image, by layer", "Area of cells",
        "Cycles of an image, by layer",
    ]  # fmt: skip
    assert all(bars.bars == NAMED for bars in content.bars)
    energy, _, area, _ = content.bars
    assert sum(part[0] for part in energy.parts.values()) == 200.0
    assert sum(part[0] for part in area.parts.values()) == pytest.approx(83_394.192)
    assert content.fronts[0].drops == (0.0, 0.5, 9.0)
    assert content.fronts[0].built == 1
    assert content.front_table is not None and len(content.front_table.lines) == 9
    assert content.blocks.lines[0] == ("one", "exact", "tree", "64")


def test_what_is_missing_is_named_with_its_command(run: ComparedRun) -> None:
    results = replace(run.results, stages=ALL[:7], power=None, synth=None, verify=None)
    other = replace(changed(run, "other"), results=results)
    content = compare_runs([changed(run, "one"), other])
    assert content.missing == (("other: verify, synth, power", "hawx run other.yaml"),)
    assert content.bars == ()


def test_the_page_is_complete_and_the_same_every_time(run: ComparedRun) -> None:
    content = compare_runs([changed(run, name) for name in NAMED])
    text = comparison_page(content)
    assert text == comparison_page(content)
    assert type(content).model_validate_json(content.model_dump_json()) == content
    assert len(text) < 3_000_000
    assert "&lt;/script&gt;" in text and f">{HOSTILE}" not in text
    assert "hawx report one.yaml other.yaml third.yaml" in text
