"""What is known of a unit without synthesis is what its program does and its plan states."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.features import features
from hawx_hw.architectures.simt.plan import Plan, plan
from hawx_hw.architectures.simt.quantities import FEATURES
from hawx_hw.blocks import by_name
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.characterization.block_table import BlockMetrics, BlockTable
from hawx_hw.graph.graph import Conv2d, Graph, Requantization, Tensor
from tests.architectures.round_costs import CLOCKED, COSTS, ROUND, A, B
from tests.architectures.simt.networks import BLOCKS, UNITS, random_plan


def by_hand(**more: object) -> Plan:
    """A 1 x 1 convolution of 2 filters, with a block each, on 2 channels of 2 x 2 pixels.

    The unit has 2 clusters of 2 lanes, which work on neighboring pixels.
    """
    weight = np.full((2, 2, 1, 1), 16, dtype=np.int8)
    rule = Requantization(np.ones(2, dtype=np.int64), 1, 0)
    node = Conv2d("a", ("x",), weight, np.zeros(2, dtype=np.int32), rule)
    graph = Graph("by hand", "x", (node,), {name: Tensor((2, 2, 2), 1.0, 0) for name in "xa"})
    unit = {"lanes": 4, "cluster": 2, "word": 2, "warps": 1, "registers": 4, "taps": 2, **more}
    blocks = LayerBlocks.by_filter([A, B], weight.shape)
    return plan(graph, SimtConfig.model_validate(unit), {"a": blocks})


def test_counted_by_hand() -> None:
    made = by_hand()
    np.testing.assert_array_equal(made.program.lanes.choice, [[0, 1, 0, 1]])
    # For each of two lines of two pixels: a MAC with a beat of two taps, a QST of two words.
    mnemonics = [each.issue.instruction.mnemonic for each in made.schedule]
    assert mnemonics == ["MAC", "QST", "MAC", "QST"]
    instructions = sum(made.timing.instructions.values())
    cycles = made.cycles().core + 8 + 8 + 3
    assert features(made, ROUND, COSTS) == pytest.approx(
        {
            "lanes": 4, "cluster": 2, "clusters": 2, "warps": 1, "other_warps": 0, "registers": 4,
            "word": 2,
            "taps": 2, "buffered": 1, "requantizers": 1, "waiting_codes": 1,
            "block_register": 0,
            "vectors": 0, "adds_codes": 0, "adds_products": 0, "branches": 0, "loops": 1,
            "predicates": 0,
            # Two pixel groups have a window each; a run reads two words, one of each parity.
            "windows": 2, "ways": 1,
            # The word as it is, or one of its halves for all.
            "group_parts": 1 + 2,
            # The least that there is: the numbers are small.
            "register_bits": 16, "scalar_bits": 12, "addend_bits": 8, "product_bits": 24,
            "shift_bits": 1, "step_bits": 1,
            "stream_bits": made.program.stream_format.bits,
            "store_bits": made.program.store_format.bits,
            "program_words": len(made.program.code), "weight_banks": 1, "other_banks": 0,
            # The image: a word a pixel. The result lies in a memory of its own.
            "activation_words": 4,
            "selections": 1, "layers": 1, "loaded": 0, "debug": 0, "gated": 1, "clock_mhz": 100,
            "block_instances": 4, "isolated": 0, "several": 0, "most_blocks": 1,
            # A's products have 16 bits, B's 18.
            "lane_product_bits": 2 * 16 + 2 * 18, "isolated_product_bits": 0,
            "block_area": 2 * 100 + 2 * 70, "mean_block_area": 340 / 4,
            "block_leakage_uw": (2 * 3 + 2 * 2) / 1000,
            "block_delay_ns": 3, "isolated_delay_ns": 0,
            # Each filter multiplies two taps for each of four pixels, and no lane is without work.
            "block_energy_pj": 8 * (10 + 6) / 1000, "lane_energy_pj": 8 * (10 + 6) / 1000,
            "multiplication_fj": (10 + 6) / 2,
            "cycles": cycles, "macs": 16, "instructions": instructions,
            # The words of a run are fetched before it: a cycle more than its two taps.
            "walked": 2 * 3, "issued": 2 * 2, "products": 16,
            # One requantizer: each of four words of two codes takes two cycles.
            "stored": 4 * 2,
            "words_read": 2 * 2, "register_writes": 2, "weights_read": 2,
            # A MAC of a single beat reads no register; each QST reads one, for its two words.
            "register_reads": 2,
            # Activations, registers, buffer, scalars, result, two counters, and the program's.
            "memory_bits": sum(m.width * m.depth * m.count for m in made.accesses()),
            "memory_area": sum((m.width + m.depth) * m.count for m in made.accesses()),
            "memory_leakage_uw": sum(m.depth * m.count for m in made.accesses()) / 1000,
            "known_leakage_uw": (
                2 * 3 + 2 * 2 + sum(m.depth * m.count for m in made.accesses())
            ) / 1000,
            # Of 16 bits: 4 reads, 4 writes of the image.
            "activation_energy_pj": (4 * 16 + 4 * 160) / 1000,
            # Of 64 bits.
            "register_energy_pj": (2 * 64 + 2 * 640) / 1000,
            # A single beat takes its weights from the memory.
            "weight_buffer_energy_pj": 0, "weight_energy_pj": 2 * 32 / 1000,
            "scalar_energy_pj": sum(
                12 * m.reads + 120 * m.writes for m in made.accesses() if m.use == "scalar"
            ) / 1000,
            # Result and counters are not counted. An instruction reads 32 bits; streams, stores
            # and, in each cycle of a store, the constants of a code.
            "other_energy_pj": (
                instructions * 32 + 2 * made.program.stream_format.bits
                + 2 * made.program.store_format.bits + 8 * (16 + 8)
            ) / 1000,
        },
        rel=1e-12,
    )  # fmt: skip


def test_lanes_that_hold_several_blocks() -> None:
    """Lanes of the second filter hold the block of the first one, too, which nothing selects."""
    other = by_name("array(2,2,0)")  # B's table, with products of 16 bits
    alone, several = (
        features(by_hand(lane_blocks=[{"blocks": own, "lanes": lanes} for lanes, own in which]),
                 ROUND, COSTS)
        for which in (
            (([0, 2], [A.name]), ([1, 3], [other.name])),
            (([0, 2], [A.name]), ([1, 3], [A.name, other.name])),
        )
    )  # fmt: skip
    changed = {name: several[name] for name in alone if several[name] != alone[name]}
    assert changed == pytest.approx(
        {
            "block_instances": 6, "isolated": 4, "several": 1, "most_blocks": 2,
            "isolated_product_bits": 4 * 16, "isolated_delay_ns": 3,
            "block_area": 4 * 100 + 2 * 70, "mean_block_area": 540 / 6,
            "block_leakage_uw": (4 * 3 + 2 * 2) / 1000,
            "known_leakage_uw": alone["known_leakage_uw"] + 2 * 3 / 1000,
        },
        rel=1e-12,
    )  # fmt: skip


def test_lanes_without_a_filter_multiply_nothing_where_they_are_off() -> None:
    """Two of four lanes have a filter, and each has both pixels of a line."""
    made = by_hand(cluster=4, word=4)
    values = features(made, ROUND, COSTS)
    assert values["issued"] * values["lanes"] == 2 * values["products"] == 2 * values["macs"]
    assert values["lane_energy_pj"] == values["block_energy_pj"]


@pytest.mark.parametrize("seed", range(2 * len(UNITS)))
def test_walks_are_those_of_the_cycle_model(seed: int) -> None:
    made = random_plan(seed)
    table = BlockTable(
        BlockMetrics(block.digest, block.name, name, 2.0, 1.0, 3.0, 1.0)
        for block in BLOCKS
        for name in block.implementations
    )
    values = features(made, ROUND, table)
    causes = [layer.causes for layer in made.timing.layers]
    walked = sum(sum(each[name] for name in ("useful", "idle_lanes", "stretched", "moving"))
                 for each in causes)  # fmt: skip
    products = sum(layer.products for layer in made.timing.layers)
    assert values["walked"] == pytest.approx(walked)
    assert values["products"] == products >= values["macs"]
    assert values["lane_energy_pj"] == pytest.approx(3 * products / 1000)
    assert values["block_energy_pj"] == pytest.approx(3 * values["macs"] / 1000)
    assert values["products"] / values["lanes"] <= values["issued"] <= values["walked"]
    assert values["loaded"] == made.loadable


def test_the_clock_of_memories_counts_in_each_cycle() -> None:
    made = by_hand()
    before, after = (features(made, technology, COSTS) for technology in (ROUND, CLOCKED))
    cycle = before["cycles"] * 7.0 / 1000
    changed = {name: after[name] - before[name] for name in before if after[name] != before[name]}
    one = ("activation", "register", "weight_buffer", "scalar", "weight")
    # Result, counters, and five memories of the program.
    assert changed == pytest.approx(
        {**{f"{use}_energy_pj": cycle for use in one}, "other_energy_pj": 7 * cycle}
    )
    free = features(made, CLOCKED, COSTS, clock_gating=False)
    assert free == {**before, "gated": 0}


def test_keys_of_the_accelerator() -> None:
    made = by_hand(taps=1, block_register=True, parameters="loaded", debug=True)
    values = features(made, ROUND, COSTS, clock_mhz=77)
    assert list(values) == list(FEATURES)
    assert all(isinstance(value, float) for value in values.values())
    names = (
        "buffered",
        "block_register",
        "loaded",
        "debug",
        "clock_mhz",
        "weight_buffer_energy_pj",
    )
    assert [values[name] for name in names] == [0, 1, 1, 1, 77, 0]


def test_what_is_refused() -> None:
    made = by_hand()
    with pytest.raises(ValueError, match="clock_mhz must be positive"):
        features(made, ROUND, COSTS, clock_mhz=0)
    with pytest.raises(ValueError, match="objective must be one of"):
        features(made, ROUND, COSTS, objective="cheapest")
    with pytest.raises(KeyError):
        features(made, ROUND, BlockTable())
