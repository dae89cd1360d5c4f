import json
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.design.emission import emit_accelerator
from hawx_hw.design.program import EmitResult
from hawx_hw.graph.random_graphs import random_graph
from hawx_hw.util.results import Header


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> EmitResult:
    graph = random_graph(np.random.default_rng(8), layers=3, output="vector")
    made = plan(graph, ArrayShape.complete(5, 3))
    return emit_accelerator(made, tmp_path_factory.mktemp("accelerator"), config_hash=0xAB)


def test_program_json_is_read_as_it_was_written(tmp_path: Path, result: EmitResult) -> None:
    result.write(tmp_path, Header(stage="emit", config="c", versions={}))
    assert EmitResult.read(tmp_path) == result


def test_an_architecture_adds_its_own_keys(tmp_path: Path, result: EmitResult) -> None:
    result.write(tmp_path)
    content = json.loads((tmp_path / "program.json").read_text())
    assert content["array"]["rows"] == 5
    assert result.model_extra is not None
    # What has its default value is left out.
    assert result.initial_values
    fields = EmitResult.model_fields.keys() - {"initial_values"}
    assert set(content) == {"schema", *fields, *result.model_extra}


def test_utilization_is_the_share_of_multiplier_cycles(result: EmitResult) -> None:
    assert result.config_hash == "000000ab"
    assert result.multipliers == 15
    assert sum(layer.total for layer in result.cycles.layers) == result.cycles.core
    for layer in result.cycles.layers:
        assert layer.utilization == layer.macs / (15 * layer.total)
        assert sum(layer.causes.values()) == pytest.approx(layer.total)


def test_every_multiplication_has_a_block(result: EmitResult) -> None:
    by_layer = [sum(entry.blocks.values()) for entry in result.multiplications]
    assert sum(by_layer) == sum(layer.macs for layer in result.cycles.layers)
