"""How blocks are built with the least energy: operands of the layers, weights, the choice."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from hawx_hw.architectures.systolic.pe_blocks import PeBlockMap
from hawx_hw.architectures.systolic.plan import Plan, plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.blocks import by_name
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.families.lower_precision import Precision
from hawx_hw.characterization import least_energy as module
from hawx_hw.characterization.least_energy import choose_least_energy, layer_operands
from hawx_hw.characterization.measure import energies_of
from hawx_hw.characterization.operands import Operands, uniform
from hawx_hw.emulation import Emulator
from hawx_hw.gateware.block_verilog import implementation_verilog, registered
from hawx_hw.graph.random_graphs import random_codes
from hawx_hw.synthesis import implementations
from hawx_hw.synthesis.modules import map_designs
from hawx_hw.synthesis.store import Store
from hawx_hw.technology import load
from tests.architectures.common.layers import convolution

ROWS, COLUMNS = 3, 2
EXACT, SMALL = by_name("exact"), by_name("precision(w=3,a=3)")


@dataclasses.dataclass(frozen=True)
class Twice(Precision):
    """Two implementations that are one."""

    family = "twice"
    implementations = ("multiply", "again")

    def component(self, implementation=None):
        return super().component("multiply")


@dataclasses.dataclass(frozen=True)
class Once(Precision):
    family = "once"
    implementations = ("multiply",)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("least_energy") / "store.sqlite")


def case(
    blocks=(SMALL,), choice=None, present=None, images: int = 2, seed: int = 0
) -> tuple[Plan, np.ndarray]:
    """A convolution of three filters with two channels and 2 x 2 taps."""
    rng = np.random.default_rng(seed)
    network = convolution(rng, (2, 5, 4), 3, (2, 2))
    choice = np.zeros(3, np.uint8) if choice is None else np.array(choice, np.uint8)
    weights = np.broadcast_to(choice[:, None, None, None], (3, 2, 2, 2))
    planned = plan(
        network,
        ArrayShape.complete(ROWS, COLUMNS, accumulators=4),
        {"conv": LayerBlocks(tuple(blocks), np.ascontiguousarray(weights))},
        None if present is None else PeBlockMap.uniform(present, ROWS, COLUMNS),
    )
    return planned, random_codes(rng, network, images)


def test_each_image_is_a_stream_and_layers_weigh_by_their_steps() -> None:
    planned, images = case()
    stream = planned.operands("conv", Emulator(planned.graph).run_all(images, {}), 10**6)
    ((digest, (flow,)),) = layer_operands(planned, images).items()
    assert digest == SMALL.digest
    pes, steps = ROWS * COLUMNS, stream.steps
    assert flow.operands.weights.shape == (steps, 2 * pes)
    for image in range(2):
        own, part = slice(image * pes, (image + 1) * pes), slice(image * steps, (image + 1) * steps)
        np.testing.assert_array_equal(flow.operands.weights[:, own], stream.weights[part])
        np.testing.assert_array_equal(flow.operands.activations[:, own], stream.activations[part])
    (counts,) = planned.multiplications()
    assert flow.weight == pytest.approx(steps * pes / counts.blocks[SMALL.name])
    assert flow.weight > 1, "some steps compute nothing"


def test_the_energy_is_that_of_an_image_shared_by_its_multiplications(store: Store) -> None:
    planned, images = case(images=1)
    technology = load("generic45")
    (choice,) = choose_least_energy(planned, images, technology, store=store)
    assert [each.implementation for each in choice.metrics] == list(SMALL.implementations)
    stream = planned.operands("conv", Emulator(planned.graph).run_all(images, {}), 10**6)
    operands = Operands(stream.weights, stream.activations, "all")
    (counts,) = planned.multiplications()
    steps = stream.weights.size / counts.blocks[SMALL.name]
    designs = implementation_verilog([(SMALL, name) for name in SMALL.implementations])
    mapped = map_designs(
        [(each.files, each.top) for each in map(registered, designs)], technology, store=store
    )
    for each, netlist in zip(choice.metrics, mapped, strict=True):
        energies, settled = (
            energies_of(SMALL, netlist, technology, operands, glitches=on, store=None)[0]
            for on in (True, False)
        )
        expected = steps * (energies["switching_fj"] + energies["internal_fj"])
        assert each.energy_fj == pytest.approx(expected, abs=1e-4)
        assert each.energy_fj > steps * (settled["switching_fj"] + settled["internal_fj"])
    best = min(choice.metrics, key=lambda each: each.energy_fj)
    assert choice.implementation == best.implementation
    # Area and delay are those of the block alone.
    (alone,) = implementations.compare_implementations([SMALL], technology, store=store)
    assert [(m.area, m.delay_ns) for m in choice.metrics] == [
        (m.area, m.delay_ns) for m in alone.metrics
    ]


def test_of_equal_ones_the_first_is_chosen_and_a_single_one_is_not_synthesized(
    monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    planned, images = case((Twice(3, 3),))
    (choice,) = choose_least_energy(planned, images, load("generic45"), store=store)
    first, again = choice.metrics
    assert first.energy_fj == again.energy_fj > 0
    assert choice.implementation == "multiply"
    monkeypatch.setattr(module, "map_designs", lambda *_, **__: pytest.fail("synthesized"))
    planned, images = case((Once(3, 3),))
    (choice,) = choose_least_energy(planned, images, load("generic45"))
    assert (choice.implementation, choice.metrics) == ("multiply", ())


def test_operands_are_zero_while_another_block_of_the_multiplier_is_in_use() -> None:
    """Columns use one block each; both blocks get the operands of their own columns alone."""
    planned, images = case((SMALL, EXACT), choice=(0, 1, 0), present=(SMALL, EXACT))
    flows = layer_operands(planned, images)
    stream = planned.operands("conv", Emulator(planned.graph).run_all(images, {}), 10**6)
    lanes = 0
    for index, block in enumerate(planned.blocks):
        (flow,) = flows[block.digest]
        used = (stream.blocks == index).any(axis=0)
        lanes += flow.operands.weights.shape[1]
        assert flow.operands.weights.shape[1] == 2 * used.sum() > 0
    assert lanes == 2 * ROWS * COLUMNS
    changing = dataclasses.replace(
        stream, blocks=np.arange(len(stream.weights))[:, None] % 2 + 0 * stream.blocks
    )
    operands = module._operands(changing, 1, np.arange(ROWS * COLUMNS), 1, "conv")
    assert not operands.weights[::2].any()
    np.testing.assert_array_equal(operands.weights[1::2], stream.weights[1::2])


def test_a_block_that_nothing_uses_is_compared_under_uniform_operands(
    monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    planned, images = case((Once(3, 3),), present=(Once(3, 3), by_name("precision(w=2,a=4)")))
    assert list(layer_operands(planned, images)) == [Once(3, 3).digest]
    monkeypatch.setattr(module, "uniform", lambda: uniform(steps=33, streams=64))
    _, unused = choose_least_energy(planned, images, load("generic45"), store=store)
    assert len(unused.metrics) == 4
    assert min(each.energy_fj for each in unused.metrics) > 0


def test_large_layers_and_arrays_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    planned, images = case()
    (whole,) = layer_operands(planned, images)[SMALL.digest]
    monkeypatch.setattr(module, "_STEPS", 10)
    monkeypatch.setattr(module, "_MULTIPLIERS", 4)
    (part,) = layer_operands(planned, images)[SMALL.digest]
    assert part.operands.weights.shape == (5, 2 * 4)
    assert part.weight == whole.weight
    (again,) = layer_operands(planned, images)[SMALL.digest]
    assert again.operands.digest == part.operands.digest
    # Also where an image has one step.
    monkeypatch.setattr(module, "_STEPS", 2)
    (short,) = layer_operands(planned, images)[SMALL.digest]
    assert short.operands.weights.shape == (2, 4)
    (single,) = layer_operands(planned, images[:1])[SMALL.digest]
    monkeypatch.setattr(module, "_STEPS", 1)
    (single,) = layer_operands(planned, images[:1])[SMALL.digest]
    assert single.operands.weights.shape == (2, 4)
    assert not single.operands.weights[0].any()


def test_the_layers_choose_another_one_than_uniform_operands(store: Store) -> None:
    """Booth's recoding of this block takes the least energy for uniform operands.

    With glitches and weights that stay while pixels pass it is a tree.
    """
    block, technology = by_name("roup(p=1,r=2)"), load("generic45")
    planned, images = case((block,), images=8)
    (choice,) = choose_least_energy(planned, images, technology, store=store)
    assert choice.implementation == "tree"
    designs = implementation_verilog([(block, name) for name in block.implementations])
    mapped = map_designs([(each.files, each.top) for each in designs], technology, store=store)
    energies = [
        sum(
            energies_of(block, each, technology, uniform(129, 128), glitches=True, store=None)[0][
                part
            ]
            for part in ("switching_fj", "internal_fj")
        )
        for each in mapped
    ]
    assert block.implementations[int(np.argmin(energies))] == "booth"
