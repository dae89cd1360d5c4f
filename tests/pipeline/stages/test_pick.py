"""The stage pick: a point of the front, or the config's own blocks."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.config.blocks import BlocksConfig
from hawx_hw.config.compensation import CompensationConfig
from hawx_hw.config.search import SearchConfig
from hawx_hw.design.design import Design, read_origin
from hawx_hw.errors import UserError
from hawx_hw.graph.graph import Conv2d, Linear
from hawx_hw.graph.random_graphs import random_graph
from hawx_hw.graph.storage import save_graph
from hawx_hw.pipeline.stages.pick import STAGE
from hawx_hw.prediction.choice_result import AcceleratorChoice, AcceleratorResult
from hawx_hw.retraining.result import RetrainResult
from hawx_hw.search.result import save_result
from tests.search.small import design_point, search_result

SYSTOLIC = ARCHITECTURES["systolic"].config
SMALL, LARGE = (SYSTOLIC(architecture="systolic", rows=n, columns=n) for n in (4, 8))
FRONT = tuple(
    design_point((number,), drop, {"energy_nj": energy}, [], accelerator=number % 2)
    for number, (drop, energy) in enumerate([(0.1, 90.0), (0.4, 70.0), (2.0, 40.0)])
)


def picked(folder: Path, *, search: SearchConfig | None, blocks: str = "exact") -> Path:
    config = SimpleNamespace(
        search=search,
        accelerator=LARGE,
        blocks=BlocksConfig(default=blocks),
        compensation=CompensationConfig(),
    )
    choice = AcceleratorChoice(accelerator=LARGE.hardware())
    AcceleratorResult(accelerator=choice).write(folder)
    STAGE.run(SimpleNamespace(config=config, base=folder, folder=folder, output=folder))
    return folder / "design.json"


@pytest.fixture
def searched(tmp_path: Path) -> Path:
    save_result(search_result(FRONT, accelerators=(SMALL, LARGE)), tmp_path)
    RetrainResult().write(tmp_path)
    return tmp_path


def search(**settings: object) -> SearchConfig:
    return SearchConfig.model_validate({"blocks": ["drum(k=4)"], **settings})


@pytest.mark.parametrize(("drop", "index"), [(0.2, 0), (0.5, 1), (5, 2)])
def test_the_least_objective_within_the_constraints(
    searched: Path, drop: float, index: int
) -> None:
    path = picked(searched, search=search(constraints={"accuracy_drop": drop}))
    assert read_origin(path) == index
    assert Design.load(path).accelerator == (SMALL, LARGE)[index % 2]


def test_a_point_by_its_index(searched: Path) -> None:
    path = picked(searched, search=search(index=0, constraints={"accuracy_drop": 5}))
    assert read_origin(path) == 0


def test_no_point_is_within_the_constraints(searched: Path) -> None:
    with pytest.raises(UserError) as caught:
        picked(searched, search=search(constraints={"accuracy_drop": 0.01}))
    assert caught.value.where is not None
    assert caught.value.where.startswith("search.constraints")


def test_no_such_point(searched: Path) -> None:
    with pytest.raises(UserError) as caught:
        picked(searched, search=search(index=3))
    assert caught.value.where == "search.index"


def test_without_a_search_the_configs_blocks(tmp_path: Path) -> None:
    graph = random_graph(np.random.default_rng(8), layers=2, max_size=6, max_channels=4)
    save_graph(graph, tmp_path / "quantized")
    design = Design.load(picked(tmp_path, search=None, blocks="drum(k=4)"))
    assert (design.origin, design.accelerator) == (None, LARGE)
    assert set(design.assignment) == {
        node.name for node in graph.nodes if isinstance(node, Conv2d | Linear)
    }
    blocks = {block.name for layer in design.assignment.values() for block in layer.blocks}
    assert blocks == {"drum(k=4)"}
