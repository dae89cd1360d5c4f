"""Maps of the multiplier cells of a search's designs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.architectures.drawing import Drawing, DrawnBlock, DrawnCell
from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.graph.random_graphs import random_graph
from hawx_hw.report.html import cells
from hawx_hw.report.html.cells import cell_map, design_maps
from tests.architectures.simt.networks import lenet5, random_plan
from tests.search.small import design_point, search_result


class Drawn:
    """In place of a plan: that of which only the drawing is known."""

    def __init__(self, *cells: tuple[float, float, tuple[int, ...]]) -> None:
        names = ("exact", "drum(k=4)")
        self._drawing = Drawing(
            title="cells",
            cell="PE",
            blocks=tuple(DrawnBlock(name=name, module=name) for name in names),
            height=100.0,
            cell_width=2.0,
            cell_height=2.0,
            cells=tuple(DrawnCell(name="", x=x, y=y, blocks=blocks) for x, y, blocks in cells),
            units=(),
            memories=(),
            layers=(),
        )

    def drawing(self) -> Drawing:
        return self._drawing


def test_cells_lie_in_lines_as_they_are_drawn() -> None:
    content = cell_map(Drawn((5, 9, (0,)), (1, 9, (0, 1)), (1, 2, (1,)), (5, 2, (0,))))
    assert content.kinds == ((0,), (0, 1), (1,))
    assert content.lines == ((2, 0), (1, 0))
    assert (content.cell, content.blocks) == ("PE", ("exact", "drum(k=4)"))


def test_maps_of_both_architectures() -> None:
    array = cell_map(plan(lenet5(), ArrayShape.complete(4, 6)))
    assert [len(line) for line in array.lines] == [6] * 4
    unit = cell_map(random_plan(4))
    assert sum(map(len, unit.lines)) == random_plan(4).multipliers
    assert unit.cell == "lane"


def test_each_design_that_can_be_built_has_a_map(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "cell_map", lambda plan: plan.multipliers)
    graph = random_graph(np.random.default_rng(4), layers=4, max_size=8, max_channels=9)
    accelerator = ARCHITECTURES["systolic"].config.model_validate({"rows": 3, "columns": 2})
    one = design_point((0,), 0.0, {"energy_nj": 1.0}, accelerator=0)
    point = replace(one, assignment={"blocks": {}, "layers": {}})
    gone = replace(
        point, vector=(1,), assignment={"blocks": {"no such block": "d"}, "layers": {"a": {}}}
    )
    nowhere = replace(point, vector=(2,), accelerator=None)
    result = search_result((point, gone, nowhere), accelerators=(accelerator,))
    maps = design_maps(result, graph, Path())
    assert maps == {0: 6}
