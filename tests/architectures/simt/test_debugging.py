"""What software sees of a halted unit."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.simt.assembler import assemble
from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.debugging import Halted, counts, state_reads
from hawx_hw.architectures.simt.gateware.debug_ports import COUNTERS
from hawx_hw.architectures.simt.plan import plan
from hawx_hw.architectures.simt.simulator import simulate
from hawx_hw.gateware.debug import index_word
from hawx_hw.graph.random_graphs import random_codes
from tests.architectures.common.layers import convolution
from tests.architectures.simt.networks import random_plan

SOURCE = """\
        .unit   lanes=34 cluster=1 warps=2 registers=2
        LI      s2, 33
        PLT     p1, s2
        VLANE   v1 @p1
        SUB     s3, s0, s2
        HALT
"""


def test_reads_of_a_warp() -> None:
    halted = Halted(assemble(SOURCE))
    assert halted.ready == [0, 1]
    assert halted.following(1) == 0
    assert halted.step(1) == {"s2"}
    assert halted.following(1) == 0
    assert halted.step(1) == {"p1"}
    assert halted.step(1) == {"v1"}
    assert halted.step(1) == {"s3"}
    reads = dict(state_reads(halted.program, halted.warps[1]))
    assert reads[index_word(0, 1, 0, 0)] == 4
    assert reads[index_word(1, 1, 2, 0)] == 33
    assert reads[index_word(1, 1, 3, 0)] == (1 << 16) - 33
    assert reads[index_word(2, 1, 1, 0)] == 0xFFFFFFFF
    assert reads[index_word(2, 1, 1, 1)] == 1
    assert [reads[index_word(3, 1, 1, lane)] for lane in (1, 32, 33)] == [1, 32, 0]
    assert len(reads) == 1 + 16 + 4 * 2 + 2 * 34
    written = dict(state_reads(halted.program, halted.warps[1], frozenset({"s3", "p2"})))
    assert list(written) == [
        index_word(0, 1, 0, 0), index_word(1, 1, 3, 0), index_word(2, 1, 2, 0),
        index_word(2, 1, 2, 1),
    ]  # fmt: skip
    assert halted.step(1) == frozenset()
    assert halted.ready == [0]


def test_what_registers_held_before_is_not_compared() -> None:
    network = convolution(np.random.default_rng(2), (1, 9, 9), 3, (3, 3))
    made = plan(network, SimtConfig(lanes=4, debug=True))
    image = random_codes(np.random.default_rng(0), network, 1)[0]
    debugging = made.debugging(image)
    # Both warps have multiplied and stored.
    assert {step.source for step in debugging.steps} == {0, 1}
    reads = dict(debugging.steps[-1].reads)
    (program, warps) = made.program, Halted(made.program).warps
    assert len(reads) < sum(len(list(state_reads(program, warp))) for warp in warps)
    # The fourth lane has no filter: what it holds is undefined.
    assert index_word(3, 0, 0, 2) in reads
    assert index_word(3, 0, 0, 3) not in reads
    assert index_word(1, 0, 0, 0) in reads, "s0 is zero"
    assert dict(debugging.counters)[index_word(4, 0, 0, 0)] == made.timing.cycles


@pytest.mark.parametrize("seed", range(6))
def test_counts_add_up(seed: int) -> None:
    made = random_plan(seed)
    result = counts(made)
    assert set(result) < set(COUNTERS)
    waits = sum(value for name, value in result.items() if name.startswith("wait_"))
    assert result["multiply"] + waits == result["cycles"]
    outcome = simulate(made.program)
    assert (result["cycles"], result["instructions"]) == (
        outcome.cycles,
        len(outcome.retirements),
    )
