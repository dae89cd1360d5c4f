"""Designs within an energy: no more than it, no worse than plain precision and arrays."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from hawx_hw.block_design.design import BlockDesigner, Design
from hawx_hw.block_design.energy import BlockEnergy
from hawx_hw.block_design.held_out import Estimate, HeldOut
from hawx_hw.block_design.layer import Layer
from hawx_hw.block_design.search import arrays, rectangles
from hawx_hw.blocks import by_name
from hawx_hw.blocks.families.mask import Mask, mask_of
from hawx_hw.errors import UserError
from tests.block_design.network import images, network


class Energies:
    """Energies by the number of partial products: a staircase costs more than a rectangle."""

    def __init__(self, surcharge: float = 1.0):
        self.surcharge = surcharge
        self.blocks: list[str] = []

    def of(self, uses):
        results = []
        for use in uses:
            self.blocks.append(use.block.name)
            mask = use.block if isinstance(use.block, Mask) else mask_of(use.block)
            assert use.step == mask.activation_step and use.codes.shape == (3, 18)
            each = 5.0 if mask in rectangles() else 5.0 * self.surcharge
            results.append(BlockEnergy("tree", each * mask.count, float(mask.count)))
        return results


@pytest.fixture(scope="module")
def parts():
    graph = network(filters=3)
    node = graph.nodes[1]
    return Layer(graph, node, images(8)), HeldOut(graph, node, images(32, seed=9), 2048)


@pytest.fixture(scope="module")
def cheap(parts) -> Design:
    """Where every mask takes as much energy as a rectangle of as many bits."""
    return BlockDesigner(parts[0], Energies(), parts[1]).design(57.0)


def test_no_more_energy_and_no_more_error(parts, cheap: Design) -> None:
    layer, _ = parts
    for row in (cheap.designed, cheap.precision, cheap.array):
        assert row.energy.energy_fj <= cheap.limit_fj == 57
        assert row.energy.energy_fj == 5 * row.mask.count
        assert row.error.value > 0
        np.testing.assert_array_equal(row.block.table, row.mask.table)
    within = [mask for mask in rectangles() if mask.count <= 11]
    errors = [layer.error(mask, layer.together(mask)) for mask in within]
    assert cheap.precision.mask == within[int(np.argmin(errors))]
    assert cheap.array.mask in arrays()
    chosen = [
        layer.error(row.mask, layer.together(row.mask))
        for row in (cheap.designed, cheap.array, cheap.precision)
    ]
    assert chosen == sorted(chosen)


def test_ratios(cheap: Design) -> None:
    errors = cheap.designed.error, cheap.precision.error
    assert cheap.ratio.value == pytest.approx(errors[0].value / errors[1].value)
    assert cheap.ratio.low < cheap.ratio.value < cheap.ratio.high
    below, above = cheap.mixture
    energies = [row.energy.energy_fj for row in (below, cheap.designed, above)]
    assert energies == sorted(energies)
    share = (energies[1] - energies[0]) / max(energies[2] - energies[0], 1e-9)
    mixed = (1 - share) * below.error.value + share * above.error.value
    assert cheap.at_equal_energy.value == pytest.approx(errors[0].value / mixed)
    content = json.loads(json.dumps(cheap.as_dict()))
    assert content["designed"]["block"] == cheap.designed.block.name
    assert content["designed"]["error"]["value"] == errors[0].value
    assert content["ratio"]["value"] == cheap.ratio.value
    assert content["verdict"] == cheap.verdict


def test_where_masks_cost_twice_as_much_the_best_one_is_a_rectangle(parts) -> None:
    energies = Energies(2.0)
    designer = BlockDesigner(parts[0], energies, parts[1])
    result = designer.design(57.0)
    assert result.designed.mask == result.precision.mask
    assert result.mixture is None and result.at_equal_energy is None
    assert result.ratio == Estimate(1.0, 1.0, 1.0)
    assert result.verdict == f"No gain: the best mask is that of {result.precision.block.name}."
    # Only what comes near the limit is synthesized, each once; a second design needs few more.
    assert len(energies.blocks) == len(set(energies.blocks)) < 60
    before = len(energies.blocks)
    assert designer.design(57.0).designed is result.designed
    assert len(energies.blocks) == before


def test_limits_that_leave_nothing_to_design(parts) -> None:
    designer = BlockDesigner(parts[0], Energies(), parts[1])
    with pytest.raises(UserError, match=r"2 x 2 bits takes 20\.0 fJ in this layer, more than 19"):
        designer.design(19.0)
    with pytest.raises(UserError, match=r"exact multiplier takes 320\.0 fJ .* no more than 320"):
        designer.design(320.0)
    assert designer.energy_of(by_name("precision(4,3)")) == 60
    assert designer.energy_of(by_name("array(4,5,0)")) == 60
    with pytest.raises(ValueError, match=r"drum\(k=4\) must keep or leave out whole partial"):
        designer.energy_of(by_name("drum(k=4)"))


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [
        ((0.8, 0.7, 0.9), "A gain: the mask's error is 0.80 (0.70 to 0.90) times that of lower"),
        ((0.9, 0.8, 1.0), "No gain that shows: the mask's error is 0.90 (0.80 to 1.00) times"),
        ((1.1, 1.05, 1.15), "A loss: the mask's error is 1.10 (1.05 to 1.15) times that"),
    ],
)
def test_verdicts(cheap: Design, interval: tuple[float, ...], verdict: str) -> None:
    other = replace(cheap, at_equal_energy=Estimate(*interval))
    assert other.verdict.startswith(verdict)
    assert other.verdict.endswith(" at equal energy.")
