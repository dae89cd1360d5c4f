"""Sums over blocks, layers and memories, by hand."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from hawx_hw.architectures.base import MemoryUse, Plan
from hawx_hw.architectures.common.feature_sums import BlockCosts, memory_sums
from hawx_hw.architectures.common.operations import Operation
from hawx_hw.blocks import Block, by_name
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.technology.memories import MemoryModel
from tests.architectures.common.layers import layer
from tests.architectures.round_costs import CLOCKED, COSTS, ROUND, A, B, C


def test_blocks_of_all_cells() -> None:
    costs = BlockCosts((A, B, C), COSTS, "smallest")
    assert costs.energies.tolist() == [10, 6, 1]
    # A alone, A beside B, and C alone.
    present = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1]], dtype=bool)
    assert costs.sums(present) == pytest.approx(
        {
            "block_area": 2 * 100 + 70 + 40,
            "block_leakage_uw": (2 * 3 + 2 + 1) / 1000,
            "mean_block_area": 310 / 4,
            "block_delay_ns": 5,
            "isolated_delay_ns": 3,
        }
    )
    assert costs.sums(present[[0, 2]])["isolated_delay_ns"] == 0


def of_blocks(*blocks: Block) -> Operation:
    """A layer of three filters and two taps: three weights of each of two blocks."""
    choice = np.array([[0, 0], [0, 1], [1, 1]])
    shape = (3, 2, 1, 1)
    return replace(
        layer(choice), blocks=LayerBlocks(blocks, choice.reshape(shape).astype(np.uint8))
    )


def test_each_layers_blocks_count_as_often_as_they_multiply() -> None:
    made = of_blocks(A, C)
    total = BlockCosts((A, B, C), COSTS, "smallest").multiplication_energy([made, made])
    assert total == pytest.approx(2 * made.macs / 6 * (3 * 10 + 3 * 1))


def test_unknown_blocks_and_objectives_are_refused() -> None:
    with pytest.raises(KeyError):
        BlockCosts((A, by_name("drum(k=4)")), COSTS, "smallest")
    with pytest.raises(ValueError, match="objective must be one of"):
        BlockCosts((A,), COSTS, "cheapest")
    with pytest.raises(KeyError):
        BlockCosts((B, C), COSTS, "smallest").multiplication_energy([of_blocks(A, C)])


MEMORIES = (
    MemoryUse("activation", "hawx_sdp_ram", 8, 4, 2, reads=3, writes=1),
    MemoryUse("weight buffer", "hawx_rom", 5, 1, 1, reads=2, writes=0),
)


def sums(model: object) -> dict[str, float]:
    plan = cast(Plan, SimpleNamespace(accesses=lambda: MEMORIES))
    uses = ("activation", "weight buffer", "weight")
    return memory_sums(plan, cast(MemoryModel, model), 100, uses)


def test_memories() -> None:
    # Of width w and depth d: area w + d, a read w, a write 10 w, leakage d.
    assert sums(ROUND.memories) == pytest.approx(
        {
            "memory_bits": 2 * 32 + 5,
            "memory_area": 2 * 12 + 6,
            "memory_leakage_uw": (2 * 4 + 1) / 1000,
            "activation_energy_pj": 2 * (3 * 8 + 80) / 1000,
            "weight_buffer_energy_pj": 2 * 5 / 1000,
            "weight_energy_pj": 0,
        }
    )
    clocked = sums(CLOCKED.memories)
    assert clocked["activation_energy_pj"] == pytest.approx(2 * (104 + 700) / 1000)
    assert clocked["weight_buffer_energy_pj"] == pytest.approx((10 + 700) / 1000)


def test_a_use_that_is_not_named_is_refused() -> None:
    plan = cast(Plan, SimpleNamespace(accesses=lambda: MEMORIES))
    with pytest.raises(KeyError, match="weight_buffer_energy_pj"):
        memory_sums(plan, cast(MemoryModel, ROUND.memories), 100, ("activation",))
