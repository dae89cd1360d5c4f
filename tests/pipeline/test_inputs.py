from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.design.design import Design
from hawx_hw.errors import UserError
from hawx_hw.graph.random_graphs import random_graph
from hawx_hw.graph.storage import save_graph
from hawx_hw.pipeline.inputs import ASSIGNED, DESIGN, load_design, load_plan

CONFIG = ARCHITECTURES["systolic"].config(architecture="systolic", rows=3, columns=3)


@pytest.fixture
def context(tmp_path: Path) -> SimpleNamespace:
    graph = random_graph(np.random.default_rng(6), layers=2, max_size=6, max_channels=4)
    save_graph(graph, tmp_path / ASSIGNED)
    Design(CONFIG, {}).save(tmp_path / DESIGN)
    return SimpleNamespace(folder=tmp_path, base=tmp_path)


def test_the_design_on_its_network(context: SimpleNamespace) -> None:
    assert load_design(context).accelerator == CONFIG
    made = load_plan(context)
    assert made.multipliers == 9
    assert made.graph.name == "random"


def test_an_accelerator_that_cannot_run_the_network(context: SimpleNamespace) -> None:
    small = CONFIG.model_copy(update={"parameter_kib": 1})
    graph = random_graph(np.random.default_rng(7), layers=4, max_features=200)
    save_graph(graph, context.folder / ASSIGNED)
    Design(small, {}).save(context.folder / DESIGN)
    with pytest.raises(UserError, match="does not fit"):
        load_plan(context)
