"""Maps of the multiplier cells of a search's designs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.graph.random_graphs import random_graph
from hawx_hw.report.html import cells
from hawx_hw.report.html.cells import cell_map, design_maps
from tests.search.small import design_point, search_result


@dataclass
class Drawn:
    """In place of a plan."""

    cells: list[tuple[float, float, tuple[int, ...]]]

    def drawing(self) -> Any:
        cells = [SimpleNamespace(x=x, y=y, blocks=blocks) for x, y, blocks in self.cells]
        return SimpleNamespace(cell="PE", blocks=("exact", "drum(k=4)"), cells=cells)


def test_cells_lie_in_lines_as_they_are_drawn() -> None:
    plan = Drawn([(5, 9, (0,)), (1, 9, (0, 1)), (1, 2, (1,)), (5, 2, (0,))])
    content = cell_map(plan)
    assert content.kinds == ((0,), (0, 1), (1,))
    assert content.lines == ((2, 0), (1, 0))
    assert content.blocks == ("exact", "drum(k=4)")


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
