"""What is known of a design without synthesis is what synthesis finds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from hawx_hw.architectures.systolic.features import features, select_bits
from hawx_hw.architectures.systolic.pe_blocks import PeBlockMap
from hawx_hw.architectures.systolic.plan import Plan, plan
from hawx_hw.architectures.systolic.quantities import FEATURES
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.blocks import by_name
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.characterization.block_table import BlockTable
from hawx_hw.design.emission import TOP, emit_accelerator
from hawx_hw.graph.graph import Conv2d, Graph, Linear, Requantization, Tensor
from hawx_hw.graph.random_graphs import random_graph
from hawx_hw.synthesis.implementations import choose_all
from hawx_hw.synthesis.modules import map_designs
from hawx_hw.synthesis.store import Store
from hawx_hw.technology import load
from hawx_hw.verification.accelerator_job import cycles_per_image
from tests.architectures.round_costs import CLOCKED, COSTS, ROUND, A, B, C

BLOCKS = tuple(by_name(name) for name in ("exact", "array(2,2,0)"))


def by_hand(first: tuple[str, str, str]) -> Plan:
    """Two 1 x 1 convolutions of 3 filters, on 2 and 3 channels of 2 x 2 pixels, on a 2 x 3 array.

    The PEs hold::

        A   A B   A B
        C   A     C

    Parameters
    ----------
    first : tuple of str
        The blocks of the first layer's two taps, by filter.
    """

    def layer(name: str, source: str, channels: int) -> Conv2d:
        weight = np.full((3, channels, 1, 1), 16, dtype=np.int8)
        bias, rule = np.zeros(3, dtype=np.int32), Requantization(np.ones(3, dtype=np.int64), 1, 0)
        return Conv2d(name, (source,), weight, bias, rule)

    def blocks(*filters: str) -> LayerBlocks:
        names = np.array([list(taps) for taps in filters])[:, :, None, None]
        return LayerBlocks.by_weight(np.vectorize({"A": A, "B": B, "C": C}.get)(names))

    tensors = {name: Tensor((2 + (name != "x"), 2, 2), 1.0, 0) for name in "xab"}
    graph = Graph("by hand", "x", (layer("a", "x", 2), layer("b", "a", 3)), tensors)
    present = np.array(
        [
            [[1, 0, 0], [1, 1, 0], [1, 1, 0]],
            [[0, 0, 1], [1, 0, 0], [0, 0, 1]],
        ],
        dtype=bool,
    )
    return plan(
        graph,
        ArrayShape.complete(2, 3, weight_rows=1, requantizers=3),
        {"a": blocks(*first), "b": blocks("BBA", "AAC", "AAC")},
        PeBlockMap((A, B, C), present),
    )


def test_counted_by_hand() -> None:
    made = by_hand(("AC", "AA", "BC"))
    # The first layer needs B in the last column, the second one in the middle column.
    chosen = [[[0, 0, 1], [2, 0, 2]], [[0, 1, 0], [2, 0, 2]]]
    np.testing.assert_array_equal(made.selections, chosen)
    assert features(made, ROUND, COSTS) == pytest.approx(
        {
            # The shape, as it was asked for: one slice, whose only bank holds both rows.
            "rows": 2, "columns": 3, "slices": 1, "slice_columns": 3, "banks": 1, "bank_rows": 2,
            "requantizers": 3, "slice_groups": 1, "loaded": 0, "gated": 1, "clock_mhz": 100,
            # Each layer has two output tiles of two pixels.
            "accumulators": 2,
            # A word holds all channels of a pixel: 4 of the image, 4 of the first layer's output.
            "activation_words": 8, "address_bits": 3,
            # The result has 4 words: the activation memory is the deeper one.
            "destination_bits": 3,
            "layers": 2, "selections": 2,
            # 3 weights of 16 and activations from -128 to 127: -6144 to 6096, which are 14 bits.
            # The lowest one is always zero, and the shift of 1 drops it.
            "sum_bits": 13,
            # Zero point 0 and multiplier 1, and nothing left to round.
            "addend_bits": 1, "product_bits": 13,
            # The shift that is left is 0, and codes are multiples of 1.
            "shift_bits": 1, "step_bits": 1,
            # 45 fields of at least a bit. Longer: low, high (8 bits), offset_start (4), destination
            # and its steps of a plane and of a tile, offset_step_window_row (3), and 11 of 2 bits.
            "program_bits": 45 + 2 * 7 + 3 + 4 * 2 + 11,
            # Column, row, offset and live are a bit each; three channels of a word take two.
            "tap_bits": 6,
            # 2 pixels and 2 of reserve make 4, of three bits; the sign, and a bit of reserve.
            "coordinate_bits": 5,
            # Three tiles of taps of two words each.
            "bank_bits": 3,
            # The lowest 4 bits of weights of 16 are zero.
            "activation_bits": 8, "weight_bits": 4,
            # A stands in 4 PEs, B and C in 2; both PEs with several hold A and B.
            "pes": 6, "block_instances": 4 + 2 + 2, "isolated": 4,
            "most_blocks": 2,
            # A product is -2048 to 2032, of which the lowest bit is left out; two are 12 bits.
            "pe_product_bits": 3 * (11 + 11), "pe_sum_bits": 3 * (11 + 12),
            "column_bits": 12, "mean_product_bits": 11, "mean_sum_bits": (11 + 12) / 2,
            # The PEs with two blocks are in the first row, which takes the selection as it comes.
            "select_bits": 0,
            # Two weights of 4 bits each, and three bits for each block where there are two.
            "pe_weight_bits": 6 * 2 * 4 + 4 * 3, "pe_free_bits": 0, "pe_gates": 6 * 4,
            "isolated_operand_bits": 4 * (8 + 4), "isolated_product_bits": 4 * 11,
            "block_area": 4 * 100 + 2 * 70 + 2 * 40, "mean_block_area": (400 + 140 + 80) / 8,
            "block_leakage_uw": (4 * 3 + 2 * 2 + 2 * 1) / 1000,
            # Of 6 weights A has 3, B 1, C 2; of 9 it has 5, 2, 2; each multiplies 4 pixels.
            "block_energy_pj": 4 * ((3 + 5) * 10 + (1 + 2) * 6 + (2 + 2) * 1) / 1000,
            # Those with two blocks use one or the other.
            "array_energy_pj": (2 * 10 + 2 * (10 + 6) / 2 + 2 * 1) / 1000,
            # For each of 4 * (6 + 9) multiplications.
            "multiplication_fj": ((3 + 5) * 10 + (1 + 2) * 6 + (2 + 2) * 1) / 15,
            "block_delay_ns": 5, "isolated_delay_ns": 3, "several": 1,
            # The first row: 1 + 2 + 2; the second row has 3.
            "activation_load": 5,
            # 22 of the first layer and 25 of the second one, see test_cycles; the bytes of the
            # image and of the result, and three between them.
            "cycles": 22 + 25 + 8 + 12 + 3, "macs": 4 * (6 + 9),
            # 4 pixels for each tile of taps: one of the first layer, two of the second one.
            "issued": 4 * 1 + 4 * 2,
            # Each of the two output tiles loads them again.
            "tiles": 2 * 1 + 2 * 2,
            # A word for each pixel of each layer.
            "read_sums": 4 + 4, "requantizations": 4 + 4,
            # Two copies of the activations, two sets of accumulators of 3 * 13 bits, the result,
            # two counters a layer, program, requantization of 3 * (16 + 1) bits, the lists of two
            # rows, weights of 4 bits: their lowest 4 are zero.
            "memory_bits": 2 * 24 * 8 + 2 * 39 * 2 + 24 * 4 + 32 * 4
            + 81 * 2 + 51 * 2 + 2 * 6 * 3 + 12 * 6,
            "memory_area": 2 * (24 + 8) + 2 * (39 + 2) + (24 + 4) + (32 + 4)
            + (81 + 2) + (51 + 2) + 2 * (6 + 3) + (12 + 6),
            "memory_leakage_uw": (2 * 8 + 2 * 2 + 4 + 4 + 2 + 2 + 2 * 3 + 6) / 1000,
            "known_leakage_uw": (4 * 3 + 2 * 2 + 2 * 1 + 2 * 8 + 2 * 2 + 4 + 4 + 2 + 2 + 2 * 3 + 6)
            / 1000,
            # 4 pixels for each of 2 and 3 taps, from two copies; each is written for 8 words.
            "activation_energy_pj": (4 * (2 + 3) * 24 + 2 * 8 * 240) / 1000,
            # Of 12 sums 4 are added to those of the first tile, which reads, too; 8 are read out.
            "accumulator_energy_pj": ((4 + 8) * 39 + 12 * 390) / 1000,
            # Two words for each of the 6 tiles.
            "weight_energy_pj": 2 * 6 * 12 / 1000,
            # Program a layer, requantization an output tile, both lists a tile.
            "other_energy_pj": (2 * 81 + 4 * 51 + 2 * 6 * 6) / 1000,
        },
        rel=1e-12,
    )  # fmt: skip


def test_the_clock_of_memories_counts_in_each_cycle() -> None:
    made = by_hand(("AC", "AA", "BC"))
    before, after = (features(made, technology, COSTS) for technology in (ROUND, CLOCKED))
    changed = {name: after[name] - before[name] for name in before if after[name] != before[name]}
    cycle = (47 + 8 + 12 + 3) * 7.0 / 1000
    # Two of activations, two of accumulators, one of weights, the result, the counters, program,
    # requantization and the lists of two rows.
    assert changed == pytest.approx(
        {
            "activation_energy_pj": 2 * cycle,
            "accumulator_energy_pj": 2 * cycle,
            "weight_energy_pj": cycle,
            "other_energy_pj": 6 * cycle,
        }
    )
    free = features(made, CLOCKED, COSTS, clock_gating=False)
    assert free == {**before, "gated": 0}


def test_few_registers_have_no_clock_gate() -> None:
    made = by_hand(("AC", "AA", "BC"))
    narrow = replace(made, widths=replace(made.widths, weight_zeros=6))
    values = features(narrow, ROUND, COSTS)
    # Two weights of two bits in each of the 4 PEs with a block; with two, selections share a gate.
    assert values["pe_free_bits"] == 4 * 2 * 2
    # Products and sums have one each in every PE.
    assert values["pe_gates"] == 6 * 2 + 2 * 2


def test_selections_move_down_to_the_last_pe_that_needs_them() -> None:
    # Two blocks in no PE of the first slice, down to the first, second and last row of others.
    present = np.ones((4, 8, 2), dtype=bool)
    present[:, :, 1] = False
    present[0, 2:, 1] = present[1, 5, 1] = present[3, 7, 1] = True
    made = cast(
        Plan,
        SimpleNamespace(
            pe_blocks=PeBlockMap(BLOCKS, present),
            array=SimpleNamespace(slice_columns=2),
            selections=("a", "b", "c"),
        ),
    )
    # Three selections take two bits.
    assert select_bits(made) == 2 * (0 + 0 + 1 + 3)


def test_a_layer_of_a_block_that_no_pe_holds_is_refused() -> None:
    made = by_hand(("AC", "AA", "BC"))
    layers = tuple(
        replace(layer, blocks=LayerBlocks.uniform(by_name("drum(k=4)"), layer.weight.shape))
        for layer in made.layers
        if layer.weight is not None
    )
    with pytest.raises(KeyError):
        features(replace(made, layers=layers), ROUND, COSTS)


@pytest.fixture(scope="module")
def table(shared_store: Store) -> BlockTable:
    return BlockTable().completed(BLOCKS, load("generic45"), store=shared_store)


def mixed(rows: int, columns: int, seed: int = 3) -> Plan:
    """A small network with both blocks in every layer."""
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=2, max_size=5, max_channels=4)
    choices = {
        node.name: LayerBlocks(BLOCKS, checkered(node.weight.shape)) for node in weighted(graph)
    }
    return plan(graph, ArrayShape.complete(rows, columns), choices)


def checkered(shape: tuple[int, ...]) -> np.ndarray:
    """Filters take turns."""
    turns = np.arange(shape[0]).reshape(-1, *(1,) * (len(shape) - 1)) % 2
    return np.broadcast_to(turns, shape).astype(np.uint8)


def weighted(graph: Graph) -> list[Any]:
    return [node for node in graph.nodes if isinstance(node, Conv2d | Linear)]


def test_a_network_that_multiplies_nothing(table: BlockTable) -> None:
    rng = np.random.default_rng(0)
    graph = random_graph(rng, layers=2, max_size=6, kinds=("maxpool", "clamp"), output="map")
    values = features(plan(graph, ArrayShape.complete(2, 2)), load("generic45"), table)
    assert values["multiplication_fj"] == values["macs"] == 0
    assert all(np.isfinite(value) for value in values.values())


def test_synthesis_finds_the_same(tmp_path: Path, shared_store: Store, table: BlockTable) -> None:
    made, technology = mixed(2, 3), load("generic45")
    values = features(made, technology, table)
    chosen = choose_all(made.pe_blocks.blocks, technology, "area", store=shared_store)
    emit_accelerator(made, tmp_path, config_hash=0, implementations=chosen)
    names = (tmp_path / "rtl" / "filelist.f").read_text().split()
    sources = {name: (tmp_path / "rtl" / name).read_text() for name in names}
    (mapped,) = map_designs([(sources, TOP)], technology, store=shared_store)
    report = mapped.netlist.report()
    modules = report.modules
    blocks = [name for name in modules if name.startswith("hawx_block_")]
    assert sum(modules[name].area_all for name in blocks) == pytest.approx(values["block_area"])
    assert sum(modules[name].instances for name in blocks) == values["block_instances"]
    pes = [name for name in modules if name.startswith("hawx_pe_")]
    assert sum(modules[name].instances for name in pes) == values["pes"] == 6
    assert report.memory_bits == values["memory_bits"]
    area = sum(
        row.instances * technology.memories.metrics(row.kind, row.width, row.depth).area
        for row in report.memories
    )
    assert area == pytest.approx(values["memory_area"])
    assert values["cycles"] == cycles_per_image(made)


def test_a_larger_array(table: BlockTable) -> None:
    small, large = (features(mixed(*shape), load("generic45"), table) for shape in
                    ((2, 3), (4, 6)))  # fmt: skip
    assert large["pes"] == 4 * small["pes"]
    assert large["macs"] == small["macs"]
    assert large["cycles"] < small["cycles"]
    assert large["block_area"] > small["block_area"]


def test_the_objective_and_the_clock_count(table: BlockTable) -> None:
    made, technology = mixed(2, 3), load("generic45")
    smallest = features(made, technology, table, objective="smallest")
    fastest = features(made, technology, table, objective="fastest", clock_mhz=77)
    assert fastest["block_delay_ns"] < smallest["block_delay_ns"]
    assert fastest["block_area"] > smallest["block_area"]
    assert (smallest["clock_mhz"], fastest["clock_mhz"]) == (technology.clock_mhz, 77)
    with pytest.raises(ValueError, match="clock_mhz must be positive"):
        features(made, technology, table, clock_mhz=0)
    with pytest.raises(KeyError):
        features(made, technology, BlockTable())


def test_they_are_those_that_predictors_learn_from(table: BlockTable) -> None:
    values = features(mixed(2, 3), load("generic45"), table)
    assert list(values) == list(FEATURES)
    assert all(isinstance(value, float) for value in values.values())


def test_the_table_of_blocks_survives_as_text(table: BlockTable) -> None:
    again = BlockTable.read(table.text(), where="blocks.csv")
    assert again.text() == table.text()
    for block in BLOCKS:
        assert block in again
        assert again.chosen(block) == table.chosen(block)
    assert by_name("drum(k=4)") not in again
