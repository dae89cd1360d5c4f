"""Hints follow from a design's own numbers, and from predictions of other sizes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from hawx_hw.prediction.alternatives import Alternative
from hawx_hw.report.html.hints import hints
from hawx_hw.report.run_results import RunResults
from tests.report.html.test_costs import MEMORIES
from tests.report.samples import ALTERNATIVES, POWER, PREDICT, VERIFY


def texts(*alternatives: Alternative, **results: Any) -> list[str]:
    predict = PREDICT.model_copy(update={"alternatives": alternatives})
    return list(hints(RunResults(Path(), (), predict=predict, **results)))


def test_where_the_energy_goes() -> None:
    power = POWER.model_copy(update={"memories": MEMORIES})
    first, last = texts(power=power)
    assert first.startswith(
        "Memories take 75 % of the energy (75 % under published, 44 % under cacti, 89 % under"
    )
    assert "Most of it goes to weights (2 memories, 120 nJ)" in first
    assert last.startswith("Multipliers take 25.0 % of the energy")


def test_another_size_is_named_with_its_keys_and_what_it_changes() -> None:
    energy, area = texts(*ALTERNATIVES)
    assert energy == (
        "16 x 4 (accelerator: {rows: 16, columns: 4}) is predicted to take 20 % less energy "
        "(240 nJ, 216 to 264; this one 300), with 10 % more area of cells and the same time; "
        "blocks and accuracy stay the same."
    )
    assert area.startswith(
        "4 x 4 (accelerator: {rows: 4}) is predicted to take 40 % less area of cells, with 10 % "
        "more energy and 62 % more time; blocks"
    )
    assert area.endswith("this is a guess.")


def test_a_size_that_is_better_in_two_things_is_named_once() -> None:
    faster = ALTERNATIVES[0].prediction
    both = ALTERNATIVES[0].model_copy(update={"prediction": replace(faster, latency_us=6.0)})
    [text] = texts(both)
    assert "take 20 % less energy" in text and "51 % less time" in text


def test_where_no_size_takes_less_energy_that_is_stated() -> None:
    energy, _ = texts(ALTERNATIVES[1])
    assert energy == (
        "No other size is predicted to take less energy: of 1 accelerators with its numbers "
        "doubled, halved or exchanged, the best one, 4 x 4 (accelerator: {rows: 4}), takes 10 % "
        "more."
    )
    assert texts() == []


def test_a_large_clock_is_named() -> None:
    parts = {**POWER.parts, "clock": POWER.parts["memories"]}
    _, clock, *_ = texts(power=POWER.model_copy(update={"parts": parts}))
    assert clock.startswith("The clock takes 75 % of the energy, 15.0 pJ a cycle")


def test_the_layer_that_wastes_most() -> None:
    assert texts(verify=VERIFY) == [
        "conv1 does no useful work in 2,400 of its 8,906 cycles (27 % of all), most of it for: "
        "fill, drain."
    ]
