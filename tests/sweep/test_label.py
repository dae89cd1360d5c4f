"""Plans of sampled designs; the slow test of test_sweep.py measures a whole one."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from hawx_hw import datasets
from hawx_hw.blocks import own_blocks
from hawx_hw.characterization import least_energy
from hawx_hw.config.models import Config
from hawx_hw.datasets.roles import roles
from hawx_hw.graph.graph import Graph
from hawx_hw.graph.pixels import codes
from hawx_hw.networks import files
from hawx_hw.sweep import label as module
from hawx_hw.sweep.label import Infeasible, plan_of, read_beside
from hawx_hw.sweep.space import SampledDesign, Space
from hawx_hw.sweep.sweep import inputs_of
from hawx_hw.synthesis import implementations
from hawx_hw.technology import load
from hawx_hw.util.files import sha256_file
from tests.search.small import small_graph, small_images

#: Before the fixture below replaces it.
_UNCACHED = module._graph.__wrapped__


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small network in place of LeNet-5, calibrated on digits as it is."""
    monkeypatch.setattr(module, "_graph", lambda model, dataset, images: small_graph())


def config(blocks: object, **accelerator: object) -> Config:
    return Config.model_validate(
        {
            "name": "design",
            "network": {"model": "lenet5", "dataset": "digits"},
            "accelerator": {"rows": 4, "columns": 4, **accelerator},
            "blocks": blocks,
        }
    )


def test_exact() -> None:
    plan = plan_of(config("exact"))
    assert [block.name for block in plan.blocks] == ["exact"]
    assert plan.multipliers == 16
    assert plan.graph.nodes[0].name == small_graph().nodes[0].name


def test_the_network_is_compensated_for_its_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = small_graph()
    images, _ = small_images(graph)
    taken: list[np.ndarray] = []
    monkeypatch.setattr(Graph, "codes", lambda self, given: taken.append(given) or images)
    plan = plan_of(config({"layers": {"a": "array(4,4,0)", "b": "exact"}}))
    assert {block.name for block in plan.blocks} == {"exact", "array(ha=4,hb=4,v=0)"}
    # The block's mean error is taken off the biases of its layer, and of no other.
    exact, compensated = ({node.name: node for node in each.nodes} for each in (graph, plan.graph))
    assert (exact["a"].bias != compensated["a"].bias).any()
    learned = roles(datasets.load("digits")).proposing(512)
    np.testing.assert_array_equal(taken[0], learned.images)


def test_the_network_is_calibrated_on_images_that_it_learned_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As by the stage ``quantize``: images that select have no part in a design."""
    taken: list[np.ndarray] = []
    monkeypatch.setattr(
        "hawx_hw.quantize.calibration.quantize_layers",
        lambda layers, images, name: taken.append(images),
    )
    _UNCACHED("lenet5", "digits", 32)
    learned = roles(datasets.load("digits")).proposing(32)
    np.testing.assert_array_equal(taken[0], learned.images)


@pytest.mark.parametrize(
    "accelerator", [{"slice_columns": 3}, {"activation_kib": 1, "rows": 16, "columns": 16}]
)
def test_what_cannot_be_built_is_infeasible(accelerator: dict[str, object]) -> None:
    with pytest.raises(Infeasible, match=r"accelerator\.(slice_columns|activation_kib)"):
        plan_of(config("exact", **accelerator))


def test_what_a_design_is_made_of_beside_its_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = files.shipped_checkpoint("lenet5", "digits")
    assert shipped is not None
    for path in (shipped, shipped.with_suffix(".json")):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(files, "_SHIPPED", tmp_path)
    design = Space(datasets=["digits"])[0]
    before = read_beside(design)
    assert before == {
        "checkpoint": sha256_file(shipped),
        "record": sha256_file(shipped.with_suffix(".json")),
    }
    with (tmp_path / shipped.name).open("ab") as changed:
        changed.write(b"x")
    after = read_beside(design)
    assert {name for name in after if after[name] != before[name]} == {"checkpoint"}
    technology = load("generic45")
    assert inputs_of(design, technology, 4)["files"] == after


def test_the_users_own_blocks_are_among_it(monkeypatch: pytest.MonkeyPatch) -> None:
    design = Space(datasets=["digits"])[0]
    content = {**design.content, "accelerator": {"pe_blocks": [{"blocks": ["import:mine"]}]}}
    monkeypatch.setattr(own_blocks, "_circuit", lambda name, folder: f"circuit of {name}")
    read = read_beside(SampledDesign(content))
    assert read["import:mine"] == "circuit of import:mine"


def test_implementations_are_chosen_as_by_the_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    """By area, by delay, or by energy under the operands of images learned from."""
    taken: list[object] = []

    def least(plan, images, technology, *, store):
        taken.append(images)
        return [SimpleNamespace(digest="d", implementation="tree")]

    def all_of(blocks, technology, objective, *, store):
        taken.append(objective)
        return {"d": "booth"}

    monkeypatch.setattr(least_energy, "choose_least_energy", least)
    monkeypatch.setattr(implementations, "choose_all", all_of)
    technology = load("generic45")
    chosen = {}
    for how in ("smallest", "fastest", "least_energy", "first"):
        design = config("exact", block_implementation=how)
        chosen[how] = module._implementations(design, plan_of(design), technology, None)
    assert chosen == {
        "smallest": {"d": "booth"},
        "fastest": {"d": "booth"},
        "least_energy": {"d": "tree"},
        "first": {},
    }
    assert taken[:2] == ["area", "delay"]
    learned = roles(datasets.load("digits")).proposing(least_energy.IMAGES)
    np.testing.assert_array_equal(taken[2], codes(learned.images))
