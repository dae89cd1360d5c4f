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


def test_predictions_are_marked(run: ComparedRun) -> None:
    source = run.numbers.source.model_copy(update={"area_um2": "predicted"})
    content = compare_runs([changed(run, "one"), changed(run, "other", source=source)])
    [area] = [line for line in content.quantities if line.label == "area, µm²"]
    assert area.numbers == ("83,394", "83,394 (predicted)")


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
