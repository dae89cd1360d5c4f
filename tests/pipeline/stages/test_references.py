"""The stage references: what a chosen design is compared with is built and measured as it is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from hawx_hw.architectures.config import AcceleratorConfig
from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.blocks import by_name
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.design.design import Design
from hawx_hw.pipeline.stages.references import references
from hawx_hw.search.result import DesignPoint, save_result, stored_assignment
from tests.search.small import design_point, search_result

SMALL, LARGE = (
    ARCHITECTURES["systolic"].config(architecture="systolic", rows=n, columns=n) for n in (4, 8)
)


def context(
    folder: Path, origin: int | None, *, exact: bool = False, accelerator: AcceleratorConfig = LARGE
) -> SimpleNamespace:
    block = by_name("drum(k=4)")
    assignment = {} if exact else {"fc": LayerBlocks.uniform(block, (3, 2))}
    Design(accelerator, assignment, origin).save(folder / "design.json")
    return SimpleNamespace(folder=folder, base=folder, config=SimpleNamespace(search=None))


def test_an_exact_design_has_nothing_to_be_compared_with(tmp_path: Path) -> None:
    assert references(context(tmp_path, None, exact=True)) == {}


def test_without_a_search_exact_blocks_on_the_same_accelerator(tmp_path: Path) -> None:
    (compared,) = references(context(tmp_path, None)).items()
    assert compared[0] == "exact blocks"
    assert compared[1].accelerator == LARGE
    assert not compared[1].assignment


def test_stated_blocks_of_pes_are_those_of_the_design_alone(tmp_path: Path) -> None:
    """Exact blocks would stand in few of these PEs, or in none."""
    stated = type(LARGE)(
        architecture="systolic", rows=8, columns=8, pe_blocks=[{"blocks": ["drum(k=4)"]}]
    )
    (compared,) = references(context(tmp_path, None, accelerator=stated)).values()
    assert compared.accelerator.block_key is None
    assert compared.accelerator.size == "8 x 8"


def uniform(number: int, drop: float, energy: float, name: str, accelerator: int) -> DesignPoint:
    point = design_point((number, number), drop, {"energy_nj": energy}, [name])
    layer = LayerBlocks.uniform(by_name(name), (3, 2))
    return replace(point, assignment=stored_assignment({"fc": layer}), accelerator=accelerator)


def points() -> dict[str, object]:
    chosen = design_point((1, 2), 0.3, {"energy_nj": 70.0}, ["a", "b"], accelerator=1)
    others = (
        uniform(0, 0.0, 100.0, "exact", 0),
        uniform(3, 0.1, 80.0, "precision(w=5,a=5)", 1),
        uniform(4, 0.2, 75.0, "drum(k=4)", 1),
    )
    return {"front": (chosen,), "uniform": others}


def test_of_a_search_exact_and_lower_precision_on_their_own_accelerators(tmp_path: Path) -> None:
    save_result(search_result(**points(), accelerators=(SMALL, LARGE)), tmp_path)
    compared = references(context(tmp_path, 0))
    assert list(compared) == ["exact blocks", "lower precision alone: precision(w=5,a=5)"]
    assert [design.accelerator for design in compared.values()] == [SMALL, LARGE]


def test_lower_precision_that_was_chosen_is_not_measured_twice(tmp_path: Path) -> None:
    others = points()["uniform"]
    result = search_result((others[1],), uniform=others, accelerators=(SMALL, LARGE))
    save_result(result, tmp_path)
    assert list(references(context(tmp_path, 0))) == ["exact blocks"]


@pytest.mark.slow
def test_exact_blocks_take_what_an_exact_design_takes(project: Path, run, edit) -> None:
    edit(project, "verify:", "blocks: drum(k=4)\npower: {images: 3}\nverify:")
    run(project, "power")
    assert run(project, "references")[-1].ran
    (reference,) = json.loads((project / "build" / "references.json").read_text())["designs"]
    assert reference["blocks"] == ["exact"]
    edit(project, "blocks: drum(k=4)\n", "")
    run(project, "power")
    exact = json.loads((project / "build" / "power.json").read_text())
    # But for the register with the hash of the config, which is 0 in the reference.
    assert reference["power"]["energy_pj"] == pytest.approx(exact["energy_pj"], rel=2e-3)
    assert run(project, "references")[-1].ran
    assert json.loads((project / "build" / "references.json").read_text())["designs"] == []


@pytest.mark.slow
def test_nothing_is_measured_where_it_is_off(project: Path, run, edit) -> None:
    edit(project, "verify:", "blocks: drum(k=4)\npower: {references: false}\nverify:")
    run(project, "references")
    assert json.loads((project / "build" / "references.json").read_text())["designs"] == []
