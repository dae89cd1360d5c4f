"""The designs of a sweep, described by their features."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.errors import UserError
from hawx_hw.prediction import training
from hawx_hw.prediction.storage import load_predictors
from hawx_hw.prediction.table import MEASURED
from hawx_hw.prediction.training import describe_sweep
from hawx_hw.sweep.label import Infeasible
from hawx_hw.sweep.space import Space
from hawx_hw.synthesis.store import Store
from hawx_hw.technology import load
from tests.prediction.synthetic_designs import SYNTHETIC
from tests.search.small import small_graph

SYSTOLIC = ARCHITECTURES["systolic"]
TECHNOLOGY = load("generic45")
BLOCKS = load_predictors(SYSTOLIC, "generic45").blocks
PLANS = {
    0: plan(small_graph(), ArrayShape.complete(4, 4), {}),
    1: plan(small_graph(), ArrayShape.complete(4, 8), {}),
}


def sweep_text(count: int = 2) -> str:
    """A sweep's table whose measurements are all 1."""
    kinds = [f"area_{kind}" for kind in SYSTOLIC.quantities.area_kinds]
    kinds += [f"delay_{kind}_ns" for kind in (*SYSTOLIC.quantities.path_kinds, "core")]
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["key", "blocks", *MEASURED, *kinds, "design"])
    for index in range(count):
        design = Space()[index]
        ones = [1] * (len(MEASURED) + len(kinds))
        writer.writerow([design.key, "exact", *ones, json.dumps(design.content)])
    return file.getvalue()


@pytest.fixture(autouse=True)
def planned(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Small plans in place of LeNet-5's; the numbers of the designs that were planned."""
    numbers: list[int] = []
    clocks = [Space()[index].config().accelerator.clock_mhz for index in range(2)]

    def plan_of(config):
        numbers.append(clocks.index(config.accelerator.clock_mhz))
        return PLANS[numbers[-1]]

    monkeypatch.setattr(training, "plan_of", plan_of)
    monkeypatch.setattr(training, "BlockTable", lambda: BLOCKS)
    return numbers


def test_features_are_those_of_the_plans() -> None:
    done = []
    table, blocks = describe_sweep(
        sweep_text(), SYSTOLIC, TECHNOLOGY, progress=lambda *each: done.append(each)
    )
    for index, planned in PLANS.items():
        accelerator = Space()[index].config().accelerator
        expected = planned.features(
            TECHNOLOGY,
            BLOCKS,
            implementation=accelerator.block_implementation,
            clock_mhz=accelerator.clock_mhz,
        )
        assert {name: values[index] for name, values in table.features.items()} == expected
    assert table.keys == (Space()[0].key, Space()[1].key)
    assert PLANS[0].blocks[0] in blocks
    assert done == [(1, 2), (2, 2)]


def test_descriptions_come_from_the_store(tmp_path: Path, planned: list[int]) -> None:
    store = Store(tmp_path / "store.sqlite")
    first, _ = describe_sweep(sweep_text(), SYSTOLIC, TECHNOLOGY, store=store)
    again, blocks = describe_sweep(sweep_text(), SYSTOLIC, TECHNOLOGY, store=store)
    assert planned == [0, 1]
    assert again.text() == first.text()
    assert PLANS[0].blocks[0] in blocks


def test_a_table_without_designs() -> None:
    with pytest.raises(UserError, match=r"^table.csv: The table lacks the field design"):
        describe_sweep("key,area\n1,2\n", SYSTOLIC, TECHNOLOGY, where="table.csv")


def test_a_design_that_cannot_be_built(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(config):
        raise Infeasible("too small")

    monkeypatch.setattr(training, "plan_of", refuse)
    with pytest.raises(UserError, match="Design 0 cannot be built: too small"):
        describe_sweep(sweep_text(), SYSTOLIC, TECHNOLOGY)


def test_a_design_of_another_architecture() -> None:
    with pytest.raises(UserError, match="Design 0 is of systolic, not synthetic"):
        describe_sweep(sweep_text(), SYNTHETIC, TECHNOLOGY)
